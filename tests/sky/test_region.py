"""Making regions, their bytes, and the POS texts people write."""

from __future__ import annotations

import math
from contextlib import suppress

import lsst.sphgeom as sphgeom
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import FormatError, InvalidError
from skybutler.sky.region import (
    box,
    circle,
    convex_hull,
    decode,
    decode_polygons,
    encode,
    encode_polygons,
    outline_deg,
    polygon,
    polygon_deg,
    region_from_pos,
    region_text,
)
from skybutler.sky.vectors import unit_vectors

SQUARE = unit_vectors([0, 1, 1, 0], [0, 0, 1, 1])


# ------------------------------------------------------------------------------------------------------------ polygons
def test_a_polygon_keeps_its_vertices_as_they_are() -> None:
    for turn in range(4):
        corners = np.roll(SQUARE, turn, axis=0)
        kept = [[v.x(), v.y(), v.z()] for v in polygon(corners).getVertices()]
        assert kept == corners.tolist()


@pytest.mark.parametrize(
    "corners",
    [
        SQUARE[::-1],  # clockwise
        SQUARE[[0, 2, 1, 3]],  # crosses itself
        unit_vectors([0, 1, 0.1, 0], [0, 0, 0.1, 1]),  # a dent
        unit_vectors(np.arange(5) * 144, 60.0),  # a five-pointed star: all turns are left
        SQUARE[[0, 0, 0]],
        SQUARE[:2],
        SQUARE * 2,
        SQUARE * math.nan,
        np.zeros((4, 2)),
    ],
)
def test_what_is_no_convex_counter_clockwise_polygon_is_refused(corners: np.ndarray) -> None:
    with pytest.raises(InvalidError):
        polygon(corners)


def test_a_hull_is_that_of_sphgeom() -> None:
    points = unit_vectors([0, 1, 0.5, 1, 0, 0.2], [0, 0, 0.5, 1, 1, 0.3])
    expected = sphgeom.ConvexPolygon.convexHull([sphgeom.UnitVector3d(*p) for p in points.tolist()])
    assert encode(convex_hull(points)) == expected.encode()
    assert len(convex_hull(points).getVertices()) == 4


@pytest.mark.parametrize("points", [SQUARE[:2], unit_vectors([0, 180, 90], 0), unit_vectors([0, 120, 240], [0, 0, 0])])
def test_points_without_hull_are_refused(points: np.ndarray) -> None:
    with pytest.raises(InvalidError, match="hull"):
        convex_hull(points)


def test_corners_in_degrees_may_come_in_any_order() -> None:
    assert polygon_deg([(0, 0), (1, 1), (1, 0), (0, 1)]) == polygon_deg([(0, 0), (1, 0), (1, 1), (0, 1)])
    with pytest.raises(InvalidError, match="polygon"):
        polygon_deg([(0, 0), (1, 1)])
    with pytest.raises(InvalidError, match="declinations"):
        polygon_deg([(0, 0), (1, 1), (0, 91)])


@pytest.mark.parametrize("size", [1e-4, 1.0, 40.0])
@pytest.mark.parametrize(
    "corners, is_good",
    [
        ([(0, 0), (1, 0), (1, 1), (0, 1)], True),
        ([(0, 0), (0, 1), (1, 1), (1, 0)], True),  # the other way round
        ([(0, 0), (1, 0), (1, 0), (1, 1), (0, 1), (0, 0)], True),  # closed, a corner twice
        ([(0, 0), (1, 0), (2, 0), (1, 1)], True),  # a corner on an edge, which is the equator
        ([(0, 0), (1, 0), (1 + 1e-15, 1e-15), (1, 1), (0, 1), (0, 1e-15)], True),  # corners as good as the same
        ([(0, 0), (1, 0), (0.5, 0), (2, 0), (1, 1)], False),  # back and forth
        ([(0, 0), (1, 1), (1, 0), (0, 1)], False),  # crosses itself
        ([(0, 0), (1, 0), (1, 1), (0.5, 0.2), (0, 1)], False),  # a dent
        ([(math.sin(2.513 * i), math.cos(2.513 * i)) for i in range(5)], False),  # a star
    ],
)
def test_an_outline_is_convex_and_in_order(size: float, corners: list[tuple[float, float]], is_good: bool) -> None:
    given = [(10 + size * ra, size * dec) for ra, dec in corners]
    text = "POLYGON " + " ".join(f"{ra!r} {dec!r}" for ra, dec in given)
    if is_good:
        assert outline_deg(given) == polygon_deg(given) == region_from_pos(text, ordered=True)
        return
    with pytest.raises(InvalidError, match="convex"):
        outline_deg(given)
    with pytest.raises(InvalidError, match="convex"):
        region_from_pos(text, ordered=True)
    assert region_from_pos(text) == polygon_deg(given)


TINY = [0.0, 1e-320, 3e-184, 1e-162, 1e-150, 1e-100, 1e-17, 1e-9, 1.0]


@given(st.lists(st.tuples(st.sampled_from(TINY), st.sampled_from(TINY)), min_size=3, max_size=6))
def test_outlines_of_hardly_any_size_are_polygons_or_refused(corners: list[tuple[float, float]]) -> None:
    with suppress(InvalidError):
        assert outline_deg(corners) == polygon_deg(corners)


def test_an_outline_has_so_many_corners_only() -> None:
    ring = [(10 + math.cos(2 * math.pi * i / 1000), math.sin(2 * math.pi * i / 1000)) for i in range(1000)]
    assert outline_deg(ring) == polygon_deg(ring)
    with pytest.raises(InvalidError, match="1000 corners"):
        outline_deg([*ring, ring[0]])


