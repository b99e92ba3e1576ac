"""Transactions, staged rows, threads and processes: the same on both engines."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from skybutler.errors import ButlerError, ConfigError, ConflictError, InvalidError, ReadOnlyError
from skybutler.registry.database import Database, open_database, quoted
from support.postgres import fresh_database

KINDS: dict[str, Any] = {"k": "int", "text": "text"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database for all tests of this file, which leave it empty: making one takes longer than a test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'registry.sqlite3'}"
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with one table of numbers and unique text."""
    database = open_database(database_url, writeable=True, create=True)
    body = f'"k" {database.kinds["key"]}, "text" {database.kinds["text"]} UNIQUE'
    database.execute(f'CREATE TABLE "group" ({body})')
    yield database
    for table in database.table_names():
        database.execute(f"DROP TABLE {quoted(table)}")
    database.close()


@pytest.fixture(params=[True, False], ids=["bound", "tables"])
def stages(request: pytest.FixtureRequest, database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database, whose staged rows go along with PostgreSQL's statements or, as SQLite's, stand in tables."""
    if not request.param and database.dialect == "postgresql":
        monkeypatch.setattr("skybutler.registry.postgresql._BOUND_VALUES", -1)
    return database


def _texts(database: Database) -> list[str]:
    return [r[0] for r in database.query('SELECT "text" FROM "group" ORDER BY k')]


def _add(database: Database, *texts: str) -> None:
    database.insert_many("group", {"text": "text"}, [(t,) for t in texts])


def _add_in_transaction(database: Database, *texts: str) -> None:
    with database.transaction():
        _add(database, *texts)


# -------------------------------------------------------------------------------------------------------- transactions
def test_inner_transactions_are_undone_alone(database: Database) -> None:
    with database.transaction():
        _add(database, "a")
        with pytest.raises(ZeroDivisionError), database.transaction():  # noqa: PT012 - what was done before it counts
            _add(database, "b")
            _add_in_transaction(database, "c")
            assert _texts(database) == ["a", "b", "c"]
            raise ZeroDivisionError
        assert _texts(database) == ["a"]
        with database.transaction():
            _add(database, "d")
        assert database.in_transaction
    assert not database.in_transaction
    assert _texts(database) == ["a", "d"]


def test_the_outer_transaction_takes_inner_ones_with_it(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), database.transaction():  # noqa: PT012 - what was done before it counts
        _add_in_transaction(database, "a")
        raise KeyboardInterrupt
    assert _texts(database) == []
    assert not database.in_transaction


def test_a_failed_statement_in_an_inner_transaction_leaves_the_outer_one_usable(database: Database) -> None:
    with database.transaction():
        _add(database, "a")
        with pytest.raises(ConflictError), database.transaction():
            _add(database, "b", "a")
        _add(database, "c")
    assert _texts(database) == ["a", "c"]


def test_rollbacks_are_told_commits_are_not(database: Database) -> None:
    told: list[str] = []
    database.on_rollback.append(lambda: told.append("rollback"))
    with database.transaction(), database.transaction():
        _add(database, "a")
    assert told == []
    with database.transaction():
        with pytest.raises(ZeroDivisionError), database.transaction():
            raise ZeroDivisionError
        assert told == ["rollback"]
    assert told == ["rollback"]


def test_hooks_run_once_around_the_outermost_transaction_and_inside_it(database: Database) -> None:
    seen: list[tuple[str, bool, int]] = []
    database.after_begin.append(lambda: seen.append(("begin", database.in_transaction, len(_texts(database)))))
    database.before_commit.append(lambda: seen.append(("commit", database.in_transaction, len(_texts(database)))))
    with database.transaction(), database.transaction():
        _add(database, "a")
    assert seen == [("begin", True, 0), ("commit", True, 1)]
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    assert [name for name, _, _ in seen] == ["begin", "commit", "begin"]


def test_a_failure_before_the_commit_undoes_everything(database: Database) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    database.before_commit.append(fail)
    with pytest.raises(ZeroDivisionError), database.transaction():
        _add(database, "a")
    assert _texts(database) == []
    assert not database.in_transaction


def test_a_read_only_database_begins_no_transaction(database: Database, database_url: str) -> None:
    _add(database, "a")
    reader = open_database(database_url, writeable=False)
    with pytest.raises(ReadOnlyError, match="read-only") as caught, reader.transaction():
        pass
    assert "writeable=True" in caught.value.hint
    assert _texts(reader) == ["a"]
    with reader.staged(KINDS, [(1, "x")]) as stage:  # temporary tables lie outside
        assert reader.query(f"SELECT k, text FROM {stage}") == [(1, "x")]
    reader.close()


# ---------------------------------------------------------------------------------------------------------- statements
def test_execute_counts_rows_and_query_one_gives_the_first(database: Database) -> None:
    _add(database, "a", "b", "c")
    assert database.execute('UPDATE "group" SET text = text || ? WHERE text > ?', ("!", "a")) == 2
    assert database.query_one('SELECT text FROM "group" ORDER BY text DESC') == ("c!",)
    assert database.query_one('SELECT text FROM "group" WHERE k = ?', (99,)) is None


@pytest.mark.parametrize("texts", [[], ["b"], ["c", "a", "nothing"], [f"t{i}" for i in range(300)] + ["a"]])
def test_one_of_some_values(database: Database, texts: list[str]) -> None:
    _add(database, "a", "b", "c")
    wanted, values = database.one_of("text", "text", texts)
    found = database.query(f'SELECT text FROM "group" WHERE {wanted} AND k > ?', (*values, 0))
    assert {r[0] for r in found} == {"a", "b", "c"} & set(texts)


def test_listed_rows_are_a_table(database: Database) -> None:
    kinds: dict[str, Any] = {"a b": "int", "n": "int"}
    rows = [(i, -(2**62) + i) for i in range(500)]
    table, given = database.listed(kinds, rows)
    assert database.query(f'SELECT "a b", n FROM {table} t ORDER BY 1', given) == rows


def test_streams_come_in_bounded_batches(database: Database) -> None:
    _add(database, *(f"t{i:03}" for i in range(25)))
    batches = list(database.stream('SELECT text FROM "group" WHERE k > ? ORDER BY k', (0,), size=10))
    assert [len(b) for b in batches] == [10, 10, 5]
    assert [r[0] for b in batches for r in b] == _texts(database)


def test_streams_work_inside_transactions_and_beside_other_statements(database: Database) -> None:
    _add(database, *(f"t{i:03}" for i in range(25)))
    with database.transaction():
        found = 0
        for batch in database.stream('SELECT k FROM "group" ORDER BY k', size=4):
            found += len(batch)
            assert database.query_one('SELECT count(*) FROM "group"') == (25,)
        assert found == 25


@pytest.mark.parametrize("text", ["", "it's", 'a"b', "100% _?", "naïve 星", "\\"])
def test_every_text_comes_back(database: Database, text: str) -> None:
    _add(database, text)
    assert database.query('SELECT text FROM "group" WHERE text = ?', (text,)) == [(text,)]


def test_every_kind_comes_back_as_it_went_in(stages: Database) -> None:
    row = (-(2**63), 0.1 + 0.2, "x", b"\x00\xff", bytes(range(16)), 1)
    kinds: dict[str, Any] = {"i": "int", "f": "float", "t": "text", "b": "bytes", "u": "id", "o": "bool"}
    with stages.staged(kinds, [row]) as stage:
        found = stages.query(f"SELECT i, f, t, b, u, o FROM {stage}")
    assert found == [row]


def test_text_sorts_by_code_point_everywhere(database: Database) -> None:
    texts = ["a", "B", "_", "ä", "Z", "10", "9"]
    _add(database, *texts)
    assert [r[0] for r in database.query('SELECT text FROM "group" ORDER BY text')] == sorted(texts)


def test_names_with_quotes_stay_names(database: Database) -> None:
    name = 'odd "name"'
    database.execute(f"CREATE TABLE {quoted(name)} ({quoted('order')} {database.kinds['int']})")
    database.insert_many(name, {"order": "int"}, [(3,)])
    assert database.query(f"SELECT {quoted('order')} FROM {quoted(name)}") == [(3,)]
    assert {"group", name} <= database.table_names()


@pytest.mark.parametrize(
    "pieces, expected",
    [
        ([("text", "a"), ("any", "*")], {"a*b", "a_b", "axb", "a?b", "a%b", "a[b", "a\\b"}),
        ([("text", "a*b")], {"a*b"}),
        ([("text", "a?b")], {"a?b"}),
        ([("text", "a_b")], {"a_b"}),
        ([("text", "a%b")], {"a%b"}),
        ([("text", "a[b")], {"a[b"}),
        ([("text", "a\\b")], {"a\\b"}),
        ([("one", "?"), ("text", "xb")], {"axb"}),
        ([("text", "A"), ("any", "*")], {"AXB"}),
        ([("any", "*")], {"a*b", "a_b", "axb", "a?b", "a%b", "a[b", "a\\b", "AXB", ""}),
        ([], {""}),
    ],
)
def test_globs_match_whole_strings_and_nothing_else(
    database: Database, pieces: list[tuple[str, str]], expected: set[str]
) -> None:
    _add(database, "a*b", "a_b", "axb", "a?b", "a%b", "a[b", "a\\b", "AXB", "")
    condition, values = database.glob('"text"', pieces)
    assert {r[0] for r in database.query(f'SELECT "text" FROM "group" WHERE {condition}', values)} == expected


def test_reserved_keys_are_new_and_stay_so(database: Database) -> None:
    _add(database, "a", "b")
    with database.transaction():
        keys = list(database.reserve_keys("group", 3))
        assert len(set(keys)) == 3
        assert not set(keys) & {r[0] for r in database.query('SELECT k FROM "group"')}
        database.insert_many("group", KINDS, [(k, f"n{k}") for k in keys])
        _add(database, "c")
    assert len(_texts(database)) == 6


def test_keys_are_reserved_only_once(database: Database) -> None:
    with database.transaction():
        keys = [k for n in (1, 1, 5, 2, 40, 1, 3000, 1) for k in database.reserve_keys("group", n)]
        if database.dialect == "postgresql":  # SQLite's are free until they are used
            assert len(set(keys)) == len(keys) == 3051
        with pytest.raises(ZeroDivisionError), database.transaction():
            raise ZeroDivisionError
        database.insert_many("group", KINDS, [(k, f"n{k}") for k in set(keys)])
        assert not {*keys} & {*database.reserve_keys("group", 10)}


def test_broken_constraints_are_conflicts(database: Database) -> None:
    _add(database, "a")
    with pytest.raises(ConflictError):
        _add(database, "a")
    with pytest.raises(ConflictError):
        database.execute('INSERT INTO "group" (text) VALUES (?)', ("a",))
    assert _texts(database) == ["a"]


def test_statements_that_cannot_be_run_are_our_errors(database: Database) -> None:
    with pytest.raises(ButlerError):
        database.query("SELECT nothing FROM nowhere")
    assert database.query('SELECT 1 FROM "group"') == []


# ---------------------------------------------------------------------------------------------------------- staged rows
def test_stages_are_emptied_and_used_again(stages: Database) -> None:
    with stages.staged(KINDS, [(1, "x")]) as first:
        assert stages.query(f"SELECT k, text FROM {first}") == [(1, "x")]
    with stages.staged(KINDS, [(2, "y")]) as second:
        assert second == first
        assert stages.query(f"SELECT k, text FROM {second}") == [(2, "y")]
        with stages.staged(KINDS, []) as third:
            assert third != second
            assert stages.query(f"SELECT * FROM {third}") == []
        with stages.staged({"k": "int"}, [(7,)]) as other:
            assert stages.query(f"SELECT * FROM {other}") == [(7,)]


def test_stages_can_be_left_while_another_query_is_being_read(stages: Database) -> None:
    _add(stages, *(f"t{i:03}" for i in range(30)))
    stream = stages.stream('SELECT k FROM "group" ORDER BY k', size=7)
    read = len(next(stream))
    with stages.staged({"k": "int"}, [(i,) for i in range(5)], measured=True) as stage:
        assert stages.query_one(f"SELECT count(*) FROM {stage}") == (5,)
    read += sum(len(batch) for batch in stream)
    assert read == 30


def test_a_stage_itself_can_be_streamed_while_others_come_and_go(stages: Database) -> None:
    with stages.staged({"k": "int"}, ((i,) for i in range(50))) as outer:
        found = []
        for batch in stages.stream(f"SELECT k FROM {outer} ORDER BY k", size=8):
            with stages.staged({"k": "int"}, batch) as inner:
                assert inner != outer
                found += [r[0] for r in stages.query(f"SELECT k FROM {inner} ORDER BY k")]
    assert found == list(range(50))


@pytest.mark.parametrize("nested", [False, True])
def test_stages_of_an_undone_transaction_do_no_harm(stages: Database, nested: bool) -> None:
    def fail() -> None:
        with stages.transaction(), stages.staged(KINDS, [(1, "x")]):
            _add(stages, "a")
            raise ZeroDivisionError

    if nested:
        with stages.transaction():
            with pytest.raises(ZeroDivisionError):
                fail()
            _check_stage(stages)
    else:
        with pytest.raises(ZeroDivisionError):
            fail()
    _check_stage(stages)
    assert _texts(stages) == []


def test_a_failed_statement_beside_a_stage_shows_its_own_error(stages: Database) -> None:
    _add(stages, "a")
    with pytest.raises(ConflictError), stages.transaction(), stages.staged(KINDS, [(1, "x")]):
        _add(stages, "a")
    _check_stage(stages)


def test_a_stage_can_lead_several_tables_and_be_named_twice(stages: Database) -> None:
    _add(stages, "a", "b", "c")
    with stages.staged(KINDS, [(3, "b"), (1, "a"), (9, "z")]) as first, stages.staged({"k": "int"}, [(1,)]) as second:
        join = stages.looked_up('"group"', "g", "g.text = s.text")
        found = stages.query(
            f"SELECT s.k, g.k FROM {first} s {join} WHERE s.k NOT IN (SELECT k FROM {second}) AND g.k < ?", (5,)
        )
        assert found == [(3, 2)]
        assert stages.query_one(f"SELECT count(*) FROM {first} a JOIN {first} b ON a.k <> b.k") == (6,)
        assert stages.execute(f'DELETE FROM "group" WHERE text IN (SELECT text FROM {first})') == 2
    assert _texts(stages) == ["c"]


@pytest.mark.parametrize("n", [0, 1, 8, 9, 300])
def test_missing_values_are_staged_anywhere(stages: Database, n: int) -> None:
    kinds: dict[str, Any] = {"i": "int", "f": "float", "t": "text", "b": "bytes", "u": "id", "o": "bool"}
    row = (2**63 - 1, -1.5, "ä", b"", bytes(range(16)), 0)
    for gap in (0, 1, 2, 3, 5):  # ids are never missing
        rows = [tuple(None if c == gap and r % 3 == 0 else v for c, v in enumerate(row)) for r in range(n)]
        with stages.staged(kinds, rows) as stage:
            assert stages.query(f"SELECT i, f, t, b, u, o FROM {stage} ORDER BY {'iftbuo'[gap]} NULLS FIRST") == sorted(
                rows, key=lambda r: r[gap] is not None
            )


def _check_stage(database: Database) -> None:
    with database.staged(KINDS, [(2, "y")]) as stage:
        assert database.query(f"SELECT k, text FROM {stage}") == [(2, "y")]


# ------------------------------------------------------------------------------------------------ threads and processes
def test_every_thread_has_its_own_connection_and_transaction(database: Database) -> None:
    seen: dict[str, Any] = {}

    def look() -> None:
        seen["in transaction"] = database.in_transaction
        seen["texts"] = _texts(database)
        seen["connection"] = database.connection
        database.close()

    with database.transaction():
        _add(database, "a")
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen["in transaction"] is False
    assert seen["texts"] == []
    assert seen["connection"] is not database.connection


def test_threads_write_one_after_the_other(database: Database) -> None:
    def write(number: int) -> None:
        for i in range(5):
            with database.transaction():
                _add(database, f"{number}-{i}")
        database.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(_texts(database)) == sorted(f"{n}-{i}" for n in range(4) for i in range(5))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connection(database: Database) -> None:
    _add(database, "parent")
    with database.staged(KINDS, [(1, "x")]):
        pass
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with database.transaction(), database.staged(KINDS, [(1, "child")]) as stage:
                database.execute(f'INSERT INTO "group" (text) SELECT text FROM {stage}')
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _texts(database) == ["parent", "child"]
    with database.transaction():  # the parent's connection is as it was
        _add(database, "after")
    assert _texts(database) == ["parent", "child", "after"]


def test_a_closed_database_opens_again_when_used(stages: Database) -> None:
    _add(stages, "a")
    with stages.staged(KINDS, [(1, "x")]) as stage:
        assert stages.query(f"SELECT k, text FROM {stage}") == [(1, "x")]
    stages.close()
    stages.close()
    assert _texts(stages) == ["a"]
    _check_stage(stages)


def test_changes_of_other_connections_are_noticed(database: Database, database_url: str) -> None:
    other = open_database(database_url, writeable=True)
    database.changed_elsewhere()
    with other.transaction():
        _add(other, "a")
    assert database.changed_elsewhere()
    other.close()


# ----------------------------------------------------------------------------------------------------------------- open
@pytest.mark.parametrize("url", ["mysql://host/name", "oracle+driver://x", "registry.sqlite3"])
def test_unknown_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="not a database skybutler knows") as caught:
        open_database(url, writeable=False)
    assert "postgresql://" in caught.value.hint


def test_who_is_locked_out_waits(database: Database) -> None:
    database.execute("CREATE TABLE lockable (k INTEGER)")
    order: list[str] = []
    reads, locked = threading.Event(), threading.Event()

    def write() -> None:
        with database.transaction():
            database.query("SELECT 1 FROM lockable")
            reads.set()
            locked.wait(0.3)
            order.append("reader")
        database.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert reads.wait(100)
    with database.transaction():
        database.lock_out("lockable")
        order.append("lock")
        locked.set()
    thread.join()
    assert order == ["reader", "lock"]
    database.execute("DROP TABLE lockable")


def test_a_sound_database_has_no_faults(database: Database) -> None:
    assert database.faults() == []


# ---------------------------------------------------------------------- frozen
def test_what_is_frozen_stays_as_it_was_while_others_write(database: Database) -> None:
    _add(database, "a")
    with database.frozen("group"):
        assert _texts(database) == ["a"]
        _in_thread(lambda: _add_in_transaction(database, "b"))  # nobody waits for us
        assert _texts(database) == ["a"]
        assert [row for rows in database.stream('SELECT "text" FROM "group"', size=1) for row in rows] == [("a",)]
        with database.staged({"k": "int"}, [(1,)] * 3) as stage:
            assert database.query(f"SELECT count(*) FROM {stage}") == [(3,)]
    assert _texts(database) == ["a", "b"]
    with database.staged({"k": "int"}, [(1,)]) as stage:
        assert database.query(f"SELECT count(*) FROM {stage}") == [(1,)]


def test_keys_that_come_after_a_frozen_moment_are_higher(database: Database) -> None:
    """A transaction that has its key already, and commits late, is waited for, or gets it late."""
    _add(database, "a")
    has_key, seen = threading.Event(), []

    def write() -> None:
        with database.transaction():
            _add(database, "late")
            has_key.set()
            threading.Event().wait(0.5)

    writer = threading.Thread(target=write)
    writer.start()
    has_key.wait()
    with database.frozen("group"):
        seen = _texts(database)
        last = database.query('SELECT max(k) FROM "group"')[0][0]
    writer.join()
    assert seen == (["a"] if database.dialect == "sqlite" else ["a", "late"])
    _add_in_transaction(database, "b")
    later = [k for k, text in database.query('SELECT k, "text" FROM "group"') if text not in seen]
    assert all(k > last for k in later)


def test_a_read_only_database_can_be_frozen_and_a_transaction_not(database: Database, database_url: str) -> None:
    reader = open_database(database_url, writeable=False)
    with reader.frozen("group"):
        assert _texts(reader) == []
    with reader.frozen("group"):
        assert _texts(reader) == []
    reader.close()
    with database.transaction(), pytest.raises(InvalidError), database.frozen("group"):
        pass


def _in_thread(work: Callable[[], None]) -> None:
    def run() -> None:
        work()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
