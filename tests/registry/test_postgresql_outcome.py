"""What a server tells of transactions, each of which was committed, rolled back or is under way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from skybutler.errors import UnknownOutcomeError
from skybutler.registry import postgresql_outcome
from skybutler.registry.postgresql_outcome import was_committed

pytestmark = pytest.mark.postgres


def test_a_server_tells_what_became_of_a_transaction(
    postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_outcome, "_OUTCOME_SECONDS", 0.2)
    url = postgres_database()
    connect = partial(psycopg.connect, url)
    with psycopg.connect(url, autocommit=True) as connection:

        def number(end: str) -> int:
            connection.execute("BEGIN")
            row = connection.execute("SELECT txid_current()").fetchone()
            if end:
                connection.execute(end)  # type: ignore[call-overload, unused-ignore]
            assert row is not None
            return int(row[0])

        connection.execute("CREATE TABLE t AS SELECT 1 AS k")
        done = number("COMMIT")
        assert was_committed(connect, done, None)
        assert was_committed(connect, done, ("t", "k", 1))
        with pytest.raises(UnknownOutcomeError, match="not known"):  # a crash, and another got its number
            was_committed(connect, done, ("t", "k", 2))
        assert not was_committed(connect, number("ROLLBACK"), None)
        assert not was_committed(connect, done + 1_000_000, None)
        with pytest.raises(UnknownOutcomeError):
            was_committed(connect, number(""), None)
