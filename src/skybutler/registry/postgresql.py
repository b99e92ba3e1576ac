"""What is particular to PostgreSQL: connection, COPY, parameter style, error texts.  Knows no table of ours."""

from __future__ import annotations

import logging
import re
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any

from skybutler.errors import (
    ButlerError,
    ConflictError,
    FormatError,
    InvalidError,
    MissingExtraError,
    ReadOnlyError,
    UnavailableError,
    UnknownOutcomeError,
)

from .credentials import without_password
from .database import ColumnKind, Database, Row, quoted

try:
    import psycopg
    from psycopg import pq
    from psycopg.types.numeric import Int8BinaryDumper

    from .arrays import Array, array_of, register_arrays, unnested
    from .postgresql_connection import FREEZING, cancel, connect
    from .postgresql_values import Id, insert_text, register_ids, with_ids
except ImportError as error:  # pragma: no cover - the test environment has it
    raise MissingExtraError(
        "A PostgreSQL registry needs psycopg.", hint="Install it with: pip install 'skybutler[postgres]'"
    ) from error

__all__ = ["PostgresqlDatabase"]

_log = logging.getLogger(__name__)

_SETTINGS = {
    "client_encoding": "UTF8", "jit": "off", "random_page_cost": "1.1", "enable_mergejoin": "off",
    "default_statistics_target": "20",
}  # fmt: skip
"""Of a connection.  A row found through an index costs little more than its neighbour, as on no disk that turns, and
runs are not merged with the keys of an exposure: otherwise whole runs are read for it.  ANALYZE looks at 300 rows for
each unit of the target: 100, the default, takes as long as inserting, and what is told here needs no 30,000 rows."""
_OUTCOME_SECONDS = 30.0
"""How long a server that went away during a commit may take to come back and tell whether it was done."""

_AGAIN_SECONDS = 0.1
_MANY_ROWS = 2000
"""Fewer new rows never make a bad plan that lasts."""

_MOST_LARGE = 1000
"""No more questions are remembered to have large answers."""

_MOST_KEYS = 1000
"""No more keys are taken in advance."""

_BOUND_VALUES = 50_000
"""Staged rows of so few values go along with each statement; a temporary table costs filling, ANALYZE and emptying."""

_FEW_LAST = 50
"""So many rows go along with a commit, as text."""

_BOUND = re.compile(r"\bbound_\d+\b")
_STAGE = re.compile(r"\bstage_\d+\b")


_FEW_ROWS = 200
"""A plan is made for ten staged rows when it is kept; it serves so many too."""


class _BoundRows(threading.local):
    """The staged rows of one thread that have no table, by name: SELECT text, arrays, number of rows."""

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[str, list[Array], int]] = {}


_PATIENCE_MS = 5_000
"""How long a transaction that must be alone waits for the others."""

_FAILURES = (psycopg.Error, OverflowError)
"""What the driver raises; the latter for integers of more than 64 bits."""


def _translated(error: psycopg.Error | OverflowError) -> ButlerError:
    """Our error for a driver error; connection strings are never in the text."""
    text = " ".join(str(error).split())
    if isinstance(error, OverflowError):
        return InvalidError(f"The database cannot hold such a value: {text}.")
    if isinstance(error, psycopg.IntegrityError):
        return ConflictError(text)
    if isinstance(error, psycopg.DataError):
        return InvalidError(f"The database can neither hold nor compute such a value: {text}.")
    if isinstance(error, psycopg.ProgrammingError) and not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return FormatError(f"The PostgreSQL registry has not the tables that it should have: {text}")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction | psycopg.errors.InsufficientPrivilege):
        return ReadOnlyError(f"The registry cannot be written: {text}")
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return UnavailableError("Another process changed the same rows at the same time.", hint="Try again.")
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return UnavailableError("Other processes are writing to this repository.", hint="Try again when they are done.")
    return UnavailableError(
        f"The PostgreSQL registry did not answer: {text}", hint="Check that the server runs; retry."
    )


