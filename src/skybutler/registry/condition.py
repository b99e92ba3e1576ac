"""The state of a database as its administrator sees it: journal, locks, sessions, statistics.  Judges nothing.

Everything works on a database whose tables are not ours, of another version or missing.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import Any

from .database import Database

__all__ = [
    "LockHolder",
    "Session",
    "facts_of",
    "file_locks",
    "file_of",
    "integrity",
    "journal_mode",
    "sample_of_paths",
    "server_time",
    "server_version",
    "sessions",
    "sqlite_library",
    "statistics",
    "trash_count",
    "write_refusal",
]

_RESERVED, _PENDING, _WAL_WRITER = 0x40000001, 0x40000000, 120
"""Bytes that SQLite locks to write: of the file itself, and of its ``-shm`` file (https://sqlite.org/walformat.html)."""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A process that has an SQLite file locked for writing."""

    pid: int
    command: str


@dataclass(frozen=True, slots=True)
class Session:
    """Another session on a PostgreSQL database; ``seconds`` since its transaction began, 0 outside of one."""

    pid: int
    user: str
    application: str
    state: str
    seconds: float
    waits_for: tuple[int, ...]


def sqlite_library() -> str:
    """Version of the SQLite library of this Python."""
    return sqlite3.sqlite_version


def server_version(database: Database) -> str:
    """Name and version of what answers."""
    if database.dialect == "sqlite":
        return f"SQLite {sqlite_library()}"
    row = database.query_one("SELECT current_setting('server_version')")
    return f"PostgreSQL {str(row[0]).partition(' ')[0] if row else '?'}"


def facts_of(database: Database) -> dict[str, str]:
    """What a repository says about itself, by key; empty if there is none in the database."""
    if "repository" not in database.table_names():
        return {}
    rows = database.query("SELECT key, value FROM repository WHERE key <> 'universe'")
    return {str(key): str(value) for key, value in rows}


def statistics(database: Database) -> tuple[bool, int]:
    """Whether the planner has statistics of the datasets, and about how many datasets there are."""
    if database.dialect == "sqlite":
        row = database.query_one("SELECT max(k) FROM dataset")
        rows = int(row[0] or 0) if row else 0
        if "sqlite_stat1" not in database.table_names():
            return False, rows
        return database.query_one("SELECT 1 FROM main.sqlite_stat1 WHERE tbl = 'dataset' LIMIT 1") is not None, rows
    row = database.query_one("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('dataset')")
    known = int(row[0]) if row else -1
    if known > 0:
        return True, known
    row = database.query_one("SELECT max(k) FROM dataset")
    return False, int(row[0] or 0) if row else 0


def trash_count(database: Database) -> int:
    """Files that wait to be deleted."""
    row = database.query_one("SELECT count(*) FROM trash")
    return int(row[0]) if row else 0


def sample_of_paths(database: Database, n: int = 20) -> list[str]:
    """Paths of some stored datasets, as they are recorded."""
    rows = database.query("SELECT path FROM dataset WHERE path IS NOT NULL LIMIT ?", (n,))
    return [str(r[0]) for r in rows]


# --------------------------------------------------------------------- SQLite
def file_of(url: str) -> str | None:
    """Path of the file of an SQLite URL; `None` for other databases."""
    return url.partition(":///")[2] if url.partition(":")[0].partition("+")[0] == "sqlite" else None


def journal_mode(database: Database) -> str:
    """Journal mode of an SQLite file."""
    row = database.query_one("PRAGMA journal_mode")
    return str(row[0]).lower() if row else "?"


def integrity(database: Database) -> list[str]:
    """What SQLite finds wrong in the structure of its file; reads all of it."""
    found = [str(r[0]) for r in database.query("PRAGMA quick_check(5)")]
    return [] if found == ["ok"] else found


def file_locks(path: str) -> list[LockHolder] | None:
    """Processes that are writing to an SQLite file now (Linux); `None` where the system does not tell."""
    try:
        with open("/proc/locks", encoding="ascii") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return None
    wanted = {_inode(path): (_PENDING, _RESERVED), _inode(f"{path}-shm"): (_WAL_WRITER, _WAL_WRITER)}
    wanted.pop("", None)
    pids = {int(words[4]) for words in map(str.split, lines) if _is_writing(words, wanted)}
    return [LockHolder(pid, _command(pid)) for pid in sorted(pids)]


def _inode(path: str) -> str:
    """What names a file in ``/proc/locks``; the device is left out, as file systems disagree on it."""
    try:
        return str(os.stat(path).st_ino)
    except OSError:
        return ""


def _is_writing(words: list[str], wanted: dict[str, tuple[int, int]]) -> bool:
    # "1: POSIX  ADVISORY  WRITE 1234 08:01:131 120 120"; a process that waits has "->" behind the number
    if len(words) != 8 or words[3] != "WRITE":
        return False
    span = wanted.get(words[5].rpartition(":")[2])
    if span is None or not words[6].isdecimal():
        return False
    end = int(words[7]) if words[7].isdecimal() else 1 << 62
    return int(words[6]) <= span[1] and end >= span[0]


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return "?"


# ----------------------------------------------------------------- PostgreSQL
def sessions(database: Database) -> list[Session]:
    """Other sessions on the same database that are in a transaction or wait for one."""
    rows = database.query(
        "SELECT pid, coalesce(usename::text, '?'), coalesce(application_name, ''), coalesce(state, '?'), "
        "coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8, "
        "array_to_string(pg_blocking_pids(pid), ' ') FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
        "AND (xact_start IS NOT NULL OR state IS NULL) ORDER BY xact_start"
    )
    return [
        Session(int(pid), user, application, state, float(seconds), tuple(map(int, blockers.split())))
        for pid, user, application, state, seconds, blockers in rows
    ]


def server_time(database: Database) -> float:
    """Seconds since 1970 on a PostgreSQL server."""
    row = database.query_one("SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(row[0]) if row else 0.0


def write_refusal(database: Database) -> str:
    """Why a PostgreSQL role cannot write, in words; empty if it can."""
    row: Any = database.query_one(
        "SELECT pg_is_in_recovery(), has_table_privilege('dataset', 'INSERT'), "
        "has_database_privilege(current_database(), 'TEMPORARY'), current_user::text"
    )
    standby, insert, temporary, user = row
    if standby:
        return "the server is a standby, which nobody writes to"
    if not temporary:
        return f"'{user}' may not make temporary tables, which queries need"
    return "" if insert else f"'{user}' may not insert into its tables"
