"""One round of a comparison: all phases on all sides, in turn, on the same arrays.  Knows no targets, no reports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from side import PHASES, WITHOUT_DATABASE
from support.postgres import PostgresServer, fresh_database

HERE = Path(__file__).resolve().parent
BACKENDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
POSTGRES = {"listen_addresses": "", "shared_buffers": "256MB", "max_connections": "20"}
"""Everything else, above all what makes commits safe, as PostgreSQL has it by default."""

MEMORY, ROOM = "/dev/shm", 5e8

Rows = dict[str, dict[str, Any]]
"""What one side measured, by key of the row."""


def memory_folder() -> str | None:
    """A folder in memory where there is one with room: what the kernel does for a disk varies more than what we do."""
    return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM else None


def peer_python() -> str:
    """The Python of the environment with the peer."""
    found = os.environ.get("SKYBUTLER_PEER_PYTHON")
    if not found:
        raise SystemExit("SKYBUTLER_PEER_PYTHON is not set: `make bench` makes an environment with the peer.")
    return found


@dataclass(frozen=True)
class Turns:
    """What is measured, and with what.

    Parameters
    ----------
    backend : {"sqlite", "postgresql"}
        The database.
    arrays, files : `Path`
        The survey.
    pythons : mapping
        The Python of each side; the floor has no PostgreSQL.
    times : `int`
        How often what can be repeated is repeated.
    phases : sequence of `str`
        Which, in the order they must run.
    analyzed : `bool`
        Give PostgreSQL its statistics after the ingest, on all sides: what it does by itself once a minute happens in
        some short runs and not in others, and plans depend on it.
    """

    backend: str
    arrays: Path
    files: Path
    pythons: Mapping[str, str]
    times: int
    phases: Sequence[str] = PHASES
    analyzed: bool = False

    def measure(self, folder: Path) -> dict[str, Rows]:
        """Rows of all sides; phase by phase in turn, so that a busy moment of the machine meets them all."""
        for side in self.pythons:
            shutil.rmtree(folder / side, ignore_errors=True)
            (folder / f"{side}.jsonl").unlink(missing_ok=True)
        with ExitStack() as stack:
            server = None
            if self.backend == "postgresql":
                server = PostgresServer(POSTGRES | ({"autovacuum": "off"} if self.analyzed else {}))
                stack.callback(server.stop)
            options = {s: stack.enter_context(databases(server, self.times, peer=s == "peer")) for s in self.pythons}
            skipped = WITHOUT_DATABASE if server else ()
            for phase in (p for p in self.phases if p not in skipped):
                for side in self.pythons:
                    self._run(phase, side, folder, options[side])
                    if phase == "ingest" and self.analyzed and server:
                        _execute(options[side][-1].removeprefix("--database="), "ANALYZE")
        rows = {side: _read(folder / f"{side}.jsonl") for side in self.pythons}
        for side in self.pythons:
            shutil.rmtree(folder / side)
        return rows

    def _run(self, phase: str, side: str, folder: Path, options: Sequence[str]) -> None:
        print(f"{self.backend}: {phase} ({side})", file=sys.stderr, flush=True)
        command = [self.pythons[side], str(HERE / f"{side}.py"), phase, f"--times={self.times}", *options]
        places = {"repository": folder / side, "arrays": self.arrays, "files": self.files}
        command += [f"--{k}={v}" for k, v in places.items()] + [f"--out={folder / side}.jsonl"]
        # an installed package is compiled, a checkout only when Python may write what it compiled
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run(command, check=True, env=environment)


@contextmanager
def databases(server: PostgresServer | None, count: int, *, peer: bool) -> Iterator[list[str]]:
    """Options that name empty databases, one per repository that is made; the peer's need an extension."""
    if server is None:
        yield []
        return
    with ExitStack() as stack:
        urls = [stack.enter_context(fresh_database(server.url)) for _ in range(count)]
        for url in urls if peer else []:
            _execute(url, "CREATE EXTENSION btree_gist")
        yield [f"--server={server.pid}", *(f"--database={url}" for url in urls)]


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def right_answers(arrays: Path) -> dict[str, int]:
    """The number of results of each question, as `oracle.py` counts them."""
    command = [sys.executable, str(HERE / "oracle.py"), str(arrays)]
    found: dict[str, int] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def seconds(row: Mapping[str, Any]) -> float:
    """CPU of client and server."""
    return float(row["cpu"] + row["server"])


def keep_best(found: dict[str, Rows], other: Mapping[str, Rows]) -> None:
    """What was faster in another round replaces what is there, row by row on each side."""
    for side, rows in other.items():
        for key, row in rows.items():
            known = found.setdefault(side, {}).get(key)
            if known is None or seconds(row) < seconds(known):
                found[side][key] = row


def _read(file: Path) -> Rows:
    """Rows by key, numbers with four digits: more would be noise."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        numbers = {k: float(f"{row[k]:.4g}") for k in ("cpu", "wall", "server")}
        found[row.pop("key")] = row | numbers
    return found
