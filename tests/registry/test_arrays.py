"""Columns bound as arrays come back from the server value by value, in order, NULLs included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.registry.arrays import array_of, register_arrays, unnested
from skybutler.registry.database import ColumnKind

pytestmark = pytest.mark.postgres

BIGINT = st.integers(min_value=-(2**63), max_value=2**63 - 1)
VALUES: dict[ColumnKind, st.SearchStrategy[Any]] = {
    "int": BIGINT,
    "key": BIGINT,
    "float": st.floats(allow_nan=False),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "bytes": st.binary(),
    "id": st.binary(min_size=16, max_size=16),
    "bool": st.integers(min_value=0, max_value=1),
}
BACK = {"id": lambda value: None if value is None else value.bytes}


@pytest.fixture(scope="module")
def connection(postgres_server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        register_arrays(connection.adapters)
        yield connection


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_values_come_back(connection: psycopg.Connection, kind: ColumnKind, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind]) | st.lists(VALUES[kind], min_size=9))
    statement = unnested({"a b": kind}).replace("?", "%s")
    rows = connection.execute(statement, [array_of(kind, values)]).fetchall()
    back = BACK.get(kind, lambda value: value)
    assert [back(value) for (value,) in rows] == values


def test_columns_stay_beside_each_other(connection: psycopg.Connection) -> None:
    kinds: dict[str, ColumnKind] = {"n": "int", "name": "text"}
    numbers, names = list(range(1000)), [f"name {n}" for n in range(1000)]
    statement = unnested(kinds).replace("?", "%s")
    rows = connection.execute(statement, [array_of("int", numbers), array_of("text", names)]).fetchall()
    assert rows == list(zip(numbers, names, strict=True))
