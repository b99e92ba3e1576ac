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


@given(boxes(), boxes())
def test_union_is_the_smallest_that_has_both(a: Box, b: Box) -> None:
    both = a.union(b)
    assert both.contains(a)
    assert both.contains(b)
    assert both.is_empty == (a.is_empty and b.is_empty)
    if not both.is_empty:
        xs, ys = zip(*(pixels(a) | pixels(b)), strict=True)
        assert both == Box((min(ys), max(ys) + 1), (min(xs), max(xs) + 1))


@given(boxes(), st.integers(1, 25), st.integers(1, 25))
def test_tiles_have_every_pixel_once(box: Box, width: int, height: int) -> None:
    tiles = list(box.tiles(width, height))
    found = [pixel for tile in tiles for pixel in pixels(tile)]
    assert len(found) == len(set(found))
    assert set(found) == pixels(box)
    assert all(tile.x.size <= width and tile.y.size <= height for tile in tiles)


@given(st.floats(-50, 50), st.floats(-50, 50), st.integers(1, 9), st.integers(1, 9))
def test_a_box_lies_around_its_center(x: float, y: float, nx: int, ny: int) -> None:
    box = Box.from_center((x, y), (nx, ny))
    assert box.dimensions == (nx, ny)
    assert abs(box.center[0] - x) <= 0.5
    assert abs(box.center[1] - y) <= 0.5


@given(boxes(1))
def test_the_center_of_a_box_gives_the_box(box: Box) -> None:
    assert Box.from_center(box.center, box.dimensions) == box


def test_sides_grow_alone() -> None:
    assert Box((0, 2), (0, 3)).grow(1, left=2, top=3) == Box((-1, 6), (-3, 4))
    assert Box((0, 2), (0, 3)).grow(right=-3) == EMPTY


@given(boxes(1), st.data())
def test_an_index_means_pixels_of_the_parent_frame(box: Box, data: st.DataObject) -> None:
    x0 = data.draw(st.integers(box.x.start, box.x.stop))
    y1 = data.draw(st.integers(box.y.start, box.y.stop))
    assert box.select((slice(None), slice(None))) == box.select(box) == box
    assert box.select((slice(x0, None), slice(None, y1))) == Box((box.y.start, y1), (x0, box.x.stop))
    x, y = data.draw(st.integers(*box.x)), data.draw(st.integers(*box.y))
    if (x, y) in pixels(box):
        assert box.select((x, y)) == Box((y, y + 1), (x, x + 1))
        assert box.select((np.int64(x), slice(None))) == Box(box.y, (x, x + 1))


@pytest.mark.parametrize(
    "index, message",
    [
        (3, "chooses no pixels"),
        ((3,), "chooses no pixels"),
        ((1.5, 2), "whole numbers"),
        ((slice(0.5, 2), 2), "whole numbers"),
        ((slice(0, 4, 2), 0), "step of 2"),
        ((-1, 0), "not inside"),
        ((0, 4), "not inside"),
        ((np.zeros(3, bool), 0), "whole numbers"),
        (np.zeros((4, 4), bool), "arrays of bool go to .array"),
    ],
)
def test_what_is_no_index(index: object, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        Box((0, 4), (0, 4)).select(index)  # type: ignore[arg-type]


def test_no_tiles_of_nothing_and_no_box_around_nowhere() -> None:
    with pytest.raises(InvalidError, match="cover nothing"):
        list(Box((0, 4), (0, 4)).tiles(0, 3))
    with pytest.raises(InvalidError, match="lies around"):
        Box.from_center((float("nan"), 0.0), (3, 3))
