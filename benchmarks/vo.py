"""Asks ObsCore of half a million images through a server as users do, on both databases (`make bench-vo`).

The questions are those of the tutorial of Rubin's image services.  DaCHS cannot be installed from PyPI, so that it does
not run beside ours: its figures (500,000 rows, PostgreSQL with pgsphere, two cores) were measured once and stand in
`ROWS`, as does what we have promised.  The CPU time of our server is given besides the time that passed, which other
work on the machine inflates.

`--visits 14790 --tracts 157` makes 8,478,246 rows, a little more than Data Preview 0.2 has; it takes ten minutes more.
`--repository` takes one that is there, made with these numbers, and asks it the questions alone.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import cutout_service
from dp02 import database
from measurement import readable
from recorded import load_recorded, save_recorded
from skybutler.vo.snapshot.folder import FOLDER
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
    "BINARY2": "votable", "TABLEDATA": "votable/td", "CSV": "csv", "JSON": "json", "FITS": "fits",
    "Parquet": "parquet", "Arrow": "arrow",
}  # fmt: skip
CLIENTS = (1, 4, 8, 16)
RATE_S, WARM_S = 4.0, 2.0


@dataclass(frozen=True)
class VoRow:
    """What is measured, and beside what.

    Parameters
    ----------
    unit : `str`
        ``ms``, of which less is better, or ``/s``.
    peer : `float`, optional
        What DaCHS 2.7 needs, or does, on a quiet machine.
    target : `float`, optional
        What is promised; of half a million rows if there is another.
    large : `float`, optional
        What is promised of more rows than that.
    """

    unit: str
    peer: float | None = None
    target: float | None = None
    large: float | None = None


ROWS: dict[str, VoRow] = {
    "count": VoRow("ms", 50),
    "groups": VoRow("ms", 69),
    "count, from a snapshot": VoRow("ms", 50),
    "groups, from a snapshot": VoRow("ms", 69),
    "point, six coadds": VoRow("ms", 62, 5, 20),
    "point, all images": VoRow("ms", 38),
    "tract, patch, band": VoRow("ms", 115, 5),
    "point as a job, submitted, waited for, fetched": VoRow("ms", 4_400, 200),
    "points, 1 client": VoRow("/s", 7),
    "points, 4 clients": VoRow("/s", 16),
    "points, 8 clients": VoRow("/s"),
    "points, 16 clients": VoRow("/s", 16, 300),
    "first byte of all columns": VoRow("ms", 13_000, 500),
    "rows as BINARY2": VoRow("/s", 12_000, 100_000),
    "first byte of all columns, from a snapshot": VoRow("ms", 13_000, 500),
    "rows as BINARY2, from a snapshot": VoRow("/s", 12_000, 100_000),
    "making a snapshot": VoRow("ms"),
    "rows as TABLEDATA": VoRow("/s", 8_800),
    "rows as CSV": VoRow("/s", 10_500),
    **{f"rows as {name}": VoRow("/s") for name in list(FORMATS)[3:]},
    "cut-outs, 1 client": VoRow("/s", 29),
    "cut-outs, 4 clients": VoRow("/s", 58, 150),
    "cut-outs, 8 clients": VoRow("/s", 58, 150),
}
SMALL = 1_000_000
"""Up to so many rows the promises of half a million hold."""


def latencies(client: Client) -> Iterator[tuple[str, dict[str, float]]]:
    """Questions one after the other."""
    for name, adql in QUESTIONS.items():
        yield name, latency(client, adql)
    adql = QUESTIONS["point, six coadds"]
    yield "point as a job, submitted, waited for, fetched", _three(client.median(lambda: client.job(adql), 20))


def latency(client: Client, adql: str) -> dict[str, float]:
    """What one question takes."""
    began = time.perf_counter()
    client.ask(adql)
    n = 30 if time.perf_counter() - began < 0.3 else 5
    return _three(client.median(lambda: client.ask(adql), n))


def _three(found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("wall", "p95", "cpu"), (float(f"{value:.3g}") for value in found), strict=True))


def anywhere() -> Callable[[], str]:
    """Paths of questions for points that nobody has asked for before."""
    chance = random.Random(1)

    def path() -> str:
        where = f"POINT('ICRS', {chance.uniform(55, 60):.5f}, {chance.uniform(-32.5, -28):.5f})"
        return sync_path(
            "SELECT obs_publisher_did, access_url FROM ivoa.ObsCore WHERE "
            f"dataproduct_subtype = 'lsst.deepCoadd_calexp' AND CONTAINS({where}, s_region) = 1"
        )

    return path


def rates(server: RunningServer, what: str, path: Callable[[], str], clients: tuple[int, ...]) -> dict[str, Any]:
    """How many requests are answered in a second, by the number of clients."""
    rate(server, path, max(clients), WARM_S)  # all processes know what they need
    found = {}
    for n in clients:
        one = rate(server, path, n, RATE_S)
        name = f"{what}, {n} client{'s' if n > 1 else ''}"
        found[name] = {"per_second": round(one.per_second), "cpu": float(f"{one.cpu:.3g}")}
        found[name] |= {"wall": float(f"{one.p50:.3g}"), "p95": float(f"{one.p95:.3g}")}
    return found


def downloads(client: Client, rows: int) -> Iterator[tuple[str, dict[str, float]]]:
    """All columns of many rows in every format; of others than the first, of half as many."""
    for name, format_ in FORMATS.items():
        figure, first = download(client, rows if name == "BINARY2" else rows // 2, format_)
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
            yield f"{name}, from a snapshot", latency(client, QUESTIONS[name])
        figure, first = download(client, rows, FORMATS["BINARY2"])
        yield "rows as BINARY2, from a snapshot", figure
        yield "first byte of all columns, from a snapshot", first


def cutouts(place: Path) -> dict[str, Any]:
    """Cut-outs of 360 x 360 pixels of a plane of 4200 x 4200, which each client asks for at another place."""
    dataset, _ = cutout_service.make_repository(place, compressed=False)
    circles = cutout_service.circles(500)
    chance = random.Random(1)

    def path() -> str:
        ra, dec = chance.choice(circles)
        asked = {"ID": f"butler://bench/{dataset}", "CIRCLE": f"{ra!r} {dec!r} {cutout_service.RADIUS}"}
        return f"/api/cutout/sync?{urlencode(asked)}"

    with running({"bench": place / "repo"}) as server:
        return rates(server, "cut-outs", path, (1, 4, 8))


def measure(repository: Path, rows: int) -> dict[str, Any]:
    """Figures by name: milliseconds, how many in a second, milliseconds of CPU of the server for each."""
    with running({"dp02": repository}) as server:
        client = Client(server)
        found = dict(latencies(client)) | dict(downloads(client, rows))
    with running({"dp02": repository}, workers=2) as server:
        found |= rates(server, "points", anywhere(), CLIENTS)
    return found | dict(from_snapshot(repository, rows))


@contextmanager
def opened(folder: str) -> Iterator[None]:
    """A folder that the user of PostgreSQL can enter."""
    Path(folder).chmod(0o755)
    yield


def value(row: VoRow, figure: Mapping[str, float]) -> float:
    """What counts of a figure."""
    return figure["wall" if row.unit == "ms" else "per_second"]


def met(row: VoRow, figure: Mapping[str, float], n_images: int) -> str:
    """Whether a promise is kept: the time that passed decides."""
    target = row.target if n_images <= SMALL else row.large
    if target is None:
        return ""
    kept = value(row, figure) <= target if row.unit == "ms" else value(row, figure) >= target
    return "yes" if kept else "no"


def shown(found: Mapping[str, Any], n_images: int) -> Iterator[list[str]]:
    """Rows of a table: what, ours, 95 of 100, CPU of the server, the peer's, the target, whether it is met."""
    for name, row in ROWS.items():
        if (figure := found.get(name)) is None:
            continue
        target = row.target if n_images <= SMALL else row.large
        amounts = (value(row, figure), row.peer, target)
        ours, peer, promised = ("" if a is None else f"{a:,g} {row.unit}".replace(" /", "/") for a in amounts)
        p95, cpu = (readable(figure[key] / 1e3) if key in figure else "" for key in ("p95", "cpu"))
        yield [name, ours, p95, cpu, peer, promised, met(row, figure, n_images)]


