"""Every plan gives the same rows, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skybutler.registry.database import Database, open_database
from skybutler.registry.plan import Plan


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url, writeable=True, create=True)
    with database.transaction():
        database.execute("CREATE TABLE t (k BIGINT, n BIGINT)")
        database.insert_many("t", {"k": "int", "n": "int"}, ((i, i * i) for i in range(100)))
    yield database
    database.close()


@pytest.mark.parametrize("plan", Plan)
def test_rows_are_the_same(database: Database, plan: Plan) -> None:
    sql = "SELECT a.k, b.n FROM t a JOIN t b ON b.k = a.n WHERE a.k > ? ORDER BY a.k"
    expected = [(i, i**4) for i in range(2, 10)]
    for _ in range(12):  # PostgreSQL keeps plans from the eleventh time on
        assert database.query(sql, (1,), plan) == expected
    assert [row for rows in database.stream(sql, (1,), 3, plan) for row in rows] == expected
    with database.staged({"k": "int"}, [(3,), (5,)], recurring=True) as stage:
        led = f"SELECT t.n FROM {stage} s JOIN t ON t.k = s.k ORDER BY 1"
        assert database.query(led, (), plan) == [(9,), (25,)]
        assert list(database.stream(led, (), 1, plan)) == [[(9,)], [(25,)]]


@pytest.mark.parametrize("plan", Plan)
def test_few_rows_of_long_answers_come_first(database: Database, plan: Plan) -> None:
    parts = list(database.stream("SELECT k FROM t ORDER BY k", (), 48, plan))
    assert [len(rows) for rows in parts] == ([3, 48, 48, 1] if plan.is_long else [48, 48, 4])
    assert [k for rows in parts for (k,) in rows] == list(range(100))


def test_some_answers_are_known_to_be_long() -> None:
    assert [plan for plan in Plan if plan.is_long] == [Plan.LONG, Plan.BY_INDEX]
