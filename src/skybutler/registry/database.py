"""One connection to a database: statements, transactions, bulk inserts, staged rows.  Knows no table of ours.

SQL is written once, with ``?`` for bound values and quoted identifiers; what differs between SQLite and PostgreSQL is
in the two subclasses (`~skybutler.registry.sqlite`, `~skybutler.registry.postgresql`) and nowhere else.
"""

from __future__ import annotations

import itertools
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

from skybutler.errors import ConfigError, ParameterError, ReadOnlyError, UnavailableError

from .moments import Moments
from .plan import Plan
from .tally import Noted, Tally

if TYPE_CHECKING:
    from .interrupt import Interrupt

__all__ = ["ColumnKind", "Database", "open_database", "quoted"]

ColumnKind = Literal["int", "float", "text", "bytes", "id", "bool", "key"]
"""What a column holds: ``id`` is a 16-byte UUID, ``key`` an integer primary key made by the database."""

Row = tuple[Any, ...]

_LISTED = 400
"""So many values are listed in a statement."""
_FIRST_STATISTICS = 2000
"""Rows written by a process before it first refreshes the planner's statistics."""


def quoted(name: str) -> str:
    """An identifier as SQL text (``group`` is both a dimension and a reserved word)."""
    return '"' + name.replace('"', '""') + '"'


class _Hooks(threading.local):
    """What one thread has to be told of its transactions: caches are a thread's own, as connections are."""

    def __init__(self) -> None:
        self.on_rollback: list[Callable[[], None]] = []
        self.after_begin: list[Callable[[], None]] = []
        self.before_commit: list[Callable[[], None]] = []


