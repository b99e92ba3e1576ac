"""The repository's revision number: when cached definitions must be read again.  Knows not what is cached."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .database import Database

__all__ = ["Revision"]


class Revision:
    """A counter in the database, raised by every transaction that changes collections, chains, types or summaries.

    Parameters
    ----------
    database : `Database`
        Where the counter is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: str | None = None
        self._local = threading.local()
        self.on_change: list[Callable[[], None]] = []
        """Caches to empty when the counter has moved or a transaction was rolled back."""
        database.on_rollback.append(self._roll_back)
        database.after_begin.append(self._begin)
        database.before_commit.append(self._raise)

    @property
    def number(self) -> str | None:
        """The number that was found when last checked; `None` if it is not known, as while definitions are changed.

        Definitions that are read after that are of this number, or newer.
        """
        return None if getattr(self._local, "bump", False) else self._seen

    def check(self) -> None:
        """Empty the caches if another process changed definitions since they were filled."""
        if not self._database.changed_elsewhere():
            return
        row = self._database.query_one("SELECT value FROM repository WHERE key = 'revision'")
        value = row[0] if row else None
        if value != self._seen:
            self._seen = value
            self._notify()

    def bump(self) -> None:
        """Definitions change: empty the caches, and let other processes know when the transaction commits."""
        self._local.bump = True
        self._notify()

    def _begin(self) -> None:
        """What is written must not rest on definitions that another process has replaced."""
        self._local.bump = False
        self.check()

    def _raise(self) -> None:
        if not self._local.bump:
            return
        self._database.execute(
            "UPDATE repository SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'revision'"
        )
        row = self._database.query_one("SELECT value FROM repository WHERE key = 'revision'")
        # caches already hold what this transaction did, unless somebody else moved the counter meanwhile
        if row and self._seen is not None and int(row[0]) == int(self._seen) + 1:
            self._seen = row[0]
        else:
            self._seen = row[0] if row else None
            self._notify()
        self._local.bump = False

    def _roll_back(self) -> None:
        self._seen = None  # it may be that of a commit which failed
        self._notify()

    def _notify(self) -> None:
        for forget in self.on_change:
            forget()
