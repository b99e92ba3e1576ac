"""Builds the registry of the whole of DP0.2 and asks it: what it costs, and what depends on its size.

``make bench-dp02`` calls it; ``python benchmarks/dp02.py --visits 2000 --database sqlite`` for less.  19,852 visits
by 189 detectors are 3.75 million raws and as many calexps, recorded as objects of a store that nobody looks into (no
file is made or checked); visits and detectors have regions, and all 18,938 tracts of the DC2 sky map are there.  A
second repository of 1,000 visits, equally deep, is asked the same questions: their answers have the same size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dp02_steps import STEPS, Size
from dp02_survey import DP02_VISITS, DeepSurvey
from measurement import Server
from recorded import load_recorded, save_recorded

HERE = Path(__file__).resolve().parent
POSTGRES = {"listen_addresses": "", "shared_buffers": "512MB", "max_connections": "100"}
FLAT = 2.0
"""Largest ratio of a question's cost to that in the small repository."""

FEWEST_VISITS = 60
"""With fewer the questions find nothing to look at."""


class ServerMemory(threading.Thread):
    """Looks now and then how much memory the server's processes have together, and keeps the peak (MB)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        import psutil  # type: ignore[import-untyped, unused-ignore]

        self.peak, self._process, self._done, self._errors = 0.0, psutil.Process(pid), threading.Event(), psutil.Error

    def run(self) -> None:
        """Until told to stop."""
        while not self._done.wait(0.5):
            with suppress(self._errors, OSError):
                family = [self._process, *self._process.children(recursive=True)]
                self.peak = max(self.peak, sum(p.memory_full_info().pss for p in family) / 2**20)

    def stop(self) -> float:
        """The peak."""
        self._done.set()
        self.join()
        return self.peak


@contextmanager
def database(backend: str, folder: Path) -> Iterator[tuple[int, str]]:
    """A server's first process and the URL of an empty database; nothing for SQLite."""
    if backend == "sqlite":
        yield 0, ""
        return
    from support.postgres import PostgresServer, fresh_database

    tempfile.tempdir = str(folder)
    server = PostgresServer(POSTGRES)
    try:
        with fresh_database(server.url) as url:
            yield server.pid, url
    finally:
        server.stop()


def build(backend: str, visits: int, whole: bool, folder: Path) -> dict[str, Any]:
    """Every step in a process of its own; rows by key."""
    repository = folder / f"{backend}-{visits}"
    rows: dict[str, Any] = {}
    with database(backend, folder) as (pid, url):
        for step in STEPS:
            memory = ServerMemory(pid) if pid else None
            if memory:
                memory.start()
            command = [sys.executable, __file__, f"--step={step}", f"--repository={repository}", f"--url={url}"]
            command += [f"--server={pid}", f"--visits={visits}", *(["--whole"] if whole else [])]
            began = time.monotonic()
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            server_mb = round(memory.stop()) if memory else 0
            for line in done.stdout.splitlines():
                row = json.loads(line) | ({"server_mb": server_mb} if memory else {})
                rows[row.pop("key")] = row
                print(_line(f"{backend}:{visits}", json.loads(line)["key"], row), flush=True)
            print(f"{backend}:{visits}: {step} took {time.monotonic() - began:.0f} s in all", flush=True)
        rows["size"] = {"bytes": _bytes(repository, url)}
        if backend == "sqlite":
            shutil.rmtree(repository)
    return rows


def _bytes(repository: Path, url: str) -> int:
    if not url:
        return sum(p.stat().st_size for p in repository.glob("*.sqlite3*"))
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def _line(case: str, key: str, row: Mapping[str, Any]) -> str:
    each = (row["cpu"] + row["server"]) / row["n"]
    text = f"{case} {key:<22} {row['n']:>9,} in {row['wall']:>8.3f} s, {each * 1e6:>10,.1f} µs CPU each"
    text += f", {row['n'] / row['wall']:>9,.0f}/s, {row['peak_mb']} MB"
    return text + (f", {row['results']} results" if "results" in row else "")


def growth(full: Mapping[str, Any], small: Mapping[str, Any]) -> dict[str, float]:
    """CPU in the full repository over that in the small one; per result where there are more of them."""
    found = {}
    for key, row in full.items():
        if row.get("n") != 1 or key not in small or key in ("create", "keys.point.disk"):
            continue
        other = small[key]
        ratio = (row["cpu"] + row["server"]) / (other["cpu"] + other["server"])
        more = max(1.0, row.get("results", 1) / max(1, other.get("results", 1)))
        found[key] = float(f"{ratio / more:.3g}")
    return found


def case(backend: str, visits: int, reference: int, folder: Path) -> dict[str, Any]:
    """Both repositories."""
    began = time.monotonic()
    small = build(backend, reference, False, folder)
    full = build(backend, visits, True, folder)
    ratios = growth(full, small)
    for key, ratio in ratios.items():
        print(f"{key:<22} {ratio:>6.2f} times {'' if ratio <= FLAT else 'GROWS'}")
    seconds = round(time.monotonic() - began)
    print(f"{backend}: {full['size']['bytes'] / 2**20:,.0f} MB, {seconds} s in all")
    return {
        "visits": visits,
        "reference": reference,
        "seconds": seconds,
        "growth": ratios,
        "full": full,
        "small": small,
    }


def run_step(options: argparse.Namespace) -> None:
    """One step, in this process; rows go to standard output."""
    server = Server(options.server) if options.server else None
    size = Size(options.repository, options.url, options.visits, options.whole, server)
    for row in STEPS[options.step](size, DeepSurvey.of(options.visits)):
        numbers = {k: float(f"{row[k]:.4g}") for k in ("cpu", "wall", "server")}
        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(json.dumps(row | numbers | {"peak_mb": peak}), flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=DP02_VISITS)
    parser.add_argument("--reference", type=int, default=1000, help="visits of the small repository")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="default: both")
    parser.add_argument("--folder", type=Path, default=HERE / ".data" / "dp02", help="on a disk with 10 GB free")
    parser.add_argument("--record", action="store_true", help="write the figures into recorded.json")
    hidden = parser.add_argument_group("for one step, used internally")
    hidden.add_argument("--step", choices=list(STEPS))
    hidden.add_argument("--repository", type=Path)
    hidden.add_argument("--url", default="")
    hidden.add_argument("--server", type=int, default=0)
    hidden.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    if not options.step and min(options.visits, options.reference) < FEWEST_VISITS:
        parser.error(f"the questions need surveys of at least {FEWEST_VISITS} visits")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are stopped then, too
    if options.step:
        run_step(options)
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for backend in options.database or ["sqlite", "postgresql"]:
        found = case(backend, options.visits, options.reference, options.folder.resolve())
        if options.record:
            recorded = load_recorded()
            recorded.setdefault("dp02", {})[f"{backend}:{options.visits}"] = found | {"cores": os.cpu_count()}
            save_recorded(recorded)
    return 0


if __name__ == "__main__":
    sys.exit(main())
