"""What is particular to PostgreSQL: schemas, lost connections, permissions, identifiers, error texts."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from skybutler.errors import (
    ButlerError,
    ConflictError,
    FormatError,
    InvalidError,
    ReadOnlyError,
    UnavailableError,
)
from skybutler.registry import postgresql
from skybutler.registry.plan import Plan
from skybutler.registry.postgresql import PostgresqlDatabase
from support.postgres import fresh_database

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url(postgres_server: str) -> Iterator[str]:
    """An empty database for all tests of this file; each works in a schema of its own."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def namespace() -> str:
    return f"space {uuid.uuid4().hex}"


@pytest.fixture
def database(url: str, namespace: str) -> Iterator[PostgresqlDatabase]:
    database = PostgresqlDatabase(url, writeable=True, create=True, namespace=namespace)
    kinds = database.kinds
    database.execute(f"CREATE TABLE t (k {kinds['key']}, id {kinds['id']}, text {kinds['text']} UNIQUE)")
    yield database
    database.close()


def _texts(database: PostgresqlDatabase) -> list[str]:
    return [r[0] for r in database.query("SELECT text FROM t ORDER BY k")]


def _end_connection(url: str, database: PostgresqlDatabase) -> None:
    """What a restarted server or a cut line looks like."""
    row = database.query_one("SELECT pg_backend_pid()")
    assert row is not None
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", row)


def test_large_answers_are_streamed_at_once_when_asked_for_again(database: PostgresqlDatabase) -> None:
    sql = "SELECT g, g FROM generate_series(1, ?) g ORDER BY g"
    seen: set[str] = set()
    for n in (3, 10, 0, 25, 25, 10, 0, 3):
        batches = list(database.stream(sql, (n,), size=10))
        seen |= {sql} if n > 10 else set()
        assert database._large == seen
        assert [r for batch in batches for r in batch] == [(i, i) for i in range(1, n + 1)]
        assert all(0 < len(batch) <= 10 for batch in batches)


def _sessions(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as other:
        row = other.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def test_long_answers_have_a_connection_of_their_own_until_they_end(url: str, database: PostgresqlDatabase) -> None:
    with database.transaction():
        database.insert_many("t", {"text": "text"}, ((f"t{i:03}",) for i in range(95)))
    before = _sessions(url)
    stream = database.stream("SELECT text FROM t ORDER BY text", size=10)
    found = [text for (text,) in next(stream)]
    assert _sessions(url) == before + 1
    with database.transaction():
        database.execute("DELETE FROM t WHERE text > 't050'")  # comes too late for the answer
    found += [text for batch in stream for (text,) in batch]
    assert found == [f"t{i:03}" for i in range(95)]
    stream = database.stream("SELECT text FROM t ORDER BY text", size=10)
    next(stream)
    stream.close()
    deadline = time.monotonic() + 10  # the server says goodbye when it likes
    while _sessions(url) > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _sessions(url) == before


def test_a_long_answer_that_the_server_breaks_off_is_an_error(url: str, database: PostgresqlDatabase) -> None:
    stream = database.stream("SELECT g FROM generate_series(1, 1000000) g", size=10)
    next(stream)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )
    with pytest.raises(UnavailableError):
        list(stream)
    assert _texts(database) == []


def test_what_a_swallowed_error_has_undone_is_not_said_to_be_kept(database: PostgresqlDatabase) -> None:
    def swallow() -> None:
        with suppress(ConflictError):
            database.execute("INSERT INTO t (text) VALUES ('first')")

    database.execute("INSERT INTO t (text) VALUES ('first')")
    with pytest.raises(ConflictError, match="nothing of it was kept"), database.transaction():
        swallow()
    with database.transaction():
        with pytest.raises(UnavailableError), database.transaction():
            swallow()
        database.execute("INSERT INTO t (text) VALUES ('second')")
    assert _texts(database) == ["first", "second"]


