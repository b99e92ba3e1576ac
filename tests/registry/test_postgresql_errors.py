from __future__ import annotations

import psycopg
import pytest

from skybutler.errors import (
    ConflictError,
    FormatError,
    InvalidError,
    InvalidQueryError,
    ReadOnlyError,
    UnavailableError,
)
from skybutler.registry.postgresql_errors import FAILURES, translated

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("SELECT nothing FROM nowhere", FormatError),
        ("SELECT nothing FROM t", FormatError),
        ("SELECT k, count(*) FROM t", InvalidQueryError),
        ("SELECT avg('x'::text)", InvalidQueryError),
        ("SELECT (SELECT i FROM generate_series(1, 2) i)", InvalidQueryError),
        ("SELECT 1 / 0", InvalidError),
        ("SELECT 'x'::int", InvalidError),
        ("INSERT INTO t VALUES (1), (1)", ConflictError),
        ("INSERT INTO t VALUES (NULL)", ConflictError),
        ("SET TRANSACTION READ ONLY; CREATE TABLE u (k int)", ReadOnlyError),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)", UnavailableError),
    ],
)
def test_what_the_server_refuses_is_one_of_our_errors(postgres_server, sql, expected):
    with psycopg.connect(postgres_server) as connection:
        connection.execute("CREATE TEMPORARY TABLE t (k int PRIMARY KEY) ON COMMIT DROP")
        with pytest.raises(FAILURES) as caught:
            connection.execute(sql)
        assert isinstance(caught.value, FAILURES)
        assert type(translated(caught.value)) is expected
        connection.rollback()


def test_large_integers_are_invalid():
    assert isinstance(translated(OverflowError("too large")), InvalidError)
