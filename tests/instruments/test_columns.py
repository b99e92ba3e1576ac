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


@pytest.mark.parametrize("value", [10**30, -(2**63) - 1, 1e300, float("inf"), [1], {}, "1" * 40, "1.5", "²"])
def test_what_is_no_integer_is_unknown(value: Any) -> None:
    assert array_of([value, 7, "+8 "], "int").to_list() == [None, 7, 8]


@pytest.mark.parametrize("value", [[9e9, 0.0], [0.0, 0.0], [2459858.0, float("nan")], [2459858.0], 2459858.0, "x"])
def test_what_is_no_time_is_unknown(value: Any) -> None:
    assert array_of([value, [2459858.0, 0.25]], "time").to_list() == [None, [2459858.0, 0.25]]


@pytest.mark.parametrize("kind", ["str", "int", "float", "bool", "time", "pair", "location"])
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_nothing_stops_the_others(kind: Any, value: Any) -> None:
    assert array_of([value, None], kind).to_list()[1] is None


def test_text_that_no_database_keeps_is_replaced() -> None:
    assert array_of(["a\x00b", "\ud800 c"], "str").to_list() == ["a\ufffdb", "\ufffd c"]


@pytest.mark.parametrize(
    "day, offset, words",
    [
        (20221399, 0.0, "observing_day cannot be 20221399"),
        (0, 0.0, "observing_day cannot be 0"),
        (20221001, 1e300, "observing_day_offset cannot be 1e+300"),
    ],
)
def test_impossible_days_are_problems(day: int, offset: float, words: str) -> None:
    known = {name: array_of([1, 1], "int") for name in ("exposure_id", "detector_num")}
    known |= {name: array_of(["x", "x"], "str") for name in ("observation_id", "physical_filter")}
    known |= {name: array_of([[2459858.0, 0.0]] * 2, "time") for name in ("datetime_begin", "datetime_end")}
    known["observing_day"] = array_of([day, 20221005], "int")
    known["observing_day_offset"] = array_of([offset, 0.0], "float")
    (problem,) = ObservationColumns(["bad", "good"], known.get).problems().items()
    assert problem[0] == 0
    assert words in problem[1]
