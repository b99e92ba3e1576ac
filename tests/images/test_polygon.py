"""Polygons of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from skybutler.errors import InvalidError
from skybutler.images import Box, Polygon

STAR = [(0.0, 0.0), (4.0, 1.0), (8.0, 0.0), (7.0, 4.0), (8.0, 8.0), (4.0, 7.0), (0.0, 8.0), (1.0, 4.0)]


@st.composite
def star_shaped(draw: st.DrawFn) -> Polygon:
    """Around (20, 10), not convex in general."""
    n = draw(st.integers(3, 9))
    radii = np.array(draw(st.lists(st.floats(1, 15), min_size=n, max_size=n)))
    angles = np.arange(n) * 2 * np.pi / n
    vertices = np.stack([20 + radii * np.cos(angles), 10 + radii * np.sin(angles)], axis=-1)
    return Polygon(vertices if draw(st.booleans()) else vertices[::-1])


@given(star_shaped(), st.lists(st.tuples(st.floats(4, 36), st.floats(-6, 26)), min_size=1, max_size=20))
def test_contains_agrees_with_matplotlib(polygon: Polygon, points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    path = Path(polygon.vertices)
    sure = path.contains_points(points, radius=1e-6) == path.contains_points(points, radius=-1e-6)
    np.testing.assert_array_equal(polygon.contains(x, y)[sure], path.contains_points(points)[sure])


@settings(max_examples=30)
@given(star_shaped())
def test_area_and_center_are_those_of_many_small_pixels(polygon: Polygon) -> None:
    v, u = np.mgrid[-6:26:0.1, 4:36:0.1]
    inside = polygon.contains(u, v)
    assert polygon.area == pytest.approx(inside.sum() * 0.1**2, rel=0.05, abs=0.5)
    if polygon.area > 10.0:
        assert polygon.center == pytest.approx((u[inside].mean(), v[inside].mean()), abs=0.2)


@given(star_shaped(), st.tuples(*[st.integers(-10, 40)] * 4))
def test_clipping_keeps_what_is_in_both(polygon: Polygon, limits: tuple[int, int, int, int]) -> None:
    (x0, x1), (y0, y1) = sorted(limits[:2]), sorted(limits[2:])
    box = Box((y0, y1), (x0, x1))
    part = polygon.clipped(box)
    v, u = np.mgrid[-6.0137:26:0.3713, 4.0173:36:0.3713]  # never at the border of a pixel
    inside_box = (u > x0 - 0.5) & (u < x1 - 0.5) & (v > y0 - 0.5) & (v < y1 - 0.5)
    expected = polygon.contains(u, v) & inside_box
    if part is None:
        assert expected.sum() <= 1
    else:
        # Points that rounding may put on either side of an edge are few.
        assert (part.contains(u, v) != expected).sum() <= 2
        assert part.area <= polygon.area * (1 + 1e-9)


def test_a_box() -> None:
    box = Box((2, 7), (3, 13))
    polygon = Polygon.from_box(box)
    assert polygon.area == box.area
    assert polygon.center == box.center
    assert polygon.bbox == box
    assert polygon.bounds == (2.5, 1.5, 12.5, 6.5)
    assert polygon.perimeter == 30.0
    around = polygon.mask(Box((0, 10), (0, 20)))
    assert around.sum() == 50
    assert around[2:7, 3:13].all()
    assert polygon.clipped(box) == polygon
    assert polygon.clipped(Box((100, 110), (0, 5))) is None
    assert polygon.clipped(Box((0, 0), (0, 0))) is None
    with pytest.raises(InvalidError, match="is empty"):
        Polygon.from_box(Box((0, 0), (0, 0)))


def test_a_concave_one() -> None:
    star = Polygon(STAR)
    assert star.area == 64 - 4 * 4.0
    assert star.center == pytest.approx((4.0, 4.0))
    assert star.contains([4.0, 4.0, 0.5, 4.0, -1.0], [4.0, 0.5, 4.0, 1.5, -1.0]).tolist() == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert star.bbox == Box((0, 9), (0, 9))


def test_neighbours_share_no_pixel() -> None:
    a = Polygon([(0, 0), (5, 0), (5, 5), (0, 5)])
    b = Polygon([(5, 0), (9, 0), (9, 5), (5, 5)])
    box = Box((-2, 8), (-2, 12))
    assert not (a.mask(box) & b.mask(box)).any()
    assert (a.mask(box) | b.mask(box)).sum() == 45


def test_the_first_corner_may_be_repeated() -> None:
    assert Polygon([*STAR, STAR[0]]) == Polygon(STAR)
    assert hash(Polygon([*STAR, STAR[0]])) == hash(Polygon(STAR))
    assert Polygon(STAR) != Polygon(STAR[:4])
    assert repr(Polygon(STAR)) == "Polygon(8 vertices around (4, 4), 48 pixels)"


def test_mapped() -> None:
    assert Polygon(STAR).mapped(lambda x, y: (x + 1.0, 2.0 * y)).area == 96.0


@pytest.mark.parametrize("vertices", [[], [(0, 0), (1, 1)], [(0, 0), (1, 1), (0, float("nan"))], [(0, 0, 0)] * 3, 5.0])
def test_no_polygon(vertices: object) -> None:
    with pytest.raises(InvalidError, match="at least three finite corners"):
        Polygon(vertices)  # type: ignore[arg-type]
