"""Fields: types, sizes, blank values, values that fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn

from skybutler.errors import InvalidError
from skybutler.tables import Field
from skybutler.tables.field import TYPES, field_of, type_of


@pytest.mark.parametrize(
    "given, kind",
    [
        ("D", "D"),
        (float, "D"),
        ("f4", "F"),
        (bool, "Flag"),
        (int, "L"),
        (np.int16, "I"),
        ("u2", "U"),
        ("Angle", "Angle"),
    ],
)
def test_types(given: Any, kind: str) -> None:
    assert Field("a", given).type == kind


def test_an_angle_is_in_radians() -> None:
    assert Field("a", "Angle", unit="deg").unit == "rad"


@pytest.mark.parametrize("name", ["", "ü", " a", "a\nb"])
def test_names_that_files_cannot_have(name: str) -> None:
    with pytest.raises(InvalidError, match="cannot name a column"):
        Field(name)


@pytest.mark.parametrize("given", ["Angel", "c16", complex, np.longdouble])
def test_types_that_there_are_not(given: Any) -> None:
    with pytest.raises(InvalidError, match="cannot have type"):
        Field("a", given)


def test_the_nearest_type_is_offered() -> None:
    with pytest.raises(InvalidError, match="'Angle'"):
        Field("a", "Angel")


@pytest.mark.parametrize("kind, size", [("D", 2), ("Flag", 0), ("ArrayD", -1), ("String", 1 << 30)])
def test_sizes_that_there_are_not(kind: str, size: int) -> None:
    with pytest.raises(InvalidError, match=f"size {size}"):
        Field("a", kind, size=size)


@pytest.mark.parametrize("kind", TYPES)
def test_blank_values_fit(kind: str) -> None:
    sized = kind == "String" or kind.startswith("Array")
    for size in (0, 3) if sized else (1,):
        field = Field("a", kind, size=size)
        blank = field.blank(2)
        assert len(blank) == 2
        assert field.column(blank) is blank
        assert field_of("a", field.column(blank)).is_array == field.is_array


def test_blank_numbers_are_nan_or_zero() -> None:
    assert np.isnan(Field("a", "F").blank(1)).all()
    assert Field("a", "I").blank(1).tolist() == [0]
    assert Field("a", "String").blank(1).tolist() == [""]


@pytest.mark.parametrize(
    "kind, values",
    [("I", [1 << 40]), ("U", [-1]), ("I", [1.5]), ("Flag", [2]), ("D", ["x"]), ("String", [1]), ("D", [[1.0, 2.0]])],
)
def test_values_that_do_not_fit(kind: str, values: list[Any]) -> None:
    with pytest.raises(InvalidError, match="Column 'a'"):
        Field("a", kind, size=2 if kind == "String" else None).column(values)


def test_texts_that_are_too_long() -> None:
    with pytest.raises(InvalidError, match="2 characters, but a value has 3"):
        Field("a", "String", size=2).column(["abc"])


def test_arrays_of_another_length() -> None:
    with pytest.raises(InvalidError, match=r"shape \(2,\), not \(3,\)"):
        Field("a", "ArrayD", size=2).column(np.zeros((4, 3)))


def test_one_value_for_all_rows() -> None:
    assert Field("a", "D").column(1.0, 3).tolist() == [1.0, 1.0, 1.0]
    assert Field("a", "ArrayI", size=2).column([1, 2], 2).tolist() == [[1, 2], [1, 2]]


def test_missing_values() -> None:
    assert np.isnan(Field("a").column(np.ma.masked_array([1.0, 2.0], [False, True]))[1])
    with pytest.raises(InvalidError, match="missing values"):
        Field("a", "I").column(np.ma.masked_array([1, 2], [False, True]))


def test_big_endian_values_become_native() -> None:
    assert Field("a", "I").column(np.array([1], ">i4")).dtype.isnative


def test_the_field_of_a_column() -> None:
    assert field_of("a", Column([1.0], unit="nJy", description="x")) == Field("a", "D", "x", "nJy")
    assert field_of("a", Column([1.0], unit="rad")).type == "Angle"
    assert field_of("a", np.zeros((3, 2, 2), "f4")) == Field("a", "ArrayF", size=4)
    assert field_of("a", ["x", "yz"]) == Field("a", "String", size=2)
    assert field_of("a", MaskedColumn([1], mask=[False])).type == "L"
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.zeros(1, "f4"), np.zeros(2, "f4")]
    assert field_of("a", ragged) == Field("a", "ArrayF", size=0)
    assert field_of("a", np.array(["x", "yz"], dtype=object)) == Field("a", "String", size=0)


@pytest.mark.parametrize("values", [np.zeros(2, complex), np.zeros(2, "M8[s]"), np.zeros((2, 2), bool)])
def test_columns_that_no_field_holds(values: Any) -> None:
    with pytest.raises(InvalidError, match="cannot be a column of a catalog"):
        field_of("a", values)


def test_types_of_arrays() -> None:
    assert type_of(np.dtype("f8"), array=True) == "ArrayD"
    with pytest.raises(TypeError):
        type_of(np.dtype(bool), array=True)
