"""Boxes and points in columns of several years."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.formatters.afw.points import box_columns, box_row, point_columns, point_row, read_boxes, read_point
from skybutler.images import Box

whole = st.integers(-(2**31), 2**31 - 2)
intervals = st.tuples(whole, whole).map(lambda pair: (min(pair), max(pair)))


def rows_of(columns: tuple[Column, ...], rows: list[dict[str, object]]) -> Archive:
    writer, buffer = ArchiveWriter(), BytesIO()
    writer.add(writer.number(), writer.table(columns), "Thing", "", rows)
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory")


@settings(max_examples=20)
@given(intervals, intervals)
def test_boxes(y: tuple[int, int], x: tuple[int, int]) -> None:
    box = Box(y, x)
    archive = rows_of(box_columns("bbox", "its box"), [dict(box_row("bbox", box))])
    (found,) = read_boxes(archive.pieces(1)[0])
    assert found == (Box((0, 0), (0, 0)) if box.is_empty else box)


def test_a_box_too_far_away() -> None:
    with pytest.raises(FormatError, match="too far from the origin"):
        box_row("bbox", Box((0, 2**31 + 1), (0, 1)))


@pytest.mark.parametrize("names", [("bbox_min", "bbox_max"), ("bbox.min", "bbox.max")])
def test_boxes_of_the_first_tables(names: tuple[str, str]) -> None:
    low, high = names
    columns = (Column(low, "2J"), Column(high, "2J"))
    archive = rows_of(columns, [{low: [1, 2], high: [10, 20]}, {low: [0, 0], high: [-1, -1]}])
    assert read_boxes(archive.pieces(1)[0]) == [Box((2, 21), (1, 11)), Box((0, 0), (0, 0))]


def test_points() -> None:
    columns = point_columns("place", "D", "pixel", "where")
    assert columns == (Column("place_x", "D", "pixel", "where"), Column("place_y", "D", "pixel", "where"))
    archive = rows_of(columns, [point_row("place", (1.5, -2.0))])
    assert read_point(archive.pieces(1)[0], "place") == (1.5, -2.0)
    old = rows_of((Column("place", "2D"),), [{"place": np.array([1.5, -2.0])}])
    assert read_point(old.pieces(1)[0], "place") == (1.5, -2.0)


def test_what_is_no_point() -> None:
    two = rows_of(point_columns("place", "D", "", ""), [point_row("place", (1.0, 2.0))] * 2)
    with pytest.raises(UnreadableFileError, match="has 2 rows where it needs one"):
        read_point(two.pieces(1)[0], "place")
    single = rows_of((Column("place", "D"),), [{"place": 1.0}])
    with pytest.raises(UnreadableFileError, match="has no pairs"):
        read_point(single.pieces(1)[0], "place")
