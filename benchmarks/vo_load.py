"""64 clients at once for a minute, of every kind that services of images have: whether all get what they should get.

What is right was asked for before, by one client alone.  Clients ask for points on the sky, for tables, for links,
bytes of files and cut-outs, send jobs, download all of ObsCore, and some hang up at bad moments.  Everything that is
not the right answer is told of, and whether the server keeps memory, sockets, files or jobs that it should not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import socket
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import cutout_service
from dp02 import database
from recorded import load_recorded, save_recorded
from vo import opened
from vo_server import Client, RunningServer, running, sync_path
from vo_survey import PLACE, images, make_repository

__all__ = ["KINDS", "Known", "Load", "prepare", "run"]

WHOLE = "SELECT * FROM ivoa.ObsCore"
_WARM = 1 / 3
"""Of the time, before memory is looked at."""
_URL = re.compile(rb"http://127\.0\.0\.1:\d+(/[^<]*)")
_LEAVES_AFTER = (0, 1, 4_096, 200_000)


@dataclass(frozen=True)
class Known:
    """Questions and what is right to answer, and an image.

    Parameters
    ----------
    points, tables, jobs : `dict`
        Digests of the rows by ADQL.
    cutouts : `dict`
        Digests of files by path.
    whole : `str`
        Digest of the whole table as a VOTable.
    links : `dict`
        How many rows there are by path.
    file : `bytes`
        Content of the image of `links` in the second repository.
    """

    points: dict[str, str]
    tables: dict[str, str]
    jobs: dict[str, str]
    cutouts: dict[str, str]
    whole: str
    links: dict[str, int]
    file: bytes = field(repr=False)


class WrongAnswerError(Exception):
    """What was answered is not what it should be."""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _rows(content: bytes) -> str:
    """Of a table as CSV whose rows may be in any order."""
    return _digest(b"\n".join(sorted(content.splitlines())))


def _got(client: Client, path: str, status: int = 200) -> bytes:
    found, _, content = client.request("GET", path)
    if found != status:
        raise WrongAnswerError(f"{found} for {path[:150]}: {content[:300]!r}")
    return content


def _csv(client: Client, adql: str) -> str:
    return _rows(_got(client, sync_path(adql, RESPONSEFORMAT="csv")))


def prepare(server: RunningServer, dataset: str, file: Path, n: int = 60) -> Known:
    """Ask, alone, for what will be asked for by many.

    Parameters
    ----------
    server : `RunningServer`
        With the repositories ``dp02`` and ``bench``.
    dataset, file : `str`, path
        UUID and file of the image in ``bench``.
    n : `int`
        Different points, and cut-outs.
    """
    client, chance = Client(server), random.Random(2)
    point = "POINT('ICRS', {:.5f}, {:.5f})"
    columns = ("*", "obs_publisher_did, access_url, s_region", "obs_id, lsst_band, t_min")
    places = [(PLACE[0] + chance.gauss(0, 1), PLACE[1] + chance.gauss(0, 1)) for _ in range(n)]
    points = [
        f"SELECT {chance.choice(columns)} FROM ivoa.ObsCore WHERE CONTAINS({point.format(*place)}, s_region) = 1"
        for place in places
    ]
    tables = [
        "SELECT table_name, description FROM tap_schema.tables",
        "SELECT dataproduct_subtype, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY dataproduct_subtype",
        "SELECT COUNT(*) AS n FROM ivoa.ObsCore WHERE lsst_band = 'i'",
        "SELECT access_url, s_ra, s_dec FROM ivoa.ObsCore WHERE lsst_tract = 4431 AND lsst_patch = 17",
    ]
    jobs = [*points[:5], "SELECT obs_id, s_region FROM ivoa.ObsCore WHERE calib_level = 3"]
    names = [f"butler%3A//bench/{dataset}"]
    found = _got(client, sync_path("SELECT TOP 5 access_url FROM ivoa.ObsCore", RESPONSEFORMAT="csv")).decode()
    names += [line.partition("ID=")[2].strip('"') for line in found.splitlines()[1:]]
    links = [f"/api/datalink/links?ID={name}" for name in names]
    cutouts = [
        "/api/cutout/sync?" + urlencode({"ID": f"butler://bench/{dataset}", "CIRCLE": f"{ra:.6f} {dec:.6f} 0.009"})
        for ra, dec in cutout_service.circles(n)
    ]
    return Known(
        {adql: _csv(client, adql) for adql in points},
        {adql: _csv(client, adql) for adql in tables},
        {adql: _csv(client, adql) for adql in jobs},
        {path: _digest(_got(client, path)) for path in cutouts},
        _digest(_got(client, sync_path(WHOLE))),
        {path: _got(client, path).count(b"<TR>") for path in links},
        file.read_bytes(),
    )


# ----------------------------------------------------------------------------------------------------- kinds of clients
def _same(what: str, found: str, right: str) -> None:
    if found != right:
        raise WrongAnswerError(f"another answer than before: {what[:200]}")


def _points(client: Client, known: Known, chance: random.Random) -> None:
    adql = chance.choice(list(known.points))
    _same(adql, _csv(client, adql), known.points[adql])


def _tables(client: Client, known: Known, chance: random.Random) -> None:
    adql = chance.choice(list(known.tables))
    _same(adql, _csv(client, adql), known.tables[adql])


def _jobs(client: Client, known: Known, chance: random.Random) -> None:
    adql = chance.choice(list(known.jobs))
    _same(adql, _rows(client.job(adql, RESPONSEFORMAT="csv")), known.jobs[adql])


def _cutouts(client: Client, known: Known, chance: random.Random) -> None:
    path = chance.choice(list(known.cutouts))
    _same(path, _digest(_got(client, path)), known.cutouts[path])


def _links(client: Client, known: Known, chance: random.Random) -> None:
    """Links, and some bytes of the file that the first one leads to."""
    path = chance.choice(list(known.links))
    told = _got(client, path)
    _same(path, str(told.count(b"<TR>")), str(known.links[path]))
    if "bench" in path:
        address = _URL.search(told)
        assert address is not None, told
        first = chance.randrange(len(known.file) - 10_000)
        asked = {"Range": f"bytes={first}-{first + 9_999}"}
        status, _, content = client.request("GET", address[1].replace(b"&amp;", b"&").decode(), headers=asked)
        if status != 206 or content != known.file[first : first + 10_000]:
            raise WrongAnswerError(f"{status} for bytes {first} of a file")


def _whole(client: Client, known: Known, _chance: random.Random) -> None:
    _same(WHOLE, _digest(_got(client, sync_path(WHOLE))), known.whole)


def _leaver(client: Client, known: Known, chance: random.Random) -> None:
    """Asks and hangs up: at once, in the middle of its question, or of the answer; or deletes a job that runs."""
    if chance.random() < 0.2:
        query = {"LANG": "ADQL", "QUERY": WHOLE, "PHASE": "RUN", "RESPONSEFORMAT": "csv"}
        status, url, told = client.request("POST", "/api/tap/async", query)
        if status != 303:
            raise WrongAnswerError(f"{status} for a job: {told[:300]!r}")
        time.sleep(chance.choice((0.0, 0.05, 0.3)))
        if (status := client.request("DELETE", url[url.index("/api/") :])[0]) != 303:
            raise WrongAnswerError(f"{status} when a job is deleted")
        return
    path = chance.choice((sync_path(WHOLE), sync_path(WHOLE, RESPONSEFORMAT="csv"), chance.choice(list(known.cutouts))))
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", client.server.port), 60) as line:
        line.sendall(head if chance.random() < 0.8 else head[: chance.randrange(len(head))])
        left = chance.choice(_LEAVES_AFTER)
        line.settimeout(0.2)
        with suppress(TimeoutError):
            while left > 0 and (piece := line.recv(min(left, 65_536))):
                left -= len(piece)


KINDS: Mapping[Callable[[Client, Known, random.Random], None], int] = {
    _points: 28, _tables: 6, _jobs: 8, _links: 6, _cutouts: 8, _whole: 2, _leaver: 6,
}  # fmt: skip
"""What clients do, and how many of 64 do so."""


# ------------------------------------------------------------------------------------------------------------- together
@dataclass
class Load:
    """What has come of it.

    Parameters
    ----------
    times : `dict`
        Seconds of every answer by kind of client.
    wrong : `Counter`
        Problems by their text.
    memory : `list` [`float`, `float`]
        Seconds since the begin and megabytes of all processes of the server.
    left : `dict`
        What the server still had afterwards.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)
    left: dict[str, float] = field(default_factory=dict)

    def megabytes(self) -> tuple[float, float, float]:
        """Medians of memory in the first third after warming up and in the last third, and the peak."""
        warm = [mb for at, mb in self.memory if at > _WARM * self.seconds]
        n = max(1, len(warm) // 3)
        return sorted(warm[:n])[n // 2], sorted(warm[-n:])[n // 2], max(mb for _, mb in self.memory)

    def figures(self) -> dict[str, Any]:
        """To be recorded."""
        before, after, peak = self.megabytes()
        kinds = {}
        for kind, times in self.times.items():
            ranked = sorted(times)
            p50, p95 = (round(1e3 * ranked[int(q * (len(ranked) - 1))]) for q in (0.5, 0.95))
            kinds[kind] = {"answers": len(times), "p50": p50, "p95": p95, "longest": round(1e3 * ranked[-1])}
        return {
            "seconds": round(self.seconds),
            "cpu": round(self.cpu, 1),
            "kinds": kinds,
            "wrong": sum(self.wrong.values()),
            "memory": {"warm": round(before), "end": round(after), "peak": round(peak)},
            "left": self.left,
        }


def run(server: RunningServer, known: Known, work: Path, seconds: float, clients: int = 64) -> Load:
    """Load a server.

    Parameters
    ----------
    server : `RunningServer`
    known : `Known`
        From `prepare`.
    work : path
        Its work folder.
    seconds, clients : `float`, `int`
        How long, and how many.
    """
    found, end = Load(), threading.Event()
    kinds = [kind for kind, n in KINDS.items() for _ in range(n)]
    order = random.Random(3).sample(kinds, len(kinds))
    threads = [
        threading.Thread(target=_client, args=(server, order[i % len(order)], known, i, end, found))
        for i in range(clients)
    ]
    cpu, began = server.cpu(), time.monotonic()
    for thread in threads:
        thread.start()
    while (passed := time.monotonic() - began) < seconds:
        found.memory.append((passed, server.megabytes()))
        time.sleep(0.25)
    end.set()
    for thread in threads:
        thread.join(120)
    lost = sum(thread.is_alive() for thread in threads)
    if lost:
        found.wrong["a client still waits for its answer"] += lost
    found.seconds, found.cpu = time.monotonic() - began, server.cpu() - cpu
    found.left = _left(server, work)
    return found


def _client(server: RunningServer, kind: Any, known: Known, number: int, end: threading.Event, found: Load) -> None:
    chance, client, name = random.Random(number), Client(server, timeout=100), kind.__name__.strip("_")
    while not end.is_set():
        began = time.monotonic()
        try:
            kind(client, known, chance)
            found.times[name].append(time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - each is told of
            found.wrong[f"{name}: {type(error).__name__}: {error}"] += 1
            client = Client(server, timeout=100)


def _left(server: RunningServer, work: Path) -> dict[str, float]:
    """Jobs, folders of jobs, and connections, once the server has had time to tidy up."""
    jobs = folders = connections = 0
    for _ in range(100):
        jobs = _got(Client(server), "/api/tap/async").count(b"jobref ")
        folders = sum(1 for _ in (work / "results").glob("*")) if (work / "results").exists() else 0
        if not jobs and not folders and not (connections := server.connections()):
            break
        time.sleep(0.1)
    return {"jobs": jobs, "folders": folders, "connections": connections}


def measure(place: Path, visits: int, tracts: int, seconds: float, workers: int, clients: int, url: str = "") -> Load:
    """Repositories, a server of them, and the load; ObsCore is in SQLite or in an empty PostgreSQL database."""
    make_repository(place / "dp02", url, visits, tracts)
    (place / "image").mkdir()
    dataset, file = cutout_service.make_repository(place / "image", compressed=False)
    served = {"dp02": place / "dp02", "bench": place / "image" / "repo"}
    with running(served, workers, [f"--work-folder={place / 'work'}"], place / "log") as server:
        known = prepare(server, dataset, file)
        return run(server, known, place / "work", seconds, clients)


def shown(figures: Mapping[str, Any]) -> Iterator[list[str]]:
    """Rows of a table: kind of client, answers, milliseconds."""
    for kind, one in figures["kinds"].items():
        yield [kind, *(f"{one[key]:,}" for key in ("answers", "p50", "p95", "longest"))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite", help="of ObsCore")
    parser.add_argument("--visits", type=int, default=40)
    parser.add_argument("--tracts", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    options = parser.parse_args()
    survey, crowd = (options.visits, options.tracts), (options.seconds, options.workers, options.clients)
    with tempfile.TemporaryDirectory() as name, opened(name), database(options.database, Path(name)) as (_, url):
        found = measure(Path(name), *survey, *crowd, url)
        log = (Path(name) / "log").read_text()
    for row in shown(figures := found.figures()):
        print("{:<10} {:>8} {:>8} {:>8} {:>8}".format(*row))
    for text, n in found.wrong.most_common(20):
        print(f"{n} times {text[:600]}")
    print(json.dumps({key: value for key, value in figures.items() if key != "kinds"}))
    failed = [line for line in log.splitlines() if "Traceback" in line or '"status": 5' in line]
    print(f"{len(failed)} lines of the log look like failures", *failed[:5], sep="\n")
    if options.record:
        more = {"images": images(options.visits, options.tracts), "load": round(os.getloadavg()[0], 1)}
        more |= {"clients": options.clients, "workers": options.workers, "database": options.database}
        save_recorded(load_recorded() | {"vo_load": figures | more})


if __name__ == "__main__":
    main()
