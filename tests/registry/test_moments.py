"""What is read at one moment stays as it was, on both engines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from skybutler.errors import ButlerError, UnavailableError
from skybutler.registry.database import Database, open_database
from skybutler.registry.interrupt import Interrupt
from skybutler.registry.plan import Plan


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with a table of numbered text."""
    database = open_database(database_url, writeable=True, create=True)
    database.execute(f'CREATE TABLE "group" ("k" {database.kinds["key"]}, "text" {database.kinds["text"]})')
    yield database
    database.close()


def _texts(database: Database) -> list[str]:
    return [r[0] for r in database.query('SELECT "text" FROM "group" ORDER BY k')]


def _add(database: Database, *texts: str) -> None:
    database.insert_many("group", {"text": "text"}, [(t,) for t in texts])


def test_all_is_read_as_it_was_at_one_moment(database: Database, database_url: str) -> None:
    _add(database, *"abc")
    other = open_database(database_url, writeable=True)
    with database.at_one_moment():
        assert _texts(database) == ["a", "b", "c"]
        _add(other, "d")
        parts = database.stream('SELECT text FROM "group" ORDER BY k', size=2, plan=Plan.LONG)
        assert next(parts) == [("a",)]
        _add(other, "e")
        with database.at_one_moment():  # the same one
            assert _texts(database) == ["a", "b", "c"]
        assert list(parts) == [[("b",), ("c",)]]
    assert _texts(database) == ["a", "b", "c", "d", "e"]
    other.close()


def test_a_failure_ends_the_moment(database: Database) -> None:
    with pytest.raises(ButlerError), database.at_one_moment():
        database.query("SELECT nothing")
    with database.transaction():
        _add(database, "a")
    with database.transaction(), database.at_one_moment():  # a transaction sees what it did itself
        _add(database, "b")
        assert _texts(database) == ["a", "b"]
    assert _texts(database) == ["a", "b"]


def test_a_moment_is_over_even_if_its_last_statement_was_ended(database: Database) -> None:
    interrupt = Interrupt()
    with suppress(UnavailableError), database.interruptible(interrupt), database.at_one_moment():
        rows = database.stream("SELECT 1 UNION ALL SELECT 2", size=1)
        next(rows)
        interrupt.stop("Enough.")
        time.sleep(0.2)  # ends statements that begin now, while there is one that is not read to its end
    with database.at_one_moment():
        assert database.query("SELECT 1") == [(1,)]
