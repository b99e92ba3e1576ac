from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.vo.field import Field
from skybutler.vo.obscore.derived import DerivedColumns, Piece, RecordLookup

TEXT = Field(name="text", datatype="char", arraysize="*")
NUMBER = Field(name="number", datatype="long")
WIDE = Field(name="wide", datatype="double")
SAME = Field(name="same", datatype="char", arraysize="*")
SUM = Piece("CAST(kt.a * 1000 + kt.b AS TEXT)", (0, 1))
COLUMNS: dict[str, tuple[Piece, ...] | int] = {
    "text": (Piece("'<'", ()), SUM, Piece("'>'", ()), Piece("CAST(kt.c AS TEXT)", (2,))),
    "number": (Piece("kt.a + 1", (0,)),),
    "wide": (Piece("kt.a + 1", (0,)),),
    "same": (Piece("'x'", ()), Piece("'y'", ())),
    "key": 2,
}


def lookup(observations, *fields: Field, asked: list[int] | None = None) -> RecordLookup:
    def select(keys, columns, table):
        if asked is not None:
            asked.append(len(keys))
        named = ", ".join([*(f'kt."{key}"' for key in keys), *columns])
        return f"SELECT {named}" if table is None else f"SELECT {named} FROM {table} kt"

    return RecordLookup(observations.butler.registry.database, DerivedColumns(("a", "b", "c"), COLUMNS, select), fields)


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(-(2**62), 2**62)), min_size=1))
def test_values_are_those_of_the_keys_of_each_row(observations, rows):
    found = lookup(observations, TEXT, NUMBER, WIDE, Field(name="key", datatype="long"))
    for part in (rows, rows[::-1]):  # of the second one everything is known
        made = found.columns(list(zip(*part, strict=True)), len(part))
        values = {name: array.to_pylist() for name, array in made.items()}
        assert values["text"] == [f"<{a * 1000 + b}>{c}" for a, b, c in part]
        assert values["number"] == values["wide"] == [a + 1 for a, _, _ in part]
        assert values["key"] == [c for _, _, c in part]


def test_each_record_is_asked_for_once(observations):
    asked: list[int] = []
    found = lookup(observations, TEXT, asked=asked)
    chance = random.Random(1)
    for _ in range(3):
        rows = [(a, b, 5) for a in range(3) for b in range(4)]
        chance.shuffle(rows)
        found.columns(list(zip(*rows, strict=True)), len(rows))
    assert sorted(asked) == [0, 1, 2]


def test_what_rows_have_in_common_is_there_once(observations):
    found = lookup(observations, SAME, NUMBER, WIDE, TEXT).columns([[1, 2, 1], [1, 2, 1], [5, 5, 5]], 3)
    assert found["same"].dictionary.to_pylist() == ["xy"]
    assert found["number"].dictionary.to_pylist() == [2, 3]
    addresses = {found[name].indices.buffers()[1].address for name in ("number", "wide")}
    assert len(addresses) == 1
    assert found["text"].to_pylist() == ["<1001>5", "<2002>5", "<1001>5"]


@pytest.mark.parametrize("n", [1, 1000])
def test_any_number_of_records_is_found(observations, n):
    rows = [(i, i % 7, 0) for i in range(n)]
    made = lookup(observations, NUMBER, TEXT).columns(list(zip(*rows, strict=True)), n)
    assert made["text"].to_pylist() == [f"<{a * 1000 + b}>0" for a, b, _ in rows]