@lru_cache(maxsize=2048)
def _percent(sql: str) -> str:
    """``?`` marks as psycopg's ``%s``; our SQL text holds no literal question mark."""
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresqlDatabase(Database):
    """A PostgreSQL database (or one schema of it); no extension needed.

    Parameters
    ----------
    url : `str`
        libpq URL; ``postgresql+psycopg://`` and alike are accepted.
    writeable : `bool`
        Whether transactions may write.
    create : `bool`
        Make the schema when it does not exist.
    namespace : `str`, optional
        Schema name; default is the server's search path.
    """

    dialect = "postgresql"
    freezing = FREEZING
    kinds = {
        "int": "BIGINT",
        "float": "DOUBLE PRECISION",
        "text": 'TEXT COLLATE "C"',  # the order SQLite has, whatever the server's locale
        "bytes": "BYTEA",
        "id": "UUID",
        "bool": "SMALLINT",
        "key": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    }
    _copy_types = {
        "int": "int8", "float": "float8", "text": "text", "bytes": "bytea", "id": "uuid", "bool": "int2", "key": "int8",
    }  # fmt: skip

    def __init__(self, url: str, *, writeable: bool, create: bool = False, namespace: str | None = None) -> None:
        super().__init__(writeable)
        scheme, colon, rest = url.partition(":")
        self._url = scheme.partition("+")[0] + colon + rest
        self.namespace, self._create = namespace, create
        self._bound = _BoundRows()
        self._large: set[str] = set()  # questions whose answers do not fit into one batch

    # ------------------------------------------------------------- connection
    def _connect(self) -> psycopg.Connection[Row]:
        self._local.keys, self._local.release, self._local.last = {}, "", ""
        self._local.apart = []
        return self._opened()

    def _opened(self) -> psycopg.Connection[Row]:
        """A new connection with all its settings."""
        connection = connect(self._url)
        try:
            register_ids(connection.adapters)
            # by itself the driver binds small and large integers as different types: each would be planned for
            connection.adapters.register_dumper(int, Int8BinaryDumper)
            register_arrays(connection.adapters)
            settings = [f"SET {name} = {value}" for name, value in _SETTINGS.items()]
            if self.namespace:
                if self._create:
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(self.namespace)}")
                settings.append(f"SET search_path TO {quoted(self.namespace)}")
            connection.execute("; ".join(settings))  # without values: one message for all of them
        except psycopg.Error as error:
            raise _translated(error) from error
        return connection

    @property
    def url(self) -> str:
        """Where it is, without any password."""
        return without_password(self._url)

    def one_of(self, expression: str, kind: ColumnKind, values: Sequence[Any]) -> tuple[str, list[Any]]:
        # one text, and so one prepared statement, for any number of them
        return f"{expression} = ANY(?)", [array_of(kind, values)]

    def id_parameter(self, value: bytes) -> Any:
        return Id(value)

    def _canceller(self) -> Callable[[], None]:
        connection = self.connection
        return partial(cancel, connection, self._local.apart)

    # -------------------------------------------------------------- statements
    def _failed(self, error: psycopg.Error | OverflowError) -> ButlerError:
        """Our error for a driver error; after a lost connection the next statement opens a new one."""
        connection: psycopg.Connection[Row] = self.connection
        if connection.closed and not self.in_transaction:  # a transaction must not go on with another connection
            self._leave_connection()
        return _translated(error)

    def _leave_connection(self) -> None:
        self._local.pid = None
        self._local.stages = {}

    def _with_bound(self, sql: str, parameters: Sequence[Any]) -> tuple[str, Sequence[Any], bool]:
        """A statement with the staged rows it names, if they have no table, as common table expressions.

        Also, whether its plan may be kept.
        """
        names = dict.fromkeys(_BOUND.findall(sql)) if self._bound.by_name else ()
        if not names:
            return sql, parameters, True
        staged = [self._bound.by_name[name] for name in names]
        heads = [f"{name} AS ({text})" for name, (text, _, _) in zip(names, staged, strict=True)]
        values = [*(array for _, arrays, _ in staged for array in arrays), *parameters]
        if sql.startswith("WITH"):  # one statement has one such list
            sql = f"SELECT * FROM ({sql}) answer"
        return f"WITH {', '.join(heads)} {sql}", values, all(n <= _FEW_ROWS for _, _, n in staged)

    def _execute(self, sql: str, parameters: Sequence[Any]) -> psycopg.Cursor[Row]:
        text, values, keep = self._with_bound(sql, parameters)
        try:
            # binary both ways: ids arrive as 16 bytes and floats keep every bit
            cursor: psycopg.Cursor[Row] = self.connection.cursor(binary=True)
            marked = _percent(text) if values else text  # the driver reads percent signs only beside values
            cursor.execute(marked, values or None, prepare=None if keep else False)
        except _FAILURES as error:
            raise self._failed(error) from error
        return cursor

    def _control(self, sql: str) -> None:
        connection: psycopg.Connection[Row] = self.connection
        local, status = self._local, connection.info.transaction_status
        if sql.startswith("RELEASE") and status == pq.TransactionStatus.INTRANS:
            local.release = f"{sql}; "  # goes along with the next part; the end of the whole needs it not
            return
        before = local.last if sql == "COMMIT" else local.release
        command, local.release, local.last = before + sql, "", ""
        # without the driver's cursors, which take three times as long for statements that have no values and no rows
        result = self._sent(command, pq.ExecStatus.COMMAND_OK)
        if sql == "COMMIT" and result.command_status != b"COMMIT":
            raise ConflictError("A statement of the transaction failed, so that nothing of it was kept.")

    def _sent(self, sql: str, expected: pq.ExecStatus) -> pq.abc.PGresult:
        """The last result of one or more statements."""
        try:
            result: pq.abc.PGresult = self.connection.pgconn.exec_(sql.encode())
        except psycopg.Error as error:  # a connection that is known to be gone
            raise self._failed(error) from error
        if result.status != expected:
            raise self._failed(psycopg.errors.error_from_result(result))
        return result

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        try:
            return self._execute(sql, parameters).fetchall()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def stream(self, sql: str, parameters: Sequence[Any] = (), size: int = 20_000) -> Generator[list[Row], None, None]:
        # most answers are small, and a cursor costs its declaration, plans that are never kept, and its end
        if sql not in self._large:
            rows = self.query(f"SELECT * FROM ({sql}) answer LIMIT {size + 1}", parameters)
            if len(rows) <= size:
                if rows:
                    yield rows
                return
            if len(self._large) >= _MOST_LARGE:
                self._large.clear()
            self._large.add(sql)
        yield from self._stream_large(sql, parameters, size)

    def _stream_large(self, sql: str, parameters: Sequence[Any], size: int) -> Generator[list[Row], None, None]:
        bound_sql, parameters, _ = self._with_bound(sql, parameters)
        text = _percent(bound_sql)
        try:
            if not self.in_transaction and not _STAGE.search(sql):
                yield from self._stream_apart(text, parameters, size)
                return
            # other statements may come between two batches, and end a transaction of their own
            name, hold = f"c{next(self._stage_numbers)}", not self.in_transaction
            with self.connection.cursor(name, binary=True, withhold=hold) as cursor:
                cursor.execute(text, parameters or None)
                while rows := cursor.fetchmany(size):
                    yield rows
        except _FAILURES as error:
            raise self._failed(error) from error

    def _stream_apart(self, sql: str, parameters: Sequence[Any], size: int) -> Generator[list[Row], None, None]:
        """Rows by a connection of their own: the server makes the next batch while this one is worked on."""
        from concurrent.futures import ThreadPoolExecutor  # only long answers need it

        apart: list[psycopg.Connection[Row]] = getattr(self._local, "apart", [])
        with closing(self._opened()) as connection:
            apart.append(connection)
            try:
                with (
                    connection.transaction(),
                    connection.cursor("answer", binary=True) as cursor,
                    ThreadPoolExecutor(1) as ahead,
                ):
                    # all rows are wanted, not the first ones soon
                    connection.execute("SET LOCAL cursor_tuple_fraction = 1")
                    cursor.execute(sql, parameters or None)
                    coming = ahead.submit(cursor.fetchmany, size)
                    while rows := coming.result():
                        coming = ahead.submit(cursor.fetchmany, size)
                        yield rows
            except _FAILURES:
                if connection.closed:  # then the other is likely to be, and would only tell when it is used
                    self._leave_connection()
                raise
            finally:
                apart.remove(connection)

    def insert_many(self, table: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row]) -> None:
        names = ", ".join(map(quoted, columns))
        kinds = list(columns.values())
        statement = f"COPY {quoted(table)} ({names}) FROM STDIN (FORMAT BINARY)"
        ids = [i for i, kind in enumerate(kinds) if kind == "id"]
        try:
            with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types([self._copy_types[kind] for kind in kinds])
                for row in rows if not ids else with_ids(rows, ids):
                    copy.write_row(row)
        except _FAILURES as error:
            raise self._failed(error) from error
        self._written += cursor.rowcount

    def insert_at_commit(self, table: str, columns: Mapping[str, ColumnKind], rows: Sequence[Row]) -> None:
        # along with the commit they cost no message of their own, and that message has no place for bound values
        if len(rows) > _FEW_LAST:
            self.insert_many(table, columns, rows)
            return
        self._local.last += insert_text(self.connection, table, list(columns), rows)

    @contextmanager
    def staged(
        self, columns: Mapping[str, ColumnKind], rows: Iterable[Row], *, measured: bool = False
    ) -> Iterator[str]:
        iterator, most = iter(rows), _BOUND_VALUES // len(columns)
        few = list(islice(iterator, most + 1))
        if len(few) > most:
            with super().staged(columns, chain(few, iterator), measured=measured) as name:
                yield name
            return
        by_column = zip(*few, strict=True) if few else [()] * len(columns)
        try:
            arrays = [array_of(kind, values) for kind, values in zip(columns.values(), by_column, strict=True)]
        except struct.error as error:
            raise InvalidError(f"The database cannot hold such a value: {error}.") from error
        bound = self._bound.by_name
        name = next(n for n in map("bound_{}".format, range(len(bound) + 1)) if n not in bound)
        bound[name] = unnested(columns), arrays, len(few)
        try:
            yield name
        finally:
            del bound[name]

    def _fill_stage(self, name: str, columns: Mapping[str, ColumnKind], rows: Iterable[Row], measured: bool) -> None:
        iterator = iter(rows)
        if first := list(islice(iterator, 1)):
            self.insert_many(name, columns, chain(first, iterator))
            self._execute(f"ANALYZE {name}", ())

    def _empty_stage(self, name: str) -> bool:
        connection: psycopg.Connection[Row] = self.connection
        if connection.info.transaction_status not in (pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS):
            return False  # the failed transaction will be rolled back, and the table perhaps with it
        self._execute(f"TRUNCATE pg_temp.{name}", ())
        return True

    def _begin(self) -> None:
        # both in one message: after a lost commit the number is the only way to learn what became of it
        result = self._sent("BEGIN; SELECT txid_current()", pq.ExecStatus.TUPLES_OK)
        self._local.transaction_number = int(result.get_value(0, 0) or 0)

    def _commit(self) -> None:
        try:
            self._control("COMMIT")
        except UnavailableError:
            if not self._was_committed(self._local.transaction_number):
                raise
            self.close()

    def _was_committed(self, transaction_number: int) -> bool:
        """Ask another connection what became of a transaction whose commit was not answered."""
        deadline = time.monotonic() + _OUTCOME_SECONDS
        is_waiting = False
        while time.monotonic() < deadline:
            try:
                status = self._status(transaction_number)
            except (psycopg.OperationalError, UnavailableError) as error:  # it starts again, or is gone
                if not is_waiting:
                    _log.warning("The PostgreSQL registry went away during a commit (%s). Waiting for it.", error)
                is_waiting = True
            else:
                if status in ("committed", "aborted"):
                    return status == "committed"
                if status != "in progress":
                    break
            time.sleep(_AGAIN_SECONDS)
        raise UnknownOutcomeError(
            "The PostgreSQL registry went away during a commit and did not tell what became of it: it is not known "
            "whether the transaction was committed.",
            hint="Do it again when the server runs: it finds what is there.",
        )

    def _status(self, transaction_number: int) -> str | None:
        with closing(self._connect()) as connection:
            try:
                rows = connection.execute("SELECT txid_status(%s)", (transaction_number,)).fetchall()
            except psycopg.errors.InvalidParameterValue:  # "in the future": lost in a crash, with its number
                return "aborted"
            status: str | None = rows[0][0]
            if status == "committed" and (inserted := self._local.inserted):
                # after a crash, another transaction may have got the number of one that was lost
                table, column, value = inserted
                sql = f"SELECT 1 FROM {quoted(table)} WHERE {quoted(column)} = %s"
                return status if connection.execute(sql, (value,)).fetchall() else None
            return status

    def _undo(self, savepoint: str | None) -> None:
        connection: psycopg.Connection[Row] = self.connection
        self._local.release = self._local.last = ""
        if connection.closed or connection.broken:
            if savepoint is None:  # else the outer blocks must fail too: their rows are gone
                self._local.pid = None
            return  # the server rolled back when the connection went
        try:
            if savepoint is None:
                connection.execute("ROLLBACK")
            else:
                connection.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
                connection.execute(f"RELEASE SAVEPOINT {savepoint}")
        except psycopg.OperationalError:  # the server has said good-bye, and only now is the connection seen to be gone
            connection.close()
            if savepoint is None:
                self._local.pid = None

    # ------------------------------------------------------------- differences
    def table_names(self) -> set[str]:
        sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
        return {str(r[0]) for r in self.query(sql)}

    def analyze(self) -> None:
        # by name: without names the server's own tables would be sampled too, most of a third of a second
        if names := sorted(self.table_names()):
            self._execute(f"ANALYZE {', '.join(map(quoted, names))}", ())

    def grown(self, table: str, rows: int) -> None:
        # the server does this by itself, but only after a minute, and until then takes a full table for an empty one
        if rows < _MANY_ROWS:
            return
        known = self.query_one("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(?)", (quoted(table),))
        if known is not None and known[0] < rows:
            self._execute(f"ANALYZE {quoted(table)}", ())

    def glob(self, expression: str, pieces: Iterable[tuple[str, str]]) -> tuple[str, list[Any]]:
        marks = {"any": "%", "one": "_"}
        pattern = "".join(
            marks[kind] if kind in marks else "".join(f"\\{c}" if c in "\\%_" else c for c in text)
            for kind, text in pieces
        )
        return f"{expression} LIKE ?", [pattern]

    def looked_up(self, table: str, alias: str, on: str) -> str:
        # OFFSET keeps the planner from making an ordinary join of it, which it orders by what it believes of the table
        return f"CROSS JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {on} OFFSET 0) {alias}"

    def reserve_keys(self, table: str, n: int) -> Sequence[int]:
        # as many at once as have been asked for before: whoever adds records one by one seldom needs this statement
        keys: Sequence[int]
        keys, asked = self._local.keys.get(table, ((), 0))
        if len(keys) < n:
            sql = "SELECT nextval(s.q) FROM (SELECT pg_get_serial_sequence(?, 'k')::regclass AS q OFFSET 0) s, "
            more = max(n - len(keys), min(asked, _MOST_KEYS))
            rows = self.query(f"{sql}generate_series(1, ?)", (quoted(table), more))
            keys = (*keys, *(int(r[0]) for r in rows))
        self._local.keys[table] = keys[n:], asked + n
        return keys[:n]

    def changed_elsewhere(self) -> bool:
        return True  # the server offers nothing cheaper than the question itself

    def lock_table(self, name: str) -> None:
        self._execute(f"LOCK TABLE {quoted(name)} IN SHARE ROW EXCLUSIVE MODE", ())

    def lock_out(self, name: str) -> None:
        self._execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}", ())  # all readers wait behind us
        self._execute(f"LOCK TABLE {quoted(name)} IN ACCESS EXCLUSIVE MODE", ())
        self._execute("SET LOCAL lock_timeout = DEFAULT", ())
