"""Values go to PostgreSQL and come back as they were."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import given

from skybutler.registry.postgresql_values import Id, insert_text, register_ids, with_ids

pytestmark = pytest.mark.postgres

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1) | st.none(), TEXT | st.none()), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def connection(postgres_server: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(postgres_server) as connection:
        connection.execute('CREATE TEMPORARY TABLE "a ""table" (n BIGINT, "te\'xt" TEXT)')
        yield connection


@given(ROWS)
def test_rows_as_text(connection: psycopg.Connection[tuple[object, ...]], rows: list[tuple[int | None, str]]) -> None:
    connection.execute('DELETE FROM "a ""table"')
    text = insert_text(connection, 'a "table', ["n", "te'xt"], rows) + "SELECT 1"
    connection.pgconn.exec_(text.encode())
    assert connection.execute('SELECT * FROM "a ""table"').fetchall() == rows


def test_ids(postgres_database: Callable[[], str]) -> None:
    value = uuid.uuid4().bytes
    with psycopg.connect(postgres_database()) as connection:
        register_ids(connection.adapters)
        found = connection.execute("SELECT %b::uuid", (Id(value),), binary=True).fetchone()
        assert found == (value,)


def test_marking_ids() -> None:
    rows = [(1, b"a", b"b"), (2, b"c", b"d")]
    assert [tuple(map(type, row)) for row in with_ids(rows, [1])] == [(int, Id, bytes)] * 2
    assert [tuple(map(type, row)) for row in with_ids(rows, [1, 2])] == [(int, Id, Id)] * 2
    assert list(with_ids(rows, [1, 2])) == rows
