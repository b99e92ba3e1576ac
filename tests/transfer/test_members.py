"""Datasets in few bytes: their order, repetitions, and refs made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets import DatasetType
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import InvalidError
from skybutler.transfer.members import Members

KIND = DatasetType("raw", DimensionUniverse.load().conform(["detector", "exposure"]), "Exposure")
ROWS = st.lists(st.tuples(st.sampled_from(["B", "A", "É"]), st.integers(-3, 3), st.integers(-(2**62), 2**62)))


def identifier(row: tuple[str, int, int]) -> bytes:
    return f"{row[0]}{row[1]}".encode().ljust(8, b"\0")[:8] + row[2].to_bytes(8, "big", signed=True)


@given(ROWS, st.integers(1, 4))
def test_sorted_by_data_id_and_each_once(rows: list[tuple[str, int, int]], size: int) -> None:
    members = Members(KIND, "run", None)
    for row in rows:
        members.add(identifier(row), dict(zip(("instrument", "detector", "exposure"), ([v] for v in row), strict=True)))
    members.sort()
    expected = sorted(set(rows))
    found = [row for _, columns in members.parts(size) for row in zip(*columns.values(), strict=True)]
    assert found == expected
    assert list(members.ids()) == [identifier(row) for row in expected]
    assert len(members) == len(expected)


def test_two_datasets_of_one_data_id_are_refused() -> None:
    members = Members(KIND, "run", None)
    columns: dict[str, Any] = {"instrument": ["A", "A"], "detector": np.array([1, 1]), "exposure": [2, 2]}
    members.add(bytes(16) + bytes(15) + b"1", columns)
    with pytest.raises(InvalidError, match="same data ID"):
        members.sort()


def test_refs() -> None:
    members = Members(KIND, "run", None)
    members.add(bytes(range(16)), {"instrument": ["A"], "detector": [1], "exposure": [2]})
    ((ids, columns),) = members.parts(10)
    (ref,) = members.refs(ids, columns)
    assert (ref.id.bytes, ref.run, ref.data_id.required_values) == (bytes(range(16)), "run", ("A", 1, 2))


def test_a_type_without_dimensions_has_one_dataset() -> None:
    members = Members(DatasetType("notes", DimensionUniverse.load().empty, "Config"), "run", None)
    members.add(bytes(16), {})
    members.add(bytes(16), {})
    members.sort()
    assert len(members) == 1