def test_inner_transactions_one_after_the_other_leave_no_savepoints(database: PostgresqlDatabase) -> None:
    with database.transaction():
        for i in range(5):
            with suppress(ZeroDivisionError), database.transaction(), database.transaction():
                database.execute("INSERT INTO t (text) VALUES (?)", (str(i),))
                1 // i
        with database.transaction():
            assert _texts(database) == ["1", "2", "3", "4"]
            assert database.query_one("SELECT count(DISTINCT xmin::text) FROM t") == (4,)


# ----------------------------------------------------------------------------------------------------------- namespaces
def test_namespaces_of_one_database_do_not_see_each_other(url: str, database: PostgresqlDatabase) -> None:
    database.execute("INSERT INTO t (text) VALUES ('first')")
    other = PostgresqlDatabase(url, writeable=True, create=True, namespace='odd "name"')
    assert other.table_names() == set()
    other.execute("CREATE TABLE t (k BIGINT)")
    other.execute("CREATE TABLE u (k BIGINT)")
    assert other.table_names() == {"t", "u"}
    assert database.table_names() == {"t"}
    assert _texts(database) == ["first"]
    other.close()


def test_a_namespace_is_only_made_when_asked_for(url: str) -> None:
    database = PostgresqlDatabase(url, writeable=True, namespace="not_there")
    assert database.table_names() == set()
    assert database.query_one("SELECT 1 FROM pg_namespace WHERE nspname = 'not_there'") is None
    database.close()


def test_sqlalchemys_spelling_of_the_scheme_is_understood(url: str) -> None:
    database = PostgresqlDatabase(url.replace("postgresql://", "postgresql+psycopg://", 1), writeable=False)
    assert database.query("SELECT 1") == [(1,)]
    database.close()


# ---------------------------------------------------------------------------------------------------------- identifiers
def test_ids_are_16_bytes_both_ways(database: PostgresqlDatabase) -> None:
    ids = [uuid.uuid4().bytes for _ in range(3)]
    database.insert_many("t", {"id": "id", "text": "text"}, [(i, f"t{n}") for n, i in enumerate(ids)])
    assert [r[0] for r in database.query("SELECT id FROM t ORDER BY k")] == ids
    assert database.query("SELECT text FROM t WHERE id = ?", (database.id_parameter(ids[1]),)) == [("t1",)]
    assert [r[0] for b in database.stream("SELECT id FROM t ORDER BY k") for r in b] == ids
    with database.staged({"a": "id", "n": "int", "b": "id"}, [(ids[0], 1, ids[1]), (ids[1], 2, ids[2])]) as stage:
        rows = database.query(f"SELECT s.n, t.text FROM {stage} s JOIN t ON t.id = s.b ORDER BY s.n")
        assert rows == [(1, "t1"), (2, "t2")]
    assert database.query("SELECT text FROM t WHERE id::text = ?", (str(uuid.UUID(bytes=ids[2])),)) == [("t2",)]


# ----------------------------------------------------------------------------------------------------- lost connections
def test_after_a_lost_connection_the_next_statement_gets_a_new_one(url: str, database: PostgresqlDatabase) -> None:
    database.execute("INSERT INTO t (text) VALUES ('kept')")
    with pytest.raises(UnavailableError), database.transaction():  # noqa: PT012 - the loss is in the middle
        database.execute("INSERT INTO t (text) VALUES ('lost')")
        _end_connection(url, database)
        database.query("SELECT 1")
    assert not database.in_transaction
    assert _texts(database) == ["kept"]
    with database.transaction(), database.staged({"text": "text"}, [("new",)]) as stage:
        database.execute(f"INSERT INTO t (text) SELECT text FROM {stage}")
    assert _texts(database) == ["kept", "new"]


def test_a_connection_lost_between_statements_is_replaced(url: str, database: PostgresqlDatabase) -> None:
    database.execute("INSERT INTO t (text) VALUES ('kept')")
    _end_connection(url, database)
    with pytest.raises(UnavailableError, match="did not answer") as caught:
        database.query("SELECT 1")
    assert "retry" in caught.value.hint
    assert _texts(database) == ["kept"]


