"""What is particular to SQLite: files that are missing, locked, unwriteable, broken or on a full disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import (
    ConflictError,
    FormatError,
    InvalidError,
    ReadOnlyError,
    UnavailableError,
)
from skybutler.registry import sqlite
from skybutler.registry.sqlite import SqliteDatabase


def _make(path: Path, journal: str = "wal") -> SqliteDatabase:
    database = SqliteDatabase(str(path), writeable=True, create=True, journal=journal)
    database.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    database.execute("INSERT INTO t (text) VALUES ('a')")
    return database


def _read(path: str) -> list[Any]:
    with contextlib.closing(SqliteDatabase(path, writeable=False)) as database:
        return database.query("SELECT text FROM t")


def _write(path: str) -> None:
    with contextlib.closing(SqliteDatabase(path, writeable=True)) as database, database.transaction():
        database.execute("INSERT INTO t (text) VALUES ('b')")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = _make(tmp_path / "r.sqlite3")
    yield database
    database.close()


# ----------------------------------------------------------------------------------------------------------------- open
def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite3"
    for writeable in (True, False):
        with pytest.raises(UnavailableError, match="does not exist"):
            SqliteDatabase(str(path), writeable=writeable)
    assert not path.exists()


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%41b", "a b", "a&mode=memory", "ä;é", "a+b"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    _make(tmp_path / name).close()
    assert (tmp_path / name).stat().st_size > 0
    assert _read(str(tmp_path / name)) == [("a",)]


def test_a_relative_path_is_that_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(tmp_path / "r.sqlite3").close()
    monkeypatch.chdir(tmp_path)
    database = SqliteDatabase("r.sqlite3", writeable=False)
    monkeypatch.chdir("/")
    assert database.query("SELECT text FROM t") == [("a",)]
    database.close()


def test_a_file_removed_after_opening_is_not_made_again(tmp_path: Path) -> None:
    _make(tmp_path / "r.sqlite3").close()
    database = SqliteDatabase(str(tmp_path / "r.sqlite3"), writeable=True)
    (tmp_path / "r.sqlite3").unlink()
    with pytest.raises(UnavailableError):
        database.query("SELECT 1 FROM t")
    assert not (tmp_path / "r.sqlite3").exists()


@pytest.mark.parametrize("name", ["with space", "100%25", "a?mode=memory", "hash#tag", "ünï", "semi;colon&x=1"])
def test_awkward_paths_are_only_paths(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    _make(folder / "r.sqlite3").close()
    _write(str(folder / "r.sqlite3"))
    assert _read(str(folder / "r.sqlite3")) == [("a",), ("b",)]
    assert os.listdir(tmp_path) == [name]
    assert (folder / "r.sqlite3").stat().st_size > 0


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_journal_mode_is_chosen_at_the_beginning(tmp_path: Path, journal: str) -> None:
    _make(tmp_path / "r.sqlite3", journal).close()
    database = SqliteDatabase(str(tmp_path / "r.sqlite3"), writeable=True)
    assert database.query_one("PRAGMA journal_mode") == (journal,)
    database.close()


def test_later_connections_of_the_maker_do_not_make_anything(tmp_path: Path) -> None:
    database = _make(tmp_path / "r.sqlite3")
    database.close()
    (tmp_path / "r.sqlite3").unlink()
    with pytest.raises(UnavailableError):
        database.query("SELECT 1")


def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    path.write_bytes(b"# a readme, not a registry\n" * 100)
    with pytest.raises(FormatError, match="not a usable SQLite registry"):
        _read(str(path))


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    database = _make(tmp_path / "r.sqlite3", "delete")
    with database.transaction():
        database.insert_many("t", {"text": "text"}, [(f"row {i}" * 50,) for i in range(2000)])
    database.close()
    with (tmp_path / "r.sqlite3").open("r+b") as file:
        file.seek(3 * 8192)
        file.write(b"\xff" * 20 * 8192)
    with pytest.raises(FormatError, match="malformed"):
        _read(str(tmp_path / "r.sqlite3"))


# -------------------------------------------------------------------------------------------------------------- locking
def test_readers_see_the_last_commit_while_another_writes(database: SqliteDatabase) -> None:
    with database.transaction():
        database.execute("INSERT INTO t (text) VALUES ('b')")
        assert _read(database.path) == [("a",)]
    assert _read(database.path) == [("a",), ("b",)]


def test_a_long_lock_is_explained(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    monkeypatch.setattr(sqlite, "_NOTICE_SECONDS", 0.02)
    with database.transaction(), pytest.raises(UnavailableError, match="kept locked by another process") as caught:
        _write(database.path)
    assert "PostgreSQL" in caught.value.hint
    _write(database.path)
    assert _read(database.path) == [("a",), ("b",)]


def test_who_waits_gets_a_turn_between_the_transactions_of_another(database: SqliteDatabase) -> None:
    """A writer that pauses for a millisecond only may not keep others away for long."""
    waiting, done = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.wait()
        _write(database.path)
        done.set()

    other = threading.Thread(target=wait)
    other.start()
    turns = 0
    while not done.is_set() and turns < 200:
        with database.transaction():
            waiting.set()
            time.sleep(0.008)
        time.sleep(0.001)
        turns += 1
    other.join()
    assert turns < 200


def test_a_lock_is_waited_for_and_said(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite, "_NOTICE_SECONDS", 0.02)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            waiting = pool.submit(_write, database.path)
            while not caplog.messages:
                assert not waiting.done()
                time.sleep(0.01)
        waiting.result()
    assert caplog.messages == [f"The registry {database.path} is locked by another process: waiting for it."]
    assert _read(database.path) == [("a",), ("b",)]


def test_changes_elsewhere_are_noticed_once_and_own_ones_never(database: SqliteDatabase) -> None:
    assert database.changed_elsewhere()  # nothing is known at first
    assert not database.changed_elsewhere()
    database.execute("INSERT INTO t (text) VALUES ('own')")
    assert not database.changed_elsewhere()
    _write(database.path)
    assert database.changed_elsewhere()
    assert not database.changed_elsewhere()


# ----------------------------------------------------------------------------------------------- places not writeable
@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_read_only_folders_can_be_read(tmp_path: Path, unprivileged: Callable[..., Any], journal: str) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    _make(folder / "r.sqlite3", journal).close()
    (folder / "r.sqlite3").chmod(0o444)
    folder.chmod(0o555)
    try:
        assert unprivileged(_read, str(folder / "r.sqlite3")) == [("a",)]
        with pytest.raises(ReadOnlyError, match="cannot be written"):
            unprivileged(_write, str(folder / "r.sqlite3"))
    finally:
        folder.chmod(0o755)


def test_statements_on_a_read_only_connection_are_refused(database: SqliteDatabase) -> None:
    reader = SqliteDatabase(database.path, writeable=False)
    with pytest.raises(ReadOnlyError, match="cannot be written"):
        reader.execute("INSERT INTO t (text) VALUES ('b')")
    reader.close()


def test_a_full_disk_undoes_the_transaction(small_tmpfs: Callable[[int], Path]) -> None:
    database = _make(small_tmpfs(400_000) / "r.sqlite3")
    with pytest.raises(UnavailableError, match="No space left") as caught, database.transaction():
        database.insert_many("t", {"text": "text"}, [(f"{i}" * 1000,) for i in range(10_000)])
    assert "Free space" in caught.value.hint
    assert not database.in_transaction
    assert database.query("SELECT text FROM t") == [("a",)]
    with database.transaction():
        database.execute("INSERT INTO t (text) VALUES ('b')")
    assert _read(database.path) == [("a",), ("b",)]
    database.close()


# --------------------------------------------------------------------------------------------------------------- errors
def test_errors_of_the_driver_become_ours(database: SqliteDatabase) -> None:
    with pytest.raises(ConflictError, match="UNIQUE"):
        database.execute("INSERT INTO t (text) VALUES ('a')")
    with pytest.raises(UnavailableError, match="no such table"):
        database.query("SELECT 1 FROM nowhere")
    with pytest.raises(UnavailableError, match="no such column"):
        list(database.stream("SELECT missing FROM t"))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**80])
def test_integers_beyond_64_bits_are_refused(database: SqliteDatabase, value: int) -> None:
    with pytest.raises(InvalidError, match="cannot hold"):
        database.query("SELECT 1 FROM t WHERE k = ?", (value,))
    with pytest.raises(InvalidError, match="cannot hold"):
        database.execute("UPDATE t SET k = ?", (value,))
    with pytest.raises(InvalidError, match="cannot hold"):
        database.insert_many("t", {"k": "int"}, [(value,)])
    assert database.query("SELECT k FROM t") == [(1,)]


def test_glob_characters_of_sqlite_are_escaped(database: SqliteDatabase) -> None:
    assert database.glob("x", [("text", "a*[?]"), ("any", "*"), ("one", "?")]) == ("x GLOB ?", ["a[*][[][?]]*?"])


# -------------------------------------------------------------------------------------------------------------- details
def test_measured_stages_tell_the_planner_their_size(database: SqliteDatabase) -> None:
    with database.staged({"k": "text"}, [(str(i),) for i in range(30)], measured=True) as stage:
        rows = database.query("SELECT stat FROM temp.sqlite_stat1 WHERE tbl = ?", (stage,))
        assert [int(r[0].split()[0]) for r in rows] == [30]


@pytest.mark.parametrize(
    "columns, rows",
    [
        ({"k": "int"}, [(3,), (None,), (-(2**63),), (2**63 - 1,), (3,)]),
        ({"lo": "int", "hi": "int"}, [(1, 5), (None, 2**62), (7, 7)]),
        ({"k": "int"}, [(i,) for i in range(10_000)]),
        ({"lo": "int", "hi": "int"}, [(i, -i) for i in range(500)]),
        ({"k": "text"}, [("a",), ("bound_0",)]),
        ({"k": "int"}, []),
    ],
)
def test_few_staged_integers_go_along_with_a_statement(database: SqliteDatabase, columns: Any, rows: Any) -> None:
    names = ", ".join(columns)
    with database.staged(columns, rows) as stage, database.staged({"k": "int"}, [(5,), (6,)]) as other:
        assert database.query(f"SELECT {names} FROM {stage}") == rows
        assert database.query(f"WITH w AS (SELECT {names} FROM {stage}) SELECT * FROM w") == rows
        both = database.query(
            f"SELECT o.k, ? FROM {other} o WHERE o.k = ? AND EXISTS (SELECT 1 FROM {stage})", ("x", 6)
        )
        assert both == ([(6, "x")] if rows else [])
        assert [r for part in database.stream(f"SELECT {names} FROM {stage}", size=3) for r in part] == rows
        is_table = {("int",): 0 < len(rows) <= 4000, ("int", "int"): len(rows) <= 100}.get(tuple(columns.values()))
        assert stage.startswith("bound_" if is_table else "stage_")


def test_changes_by_staged_integers_are_counted(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE numbers (n INTEGER)")
    with database.transaction(), database.staged({"k": "int"}, [(i,) for i in range(9)]) as stage:
        assert database.execute(f"INSERT INTO numbers SELECT k FROM {stage}") == 9
        assert (
            database.execute(f"UPDATE numbers SET n = n + 1 WHERE n IN (SELECT k FROM {stage} WHERE k > ?)", (5,)) == 3
        )
        assert database.execute(f"DELETE FROM numbers WHERE n IN (SELECT k FROM {stage})") == 8
    assert database.query("SELECT n FROM numbers") == [(9,)]


def test_statistics_are_kept_for_the_next_connection(database: SqliteDatabase) -> None:
    database.analyze()
    with contextlib.closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 't'").fetchone()[0] > 0


@pytest.mark.parametrize("is_staged", [False, True])
def test_statistics_tell_a_thousand_rows_from_many_thousands(database: SqliteDatabase, is_staged: bool) -> None:
    """A sample of a thousand rows, all with the same first column, says only that there are at least so many."""
    if is_staged:  # temporary tables have statistics of their own
        with database.staged({"k": "text"}, [("1",)], measured=True):
            pass
    database.execute("CREATE TABLE many (a INTEGER, b INTEGER, c INTEGER, UNIQUE (a, b, c))")
    values = [(a, b, c) for a in (None, 1, 2) for b in (None, 7) for c in range(5000)]
    with database.transaction():
        database.insert_many("many", {"a": "int", "b": "int", "c": "int"}, values)
    database.analyze()
    row = database.query_one("SELECT stat FROM main.sqlite_stat1 WHERE tbl = 'many'")
    assert row is not None
    total, *shared = map(int, row[0].split())
    assert shared == [total // 12, total // 24, 1]
    assert 24_000 <= total <= 30_000  # an estimate


def test_values_that_are_many_are_not_counted(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_FEW", 5)
    database.execute("CREATE TABLE many (a INTEGER, b INTEGER, UNIQUE (a, b))")
    with database.transaction():
        database.insert_many("many", {"a": "int", "b": "int"}, ((a, b) for a in range(6) for b in range(1100)))
    database.analyze()
    row = database.query_one("SELECT stat FROM main.sqlite_stat1 WHERE tbl = 'many'")
    assert row is not None
    assert int(row[0].split()[1]) in range(sqlite._SAMPLED // 2, 1101)


def test_staged_rows_are_looked_up_without_reading_the_other_table(database: SqliteDatabase) -> None:
    with database.staged({"text": "text"}, [("a",)]) as stage:
        join = database.looked_up("t", "t", "t.text = s.text")
        plan = [row[3] for row in database.query(f"EXPLAIN QUERY PLAN SELECT t.k FROM {stage} s {join}")]
    assert plan == ["SCAN s", "SEARCH t USING COVERING INDEX sqlite_autoindex_t_1 (text=?)"]
