"""Columns of properties: what converts, what does not, and Julian dates to nanoseconds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.instruments.columns import Column, ObservationColumns, array_of, jd_to_ns


@pytest.mark.parametrize(
    "kind, values, expected",
    [
        ("int", [1, "2", 3.0, 3.5, "x", None, True], [1, 2, 3, None, None, None, 1]),
        ("float", [1, "2.5", None, "x", float("nan"), True], [1.0, 2.5, None, None, None, None]),
        ("str", [" a ", 5, None], ["a", "5", None]),
        ("bool", [True, "T", 1], [True, None, None]),
        ("pair", [[1, 2.0], [1], "ab", None, [1, None]], [[1.0, 2.0], None, None, None, None]),
    ],
)
def test_values_are_converted_only_without_loss(kind: Any, values: list[Any], expected: list[Any]) -> None:
    assert array_of(values, kind).to_list() == expected


@given(st.integers(2415020, 2488070), st.floats(-0.5, 0.5), st.sampled_from([0.0, 0.5]))
def test_julian_dates_to_nanoseconds(day: int, part: float, half: float) -> None:
    ns = int(jd_to_ns(np.array([[day + half, part]]))[0])
    exact = (Fraction(day + half) + Fraction(part) - Fraction(4881175, 2)) * 86_400_000_000_000
    assert abs(ns - exact) < 4


def test_columns_are_made_once_and_picked_by_row() -> None:
    asked: list[str] = []

    def source(name: str) -> Column | None:
        asked.append(name)
        return array_of([3, None, 1], "int") if name == "exposure_id" else None

    columns = ObservationColumns(["a", "b", "c"], source)
    picked = columns.take([2, 0])
    assert columns["exposure_id"].to_list() == [3, None, 1]
    assert picked["exposure_id"].to_list() == [1, 3]
    assert picked.files == ("c", "a")
    assert columns["object"].to_list() == [None] * 3
    assert asked == ["exposure_id", "object"]


def test_values_that_look_equal_keep_their_types() -> None:
    assert array_of([1, True, 1.0], "str").to_list() == ["1", "True", "1.0"]