def made(backend: str, visits: int, tracts: int, rows: int) -> dict[str, Any]:
    """Figures of a repository that is made for them; with SQLite those of cut-outs, too."""
    with tempfile.TemporaryDirectory() as name, opened(name), database(backend, Path(name)) as (_, url):
        make_repository(Path(name) / "repository", url, visits, tracts)
        found = measure(Path(name) / "repository", rows)
        if backend == "sqlite":
            (Path(name) / "image").mkdir()
            found |= cutouts(Path(name) / "image")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=794)
    parser.add_argument("--tracts", type=int, default=85)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table that is downloaded")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="default: both")
    parser.add_argument("--repository", type=Path, help="one that is there, in the one --database that is named")
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    options = parser.parse_args()
    n = images(options.visits, options.tracts)
    backends = options.database or ["sqlite", "postgresql"]
    if options.repository and (len(backends) != 1 or (options.repository / FOLDER).exists()):
        parser.error("--repository needs --database once, and a repository without a snapshot, which would answer")
    for backend in backends:
        if options.repository:
            with running({"dp02": options.repository}) as server:
                figures = dict(latencies(Client(server)))
        else:
            figures = made(backend, options.visits, options.tracts, min(options.rows, n))
        for row in shown(figures, n):
            print(backend, "{:<48} {:>14} {:>10} {:>11} {:>10} {:>11} {}".format(*row), flush=True)
        if options.record:
            recorded = load_recorded()
            case = {"images": n, "load": round(os.getloadavg()[0], 1), "figures": figures}
            recorded["vo"] = recorded.get("vo", {}) | {f"{backend}:{n}": case}
            save_recorded(recorded)


if __name__ == "__main__":
    main()
