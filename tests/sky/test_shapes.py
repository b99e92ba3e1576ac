"""Polygons against one circle, box or ellipse: sphgeom decides for circles, polygons close to them for the others."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.sphgeom as sphgeom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.sky.overlap import Regions, overlap_pairs, overlaps_region
from skybutler.sky.region import box, circle, convex_hull, encode, polygon_deg, region_from_pos
from skybutler.sky.vectors import unit_vectors

SIZES = st.floats(-5, np.log10(60)).map(lambda x: 10.0**x)
PLACES = st.tuples(st.floats(0, 360), st.floats(-90, 90)) | st.sampled_from([(0.0, 90.0), (0.0, -90.0), (0.0, 0.0)])


def polygons_around(seed: int, place: tuple[float, float], size: float, count: int = 40) -> np.ndarray:
    """Regular polygons of various sizes at various distances from a place (degrees), shape (count, 5, 3)."""
    random = np.random.default_rng(seed)
    middle = unit_vectors(*place) + np.radians(size) * random.normal(size=(count, 3))
    middle /= np.linalg.norm(middle, axis=1)[:, None]
    across = np.cross(middle, random.normal(size=(count, 3)))
    across /= np.linalg.norm(across, axis=1)[:, None]
    radius = np.radians(np.minimum(size * 10 ** random.uniform(-1.5, 0.5, count), 80))[:, None, None]
    angle = random.uniform(0, 2 * np.pi, count)[:, None] + 2 * np.pi / 5 * np.arange(5)
    rim = np.cos(angle)[..., None] * across[:, None] + np.sin(angle)[..., None] * np.cross(middle, across)[:, None]
    return np.asarray(np.cos(radius) * middle[:, None] + np.sin(radius) * rim)


def meets_any(vertices: np.ndarray, hulls: Sequence[sphgeom.ConvexPolygon]) -> np.ndarray:
    """Which polygons (m, n, 3) overlap one of some others."""
    many, pieces = Regions.from_vertices(vertices), Regions.from_blobs([encode(hull) for hull in hulls])
    ia, ib = (grid.ravel() for grid in np.meshgrid(np.arange(len(many)), np.arange(len(pieces)), indexing="ij"))
    return np.asarray(overlap_pairs(many, pieces, ia, ib).reshape(len(many), len(pieces)).any(axis=1))


def slices(shape: sphgeom.Box, grow: int, count: int = 60) -> list[sphgeom.ConvexPolygon]:
    """Polygons that together lie within a box (grow -1), or cover it (+1), and hardly differ from it."""
    lon = np.linspace(0, shape.getLon().getSize().asDegrees(), count + 1) + shape.getLon().getA().asDegrees()
    # A great circle leaves the parallel through two of its points by at most the square of their distance / 16.
    bulge = grow * (np.degrees(np.radians(lon[1] - lon[0]) ** 2 / 16) + 1e-10)
    south, north = shape.getLat().getA().asDegrees() - bulge, shape.getLat().getB().asDegrees() + bulge
    south, north = max(south, -90.0), min(north, 90.0)
    if south >= north:
        return []
    # Slices that overlap leave no seams.
    ends = zip(lon[:-1] - max(grow, 0) * 1e-9, lon[1:] + max(grow, 0) * 1e-9, strict=True)
    return [convex_hull(unit_vectors([a, b, b, a], [south, south, north, north])) for a, b in ends]


def ellipse_hull(shape: sphgeom.Ellipse, scale: float, count: int = 300) -> sphgeom.ConvexPolygon:
    """The hull of points on the boundary of a scaled ellipse."""
    matrix = shape.getTransformMatrix()
    rows = [matrix.getRow(i) for i in range(3)]
    axes = np.array([[row.x(), row.y(), row.z()] for row in rows])
    angle = 2 * np.pi * np.arange(count) / count
    alpha, beta = (scale * axis.asRadians() for axis in (shape.getAlpha(), shape.getBeta()))
    local = np.stack([np.tan(alpha) * np.cos(angle), np.tan(beta) * np.sin(angle), np.ones(count)], axis=1)
    points = local @ axes
    return convex_hull(points / np.linalg.norm(points, axis=1)[:, None])


# -------------------------------------------------------------------------------------------------------------- circle
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), place=PLACES, size=SIZES, radius=st.floats(0, 3).map(lambda x: 10.0**-x))
def test_circles_select_what_sphgeom_says(seed: int, place: tuple[float, float], size: float, radius: float) -> None:
    vertices = polygons_around(seed, place, size)
    many = Regions.from_vertices(vertices)
    for shape in (circle(*place, min(3 * size * radius, 180)), circle(*place, 0.0), circle(*place, 180 - size)):
        expected = [many.region(i).relate(shape) & sphgeom.DISJOINT == 0 for i in range(len(many))]
        assert overlaps_region(many, shape).tolist() == expected


def test_a_circle_that_touches_a_corner_or_an_edge() -> None:
    square = polygon_deg([(10, 0), (11, 0), (11, 1), (10, 1)])
    many = Regions.from_blobs([encode(square)])
    for radius in (np.nextafter(1, 0), 1.0, np.nextafter(1, 2)):
        for ra, dec in ((9, 0), (10.5, -1)):
            shape = circle(ra, dec, radius)
            assert overlaps_region(many, shape).tolist() == [square.relate(shape) & sphgeom.DISJOINT == 0]


def test_circles_within_polygons_and_polygons_within_circles() -> None:
    many = Regions.from_blobs([encode(polygon_deg([(10, 0), (11, 0), (11, 1), (10, 1)]))])
    for ra, dec, radius, expected in [
        (10.5, 0.5, 1e-6, True),
        (10.5, 0.5, 5, True),
        (190.5, -0.5, 5, False),
        (190.5, -0.5, 170, False),
        (190.5, -0.5, 179.5, True),
        (10.5, 0.5, 170, True),
    ]:
        assert overlaps_region(many, circle(ra, dec, radius)).tolist() == [expected]


# ----------------------------------------------------------------------------------------------------------------- box
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), place=PLACES, size=SIZES, width=st.floats(0.01, 20), height=st.floats(0.01, 3))
def test_boxes_select_exactly(seed: int, place: tuple[float, float], size: float, width: float, height: float) -> None:
    shape = box(*place, min(width * size, 360), min(height * size, 180))
    vertices = polygons_around(seed, place, size)
    found = overlaps_region(Regions.from_vertices(vertices), shape)
    assert found[meets_any(vertices, slices(shape, -1))].all()
    assert meets_any(vertices, slices(shape, 1))[found].all()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("RANGE 0 360 80 90", True),  # around the pole the polygon lies on
        ("RANGE 0 360 89.999 90", True),
        ("RANGE 10 11 85 90", True),
        ("RANGE 0 360 -90 70", False),
        ("RANGE 0 360 -90 90", True),
        ("RANGE -Inf +Inf 88 +Inf", True),
    ],
)
def test_boxes_at_a_pole(text: str, expected: bool) -> None:
    cap = polygon_deg([(0, 85), (90, 85), (180, 85), (270, 85)])
    assert overlaps_region(Regions.from_blobs([encode(cap)]), region_from_pos(text)).tolist() == [expected]


def test_boxes_follow_parallels_not_great_circles() -> None:
    # The northern edge of the polygon, a great circle, reaches declination 60.1 at its middle.
    many = Regions.from_blobs([encode(polygon_deg([(0, 59), (10, 59), (10, 60), (0, 60)]))])
    assert overlaps_region(many, region_from_pos("RANGE 4.9 5.1 60.09 60.2")).tolist() == [True]
    assert overlaps_region(many, region_from_pos("RANGE 4.9 5.1 60.11 60.2")).tolist() == [False]
    assert overlaps_region(many, region_from_pos("RANGE 0.1 0.2 60.09 60.2")).tolist() == [False]
    # sphgeom compares bounding boxes, and so cannot tell.
    assert many.region(0).overlaps(region_from_pos("RANGE 0.1 0.2 60.09 60.2")) is None


def test_boxes_reach_through_right_ascension_zero() -> None:
    many = Regions.from_blobs(
        [encode(polygon_deg([(x, 0), (x + 1, 0), (x + 1, 1), (x, 1)])) for x in (-2.5, -0.5, 1.5, 180)]
    )
    assert overlaps_region(many, region_from_pos("RANGE 359.9 0.1 0.4 0.6")).tolist() == [False, True, False, False]
    assert overlaps_region(many, region_from_pos("RANGE 358 2 0.4 0.6")).tolist() == [True, True, True, False]
    assert overlaps_region(many, region_from_pos("RANGE 2 358 0.4 0.6")).tolist() == [True, False, True, True]


# ------------------------------------------------------------------------------------------------------------- ellipse
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    place=PLACES,
    size=st.floats(-4, np.log10(40)).map(lambda x: 10.0**x),
    ratio=st.floats(0.01, 1),
    turn=st.floats(0, 180),
)
def test_ellipses_select_exactly(seed: int, place: tuple[float, float], size: float, ratio: float, turn: float) -> None:
    middle = sphgeom.UnitVector3d(sphgeom.LonLat.fromDegrees(*place))
    axes = sphgeom.Angle.fromDegrees(size), sphgeom.Angle.fromDegrees(size * ratio)
    shape = sphgeom.Ellipse(middle, *axes, sphgeom.Angle.fromDegrees(turn))
    vertices = polygons_around(seed, place, size)
    found = overlaps_region(Regions.from_vertices(vertices), shape)
    assert found[meets_any(vertices, [ellipse_hull(shape, 1)])].all()
    assert meets_any(vertices, [ellipse_hull(shape, 1.0002)])[found].all()


def test_ellipses_that_only_cross_an_edge() -> None:
    square = Regions.from_blobs([encode(polygon_deg([(10, 0), (11, 0), (11, 1), (10, 1)]))])
    # Angles of orientation count from north to east: a thin ellipse pointing east, then north.
    place = sphgeom.UnitVector3d(sphgeom.LonLat.fromDegrees(9.5, 0.5))
    long, short = sphgeom.Angle.fromDegrees(0.6), sphgeom.Angle.fromDegrees(0.01)
    assert overlaps_region(square, sphgeom.Ellipse(place, long, short, sphgeom.Angle.fromDegrees(90))).tolist() == [
        True
    ]
    assert overlaps_region(square, sphgeom.Ellipse(place, long, short, sphgeom.Angle(0.0))).tolist() == [False]


def test_ellipses_do_not_reach_their_antipode() -> None:
    shape = sphgeom.Ellipse(sphgeom.UnitVector3d(1, 0, 0), sphgeom.Angle(0.2), sphgeom.Angle(0.1), sphgeom.Angle(0.5))
    here, there = [(-20, -5), (20, -5), (20, 5), (-20, 5)], [(160, -5), (200, -5), (200, 5), (160, 5)]
    many = Regions.from_blobs([encode(polygon_deg(corners)) for corners in (here, there)])
    assert overlaps_region(many, shape).tolist() == [True, False]


def test_ellipses_larger_than_a_hemisphere() -> None:
    many = Regions.from_blobs([encode(polygon_deg([(x, 0), (x + 1, 0), (x, 1)])) for x in (0, 60, 100, 180)])
    alpha, beta = sphgeom.Angle.fromDegrees(100), sphgeom.Angle.fromDegrees(150)
    shape = sphgeom.Ellipse(sphgeom.UnitVector3d(1, 0, 0), alpha, beta, sphgeom.Angle(0.0))
    assert overlaps_region(many, shape).tolist() == [True, True, True, False]
