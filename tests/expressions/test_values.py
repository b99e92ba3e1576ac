"""Python values as binds: what each becomes, for single values and for lists of every kind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from lsst.sphgeom import Angle, Circle, LonLat, UnitVector3d

from skybutler.errors import InvalidError
from skybutler.expressions.bound import Point, Scalar, ValueType
from skybutler.expressions.values import is_list, typed, typed_list
from skybutler.sky.timespan import Timespan

ID = UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")
SPAN = Timespan.from_ns(0, 10)
CIRCLE = Circle(UnitVector3d(LonLat.fromDegrees(10, 20)), Angle.fromDegrees(1))


@pytest.mark.parametrize(
    "value,expected",
    [
        (None, (None, "null")),
        (True, (True, "bool")),
        (np.bool_(False), (False, "bool")),
        (5, (5, "int")),
        (np.uint16(5), (5, "int")),
        (np.array(5), (5, "int")),
        (1.5, (1.5, "float")),
        (np.float32(1.5), (1.5, "float")),
        (float("inf"), (float("inf"), "float")),
        ("a", ("a", "string")),
        (np.str_("a"), ("a", "string")),
        (b"ab", (b"ab", "hash")),
        (ID, (ID, "uuid")),
        (SPAN, (SPAN, "timespan")),
        (CIRCLE, (CIRCLE, "region")),
        (Time(0, format="unix_tai"), (0, "time")),
        (datetime(1999, 12, 31, tzinfo=UTC), (946598432_000_000_000, "time")),
        (pa.scalar(7), (7, "int")),
        (pa.scalar(None, pa.int64()), (None, "null")),
        (pd.NA, (None, "null")),
        (pd.NaT, (None, "null")),
        (np.ma.masked, (None, "null")),
        (pd.Timestamp("1999-12-31", tz="UTC"), (946598432_000_000_000, "time")),
    ],
)
def test_single_values(value: object, expected: tuple[Scalar, ValueType]) -> None:
    assert not is_list(value)
    found = typed(value)
    assert found == expected
    assert type(found[0]) is type(expected[0])


@pytest.mark.parametrize(
    "position",
    [SkyCoord(10, 20, unit="deg"), LonLat.fromDegrees(10, 20), UnitVector3d(LonLat.fromDegrees(10, 20)),
     SkyCoord(10, 20, unit="deg").galactic],
)  # fmt: skip
def test_positions_are_icrs_degrees(position: object) -> None:
    assert not is_list(position)
    point, kind = typed(position)
    assert isinstance(point, Point)
    assert kind == "point"
    assert (point.ra_deg, point.dec_deg) == pytest.approx((10, 20), abs=1e-9)


@pytest.mark.parametrize(
    "value,words",
    [
        (2**63, "64 bits"),
        (np.uint64(2**63), "64 bits"),
        (float("nan"), "NaN"),
        (object(), "builtins.object"),
        ({"a": 1}, "builtins.dict"),
        (1j, "builtins.complex"),
        (np.datetime64("2026-01-01"), "datetime64"),
    ],
)
def test_unusable_values(value: object, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        typed(value)


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        set,
        frozenset,
        iter,
        dict.fromkeys,
        np.array,
        lambda v: np.array(v, dtype="u1"),
        lambda v: np.array(v, dtype=object),
        lambda v: np.array([v, v]),
        lambda v: np.array(v)[:, np.newaxis],
        lambda v: np.ma.array(v, mask=False),
        Column,
        pa.array,
        lambda v: pa.chunked_array([v, v]),
        pd.Series,
        pd.Index,
        lambda v: pd.Series(v, dtype="Int64"),
    ],
)
def test_lists_of_integers(make: Callable[[list[int]], Any]) -> None:
    values = make([3, 1, 2, 3])
    if isinstance(values, dict):
        values = values.keys()
    assert is_list(values)
    found = typed_list(values)
    assert (sorted(found.values["int"]), found.ranges, found.has_null) == ([1, 2, 3], (), False)  # type: ignore[type-var]
    assert {type(value) for value in found.values["int"]} == {int}


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "b", "a"],
        np.ma.array(["a", "b", "x"], mask=[False, False, True]),
        MaskedColumn(["a", "b", "x"], mask=[False, False, True]),
        pa.array(["a", None, "b"]),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.chunked_array([["a"], [None, "b"]]),
        pd.Series(["a", None, "b"]),
        ["a", pd.NA, np.str_("b")],
    ],
)
def test_missing_values_are_noticed(values: object) -> None:
    found = typed_list(values)
    assert (sorted(found.values["string"]), found.has_null) == (["a", "b"], True)  # type: ignore[type-var]


def test_byte_strings_of_tables_are_text() -> None:
    assert set(typed_list(np.array([b"r", b"i"])).values["string"]) == {"r", "i"}
    with pytest.raises(InvalidError, match="ASCII"):
        typed_list(np.array([b"\xff"]))


@pytest.mark.parametrize(
    "values,ranges",
    [(range(5), (range(5),)), (range(9, 0, -3), (range(3, 10, 3),)), (range(0), ()), (range(3, 3), ())],
)
def test_ranges_stay_ranges(values: range, ranges: tuple[range, ...]) -> None:
    assert is_list(values)
    found = typed_list(values)
    assert (dict(found.values), found.ranges) == ({}, ranges)


def test_lists_of_several_types() -> None:
    found = typed_list([1, True, 1.5, "a", ID, SPAN, CIRCLE, CIRCLE, 1, Time(0, format="unix_tai")])
    assert {kind: list(values) for kind, values in found.values.items()} == {
        "int": [1], "bool": [True], "float": [1.5], "string": ["a"], "uuid": [ID], "timespan": [SPAN],
        "region": [CIRCLE], "time": [0],
    }  # fmt: skip


def test_time_arrays() -> None:
    times = Time([0, 1], format="unix_tai")
    assert is_list(times)
    assert sorted(typed_list(times).values["time"]) == [0, 1_000_000_000]  # type: ignore[type-var]


@pytest.mark.parametrize(
    "values", [[], (), np.array([]), np.array([], int), np.array([], "U1"), pa.array([], pa.int64()), set()]
)
def test_empty_lists(values: object) -> None:
    found = typed_list(values)
    assert not any(found.values.values())
    assert not found.has_null


@pytest.mark.parametrize(
    "values,words",
    [
        ([1, 2**63], "64 bits"),
        (np.array([1, 2**63], "u8"), "64 bits"),
        (np.array([1.0, np.nan]), "NaN"),
        ([1.0, float("nan")], "NaN"),
        ([object()], "builtins.object"),
        ([[1, 2]], "builtins.list"),
        (np.array([1j]), "complex"),
        (range(2**63, 2**63 + 5), "64 bits"),
    ],
)
def test_unusable_lists(values: object, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        typed_list(values)


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, CIRCLE, SPAN, 5])
def test_not_lists(value: object) -> None:
    assert not is_list(value)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_arrays_and_lists_agree(values: list[int]) -> None:
    expected = set(values)
    assert set(typed_list(values).values.get("int", ())) == expected
    assert set(typed_list(np.array(values, "i8")).values.get("int", ())) == expected
    assert set(typed_list(pa.array(values, pa.int64())).values.get("int", ())) == expected


def test_a_million_integers_become_python_integers() -> None:
    found = typed_list(np.arange(1_000_000))
    assert len(found.values["int"]) == 1_000_000


def test_looking_at_values_loads_nothing() -> None:
    code = (
        "import sys, uuid, datetime\n"
        "from skybutler.expressions.values import typed, typed_list\n"
        "for v in (1, 'a', True, 1.5, None, uuid.uuid4(), b'x'): typed(v)\n"
        "typed_list([1, 2]); typed_list({'a'}); typed_list(range(5))\n"
        "print({'numpy', 'pandas', 'astropy', 'pyarrow', 'lsst.sphgeom'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
