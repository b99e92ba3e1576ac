"""The journal: who changed what, and when; written with the change itself, read newest first.  Knows no files."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .clock import now_ns, utc_text
from .database import Database
from .schema import JOURNAL
from .tally import Noted

__all__ = ["Entry", "Journal", "who_am_i", "write_entries"]

_KINDS = JOURNAL.kinds("time", "who", "action", "subject", "count", "details")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: ``time`` in TAI nanoseconds, ``who`` as user@host, how many things, and what else is to be said."""

    time: int
    who: str
    action: str
    subject: str
    count: int
    details: Mapping[str, Any]


class Journal:
    """The changes of one repository.

    Whatever a transaction notes is written just before it commits, one entry per action and subject; what it notes in
    a part that is rolled back is not.

    Parameters
    ----------
    database : `Database`
        Where the table is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.before_commit.append(self._write)

    def note(self, action: str, subject: str, count: int = 1, **details: Any) -> None:
        """Say what the transaction does that is open (inside a transaction).

        Parameters
        ----------
        action : `str`
            What is done: a verb, ``certify``.
        subject : `str`
            To what: the name of a collection, dataset type, dimension element; ``TYPE in COLLECTION`` for datasets.
        count : `int`
            To how many things; entries with the same action and subject are added up.
        **details
            What else is to be said: numbers, text, lists of them.
        """
        self._database.note(action, subject, count, **details)

    def _write(self) -> None:
        if noted := self._database.noted:
            write_entries(self._database, noted)

    # -------------------------------------------------------------------- read
    def generation(self) -> str:
        """What tells whether anything has changed: number and moment of the last entry, since each change makes one.

        Two equal ones, the first of which was seen in `~skybutler.registry.database.Database.frozen`, mean that
        nothing was written in between.
        """
        row = self._database.query_one("SELECT k, time FROM journal ORDER BY k DESC LIMIT 1")
        return "0" if row is None else f"{row[0]}-{row[1]}"

    def entries(
        self,
        *,
        since: int | None = None,
        until: int | None = None,
        actions: Sequence[str] = (),
        subjects: Sequence[str] = (),
        limit: int | None = None,
    ) -> Generator[list[Entry], None, None]:
        """Changes, newest first, some thousand at a time in bounded memory.

        Parameters
        ----------
        since, until : `int`, optional
            TAI nanoseconds: the first moment, and the first after the last.
        actions : sequence of `str`
            Names and globs; all when empty.
        subjects : sequence of `str`
            Names and globs; a plain name stands for everything that concerns a collection or dataset type.
        limit : `int`, optional
            At most so many.
        """
        conditions: list[tuple[str, list[Any]]] = []
        conditions += [("time >= ?", [since])] if since is not None else []
        conditions += [("time < ?", [until])] if until is not None else []
        conditions += [self._one_of("action", actions)] if actions else []
        conditions += [self._one_of("subject", [p for s in subjects for p in _concerned(s)])] if subjects else []
        sql = "SELECT time, who, action, subject, count, details FROM journal"
        if conditions:
            sql += " WHERE " + " AND ".join(text for text, _ in conditions)
        sql += " ORDER BY k DESC" + (f" LIMIT {int(limit)}" if limit is not None else "")
        for rows in self._database.stream(sql, [v for _, values in conditions for v in values], 5_000):
            yield [_entry(*row) for row in rows]

    # -------------------------------------------------------------------- trim
    def older(self, before: int) -> int:
        """How many entries were made before a moment (TAI nanoseconds)."""
        row = self._database.query_one("SELECT count(*) FROM journal WHERE time < ?", [before])
        return int(row[0]) if row else 0

    def trim(self, before: int) -> int:
        """Remove entries made before a moment, and enter how many that were, in one transaction.

        Parameters
        ----------
        before : `int`
            TAI nanoseconds.

        Returns
        -------
        removed : `int`
            How many; nothing is entered if there were none.
        """
        self._database.require_writeable()
        with self._database.transaction():
            row = self._database.query_one(
                "SELECT sum(count) FROM journal WHERE action = 'trim' AND time < ?", [before]
            )
            removed = self._database.execute("DELETE FROM journal WHERE time < ?", [before])
            if removed:
                earlier = {"trimmed_before": int(row[0])} if row and row[0] else {}
                self.note("trim", "journal", removed, until=utc_text(before), **earlier)
        return removed

    def _one_of(self, column: str, patterns: Iterable[str]) -> tuple[str, list[Any]]:
        found = [self._database.glob(column, _pieces(pattern)) for pattern in patterns]
        return f"({' OR '.join(text for text, _ in found)})", [v for _, values in found for v in values]


def write_entries(database: Database, noted: Mapping[tuple[str, str], Noted]) -> None:
    """Enter changes as made now and by us (inside a transaction, at its end)."""
    now, who = now_ns(), who_am_i()
    rows = [(now, who, *key, count, _json(details) if details else None) for key, (count, details) in noted.items()]
    database.insert_at_commit("journal", _KINDS, rows)


def who_am_i() -> str:
    """The user that this process runs as, and the machine, as ``user@host``."""
    return f"{_user(os.geteuid())}@{os.uname().nodename}"


@cache
def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container, say
        return str(number)


def _json(details: Mapping[str, Any]) -> str:
    import json

    return json.dumps(details, default=str)


def _entry(time: int, who: str, action: str, subject: str, count: int, details: str | None) -> Entry:
    import json

    return Entry(int(time), who, action, subject, int(count), json.loads(details) if details else {})


def _concerned(subject: str) -> list[str]:
    return [subject, f"{subject} in *", f"* in {subject}"]


def _pieces(pattern: str) -> list[tuple[str, str]]:
    """A glob as `Database.glob` takes it."""
    kinds = {"*": "any", "?": "one"}
    return [(kinds.get(c, "text"), c) for c in pattern]