# -------------------------------------------------------------------------------------------------------- other shapes
def test_a_circle_is_made_of_its_radius() -> None:
    assert circle(10, 20, 0.5).getOpeningAngle().asDegrees() == pytest.approx(0.5)
    assert circle(10, 20, 0.5).contains(sphgeom.UnitVector3d(*unit_vectors(10, 20.499).tolist()))
    assert not circle(10, 20, 0.5).contains(sphgeom.UnitVector3d(*unit_vectors(10, 20.501).tolist()))


@pytest.mark.parametrize("wrong", [(0, 91, 1), (0, 0, -1), (0, 0, 181), (math.nan, 0, 1), (0, math.inf, 1)])
def test_impossible_circles_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidError):
        circle(*wrong)


def test_a_box_is_as_wide_as_asked_and_ends_at_the_poles() -> None:
    region = box(0.5, 89, 2, 4)
    assert region.getLon().getA().asDegrees() == pytest.approx(359.5)
    assert region.getLon().getSize().asDegrees() == pytest.approx(2)
    assert region.getLat().getA().asDegrees() == pytest.approx(87)
    assert region.getLat().getB().asDegrees() == pytest.approx(90)
    assert box(7, 0, 360, 2).getLon().isFull()
    for wrong in [(0, 0, 361, 1), (0, 0, 1, -1), (0, 95, 1, 1)]:
        with pytest.raises(InvalidError):
            box(*wrong)


@pytest.mark.parametrize(
    "text",
    [
        "CIRCLE 12.0 34.0 0.5",
        "circle 12 34 0",
        "RANGE 12 12.5 34 36",
        "RANGE 359 2 0 1",
        "RANGE -Inf 12 34 +Inf",
        "RANGE -Inf +Inf -Inf +Inf",
        "RANGE 0 360 -2 2",
        "POLYGON 12.0 34.0 14.0 35.0 14. 36.0 12.0 35.0",
    ],
)
def test_pos_texts_mean_what_sphgeom_reads(text: str) -> None:
    ours, theirs = region_from_pos(text), sphgeom.Region.from_ivoa_pos(text.upper().replace("INF", "Inf"))
    assert type(ours) is type(theirs)
    assert np.frombuffer(encode(ours)[1:]) == pytest.approx(np.frombuffer(theirs.encode()[1:]), abs=1e-15)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "Write 'CIRCLE"),
        ("CIRCLE 1 2", "Write 'CIRCLE"),
        ("ELLIPSE 1 2 3", "Write 'CIRCLE"),
        ("POLYGON 1 2 3 4 5", "Write 'CIRCLE"),
        ("CIRCLE a b c", "could not convert"),
        ("RANGE 1 2 5 3", "ascending"),
        ("RANGE 1 400 3 5", "360"),
        ("CIRCLE 1 2 nan", "radius"),
        ("CIRCLE 1 99 1", "declinations"),
    ],
)
def test_wrong_pos_texts_say_what_is_right(text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        region_from_pos(text)


# --------------------------------------------------------------------------------------------------------------- bytes
def test_regions_of_every_kind_survive_encoding() -> None:
    ellipse = sphgeom.Ellipse(sphgeom.UnitVector3d(1, 0, 0), sphgeom.Angle(0.1), sphgeom.Angle(0.05), sphgeom.Angle(1))
    shapes = [polygon(SQUARE), circle(1, 2, 3), box(1, 2, 3, 4), ellipse]
    for region in [*shapes, sphgeom.UnionRegion(*shapes), sphgeom.IntersectionRegion(*shapes)]:
        assert encode(decode(encode(region))) == encode(region)
        assert type(decode(encode(region))) is type(region)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 5), n=st.integers(3, 30))
def test_bulk_bytes_are_those_of_sphgeom(seed: int, count: int, n: int) -> None:
    angles = np.sort(np.random.default_rng(seed).uniform(0, 360, (count, n)), axis=1)
    vertices = unit_vectors(angles, 60.0)
    blobs = encode_polygons(vertices)
    assert [decode(blob).encode() for blob in blobs] == blobs
    groups, others = decode_polygons(blobs)
    assert len(others) == 0
    for group in groups:
        assert group.index.tolist() == list(range(count))
        assert group.vertices.tolist() == vertices.tolist()


def test_polygons_are_grouped_by_their_number_of_vertices() -> None:
    triangle = polygon(SQUARE[:3])
    blobs = [encode(r) for r in [polygon(SQUARE), triangle, circle(0, 0, 1), polygon(SQUARE)]]
    groups, others = decode_polygons(blobs)
    assert [(g.index.tolist(), g.vertices.shape) for g in groups] == [([1], (1, 3, 3)), ([0, 3], (2, 4, 3))]
    assert others.tolist() == [2]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"p",
        b"p" + bytes(10),
        b"p" + bytes(72),
        b"p" + np.full(9, np.nan).tobytes(),
        b"p" + np.ones(9).tobytes(),
        b"p" + np.eye(3).tobytes() + b"x",
        b"c" + bytes(3),
        b"u" + bytes(3),
        b"x" + bytes(72),
    ],
)
def test_malformed_bytes_are_no_region(blob: bytes) -> None:
    with pytest.raises(FormatError):
        decode(blob)


@pytest.mark.parametrize("shape", [(4, 3), (1, 2, 3), (1, 4, 2)])
def test_arrays_of_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidError, match="shape"):
        encode_polygons(np.zeros(shape))


def test_regions_print_as_rubin_prints_them() -> None:
    text = region_text(polygon(unit_vectors([0, 90, 0], [0, 0, 90]).round()))
    assert text == (
        "ConvexPolygon([UnitVector3d(1.0, 0.0, 0.0), UnitVector3d(0.0, 1.0, 0.0), UnitVector3d(0.0, 0.0, 1.0)])"
    )
