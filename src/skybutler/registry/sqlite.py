"""What is particular to SQLite: opening, journal mode, locks, error texts.  Knows no table of ours."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any

from skybutler.errors import (
    ButlerError,
    ConflictError,
    FormatError,
    InvalidError,
    InvalidQueryError,
    ReadOnlyError,
    UnavailableError,
)

from .bound_rows import BoundRows
from .database import ColumnKind, Database, Row, quoted
from .plan import Plan

__all__ = ["SqliteDatabase"]

_log = logging.getLogger(__name__)

_BUSY_SECONDS = 60.0
_NOTICE_SECONDS = 5.0
"""After so long a wait for another process the user is told what we wait for."""
_PAUSES = 0.0005, 0.004
"""Shortest and longest pause, seconds, before a writer that waits for another tries again."""
_SAMPLED = 1000
"""Rows of an index that are looked at for statistics."""
_FEW = 200
"""Up to so many different values are counted one by one."""
_BOUND_ROWS, _BOUND_PAIRS = 4000, 100
"""Up to so many staged integers, or rows of several, go along with a statement: a temporary table with its statistics
costs more than most questions, and has all statements of the connection compiled again."""
_FAILURES = (sqlite3.Error, OverflowError)
"""What the driver raises; the latter for integers of more than 64 bits."""

_OF_STATEMENTS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG)
_NOT_OF_STATEMENTS = ("no such table", "no such column", "cannot ")


def _translated(error: sqlite3.Error | OverflowError, path: str) -> ButlerError:
    """Our error for a driver error."""
    text = str(error)
    if isinstance(error, OverflowError):
        return InvalidError(f"The database cannot hold such a value: {text}.")
    if isinstance(error, sqlite3.IntegrityError):
        return ConflictError(text)
    if "locked" in text:
        return UnavailableError(
            f"The registry {path} was kept locked by another process for {_BUSY_SECONDS:.0f} s.",
            hint="Wait for it to finish, or find it with 'fuser'; for many writers use a PostgreSQL registry.",
        )
    if "readonly" in text:
        return ReadOnlyError(f"The registry {path} cannot be written: {text}.")
    if "full" in text:
        return UnavailableError(
            f"No space left for the registry {path} or for temporary files; nothing was changed.",
            hint="Free space and retry; SQLITE_TMPDIR says where temporary files go.",
        )
    if "not a database" in text or "malformed" in text:
        return FormatError(f"{path} is not a usable SQLite registry: {text}.")
    if text == "integer overflow":
        return InvalidError(f"The database can neither hold nor compute such a value: {text}.")
    if getattr(error, "sqlite_errorcode", None) in _OF_STATEMENTS and not text.startswith(_NOT_OF_STATEMENTS):
        return InvalidQueryError(f"The database refuses the query: {text}.")
    return UnavailableError(f"The registry {path} failed: {text}.")


def _escaped(path: str) -> str:
    """A path as part of a URI: three characters mean something there (https://www.sqlite.org/uri.html)."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


class SqliteDatabase(Database):
    """A SQLite file: WAL journal, short ``BEGIN IMMEDIATE`` write transactions, readers that never lock.

    Parameters
    ----------
    path : `str`
        The file.
    writeable : `bool`
        Open for writing.
    create : `bool`
        Make the file; otherwise a missing one is an error.
    journal : {"wal", "delete"}
        Journal mode of a new file; ``delete`` for network file systems, where WAL does not work.
    """

    dialect = "sqlite"
    freezing = "BEGIN", "SELECT 1 FROM {} LIMIT 1"  # only now is there something that stands still
    kinds = {
        "int": "INTEGER",
        "float": "REAL",
        "text": "TEXT",
        "bytes": "BLOB",
        "id": "BLOB",
        "bool": "INTEGER",
        "key": "INTEGER PRIMARY KEY",
    }
    row_lock = shared_lock = order_lock = ""  # a write transaction has the whole file

    def __init__(self, path: str, *, writeable: bool, create: bool = False, journal: str = "wal") -> None:
        super().__init__(writeable)
        self.path = path if os.path.isabs(path) else os.path.join(os.getcwd(), path)
        self._create, self._journal = create, journal
        self._bound = BoundRows(kept=False)  # or SQLite takes them for a million: worth a Bloom filter of whole tables
        if not create and not os.path.exists(self.path):
            raise UnavailableError(f"The registry file {self.path} does not exist.")

    # ------------------------------------------------------------- connection
    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._uri(), uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False,
                cached_statements=512,
            )  # fmt: skip
            if self._create:
                connection.execute("PRAGMA page_size=8192")
                connection.execute(f"PRAGMA journal_mode={'wal' if self._journal == 'wal' else 'delete'}")
                self._create = False
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA cache_size=-131072")
            # large sorts and stages go to temporary files, small ones never leave memory
            connection.execute("PRAGMA temp_store=FILE")
            connection.execute("PRAGMA temp.cache_size=-65536")
            connection.execute("PRAGMA temp.journal_mode=MEMORY")
            connection.execute("PRAGMA mmap_size=1073741824")
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error
        return connection

    def _uri(self) -> str:
        mode = "rwc" if self._create else "rw" if self.writeable else "ro"
        uri = f"file:{_escaped(self.path)}?mode={mode}"
        if (
            mode == "ro"
            and not os.path.exists(self.path + "-wal")
            and not os.access(os.path.dirname(self.path), os.W_OK)
        ):
            uri += "&immutable=1"  # a read-only place cannot hold the shared-memory file that WAL readers need
        return uri

    def _canceller(self) -> Callable[[], None]:
        connection: sqlite3.Connection = self.connection
        return connection.interrupt

    # -------------------------------------------------------------- statements
    def _execute(self, sql: str, parameters: Sequence[Any]) -> sqlite3.Cursor:
        sql, parameters, _ = self._bound.put_into(sql, parameters)
        try:
            cursor: sqlite3.Cursor = self.connection.execute(sql, parameters)
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        return cursor

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        changed = super().execute(sql, parameters)
        if changed < 0 and self._bound.put_into(sql, ())[0] is not sql:  # the driver counts not what begins with WITH
            changed = int(self.connection.execute("SELECT changes()").fetchone()[0])
            self._written += changed
        return changed

    def query(self, sql: str, parameters: Sequence[Any] = (), plan: Plan = Plan.USUAL) -> list[Row]:
        # it joins row by row whatever the plan, and finds the order of joins in no time
        sql, parameters, _ = self._bound.put_into(sql, parameters)
        try:
            rows: list[Row] = self.connection.execute(sql, parameters).fetchall()
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        return rows

    def stream(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        size: int = 20_000,
        plan: Plan = Plan.USUAL,
    ) -> Generator[list[Row], None, None]:
        cursor = self._execute(sql, parameters)
        try:
            part = plan.first_part(size)
            while rows := cursor.fetchmany(part):
                yield rows
                part = size
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        finally:
            with suppress(sqlite3.ProgrammingError):  # its connection is closed, and so is it
                cursor.close()

    def insert_many(self, table: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row]) -> None:
        names = ", ".join(map(quoted, columns))
        marks = ", ".join("?" * len(columns))
        try:
            cursor = self.connection.executemany(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", rows)
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        self._written += cursor.rowcount

    @contextmanager
    def staged(
        self, columns: Mapping[str, ColumnKind], rows: Iterable[Row], *, measured: bool = False, recurring: bool = False
    ) -> Iterator[str]:
        iterator, most = iter(rows), _BOUND_ROWS if len(columns) == 1 else _BOUND_PAIRS
        few = list(islice(iterator, most + 1)) if all(kind == "int" for kind in columns.values()) else []
        if not few or len(few) > most:
            with super().staged(columns, chain(few, iterator), measured=measured) as name:
                yield name
            return
        alone = len(columns) == 1
        places = ["value"] if alone else [f"value ->> {i}" for i in range(len(columns))]
        chosen = ", ".join(f"{place} AS {quoted(name)}" for place, name in zip(places, columns, strict=True))
        text = json.dumps([row[0] for row in few] if alone else few)
        with self._bound.staged(f"SELECT {chosen} FROM json_each(?)", [text], len(few)) as name:
            yield name

    def _create_stage(self, columns: Mapping[str, ColumnKind]) -> str:
        name = super()._create_stage(columns)
        # taken for a million rows otherwise: worth a Bloom filter, made by reading the whole of a table joined to it
        self._execute(f"INSERT INTO temp.{name} DEFAULT VALUES", ())
        self._execute(f"ANALYZE temp.{name}", ())
        self._execute(f"DELETE FROM temp.{name}", ())
        return name

    def _fill_stage(self, name: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row], measured: bool) -> None:
        alone = not self.connection.in_transaction
        if alone:  # otherwise each row is a transaction; a deferred one on a temporary table locks nothing
            self._execute("BEGIN", ())
        try:
            self.insert_many(name, columns, rows)
        finally:
            if alone:
                self._execute("COMMIT", ())
        if measured:  # otherwise taken for one row
            self._execute(f"ANALYZE temp.{name}", ())

    def _empty_stage(self, name: str) -> bool:
        self._execute(f"DELETE FROM temp.{name}", ())
        return True

    def _begin(self) -> None:
        """Begin to write as soon as nobody else does.

        SQLite's own waiting sleeps up to a tenth of a second at a time, the longer the longer it has waited: with
        several writers the lock lies idle between them, and whoever has waited long waits on.
        """
        connection, began, is_said = self.connection, time.monotonic(), False
        connection.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    waited = time.monotonic() - began
                    if "locked" not in str(error) or waited > _BUSY_SECONDS:
                        raise _translated(error, self.path) from error
                    if waited > _NOTICE_SECONDS and not is_said:
                        _log.warning("The registry %s is locked by another process: waiting for it.", self.path)
                        is_said = True
                import random  # loads OpenSSL

                time.sleep(random.uniform(*_PAUSES))  # noqa: S311 - chance spreads those who wait, it guards nothing
        finally:
            connection.execute(f"PRAGMA busy_timeout={1000 * _BUSY_SECONDS:.0f}")

    def _undo(self, savepoint: str | None) -> None:
        connection: sqlite3.Connection = self.connection
        if not connection.in_transaction:  # SQLite itself rolled back (disk full, I/O error)
            return
        if savepoint is None:
            try:
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:  # what ends another statement of this connection ended it, too
                self.close()
        else:
            connection.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
            connection.execute(f"RELEASE SAVEPOINT {savepoint}")

    # ------------------------------------------------------------- differences
    def table_names(self) -> set[str]:
        return {str(r[0]) for r in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def analyze(self) -> None:
        # a bounded sample per index keeps this at milliseconds however large the repository is
        self._execute(f"PRAGMA analysis_limit={_SAMPLED}", ())
        with self.transaction():
            self._execute("ANALYZE main", ())
            self._correct_statistics()
        self._execute("ANALYZE sqlite_master", ())  # nothing is read anew but the statistics

    def _correct_statistics(self) -> None:
        """Say how many rows really share the first columns of an index, where all of the sample did.

        A sample of a thousand rows cannot tell a thousand from millions of them: the rows of a run would be taken for
        a few, and every question would begin with them.  A quarter of them is said, since rows that stand together
        are read in less time than the planner thinks: listings are to begin with them.
        """
        # "main", as the temporary tables have statistics of the same name
        for table, index, text in self.query("SELECT tbl, idx, stat FROM main.sqlite_stat1 WHERE idx IS NOT NULL"):
            total, *shared = (int(word) for word in text.split() if word.isdigit())
            total = min(total, self._last_row(table) or total)
            columns = [r[0] for r in self.query("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))]
            for i, n in enumerate(shared[: len(columns)]):
                if _SAMPLED // 2 <= n < total // 2:
                    distinct = self._distinct(table, columns[: i + 1])
                    shared[i] = max(n, total // (4 * (distinct or _FEW)))
            words = " ".join(map(str, [total, *(min(n, total) for n in shared)]))
            self._execute("UPDATE main.sqlite_stat1 SET stat = ? WHERE tbl = ? AND idx = ?", (words, table, index))

    def _last_row(self, table: str) -> int | None:
        """Number of the last row: no fewer than there are rows; `None` for tables that do not number them."""
        made = self.query_one("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        if made is None or "WITHOUT ROWID" in made[0]:
            return None
        row = self.query_one(f"SELECT max(rowid) FROM {quoted(table)}")
        return row[0] if row else None

    def _distinct(self, table: str, columns: Sequence[str]) -> int | None:
        """How many different values the first columns of an index have; `None` for very many."""
        names = ", ".join(map(quoted, columns))
        last = self.query_one(f"SELECT {names} FROM {quoted(table)} ORDER BY {names} LIMIT 1")
        for n in range(1, _FEW + 1):
            if last is None or (last := self._after(table, columns, last)) is None:
                return n
        return None

    def _after(self, table: str, columns: Sequence[str], last: Row) -> Row | None:
        """The values that follow in an index, found by look-ups: a comparison of row values would read all between."""
        names = ", ".join(map(quoted, columns))
        for i in reversed(range(len(columns))):
            same = "".join(f"{quoted(c)} IS ? AND " for c in columns[:i])
            later = quoted(columns[i]) + (" IS NOT ?" if last[i] is None else " > ?")  # NULL comes first
            sql = f"SELECT {names} FROM {quoted(table)} WHERE {same}{later} ORDER BY {names} LIMIT 1"
            if found := self.query_one(sql, last[: i + 1]):
                return found
        return None

    def glob(self, expression: str, pieces: Iterable[tuple[str, str]]) -> tuple[str, list[Any]]:
        pattern = "".join(
            "".join(f"[{c}]" if c in "*?[" else c for c in text) if kind == "text" else text for kind, text in pieces
        )
        return f"{expression} GLOB ?", [pattern]

    def looked_up(self, table: str, alias: str, on: str) -> str:
        return f"CROSS JOIN {table} {alias} ON {on}"  # SQLite never reorders it

    def reserve_keys(self, table: str, n: int) -> Sequence[int]:
        # the write transaction keeps everybody else out, and rows with keys are never deleted from the end and reused
        row = self.query_one(f"SELECT coalesce(max(k), 0) FROM {quoted(table)}")
        first = int(row[0]) + 1 if row else 1
        return range(first, first + n)

    def changed_elsewhere(self) -> bool:
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        local = self._local
        if version == getattr(local, "data_version", None):
            return False
        local.data_version = version
        return True

    def lock_table(self, name: str) -> None:
        """BEGIN IMMEDIATE already keeps every other writer out."""

    def lock_out(self, name: str) -> None:
        """Readers see what was there before; writers are kept out already."""

    def backup(self, target: str) -> None:
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            self.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=delete")  # one file, with nothing beside it
        except sqlite3.Error as error:
            raise _translated(error, target) from error
        finally:
            copy.close()

    def faults(self) -> list[str]:
        try:
            rows = self.query("PRAGMA integrity_check")
        except FormatError as error:
            return [error.message]
        return [str(row[0]) for row in rows if row[0] != "ok"]
