"""Brings a repository of an older skybutler up to date: a backup first, then one step after the other.

Knows no terminal.  No butler opens such a repository, so it works on the database alone.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from skybutler.butler.config import RepositoryConfig
from skybutler.errors import ParameterError
from skybutler.registry.credentials import without_password
from skybutler.registry.database import Database, open_database
from skybutler.registry.migrations import Step, migrate, pending
from skybutler.storage.disk_sync import sync_files
from skybutler.storage.local import SCRATCH_PREFIX

__all__ = ["Migration", "migrate_repository"]


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done, or would be.

    Parameters
    ----------
    steps : `list` [`Step`]
        In order; none for a repository that is up to date.
    backup : `str` or `None`
        The file that the database is copied to before.
    """

    steps: list[Step]
    backup: str | None


def migrate_repository(
    config: RepositoryConfig,
    *,
    backup: bool = True,
    dry_run: bool = False,
    announce: Callable[[Step], None] = lambda step: None,
) -> Migration:
    """Take all steps to the schema of today, each in a transaction with an entry in the journal.

    Parameters
    ----------
    config : `RepositoryConfig`
    backup : `bool`
        Copy an SQLite database first, into a file beside it.  PostgreSQL has tools of its own for that: with a
        backup wanted, nothing is done and the command to run is told.
    dry_run : `bool`
        Only tell what would be done.
    announce : callable
        Told of each step when it is done.

    Raises
    ------
    SchemaVersionError
        The repository was made by a newer skybutler.
    ParameterError
        A backup of a PostgreSQL database is wanted.
    """
    url = config.resolved(config.registry)
    with closing(open_database(url, writeable=not dry_run, namespace=config.namespace)) as database:
        steps = pending(database)
        if not steps:
            return Migration([], None)
        place = _backup_place(url, steps[0].version - 1) if backup and database.dialect == "sqlite" else None
        if dry_run:
            return Migration(steps, place)
        if place is not None:
            _back_up(database, place)
        elif backup:
            raise _use_pg_dump(url, config, steps[0].version - 1)
        done = []
        for step in migrate(database):
            announce(step)
            done.append(step)
        return Migration(done, place)


def _backup_place(url: str, version: int) -> str:
    """A new name beside the database, with version and time."""
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return f"{os.path.abspath(url.partition(':///')[2])}.schema-{version}-{moment}"


def _back_up(database: Database, place: str) -> None:
    """Copy the database; the file has its name only when it is whole and on disk."""
    directory, name = os.path.split(place)
    scratch = os.path.join(directory, f"{SCRATCH_PREFIX}{os.getpid():x}-{name}")
    try:
        database.backup(scratch)
        os.replace(scratch, place)
    finally:
        if os.path.lexists(scratch):
            os.unlink(scratch)
    sync_files([place], directory)


def _use_pg_dump(url: str, config: RepositoryConfig, version: int) -> ParameterError:
    words = ["pg_dump", "--format=custom", f"--file=registry-schema-{version}.dump"]
    words += [f"--schema={config.namespace}"] if config.namespace else []
    scheme, _, rest = url.partition(":")
    words.append(without_password(f"{scheme.partition('+')[0]}:{rest}").replace(":***@", "@"))
    return ParameterError(
        "The registry is in PostgreSQL, which has its own way of making a backup; nothing was changed.",
        hint=f"Run: {shlex.join(words)}\nThen: butler migrate {config.root} --no-backup",
    )
