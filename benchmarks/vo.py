"""Asks ObsCore of half a million images through a server as users do, on both databases (`make bench-vo`).

The questions are those of the tutorial of Rubin's image services.  The peer, DaCHS, is asked the same by the same
clients in the same run, with the rows of the first database and the same image, once both have given the same answers;
it is a package of Debian, and where it is not installed its column stays empty (see `dachs`).  The CPU time of our
server is given besides the time that passed, which other work on the machine inflates.

`--visits 14790 --tracts 157` makes 8,478,246 rows, a little more than Data Preview 0.2 has; it takes ten minutes more.
Of so many the peer is asked with `--peer` only.
`--repository` takes one that is there, made with these numbers, and asks it the questions alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from astropy.io import fits

import cutout_service
import dachs
from dp02 import database
from recorded import load_recorded, save_recorded
from skybutler.vo.snapshot.folder import FOLDER
from vo_rows import SMALL, shown
from vo_server import Client, RunningServer, rate, running, sync_path
from vo_survey import PLACE, images, make_repository

POINT = f"CONTAINS(POINT('ICRS', {PLACE[0]}, {PLACE[1]}), s_region) = 1"
COADD = "dataproduct_type = 'image' AND dataproduct_subtype = 'lsst.deepCoadd_calexp'"
QUESTIONS = {
    "count": "SELECT COUNT(*) FROM ivoa.ObsCore",
    "groups": "SELECT dataproduct_subtype, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY dataproduct_subtype",
    "point, six coadds": f"SELECT * FROM ivoa.ObsCore WHERE {COADD} AND calib_level = '3' AND {POINT}",
    "point, all images": f"SELECT * FROM ivoa.ObsCore WHERE {POINT}",
    "tract, patch, band": f"SELECT access_url, s_ra, s_dec FROM ivoa.ObsCore WHERE {COADD} AND lsst_tract = 4431 "
    "AND lsst_patch = 17 AND lsst_band = 'i'",
}
FORMATS = {
    "BINARY2": "votable/b2", "TABLEDATA": "votable/td", "CSV": "csv", "JSON": "json", "FITS": "fits",
    "Parquet": "parquet", "Arrow": "arrow",
}  # fmt: skip
PEER_FORMATS = ("BINARY2", "TABLEDATA", "CSV", "JSON", "FITS")
CLIENTS = (1, 4, 8, 16)
COMPARED = ("n", "obs_id", "dataproduct_subtype", "lsst_band", "s_ra")
"""Columns that both write, and that do not differ with the database, as identifiers do."""
RATE_S, WARM_S = 4.0, 2.0


def latencies(client: Client) -> Iterator[tuple[str, dict[str, float]]]:
    """Questions one after the other."""
    for name, adql in QUESTIONS.items():
        yield name, latency(client, partial(client.ask, adql))
    adql = QUESTIONS["point, six coadds"]
    yield "point as a job, submitted, waited for, fetched", latency(client, partial(client.job, adql))


def latency(client: Client, call: Callable[[], object]) -> dict[str, float]:
    """What one question takes."""
    began = time.perf_counter()
    call()
    found = client.median(call, 30 if time.perf_counter() - began < 0.3 else 5)
    return dict(zip(("wall", "p95", "cpu"), (float(f"{value:.3g}") for value in found), strict=True))


def anywhere(server: RunningServer) -> Callable[[], str]:
    """Paths of questions for points that nobody has asked for before."""
    chance = random.Random(1)

    def path() -> str:
        where = f"POINT('ICRS', {chance.uniform(55, 60):.5f}, {chance.uniform(-32.5, -28):.5f})"
        return sync_path(
            "SELECT obs_publisher_did, access_url FROM ivoa.ObsCore WHERE "
            f"dataproduct_subtype = 'lsst.deepCoadd_calexp' AND CONTAINS({where}, s_region) = 1",
            server.tap,
        )

    return path


def rates(server: RunningServer, what: str, path: Callable[[], str], clients: tuple[int, ...]) -> dict[str, Any]:
    """How many requests are answered in a second, by the number of clients."""
    rate(server, path, max(clients), WARM_S)  # all processes know what they need
    found = {}
    for n in clients:
        one = rate(server, path, n, RATE_S)
        name = f"{what}, {n} client{'s' if n > 1 else ''}"
        found[name] = {"per_second": _digits(one.per_second), "cpu": float(f"{one.cpu:.3g}")}
        found[name] |= {"wall": float(f"{one.p50:.3g}"), "p95": float(f"{one.p95:.3g}")}
    return found


def _digits(value: float) -> float:
    return round(value) if value >= 100 else float(f"{value:.3g}")


def downloads(client: Client, rows: int, formats: Iterable[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """All columns of many rows in every format; of others than the first, of half as many."""
    for name in formats:
        figure, first = download(client, rows if name == "BINARY2" else rows // 2, FORMATS[name])
        yield f"rows as {name}", figure
        if name == "BINARY2":
            yield "first byte of all columns", first


def download(client: Client, n: int, format_: str) -> tuple[dict[str, float], dict[str, float]]:
    """What rows cost, and the first byte of them."""
    began, before = time.perf_counter(), client.server.cpu()
    _, first = client.ask(f"SELECT TOP {n} * FROM ivoa.ObsCore", RESPONSEFORMAT=format_)
    wall, cpu = time.perf_counter() - began, client.server.cpu() - before
    return {"per_second": round(n / wall), "cpu": float(f"{1e3 * cpu / n:.3g}")}, {"wall": round(1e3 * first, 1)}


def from_snapshot(repository: Path, rows: int) -> Iterator[tuple[str, dict[str, float]]]:
    """A snapshot is made, and asked what it is for."""
    began = time.perf_counter()
    subprocess.run([Path(sys.executable).parent / "butler", "obscore", "snapshot", repository], check=True)
    yield "making a snapshot", {"wall": round(1e3 * (time.perf_counter() - began))}
    with running({"dp02": repository}) as server:
        client = Client(server)
        for name in ("count", "groups"):
            yield f"{name}, from a snapshot", latency(client, partial(client.ask, QUESTIONS[name]))
        figure, first = download(client, rows, FORMATS["BINARY2"])
        yield "rows as BINARY2, from a snapshot", figure
        yield "first byte of all columns, from a snapshot", first


def cutouts(server: RunningServer, service: str, dataset: str) -> dict[str, Any]:
    """Cut-outs of 360 x 360 pixels of a plane of 4200 x 4200, which each client asks for at another place."""
    circles = cutout_service.circles(500)
    chance = random.Random(1)

    def path() -> str:
        ra, dec = chance.choice(circles)
        return f"{service}?{urlencode({'ID': dataset, 'CIRCLE': f'{ra!r} {dec!r} {cutout_service.RADIUS}'})}"

    status, _, content = Client(server).request("GET", path())
    if status != 200 or len(content) < 4 * (cutout_service.PART - 2) ** 2:
        raise RuntimeError(f"no cut-out but {status}: {content[:300]!r}")
    return rates(server, "cut-outs", path, (1, 4, 8))


def measure(repository: Path, rows: int) -> dict[str, Any]:
    """Figures by name: milliseconds, how many in a second, milliseconds of CPU of the server for each."""
    with running({"dp02": repository}) as server:
        client = Client(server)
        found = dict(latencies(client)) | dict(downloads(client, rows, FORMATS))
    with running({"dp02": repository}, workers=2) as server:
        found |= rates(server, "points", anywhere(server), CLIENTS)
    return found | dict(from_snapshot(repository, rows))


@contextmanager
def opened(folder: str) -> Iterator[None]:
    """A folder that the user of PostgreSQL can enter."""
    Path(folder).chmod(0o755)
    yield


def answers(server: RunningServer) -> dict[str, list[Any]]:
    """What is answered, as far as it has to be the same."""
    client = Client(server)
    found: dict[str, list[Any]] = {}
    path = anywhere(server)
    paths = {name: sync_path(adql, server.tap) for name, adql in QUESTIONS.items()}
    paths |= {f"points, {i}": path() for i in range(20)}
    for name, one in paths.items():
        status, _, content = client.request("GET", f"{one}&RESPONSEFORMAT=csv")
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        if status != 200 or (not rows and name in QUESTIONS):
            raise RuntimeError(f"{status} and {len(rows)} rows for {name}")
        if name == "count":
            found[name] = [int(number) for row in rows for number in row.values()]
        else:
            found[name] = sorted(
                [row.get(c, "") if c != "s_ra" else _rounded(row.get(c)) for c in COMPARED] for row in rows
            )
    return found


def _rounded(value: str | None) -> str:
    return f"{float(value):.8f}" if value else ""


@contextmanager
def beside(repository: Path, folder: Path) -> Iterator[RunningServer]:
    """The peer with the rows of a repository and the image of cut-outs, once it has answered what we do."""
    butler = Path(sys.executable).parent / "butler"
    table, picture = folder / "obscore.parquet", folder / "picture.fits"
    subprocess.run([butler, "obscore", "export", repository, table, "--root-url=http://127.0.0.1:8080"], check=True)
    (folder / "peer").mkdir()
    _, image = cutout_service.make_repository(folder / "peer", compressed=False)
    with fits.open(image) as hdus:
        fits.PrimaryHDU(hdus[1].data, hdus[1].header).writeto(picture)
    with running({"dp02": repository}) as server:
        ours = answers(server)
    with dachs.serving(table, picture) as server:
        same(ours, answers(server))
        yield server


def measure_peer(server: RunningServer, rows: int) -> dict[str, Any]:
    """Its version, and figures by name as of ours."""
    client = Client(server)
    found = dict(latencies(client)) | dict(downloads(client, rows, PEER_FORMATS))
    found |= rates(server, "points", anywhere(server), CLIENTS)
    found |= cutouts(server, dachs.CUTOUTS, dachs.IMAGE)
    return {"version": dachs.version(server), "figures": found}


def same(ours: Mapping[str, list[Any]], peers: Mapping[str, list[Any]]) -> None:
    """Both have to answer the same, or nothing is compared."""
    for name, rows in ours.items():
        if rows != peers[name]:
            raise RuntimeError(f"{name}: we answer {len(rows)} rows, the peer {len(peers[name])}, or others")


def made(backend: str, options: argparse.Namespace, peer: dict[str, Any]) -> dict[str, Any]:
    """Figures of a repository that is made for them; with SQLite those of cut-outs, too; the peer's if still wanted."""
    rows = min(options.rows, images(options.visits, options.tracts))
    with tempfile.TemporaryDirectory() as name, opened(name), database(backend, Path(name)) as (_, url):
        folder = Path(name)
        make_repository(folder / "repository", url, options.visits, options.tracts)
        if options.peer and not peer:
            with beside(folder / "repository", folder) as server:
                peer |= measure_peer(server, rows)
        found = measure(folder / "repository", rows)
        if backend == "sqlite":
            (folder / "image").mkdir()
            dataset, _ = cutout_service.make_repository(folder / "image", compressed=False)
            with running({"bench": folder / "image" / "repo"}) as server:
                found |= cutouts(server, "/api/cutout/sync", f"butler://bench/{dataset}")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=794)
    parser.add_argument("--tracts", type=int, default=85)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table that is downloaded")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="default: both")
    parser.add_argument("--repository", type=Path, help="one that is there, in the one --database that is named")
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, help="default: up to a million rows")
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    options = parser.parse_args()
    n = images(options.visits, options.tracts)
    backends = options.database or ["sqlite", "postgresql"]
    if options.repository and (len(backends) != 1 or (options.repository / FOLDER).exists()):
        parser.error("--repository needs --database once, and a repository without a snapshot, which would answer")
    options.peer = n <= SMALL if options.peer is None else options.peer
    if options.peer and not options.repository and not dachs.installed():
        print(f"DaCHS is not installed, so that nothing is beside ours; on Debian: {dachs.INSTALL}", flush=True)
        options.peer = False
    peer: dict[str, Any] = {}
    for backend in backends:
        if options.repository:
            with running({"dp02": options.repository}) as server:
                figures = dict(latencies(Client(server)))
        else:
            figures = made(backend, options, peer)
        for row in shown(figures, n, peer.get("figures", {})):
            print(backend, "{:<48} {:>14} {:>10} {:>11} {:>12} {:>7} {:>11} {}".format(*row), flush=True)
        if options.record:
            recorded = load_recorded()
            case = {"images": n, "load": round(os.getloadavg()[0], 1), "figures": figures, "peer": peer}
            recorded["vo"] = recorded.get("vo", {}) | {f"{backend}:{n}": case}
            save_recorded(recorded)


if __name__ == "__main__":
    main()
