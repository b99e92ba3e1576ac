"""Boxes of pixels; whole ones are compared with sets of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.compat.geom import Box2D, Box2I, Extent2D, Extent2I, Point2D, Point2I
from skybutler.errors import InvalidError

SMALL = st.integers(-6, 6)
SIZE = st.integers(0, 6)
BOXES = st.builds(lambda x, y, w, h: Box2I(Point2I(x, y), Extent2I(w, h)), SMALL, SMALL, SIZE, SIZE)
PIXELS = [(x, y) for x in range(-20, 21) for y in range(-20, 21)]


def _pixels(box: Box2I) -> set[tuple[int, int]]:
    return {p for p in PIXELS if box.contains(Point2I(p))}


def test_maximum_is_the_last_pixel() -> None:
    box = Box2I(Point2I(2, 3), Extent2I(4, 5))
    assert box == Box2I(Point2I(2, 3), Point2I(5, 7)) == Box2I(box) == Box2I(minimum(box), box.getMax())
    assert (box.getMinX(), box.getMinY(), box.getMaxX(), box.getMaxY()) == (2, 3, 5, 7)
    assert (box.getBeginX(), box.getBeginY(), box.getEndX(), box.getEndY()) == (2, 3, 6, 8)
    assert (box.minX, box.minY, box.maxX, box.maxY, box.width, box.height) == (2, 3, 5, 7, 4, 5)
    assert (box.beginX, box.beginY, box.endX, box.endY) == (2, 3, 6, 8)
    assert (box.getBegin(), box.getEnd()) == (Point2I(2, 3), Point2I(6, 8))
    assert (box.getWidth(), box.getHeight(), box.getArea(), box.getDimensions()) == (4, 5, 20, Extent2I(4, 5))
    assert box.getCenter() == Point2D(3.5, 5.0)
    assert box.getCorners() == [Point2I(2, 3), Point2I(5, 3), Point2I(5, 7), Point2I(2, 7)]
    assert np.zeros((10, 10))[box.getSlices()].shape == (5, 4)


def minimum(box: Box2I) -> Any:
    return box.getMin()


def test_empty_boxes_are_equal() -> None:
    empty = [Box2I(), Box2I(Point2I(3, 3), Extent2I(0, 5)), Box2I(Point2I(3, 3), Point2I(1, 1), False), Box2I(Box2D())]
    assert all(box.isEmpty() and box == Box2I() and box.getArea() == 0 for box in empty)
    assert Box2I(Point2I(3, 3), Point2I(1, 2)) == Box2I(Point2I(1, 2), Point2I(3, 3))


@given(BOXES, BOXES)
def test_relations_are_those_of_sets_of_pixels(a: Box2I, b: Box2I) -> None:
    p, q = _pixels(a), _pixels(b)
    assert len(p) == a.getArea()
    assert _pixels(a.clippedTo(b)) == p & q
    assert a.overlaps(b) == a.intersects(b) == bool(p & q)
    assert a.contains(b) == (b in a) == (q <= p)
    both = a.expandedTo(b)
    assert both.contains(a)
    assert both.contains(b)
    assert (a == b) == (p == q)


@given(BOXES, st.integers(-3, 3), st.integers(-3, 3))
def test_moved_and_grown_boxes(box: Box2I, dx: int, dy: int) -> None:
    assert _pixels(box.shiftedBy(Extent2I(dx, dy))) == {(x + dx, y + dy) for x, y in _pixels(box)}
    grown = box.dilatedBy(Extent2I(dx, dy))
    if not grown.isEmpty():
        assert grown.erodedBy(Extent2I(dx, dy)) == box
        assert grown.getDimensions() == box.getDimensions() + 2 * Extent2I(dx, dy)


def test_boxes_can_be_changed() -> None:
    box = Box2I(Point2I(0, 0), Extent2I(2, 2))
    copy = box.clone()
    box.grow(1)
    assert box == Box2I(Point2I(-1, -1), Point2I(2, 2))
    box.shift(Extent2I(1, 0))
    box.clip(copy)
    assert box == copy
    box.include(Point2I(5, 0))
    assert box == Box2I(Point2I(0, 0), Point2I(5, 1))
    box.include([Point2I(0, 3), Box2I(Point2I(-1, 0), Extent2I(1, 1))])
    assert box == Box2I(Point2I(-1, 0), Point2I(5, 3))
    new = Box2I()
    new.include(Point2I(4, 4))
    assert new == Box2I(Point2I(4, 4), Extent2I(1, 1))


@given(BOXES)
def test_pixels_reach_half_a_pixel_beyond_their_centres(box: Box2I) -> None:
    around = Box2D(box)
    assert Box2I(around) == Box2I(around, Box2I.SHRINK) == Box2I(around, Box2I.EXPAND) == box
    if not box.isEmpty():
        assert around.getMin() == Point2D(box.getMinX() - 0.5, box.getMinY() - 0.5)
        assert around.getMax() == Point2D(box.getMaxX() + 0.5, box.getMaxY() + 0.5)
        assert around.getCenter() == box.getCenter()
        assert around.getDimensions() == Extent2D(box.getDimensions())


def test_partly_covered_pixels() -> None:
    box = Box2D(Point2D(0.2, -0.6), Point2D(3.4, 2.5))
    assert Box2I(box) == Box2I(Point2I(0, -1), Point2I(3, 2))
    assert Box2I(box, Box2I.SHRINK) == Box2I(Point2I(1, 0), Point2I(2, 2))


def test_boxes_of_any_size() -> None:
    box = Box2D(Point2D(1.0, 2.0), Extent2D(3.0, 4.0))
    assert (box.getMaxX(), box.getMaxY()) == (4.0, 6.0)
    assert (box.contains(1.0, 2.0), box.contains(Point2D(4.0, 3.0)), Point2D(3.9, 3.0) in box) == (True, False, True)
    assert (box.getCenterX(), box.getCenterY()) == (2.5, 4.0)
    box.include(Point2D(9.0, 9.0))
    assert box.contains(Point2D(9.0, 9.0))
    assert Box2D.makeCenteredBox(Point2D(1.0, 1.0), Extent2D(1.0, 2.0)) == Box2D(Point2D(0.5, 0.0), Extent2D(1.0, 2.0))


def test_centred_boxes() -> None:
    assert Box2I.makeCenteredBox(Point2D(10.0, 10.0), Extent2I(3, 3)) == Box2I(Point2I(9, 9), Extent2I(3, 3))
    made = Box2I.makeCenteredBox(Point2D(10.5, 10.5), Extent2I(4, 4))
    assert made.getCenter() == Point2D(10.5, 10.5)


@pytest.mark.parametrize("arguments", [(1, 2), (Point2I(0, 0),), (Point2I(0, 0), 3)])
def test_what_is_no_box_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidError, match="minimum"):
        Box2I(*arguments)


def test_words() -> None:
    box = Box2I(Point2I(0, 1), Extent2I(2, 3))
    assert str(box) == "(minimum=(0, 1), maximum=(1, 3))"
    assert repr(box) == "Box2I(minimum=Point2I(0, 1), dimensions=Extent2I(2, 3))"
    assert Box2D(box) != box
