"""Box algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Box

EMPTY = Box((0, 0), (0, 0))
edges = st.integers(-20, 20)


def boxes(smallest: int = 0) -> st.SearchStrategy[Box]:
    interval = st.tuples(edges, st.integers(smallest, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))
    return st.builds(Box, interval, interval)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for y in range(*box.y) for x in range(*box.x)}


@given(boxes(), boxes())
def test_intersection_is_the_shared_pixels(a: Box, b: Box) -> None:
    shared = a.intersection(b)
    assert pixels(shared) == pixels(a) & pixels(b)
    assert shared == b.intersection(a)
    assert a.overlaps(b) == bool(pixels(a) & pixels(b))
    assert a.contains(b) == (pixels(b) <= pixels(a))


@given(boxes(), boxes(), boxes())
def test_intersection_is_associative(a: Box, b: Box, c: Box) -> None:
    assert a.intersection(b).intersection(c) == a.intersection(b.intersection(c))


@given(boxes(1), st.integers(0, 10), edges, edges)
def test_growing_and_shifting_are_undone(box: Box, pixels: int, dx: int, dy: int) -> None:
    assert box.grow(pixels).grow(-pixels) == box
    assert box.grow(pixels).contains(box)
    assert box.shifted(dx, dy).shifted(-dx, -dy) == box
    assert box.shifted(dx, dy).shape == box.shape


@given(boxes(1), boxes())
def test_slices_pick_the_same_pixels(parent: Box, other: Box) -> None:
    box = parent.intersection(other)
    y, x = np.mgrid[parent.y.start : parent.y.stop, parent.x.start : parent.x.stop]
    rows, columns = box.slices(parent)
    found = set(zip(x[rows, columns].ravel().tolist(), y[rows, columns].ravel().tolist(), strict=True))
    assert found == pixels(box)


@given(boxes(), st.tuples(edges, edges))
def test_a_point_is_inside_with_its_pixel(box: Box, point: tuple[int, int]) -> None:
    assert box.contains(point) == (point in pixels(box))


@given(boxes())
def test_corners_and_numbers(box: Box) -> None:
    assert box == Box.from_shape(box.shape, box.xy0)
    assert box.dimensions == box.shape[::-1]
    assert box.area == len(pixels(box))
    corners = list(box.corners())
    assert set(corners) <= pixels(box)
    assert bool(corners) != box.is_empty
    if corners:
        (ax, ay), _, (bx, by), _ = corners
        assert box.center == ((ax + bx) / 2, (ay + by) / 2)


def test_corner_order_is_counter_clockwise_from_lower_left() -> None:
    assert list(Box((10, 12), (5, 9)).corners()) == [(5, 10), (8, 10), (8, 11), (5, 11)]


def test_shrinking_to_nothing_is_empty() -> None:
    assert Box((0, 4), (0, 9)).grow(-2) == EMPTY


def test_fits_section_is_one_based_and_inclusive() -> None:
    assert Box.from_fits_section("[11:522,1:2002]") == Box((0, 2002), (10, 522))
    assert Box.from_fits_section(" [522:11 , 2002:1] ") == Box((0, 2002), (10, 522))


@pytest.mark.parametrize("text", ["", "[1:2]", "[a:b,1:2]", "[1:2,1:2,1:2]"])
def test_bad_fits_section(text: str) -> None:
    with pytest.raises(InvalidError, match="FITS section"):
        Box.from_fits_section(text)


def test_reversed_box_is_refused() -> None:
    with pytest.raises(InvalidError, match="y = "):
        Box((3, 2), (0, 1))


def test_slices_outside_name_both_boxes() -> None:
    with pytest.raises(InvalidError, match=r"y=0:5, x=0:5\] is not inside \[y=0:4, x=0:4"):
        Box((0, 5), (0, 5)).slices(Box((0, 4), (0, 4)))