@pytest.mark.parametrize("row", [(2**63, "x"), (1.5, "x"), (1, "\x00")])
def test_what_a_staged_column_cannot_hold_is_refused(database: PostgresqlDatabase, row: tuple[Any, ...]) -> None:
    def stage() -> None:
        with database.staged({"k": "int", "text": "text"}, [row] * 9) as stage:
            database.query(f"SELECT k, text FROM {stage}")

    with pytest.raises(InvalidError):
        stage()
    with database.staged({"k": "int"}, [(2,)]) as again:
        assert database.query(f"SELECT k FROM {again}") == [(2,)]


def test_many_staged_rows_stand_in_a_table_few_do_not(database: PostgresqlDatabase) -> None:
    many = postgresql._BOUND_VALUES // 2 + 1
    for n, table in [(many - 1, False), (many, True)]:
        with database.staged({"k": "int", "n": "int"}, ((i, 0) for i in range(n))) as stage:
            assert database.query_one(f"SELECT count(*), max(k) FROM {stage}") == (n, n - 1)
            assert (database.query_one("SELECT to_regclass(?)", (stage,)) != (None,)) == table


def test_plans_are_kept_for_few_staged_rows_only(database: PostgresqlDatabase) -> None:
    few = postgresql._FEW_ROWS
    for n in (*range(10), few, few + 1, 3 * few):
        with database.staged({"k": "int"}, [(i,) for i in range(n)]) as stage:
            assert database.query_one(f"SELECT count(*) FROM {stage} s WHERE s.k >= 0") == (n,)
    kept = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%unnest%'"
    assert database.query(kept) == [(9,)]  # all but the first two, and those with many rows


def test_a_stage_of_a_lost_connection_does_not_hide_the_loss(url: str, database: PostgresqlDatabase) -> None:
    with pytest.raises(UnavailableError), database.staged({"k": "int"}, [(1,)]) as stage:  # noqa: PT012
        _end_connection(url, database)
        database.query(f"SELECT * FROM {stage}")
    with database.staged({"k": "int"}, [(2,)]) as stage:
        assert database.query(f"SELECT k FROM {stage}") == [(2,)]


def test_no_server_is_said_without_the_password() -> None:
    database = PostgresqlDatabase("postgresql://me:secret@127.0.0.1:1/registry", writeable=False)
    with pytest.raises(UnavailableError, match="did not answer") as caught:
        database.query("SELECT 1")
    assert "secret" not in str(caught.value)


# --------------------------------------------------------------------------------------------------------------- errors
def test_errors_of_the_driver_become_ours(database: PostgresqlDatabase) -> None:
    database.execute("INSERT INTO t (text) VALUES ('a')")
    with pytest.raises(ConflictError, match="unique"):
        database.execute("INSERT INTO t (text) VALUES ('a')")
    with pytest.raises(FormatError, match="nowhere"):
        database.query("SELECT 1 FROM nowhere")
    with pytest.raises(FormatError, match="missing"):
        list(database.stream("SELECT missing FROM t"))
    with pytest.raises(InvalidError, match="division by zero"):
        database.query("SELECT 1 / (k - k) FROM t")
    with pytest.raises(InvalidError):
        database.execute("UPDATE t SET k = ?", (2**63,))
    assert _texts(database) == ["a"]


def test_those_who_may_only_read_are_told_so(url: str, database: PostgresqlDatabase, namespace: str) -> None:
    database.execute("INSERT INTO t (text) VALUES ('a')")
    role = f"guest_{uuid.uuid4().hex}"
    database.execute(f"CREATE ROLE {role} LOGIN")
    database.execute(f'GRANT USAGE ON SCHEMA "{namespace}" TO {role}')
    database.execute(f"GRANT SELECT ON t TO {role}")
    guest = PostgresqlDatabase(url.replace("postgres@", f"{role}@", 1), writeable=True, namespace=namespace)
    assert _texts(guest) == ["a"]
    with pytest.raises(ReadOnlyError, match="permission denied"):
        guest.execute("INSERT INTO t (text) VALUES ('b')")
    guest.execute("SET default_transaction_read_only = on")
    with pytest.raises(ReadOnlyError, match="cannot be written"), guest.transaction():
        guest.execute("DELETE FROM t")
    guest.close()
    database.execute(f"DROP OWNED BY {role}")
    database.execute(f"DROP ROLE {role}")


