"""What is particular to SQLite: opening, journal mode, locks, error texts.  Knows no table of ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from skybutler.errors import (
    ButlerError,
    ConflictError,
    FormatError,
    InvalidError,
    ReadOnlyError,
    UnavailableError,
)

from .database import ColumnKind, Database, Row, quoted

__all__ = ["SqliteDatabase"]

_BUSY_SECONDS = 60.0
_FAILURES = (sqlite3.Error, OverflowError)
"""What the driver raises; the latter for integers of more than 64 bits."""


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
            f"No space left for the registry {path}; nothing was changed.", hint="Free space, retry."
        )
    if "not a database" in text or "malformed" in text:
        return FormatError(f"{path} is not a usable SQLite registry: {text}.")
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
    kinds = {
        "int": "INTEGER",
        "float": "REAL",
        "text": "TEXT",
        "bytes": "BLOB",
        "id": "BLOB",
        "bool": "INTEGER",
        "key": "INTEGER PRIMARY KEY",
    }
    begin_statement = "BEGIN IMMEDIATE"
    row_lock = shared_lock = ""  # a write transaction has the whole file

    def __init__(self, path: str, *, writeable: bool, create: bool = False, journal: str = "wal") -> None:
        super().__init__(writeable)
        self.path = path if os.path.isabs(path) else os.path.join(os.getcwd(), path)
        self._create, self._journal = create, journal
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
            connection.execute("PRAGMA temp_store=MEMORY")
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

    # -------------------------------------------------------------- statements
    def _execute(self, sql: str, parameters: Sequence[Any]) -> sqlite3.Cursor:
        try:
            cursor: sqlite3.Cursor = self.connection.execute(sql, parameters)
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        return cursor

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        try:
            rows: list[Row] = self.connection.execute(sql, parameters).fetchall()
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        return rows

    def stream(self, sql: str, parameters: Sequence[Any] = (), size: int = 20_000) -> Generator[list[Row], None, None]:
        cursor = self._execute(sql, parameters)
        try:
            while rows := cursor.fetchmany(size):
                yield rows
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        finally:
            cursor.close()

    def insert_many(self, table: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row]) -> None:
        names = ", ".join(map(quoted, columns))
        marks = ", ".join("?" * len(columns))
        try:
            cursor = self.connection.executemany(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", rows)
        except _FAILURES as error:
            raise _translated(error, self.path) from error
        self._written += cursor.rowcount

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

    def _undo(self, savepoint: str | None) -> None:
        connection: sqlite3.Connection = self.connection
        if not connection.in_transaction:  # SQLite itself rolled back (disk full, I/O error)
            return
        if savepoint is None:
            connection.execute("ROLLBACK")
        else:
            connection.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
            connection.execute(f"RELEASE SAVEPOINT {savepoint}")

    # ------------------------------------------------------------- differences
    def table_names(self) -> set[str]:
        return {str(r[0]) for r in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def analyze(self) -> None:
        # a bounded sample per index keeps this at milliseconds however large the repository is
        self._execute("PRAGMA analysis_limit=1000", ())
        self._execute("ANALYZE", ())

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
