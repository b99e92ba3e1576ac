"""Rows of catalogs to bytes and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw_catalog_header import CatalogHeader, FileColumn
from skybutler.formatters.afw_catalog_rows import pack_rows, row_columns, unpack_rows
from skybutler.images import Metadata
from skybutler.tables import Aliases, Field


def _header(columns: list[FileColumn], flags: dict[int, Field] | None = None) -> CatalogHeader:
    flags = flags or {}
    order = (*(f for column in columns for f in column.fields), *flags.values())
    return CatalogHeader("BASE", 3, order, tuple(columns), flags, 0, len(flags), -1, Aliases(), Metadata())


@given(npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)))
def test_flags_are_packed_most_significant_bit_first(bits: Any) -> None:
    fields = [Field(f"f{i}", "Flag") for i in range(len(bits))]
    rows, heap = pack_rows(fields, list(bits))
    assert heap == b""
    assert rows.tobytes() == np.packbits(bits, axis=0).T.tobytes()
    raw = np.frombuffer(rows.tobytes(), np.uint8).reshape(bits.shape[1], -1)
    found = unpack_rows(_header([], dict(enumerate(fields))), raw, b"", "x")
    assert all((found[f.name] == bits[i]).all() for i, f in enumerate(fields))


def test_numbers_are_big_endian_and_unsigned_ones_shifted() -> None:
    fields = [Field("i", "I"), Field("u", "U")]
    columns = [np.array([1], "i4"), np.array([0], "u2")]
    rows, _ = pack_rows(fields, columns)
    assert rows.tobytes() == b"\0\0\0\1\x80\0"
    assert [form for _, form in row_columns(fields, columns)] == ["1J", "1I"]


@pytest.mark.parametrize("place", [(1, 9), (3, 0), (-1, 0), (1, -1), (1 << 60, 0)])
def test_values_outside_of_the_heap(place: tuple[int, int]) -> None:
    column = FileColumn((Field("v", "ArrayD"),), "D", 1, 0, "Q")
    raw = np.frombuffer(np.array([place], ">i8").tobytes(), np.uint8).reshape(1, 16)
    with pytest.raises(UnreadableFileError, match="values of column 'v' lie outside"):
        unpack_rows(_header([column]), raw, bytes(16), "x")


def test_many_rows_cannot_share_a_heap_to_fill_the_memory() -> None:
    column = FileColumn((Field("v", "ArrayB"),), "B", 1, 0, "Q")
    raw = np.frombuffer(np.array([(16, 0)] * 3, ">i8").tobytes(), np.uint8).reshape(3, 16)
    with pytest.raises(UnreadableFileError, match="lie outside"):
        unpack_rows(_header([column]), raw, bytes(16), "x")


def test_unsigned_numbers_that_are_too_large() -> None:
    column = FileColumn((Field("v", "L"),), "K", 1, 0, zero=2.0**63)
    stored = np.frombuffer(np.array([-(2**63) + 5, -1], ">i8").tobytes(), np.uint8).reshape(2, 8)
    assert unpack_rows(_header([column]), stored, b"", "x")["v"].tolist() == [5, 2**63 - 1]
    stored = np.frombuffer(np.array([1], ">i8").tobytes(), np.uint8).reshape(1, 8)
    with pytest.raises(UnreadableFileError, match="too large"):
        unpack_rows(_header([column]), stored, b"", "x")


def test_only_what_is_wanted_is_unpacked() -> None:
    columns = [FileColumn((Field("a", "I"),), "J", 1, 1), FileColumn((Field("b", "I"),), "J", 1, 5)]
    raw = np.zeros((2, 9), np.uint8)
    found = unpack_rows(_header(columns, {0: Field("f", "Flag"), 1: Field("g", "Flag")}), raw, b"", "x", ["b", "g"])
    assert list(found) == ["b", "g"]