def test_deadlocks_ask_to_try_again(database: PostgresqlDatabase) -> None:
    database.insert_many("t", {"text": "text"}, [("a",), ("b",)])
    database.execute("SET deadlock_timeout = '20ms'")
    both = threading.Barrier(2, timeout=100)
    errors: list[UnavailableError] = []

    def update(first: str, second: str) -> None:
        try:
            with database.transaction():
                database.execute("UPDATE t SET text = text WHERE text = ?", (first,))
                both.wait()
                database.execute("UPDATE t SET text = text WHERE text = ?", (second,))
        except UnavailableError as error:
            errors.append(error)

    def in_thread() -> None:
        update("b", "a")
        database.close()

    thread = threading.Thread(target=in_thread)
    thread.start()
    update("a", "b")
    thread.join()
    assert [e.hint for e in errors] == ["Try again."]
    assert "same rows" in errors[0].message


# ---------------------------------------------------------------------------------------------------------- differences
def test_globs_are_like_patterns(database: PostgresqlDatabase) -> None:
    pieces = [("text", "a_b%\\"), ("any", "*"), ("one", "?")]
    assert database.glob("x", pieces) == ("x LIKE ?", ["a\\_b\\%\\\\%_"])


def test_percent_signs_in_statements_are_themselves(database: PostgresqlDatabase) -> None:
    database.execute("INSERT INTO t (text) VALUES (?)", ("50%",))
    assert database.query("SELECT text FROM t WHERE text LIKE '5%' AND text = ?", ("50%",)) == [("50%",)]
    assert database.query("SELECT text FROM t WHERE text LIKE '5%'") == [("50%",)]
    assert list(database.stream("SELECT text FROM t WHERE text LIKE '%0%'")) == [[("50%",)]]


def test_locked_tables_keep_other_writers_waiting(url: str, database: PostgresqlDatabase, namespace: str) -> None:
    other = PostgresqlDatabase(url, writeable=True, namespace=namespace)
    other.execute("SET lock_timeout = '50ms'")
    with database.transaction():
        database.lock_table("t")
        assert _texts(other) == []  # reading goes on
        with pytest.raises(UnavailableError):
            other.execute("INSERT INTO t (text) VALUES ('b')")
    other.execute("INSERT INTO t (text) VALUES ('c')")
    assert _texts(database) == ["c"]
    other.close()


def test_the_planner_learns_of_many_new_rows_only(database: PostgresqlDatabase) -> None:
    def known() -> Any:
        row = database.query_one("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('t')")
        assert row is not None
        return row[0]

    database.insert_many("t", {"text": "text"}, [(f"t{i}",) for i in range(3000)])
    before = known()
    database.grown("t", 10)
    assert known() == before < 3000
    database.grown("t", 3000)
    assert known() == 3000


