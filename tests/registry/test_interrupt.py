"""Statements that other threads end, on both engines.  No test waits for the statement, which would take for ever."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from skybutler.errors import UnavailableError
from skybutler.registry.database import open_database
from skybutler.registry.interrupt import Interrupt

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
ENDLESS = f"{NUMBERS} SELECT max(i) FROM n"


@pytest.fixture
def database(database_url):
    with closing(open_database(database_url, writeable=True, create=True)) as database:
        yield database


def stopped_after(seconds, interrupt, reason="Enough."):
    timer = threading.Timer(seconds, interrupt.stop, [reason])
    timer.start()
    return timer


def test_a_statement_ends_and_the_connection_can_be_used_again(database):
    interrupt = Interrupt()
    timer = stopped_after(0.3, interrupt)
    with pytest.raises(UnavailableError, match="Enough"), database.interruptible(interrupt):
        database.query(ENDLESS)
    timer.join()
    assert database.query("SELECT 1") == [(1,)]
    with database.staged({"k": "int"}, [(7,)]) as stage, database.interruptible(Interrupt()):
        assert database.query(f"SELECT k FROM {stage}") == [(7,)]


def test_rows_that_are_streamed_end_too(database):
    interrupt = Interrupt()
    seen = []

    def ask():
        with database.interruptible(interrupt):
            for rows in database.stream(f"{NUMBERS} SELECT i FROM n LIMIT 100000000", size=1000):
                seen.append(len(rows))
                if len(seen) == 5:
                    interrupt.stop("Enough.")

    with pytest.raises(UnavailableError, match="Enough"):
        ask()
    assert len(seen) >= 5
    assert database.query("SELECT 1") == [(1,)]


def test_what_was_stopped_before_does_not_begin(database):
    interrupt = Interrupt()
    interrupt.stop("Too late.")
    interrupt.stop("Again.")
    with pytest.raises(UnavailableError, match="Too late"), database.interruptible(interrupt):
        pytest.fail("It began.")


def test_many_are_ended_as_they_begin(database):
    """Wherever the thread is when it is told: before the statement, in it, or between two."""

    def ask(delay):
        interrupt = Interrupt()
        timer = stopped_after(delay, interrupt)
        try:
            with database.interruptible(interrupt):
                for _ in range(20):
                    database.query("SELECT 1")
                database.query(ENDLESS)
        except UnavailableError as error:
            return str(error)
        finally:
            timer.join()
        return "not ended"

    assert {ask(i * 0.0005) for i in range(30)} == {"Enough."}


def test_others_go_on(database):
    interrupt = Interrupt()
    ended = threading.Event()

    def other():
        with pytest.raises(UnavailableError), database.interruptible(interrupt):
            database.query(ENDLESS)
        database.close()
        ended.set()

    thread = threading.Thread(target=other)
    thread.start()
    time.sleep(0.2)
    interrupt.stop("Enough.")
    with database.interruptible(Interrupt()):
        (found,) = database.query("SELECT count(*) FROM (" + f"{NUMBERS} SELECT i FROM n LIMIT 200000" + ") m")
    assert found == (200_000,)
    assert ended.wait(100)
    thread.join()
