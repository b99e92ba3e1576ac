"""Asks ObsCore of half a million images through a server as users do, on both databases (`make bench-vo`).

The questions are those of the tutorial of Rubin's image services. DaCHS cannot be installed from PyPI, so that it does
not run beside ours: its figures (500,000 rows, PostgreSQL with pgsphere, two cores) were measured once and stand in
`PEER`. The CPU time of our server is given besides the time that passed, which other work on the machine inflates.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dp02 import database
from recorded import load_recorded, save_recorded
from vo_survey import PLACE, images, make_repository

POINT = f"CONTAINS(POINT('ICRS', {PLACE[0]}, {PLACE[1]}), s_region) = 1"
COADD = "dataproduct_type = 'image' AND dataproduct_subtype = 'lsst.deepCoadd_calexp'"
QUESTIONS = {
    "count": "SELECT COUNT(*) FROM ivoa.ObsCore",
    "groups": "SELECT dataproduct_subtype, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY dataproduct_subtype",
    "point, six coadds": f"SELECT * FROM ivoa.ObsCore WHERE {COADD} AND {POINT}",
    "point, all images": f"SELECT * FROM ivoa.ObsCore WHERE {POINT}",
    "tract, patch, band": f"SELECT access_url, s_ra, s_dec FROM ivoa.ObsCore WHERE {COADD} AND lsst_tract = 4431 "
    "AND lsst_patch = 17 AND lsst_band = 'i'",
}
PEER = {"count": 50.0, "groups": 69.0, "point, six coadds": 62.0, "point, all images": 38.0,
        "tract, patch, band": 115.0, "points per second": 16.0, "rows per second": 12_000.0,
        "first byte": 13_000.0}  # fmt: skip
"""DaCHS 2.7 on a quiet machine, milliseconds or per second."""
TICKS = os.sysconf("SC_CLK_TCK")


class Client:
    """One connection that is kept, and the CPU time of the server."""

    def __init__(self, port: int, pid: int) -> None:
        self._connection, self._pid = http.client.HTTPConnection("127.0.0.1", port, timeout=600), pid

    def ask(self, adql: str, **more: Any) -> tuple[int, float]:
        """Bytes of an answer, and seconds until the first."""
        began = time.perf_counter()
        self._connection.request("GET", f"/api/tap/sync?{urlencode({'LANG': 'ADQL', 'QUERY': adql, **more})}")
        answer = self._connection.getresponse()
        n, first = len(answer.read(1)), time.perf_counter() - began
        while piece := answer.read1(1 << 18):
            n += len(piece)
        answer.read()  # `read1` leaves a connection open whose length is known
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {adql}")
        return n, first

    def cpu(self) -> float:
        """Seconds of the server, without its database."""
        words = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def median(self, make: Callable[[], str], n: int) -> tuple[float, float]:
        """Milliseconds of a question, the median; and of the server's CPU, the mean."""
        self.ask(make())
        times, began = [], self.cpu()
        for _ in range(n):
            start = time.perf_counter()
            self.ask(make())
            times.append(time.perf_counter() - start)
        return 1e3 * statistics.median(times), 1e3 * (self.cpu() - began) / n


@contextmanager
def served(repository: Path) -> Iterator[Client]:
    """A client of a server of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "butler"), "serve", f"dp02={repository}", f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            client = Client(port, server.pid)
            for _ in range(100):
                try:
                    client.ask("SELECT COUNT(*) FROM tap_schema.tables")
                    break
                except OSError:
                    client = Client(port, server.pid)
                    time.sleep(0.2)
            yield client
        finally:
            server.terminate()


def measure(repository: Path, rows: int) -> dict[str, Any]:
    """Figures by name: milliseconds passed and of CPU, or how many in a second passed and of CPU."""
    found: dict[str, Any] = {}
    chance = random.Random(1)
    with served(repository) as client:
        for name, adql in QUESTIONS.items():
            wall, cpu = client.median(lambda adql=adql: adql, 30)  # type: ignore[misc]
            found[name] = {"wall": round(wall, 2), "cpu": round(cpu, 2)}

        def anywhere() -> str:
            where = f"POINT('ICRS', {chance.uniform(55, 60):.5f}, {chance.uniform(-32.5, -28):.5f})"
            return (
                "SELECT obs_publisher_did, access_url FROM ivoa.ObsCore WHERE "
                f"dataproduct_subtype = 'lsst.deepCoadd_calexp' AND CONTAINS({where}, s_region) = 1"
            )

        wall, cpu = client.median(anywhere, 200)
        found["points per second"] = {"wall": round(1e3 / wall), "cpu": round(1e3 / max(cpu, 0.01))}
        began, before = time.perf_counter(), client.cpu()
        _, first = client.ask(f"SELECT TOP {rows} * FROM ivoa.ObsCore")
        wall, cpu = time.perf_counter() - began, client.cpu() - before
        found["rows per second"] = {"wall": round(rows / wall), "cpu": round(rows / cpu)}
        found["first byte"] = {"wall": round(1e3 * first, 1), "cpu": None}
    return found


@contextmanager
def _opened(folder: Path) -> Iterator[None]:
    """A folder that the user of PostgreSQL can enter."""
    folder.chmod(0o755)
    yield


def shown(found: Mapping[str, Any]) -> Iterator[list[str]]:
    """Rows of a table: what, time passed, CPU, the peer's time passed."""
    for name, value in found.items():
        cpu = "" if value["cpu"] is None else f"{value['cpu']:,}"
        yield [name if "per second" in name else f"{name}, ms", f"{value['wall']:,}", cpu, f"{PEER[name]:,.0f}"]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=794)
    parser.add_argument("--tracts", type=int, default=85)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table that is downloaded")
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    options = parser.parse_args()
    n = images(options.visits, options.tracts)
    figures: dict[str, Any] = {}
    for backend in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as name, _opened(Path(name)), database(backend, Path(name)) as (_, url):
            repository = Path(name) / "repository"
            make_repository(repository, url, options.visits, options.tracts)
            figures[backend] = measure(repository, min(options.rows, n))
            for row in shown(figures[backend]):
                print(backend, "{:<24} {:>10} {:>10} {:>10}".format(*row), flush=True)
    if options.record:
        save_recorded(
            load_recorded() | {"vo": {"images": n, "load": round(os.getloadavg()[0], 1), "databases": figures}}
        )


if __name__ == "__main__":
    main()