class _Closing:
    """Closes a connection when the thread that opened it ends."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._pid = connection, os.getpid()

    def __del__(self) -> None:
        if self._pid == os.getpid():  # in a forked child it is the parent's
            self._connection.close()


class Database(Moments, ABC):
    """Statements, nested transactions and bulk inserts on one database; one connection per thread and process.

    Parameters
    ----------
    writeable : `bool`
        Whether transactions may be opened.
    """

    dialect: str
    kinds: Mapping[str, str]
    """SQL type of each `ColumnKind`."""

    def __init__(self, writeable: bool) -> None:
        self.writeable = writeable
        self._hooks = _Hooks()
        self._local = threading.local()
        self._written, self._statistics_due = 0, _FIRST_STATISTICS
        self._stage_numbers = itertools.count(1)

    # ------------------------------------------------------------------ hooks
    @property
    def on_rollback(self) -> list[Callable[[], None]]:
        """Called after any (nested) rollback of this thread: caches of rows that may be gone are emptied here."""
        return self._hooks.on_rollback

    @property
    def after_begin(self) -> list[Callable[[], None]]:
        """Called at the beginning of this thread's outermost transaction, inside it."""
        return self._hooks.after_begin

    @property
    def before_commit(self) -> list[Callable[[], None]]:
        """Called just before this thread's outermost transaction commits, still inside it."""
        return self._hooks.before_commit

    # ------------------------------------------------------------ to be given
    @abstractmethod
    def _connect(self) -> Any:
        """A new connection in autocommit mode."""

    @abstractmethod
    def _execute(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run one statement; return a cursor.  Driver errors leave as ours."""

    @abstractmethod
    def insert_many(self, table: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row]) -> None:
        """Insert rows (tuples in the order of ``columns``) by the driver's fastest way.

        Raises
        ------
        ConflictError
            A row breaks a constraint.
        """

    def insert_at_commit(self, table: str, columns: Mapping[str, ColumnKind], rows: Sequence[Row]) -> None:
        """Insert few rows of numbers and text, of which this transaction needs to know nothing more."""
        self.insert_many(table, columns, rows)

    @abstractmethod
    def stream(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        size: int = 20_000,
        plan: Plan = Plan.USUAL,
    ) -> Generator[list[Row], None, None]:
        """Rows in lists of at most ``size``, in bounded memory.

        Parameters
        ----------
        sql, parameters : `str`, sequence
            A SELECT.
        size : `int`
            Most rows of a list.
        plan : `Plan`
            How it is to be planned, and whether it is known that there are more.
        """

    @abstractmethod
    def table_names(self) -> set[str]:
        """Names of all tables of this repository's schema."""

    @abstractmethod
    def analyze(self) -> None:
        """Refresh the planner's statistics; called after bulk loads."""

    def grown(self, table: str, rows: int) -> None:
        """So many rows were added to a table: refresh its statistics if plans made without them would be bad."""

    @abstractmethod
    def glob(self, expression: str, pieces: Iterable[tuple[str, str]]) -> tuple[str, list[Any]]:
        """SQL and parameters of a case-sensitive whole-string match.

        ``pieces`` are ``("text", characters)``, ``("any", "*")`` and ``("one", "?")`` in order.
        """

    @abstractmethod
    def reserve_keys(self, table: str, n: int) -> Sequence[int]:
        """``n`` new values of the key column ``k``, for rows inserted in this transaction."""

    @abstractmethod
    def changed_elsewhere(self) -> bool:
        """Whether another connection may have committed since this thread last asked."""

    @abstractmethod
    def lock_table(self, name: str) -> None:
        """Keep other writers from ``name`` until the transaction ends (checks that no unique index can make)."""

    @abstractmethod
    def lock_out(self, name: str) -> None:
        """Keep other transactions even from reading a table until this one ends; waits for those that have read it.

        Raises
        ------
        UnavailableError
            One of those goes on for longer than some seconds.
        """

    def backup(self, target: str) -> None:
        """Copy the whole database, as it is at one moment, into a new file; others may go on writing.

        Raises
        ------
        ParameterError
            This kind of database has tools of its own for that.
        """
        raise ParameterError("A database of this kind is not a file that could be copied.")

    def faults(self) -> list[str]:
        """What the database itself finds wrong with its file, where it can tell."""
        return []

    row_lock = " FOR UPDATE"
    """End of a SELECT whose rows no other transaction may touch before this one ends; empty where none could."""
    shared_lock = " FOR KEY SHARE"
    """End of a SELECT whose rows no other transaction may remove before this one ends; empty where none could."""

    @abstractmethod
    def looked_up(self, table: str, alias: str, on: str) -> str:
        """SQL that joins a table, after few rows that lead: each of them is looked up, however large the table is.

        Parameters
        ----------
        table, alias : `str`
            What is joined, quoted.
        on : `str`
            Condition; it should be met by one range of an index for each leading row.
        """

    def one_of(self, expression: str, kind: ColumnKind, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """SQL and parameters of a value being one of some hundred at most, of a kind."""
        return f"{expression} IN ({', '.join('?' * len(values))})", list(values)

    def listed(self, columns: Mapping[str, ColumnKind], rows: Sequence[Row]) -> tuple[str, list[Any]]:
        """SQL in parentheses, and its parameters, of a table of some hundred rows at most."""
        named = ", ".join(f"column{i} AS {quoted(name)}" for i, name in enumerate(columns, 1))
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
        return f"(SELECT {named} FROM (VALUES {marks}))", [value for row in rows for value in row]

    def query_many(
        self, select: str, expression: str, kind: ColumnKind, values: Sequence[Any], order: str = ""
    ) -> Iterator[Row]:
        """Rows of a SELECT (up to its FROM) where an expression is one of many values, some hundred a statement."""
        for start in range(0, len(values), _LISTED):
            wanted, given = self.one_of(expression, kind, values[start : start + _LISTED])
            yield from self.query(f"{select} WHERE {wanted} {order}".rstrip(), given)

    order_lock = " FOR NO KEY UPDATE"
    """End of a SELECT that transactions go through one by one, though rows may refer to its rows; empty as above."""

    def id_parameter(self, value: bytes) -> Any:
        """A 16-byte identifier as the driver wants it bound."""
        return value

    # ------------------------------------------------------------- connection
    @property
    def connection(self) -> Any:
        """This thread's connection; a forked child opens its own."""
        local = self._local
        if getattr(local, "pid", None) != os.getpid():
            local.connection = self._connect()
            local.closing = _Closing(local.connection)
            local.pid = os.getpid()
            local.depth, local.moment = 0, False
            local.tally = Tally()
            local.stages = {}
            local.inserted = None
        return local.connection

    def close(self) -> None:
        """Close this thread's connection (a later statement opens a new one)."""
        if getattr(self._local, "pid", None) == os.getpid():
            self._local.connection.close()
            self._local.pid = None

    @contextmanager
    def interruptible(self, interrupt: Interrupt) -> Iterator[None]:
        """Statements of this thread within the block can be ended by other threads.

        Raises
        ------
        UnavailableError
            One was, or was to be before it began.
        """
        with interrupt.ending(self._canceller()):
            yield

    @abstractmethod
    def _canceller(self) -> Callable[[], None]:
        """A function that ends the statement that this thread runs; any thread may call it while this one lives."""

    # -------------------------------------------------------------- statements
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed."""
        changed = int(self._execute(sql, parameters).rowcount)
        self._written += max(changed, 0)
        return changed

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = (), plan: Plan = Plan.USUAL) -> list[Row]:
        """All rows of a statement."""

    def query_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a statement, or `None`."""
        row: Row | None = self._execute(sql, parameters).fetchone()
        return row

    # ------------------------------------------------------------ transactions
    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction`."""
        return getattr(self._local, "pid", None) == os.getpid() and self._local.depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls are savepoints.

        Raises
        ------
        ReadOnlyError
            The database was opened read-only.
        UnknownOutcomeError
            The connection was lost during the commit, and the database did not come back to tell what it had done.
        """
        self.require_writeable()
        self.connection  # noqa: B018 - opens it, so that depth exists
        local = self._local
        depth, tally = local.depth, local.tally
        savepoint = f"s{depth}"
        if depth:
            self._control(f"SAVEPOINT {savepoint}")
        else:
            self._begin()
            local.inserted = None
        local.depth = depth + 1
        tally.begin()
        try:
            if not depth:
                for start in self.after_begin:
                    start()
            yield
            if not depth:
                for finish in self.before_commit:
                    finish()
            if depth:
                self._control(f"RELEASE SAVEPOINT {savepoint}")
            else:
                self._commit()
        except BaseException:
            tally.drop()
            self._roll_back(savepoint if depth else None)
            raise
        else:
            tally.keep()
        finally:
            local.depth = depth
        if not depth and self._written >= self._statistics_due:
            self._refresh_statistics()

    def note(self, action: str, subject: str, count: int = 1, **details: Any) -> None:
        """Say what this transaction does, for the journal (inside a transaction); see `Tally.note`."""
        self._local.tally.note(action, subject, count, details)

    @property
    def noted(self) -> Mapping[tuple[str, str], Noted]:
        """What this part of the transaction has noted: counts and details by action and subject."""
        noted: Mapping[tuple[str, str], Noted] = self._local.tally.noted
        return noted

    def note_inserted(self, table: str, column: str, value: Any) -> None:
        """A row that this transaction adds: should the answer to the commit be lost, it tells whether it was done."""
        self._local.inserted = table, column, value

    def _commit(self) -> None:
        """Commit it; an error means that it was not, or is an `UnknownOutcomeError`."""
        self._control("COMMIT")

    def _refresh_statistics(self) -> None:
        """Let the planner know the tables again, each time that this process has written twice as much as before."""
        self._written, self._statistics_due = 0, 2 * self._statistics_due
        with suppress(UnavailableError):  # somebody else is writing: what was committed stands, statistics can wait
            self.analyze()

    def _roll_back(self, savepoint: str | None) -> None:
        try:
            self._undo(savepoint)
        finally:
            self._local.stages = {}
            self._local.inserted = None
            for forget in self.on_rollback:
                forget()

    def _begin(self) -> None:
        """Begin an outermost transaction."""
        self._control("BEGIN")

    def _control(self, sql: str) -> None:
        """Run a statement that begins or ends a transaction or a part of one."""
        self._execute(sql, ())

    @abstractmethod
    def _undo(self, savepoint: str | None) -> None:
        """Roll back to the savepoint, or the whole transaction; a lost connection counts as rolled back."""

    def require_writeable(self) -> None:
        """Raise `ReadOnlyError` for a database opened read-only."""
        if not self.writeable:
            raise ReadOnlyError(
                "This butler is read-only.", hint="Open it with Butler(repo, writeable=True) or Butler(repo, run=...)."
            )

    # ------------------------------------------------------------- staged rows
    @contextmanager
    def staged(
        self, columns: Mapping[str, ColumnKind], rows: Iterable[Row], *, measured: bool = False, recurring: bool = False
    ) -> Iterator[str]:
        """A temporary table holding ``rows`` while the block runs; yields its (safe) name.

        Works on read-only databases too: temporary tables live outside the repository.  Tables are emptied and used
        again, since dropping one fails while any query of the connection is being read.

        Parameters
        ----------
        columns : mapping
            Names and kinds.
        rows : iterable of `tuple`
            Values in the order of ``columns``.
        measured : `bool`
            Let the planner know how many rows there are (for joins it may order as it likes).
        recurring : `bool`
            The same statement comes again and again with other rows: one plan shall serve all that are few.
        """
        self.connection  # noqa: B018 - opens it, so that the pool exists
        pool = self._local.stages
        key = tuple(columns.items())
        free = pool.setdefault(key, [])
        name = free.pop() if free else self._create_stage(columns)
        try:
            self._fill_stage(name, columns, rows, measured)
            yield name
        finally:
            # after a rollback the pool is a new one, and the table may be gone with the transaction that made it
            if self._local.stages is pool and self._empty_stage(name):
                free.append(name)

    def _create_stage(self, columns: Mapping[str, ColumnKind]) -> str:
        name = f"stage_{next(self._stage_numbers)}"
        body = ", ".join(f"{quoted(c)} {self.kinds[kind]}" for c, kind in columns.items())
        self._execute(f"CREATE TEMPORARY TABLE {name} ({body})", ())
        return name

    @abstractmethod
    def _fill_stage(self, name: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row], measured: bool) -> None:
        """Put the rows into the temporary table."""

    @abstractmethod
    def _empty_stage(self, name: str) -> bool:
        """Remove all rows of the temporary table; tell whether it can be used again."""


def open_database(
    url: str, *, writeable: bool, create: bool = False, namespace: str | None = None, journal: str = "wal"
) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://...``.

    Parameters
    ----------
    url : `str`
        Where the registry is.  Credentials may be in it; they are never printed.
    writeable : `bool`
        Whether writes will be allowed.
    create : `bool`
        Make the SQLite file or the PostgreSQL schema when it does not exist.
    namespace : `str`, optional
        PostgreSQL schema to use.
    journal : {"wal", "delete"}
        Journal mode of a new SQLite file.

    Raises
    ------
    ConfigError
        The URL names no database we know.
    UnavailableError
        The database does not answer.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "sqlite":
        from .sqlite import SqliteDatabase

        return SqliteDatabase(url.partition(":///")[2], writeable=writeable, create=create, journal=journal)
    if scheme in ("postgresql", "postgres"):
        from .postgresql import PostgresqlDatabase

        return PostgresqlDatabase(url, writeable=writeable, create=create, namespace=namespace)
    raise ConfigError(
        f"'{scheme}' is not a database skybutler knows.", hint="Use sqlite:///PATH or postgresql://USER@HOST/NAME."
    )