def test_one_exposure_does_not_read_the_whole_run(url: str, namespace: str) -> None:
    """Neither with statistics of an eighth of the tables nor with those of the whole."""
    database = PostgresqlDatabase(url, writeable=True, create=True, namespace=namespace)
    database.execute("CREATE TABLE keys (k BIGINT PRIMARY KEY, exposure BIGINT, detector BIGINT)")
    database.execute("CREATE UNIQUE INDEX exposure_keys ON keys (exposure, detector)")
    database.execute("CREATE TABLE dataset (run BIGINT, data_id BIGINT, UNIQUE (run, data_id))")
    sql = "SELECT count(*) FROM keys t JOIN dataset d ON d.data_id = t.k WHERE d.run = ? AND t.exposure = ?"
    for first, last in [(0, 4999), (5000, 39999), (40000, 40019)]:
        database.execute("INSERT INTO keys SELECT g, g / 20, g % 20 FROM generate_series(?, ?) g", (first, last))
        database.execute("INSERT INTO dataset SELECT 1, g FROM generate_series(?, ?) g", (first, last))
        if last > 5000:
            assert database.query_one(sql, (1, 1500)) == (20,)
            plan = "\n".join(r[0] for r in database.query(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}", (1, 1500)))
            assert max(float(n) for n in re.findall(r"rows=([0-9.]+) loops", plan)) <= 20, plan
        database.analyze()
    database.close()


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**200])
def test_integers_of_more_than_64_bits_are_refused(database: PostgresqlDatabase, value: int) -> None:
    with pytest.raises(InvalidError):
        database.query("SELECT k FROM t WHERE k = ?", (value,))
    assert _texts(database) == []


def test_one_plan_serves_small_and_large_integers(database: PostgresqlDatabase) -> None:
    for value in (1, 2, 2**20, 2**40, -5, 2**63 - 1):
        assert database.query("SELECT k FROM t WHERE k = ?", (value,)) == []
    assert database.query("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%WHERE k =%'") == [(1,)]


@pytest.mark.parametrize("recurring", [False, True])
def test_statements_with_recurring_rows_are_planned_once(database: PostgresqlDatabase, recurring: bool) -> None:
    with database.transaction():
        database.insert_many("t", {"text": "text"}, ((f"t{i:05}",) for i in range(5_000)))
    database.analyze()
    for i in range(20):
        with database.staged({"k": "int"}, [(i + 1,)], recurring=recurring) as stage:
            sql = f"SELECT a.text FROM {stage} s JOIN t a ON a.k = s.k JOIN t b ON b.k = a.k + 1 JOIN t c ON c.k = b.k"
            assert len(database.query(sql)) == 1
    plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%JOIN t c%'"
    ((kept, anew),) = database.query(plans)
    assert (kept > 8) == recurring, (kept, anew)


def test_joins_by_index_read_no_table_beforehand(database: PostgresqlDatabase) -> None:
    setting = "SELECT current_setting('enable_hashjoin'), current_setting('max_parallel_workers_per_gather') <> '0'"
    usual = database.query(setting)
    assert database.query(setting, plan=Plan.BY_INDEX) == [("off", False)]
    assert database.query(setting) == usual == [("on", True)]
    with pytest.raises(ButlerError), database.transaction():
        database.query("SELECT nothing", plan=Plan.BY_INDEX)
    assert database.query(setting) == usual
    for plan, found in ((Plan.BY_INDEX, [("off", False)]), (Plan.LONG, usual), (Plan.USUAL, usual)):
        assert list(database.stream(setting, plan=plan)) == [found]


def test_the_order_of_joins_is_left_as_it_is_until_a_plan_is_kept(database: PostgresqlDatabase) -> None:
    def order_is_looked_for(plan: Plan, sql: str = "current_setting('join_collapse_limit')") -> bool:
        with database.staged({"k": "int"}, [(1,)], recurring=True) as stage:
            ((limit,),) = database.query(f"SELECT {sql} FROM {stage}", (), plan)
        return bool(limit != "1")

    usual = database.query("SHOW join_collapse_limit")
    written = Plan.AS_WRITTEN
    assert order_is_looked_for(Plan.USUAL)
    assert [order_is_looked_for(written) for _ in range(12)] == [False] * 10 + [True] * 2
    assert database.query("SELECT current_setting('join_collapse_limit')", (), written) == usual
    for _ in range(2):
        with pytest.raises(ButlerError):
            order_is_looked_for(written, "k / 0")
        assert database.query("SHOW join_collapse_limit") == usual
    with pytest.raises(ButlerError), database.transaction():
        order_is_looked_for(written, "k / 0")
    assert database.query("SHOW join_collapse_limit") == usual
    assert order_is_looked_for(Plan.USUAL, "current_setting('join_collapse_limit') || ''")
