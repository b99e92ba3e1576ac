"""Examines the database of a repository, also one that does not open.  Knows no files of datasets."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator

from skybutler.butler.config import RepositoryConfig
from skybutler.errors import ButlerError
from skybutler.registry import condition
from skybutler.registry.database import Database, open_database
from skybutler.registry.schema import SCHEMA_VERSION

from .finding import Finding
from .machine import NETWORK_FILE_SYSTEMS, file_system_of, free_space
from .settings import failure

__all__ = ["examine_database"]

_MOST_CHECKED = 200_000_000
"""Bytes of an SQLite file that is read through; larger ones only when everything is wanted."""
_LONG, _VERY_LONG = 60.0, 600.0
"""Seconds of a transaction that are worth telling, and worth a warning."""
_SKEW = 5.0
_MANY = 2000
"""Datasets from which on plans without statistics are bad ones."""


def examine_database(
    config: RepositoryConfig, place: str, *, write: bool = False, full: bool = False
) -> tuple[list[str], list[Finding]]:
    """Paths of some datasets' files, if the database tells, and what there is to say about it.

    Parameters
    ----------
    config : `RepositoryConfig`
        Which database.
    place : `str`
        The repository, as commands name it.
    write : `bool`
        Also try whether a transaction can be begun.
    full : `bool`
        Read a large SQLite file through, too.
    """
    found: list[Finding] = []
    url = config.resolved(config.registry)
    file = condition.file_of(url)
    if file is not None:
        found += _sqlite_file(file)
    try:
        database = open_database(url, writeable=write, namespace=config.namespace)
    except (ButlerError, OSError) as error:
        return [], [*found, failure("database", error, "The repository cannot be opened.")]
    try:
        facts = condition.facts_of(database)
        found.append(Finding("database", "ok", f"{condition.server_version(database)} answers"))
        found += _sqlite(database, file, full) if file is not None else _postgresql(database)
        paths, tables = _tables(database, facts, place)
        found += tables
        if write:
            found.append(_try_to_write(database))
    except (ButlerError, OSError) as error:
        return [], [*found, failure("database", error, "The repository cannot be opened.")]
    finally:
        database.close()
    return paths, found


def _tables(database: Database, facts: dict[str, str], place: str) -> tuple[list[str], list[Finding]]:
    """Version, statistics and trash of the tables, if they are ours."""
    quoted = shlex.quote(place)
    if not facts:
        hint = f"butler create {quoted}, or correct registry.db and registry.namespace in butler.yaml"
        return [], [Finding("schema", "error", "The database holds no skybutler registry.", "It is empty.", hint)]
    version = int(facts.get("schema_version", 0))
    by = facts.get("created_by", "an unknown version")
    if version > SCHEMA_VERSION:
        says = f"version {version}, made by {by}; this skybutler knows {SCHEMA_VERSION}"
        return [], [Finding("schema", "error", says, "It cannot be opened.", "pip install --upgrade skybutler")]
    if version < SCHEMA_VERSION:
        says = f"version {version} of {SCHEMA_VERSION}, made by {by}: a migration is due"
        return [], [Finding("schema", "error", says, "It cannot be opened.", f"butler migrate {quoted}")]
    found = [Finding("schema", "ok", f"version {version}, made by {by}; no migration is due")]
    found.append(_statistics(database, quoted))
    if waiting := condition.trash_count(database):
        found.append(
            Finding(
                "trash", "warning", f"{waiting:,} files of removed datasets wait to be deleted",
                "They take up space only.", f"butler verify {quoted} --repair --apply",
            )
        )  # fmt: skip
    else:
        found.append(Finding("trash", "ok", "empty"))
    return condition.sample_of_paths(database), found


def _statistics(database: Database, quoted: str) -> Finding:
    present, rows = condition.statistics(database)
    if present or rows < _MANY:
        return Finding("statistics", "ok", "the planner knows the tables" if present else "not needed yet")
    analyze = f"from skybutler import Butler; Butler({quoted!r}, writeable=True).registry.database.analyze()"
    return Finding(
        "statistics", "warning", f"none, of about {rows:,} datasets", "Queries may take very much longer.",
        f'python -c "{analyze}"',
    )  # fmt: skip


def _try_to_write(database: Database) -> Finding:
    began = time.monotonic()
    try:
        with database.transaction():
            pass
    except ButlerError as error:
        return failure("database write", error, "Nothing can be put or ingested.")
    return Finding("database write", "ok", f"a transaction takes {1000 * (time.monotonic() - began):.0f} ms")


# --------------------------------------------------------------------- SQLite
def _sqlite_file(file: str) -> Iterator[Finding]:
    """The file and its folder, before it is opened."""
    if not os.path.exists(file):
        return
    folder = os.path.dirname(os.path.abspath(file))
    size = os.path.getsize(file)
    rights = "you may write" if os.access(file, os.W_OK) else "you may only read"
    yield Finding("database file", "ok", f"{file}, {size / 1e6:,.1f} MB, {rights}")
    if os.access(file, os.W_OK) and not os.access(folder, os.W_OK):
        yield Finding(
            "database file", "error", f"{folder} cannot be written, though {file} can",
            "SQLite keeps its journal beside the file.", f"chmod u+w {shlex.quote(folder)}",
        )  # fmt: skip
    if size == 0:
        yield Finding("database file", "error", f"{file} is empty", "What was in it is gone.", "Restore a backup.")
    if os.path.getmtime(file) > time.time() + 60:
        yield Finding("clock", "warning", f"{file} was changed in the future", "This or its server's clock is wrong.")
    yield free_space("disk of database", folder)
    yield from _file_locks(file)  # before it is opened: a writer may keep us waiting


def _sqlite(database: Database, file: str, full: bool) -> Iterator[Finding]:
    mode, kind = condition.journal_mode(database), file_system_of(file)
    remote = kind in NETWORK_FILE_SYSTEMS
    if mode == "wal" and remote:
        yield Finding(
            "journal", "error", f"WAL on a network file system ({kind})",
            "WAL needs memory that all processes share: with several machines the file will be damaged.",
            f"sqlite3 {shlex.quote(file)} 'PRAGMA journal_mode=DELETE'",
        )  # fmt: skip
    elif mode != "wal" and not remote:
        yield Finding(
            "journal", "warning", f"{mode} on a local disk ({kind or 'unknown kind'})",
            "Readers and a writer wait for each other.", f"sqlite3 {shlex.quote(file)} 'PRAGMA journal_mode=WAL'",
        )  # fmt: skip
    else:
        yield Finding("journal", "ok", f"{mode} on {kind or 'a file system of unknown kind'}")
    if full or os.path.getsize(file) <= _MOST_CHECKED:
        wrong = condition.integrity(database)
        if wrong:
            yield Finding(
                "integrity", "error", "; ".join(wrong), "The file is damaged.",
                f"Restore a backup, or save what can be read: sqlite3 {shlex.quote(file)} .recover | sqlite3 NEW",
            )  # fmt: skip
        else:
            yield Finding("integrity", "ok", "the structure of the file is whole")
    else:
        yield Finding("integrity", "ok", "not looked at, as the file is large", fix="butler doctor REPO --full")


def _file_locks(file: str) -> Iterator[Finding]:
    holders = condition.file_locks(file)
    if holders is None:
        yield Finding("locks", "ok", "this system does not tell who writes")
    elif holders:
        who = ", ".join(f"process {h.pid} ({h.command})" for h in holders)
        yield Finding(
            "locks", "warning", f"{who} is writing now", "Others wait until it is done, up to a minute.",
            "If it hangs, end it: kill PID. What it had not committed is rolled back.",
        )  # fmt: skip
    else:
        yield Finding("locks", "ok", "nobody is writing now")


# ----------------------------------------------------------------- PostgreSQL
def _postgresql(database: Database) -> Iterator[Finding]:
    if "dataset" in database.table_names():
        refusal = condition.write_refusal(database)
        means = "You can read only." if refusal else ""
        yield Finding("permissions", "ok", refusal or "you may write", means)
    skew = condition.server_time(database) - time.time()
    if abs(skew) > _SKEW:
        yield Finding(
            "clock", "warning", f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the server's",
            "Times that are recorded by different machines cannot be compared.", "Let NTP set the clocks.",
        )  # fmt: skip
    busy = condition.sessions(database)
    for session in busy:
        who = f"session {session.pid} of '{session.user}'" + (f" ({session.application})" * bool(session.application))
        if session.waits_for:
            blockers = ", ".join(map(str, session.waits_for))
            yield Finding("locks", "warning", f"{who} waits for {blockers}", "It goes on when those have ended.")
        if session.seconds > _LONG:
            long = session.seconds > _VERY_LONG or session.state.startswith("idle in transaction")
            yield Finding(
                "locks", "warning" if long else "ok", f"{who}: {session.state} for {session.seconds:,.0f} s",
                "Its locks keep others waiting, and no space is given free meanwhile." if long else "",
                f"SELECT pg_terminate_backend({session.pid})" if long else "",
            )  # fmt: skip
    if not any(s.waits_for or s.seconds > _LONG for s in busy):
        yield Finding("locks", "ok", f"nobody waits; {len(busy)} other sessions in a transaction")
