"""Shapes on the sky in pixels: against every pixel's own position, and against lsst.sphgeom."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lsst.sphgeom import Angle, Circle, CompoundRegion, LonLat, Region, UnionRegion, UnitVector3d

from skybutler.errors import InvalidError
from skybutler.images import Box, SkyWcs
from skybutler.images.stencils import RegionStencil, SkyBox, SkyCircle, SkyPolygon, SkyRange, Stencil, stencil_of
from skybutler.sky import region
from skybutler.sky.vectors import unit_vectors

BBOX = Box((-20, 130), (1000, 1200))
quick = settings(max_examples=40, deadline=None)


def a_wcs(ra: float = 150.0, dec: float = 2.0, scale: float = 0.2, angle: float = 0.3) -> SkyWcs:
    s, c = scale / 3600.0 * math.sin(angle), scale / 3600.0 * math.cos(angle)
    return SkyWcs.from_affine(ra, dec, [[-c, s], [s, c]], (1100.0, 50.0))


def a_distorted_wcs() -> SkyWcs:
    cards = dict(a_wcs().to_fits_header()) | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"}
    cards |= {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-5, "A_0_2": -1e-5, "B_1_1": 3e-5, "AP_ORDER": 0, "BP_ORDER": 0}
    return SkyWcs.from_fits_header(cards)


def separations(wcs: SkyWcs, box: Box, ra: float, dec: float) -> np.ndarray[Any, Any]:
    """Degrees of all pixel centres from a place."""
    y, x = np.mgrid[box.y.start : box.y.stop, box.x.start : box.x.stop]
    vectors = unit_vectors(*wcs.pixel_to_sky(x, y))
    return np.degrees(2 * np.arcsin(np.linalg.norm(vectors - unit_vectors(ra, dec), axis=-1) / 2))


def extent(inside: np.ndarray[Any, Any], box: Box) -> Box:
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return Box((rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)).shifted(*box.xy0)


@given(
    st.floats(0, 360), st.sampled_from([-90.0, -89.99, -30.0, 0.0, 60.0, 90.0]), st.floats(0, 6.3),
    st.floats(1010, 1190), st.floats(-10, 120), st.floats(0.5, 60),
)  # fmt: skip
@quick
def test_circles(ra: float, dec: float, angle: float, x: float, y: float, radius: float) -> None:
    wcs = a_wcs(ra, dec, angle=angle)
    at = [float(v) for v in wcs.pixel_to_sky(x, y)]
    circle = SkyCircle(at[0], at[1], radius * 0.2 / 3600)
    box, every = circle.pixel_box(wcs, BBOX), BBOX.grow(100)
    right = separations(wcs, every, *at) <= circle.radius
    assert np.array_equal(circle.inside(wcs, every), right) or radius < 1
    if right.any():
        assert box.contains(extent(right, every))
    assert abs(box.x.size - 2 * radius) <= 2.5
    assert abs(box.y.size - 2 * radius) <= 2.5


@pytest.mark.parametrize("wcs", [a_wcs(), a_wcs(0.0, 89.999), a_distorted_wcs()])
def test_large_circles_take_what_the_image_has(wcs: SkyWcs) -> None:
    """Their outlines are where the sky coordinates of the image mean nothing."""
    ra, dec = (float(v) for v in wcs.pixel_to_sky(*BBOX.center))
    for radius in (0.1, 30.0, 89.0, 95.0, 180.0):
        circle = SkyCircle(ra, dec, radius)
        assert circle.pixel_box(wcs, BBOX).contains(BBOX)
        assert circle.inside(wcs, BBOX).all()
    away = SkyCircle((ra + 180.0) % 360.0, -dec, 170.0)
    assert away.pixel_box(wcs, BBOX).intersection(BBOX).is_empty
    beside = [float(v) for v in wcs.pixel_to_sky(1000.0 - 5000.0, 50.0)]
    east = SkyCircle(beside[0], beside[1], float(separations(wcs, BBOX, *beside)[75, 100]))
    found = east.pixel_box(wcs, BBOX).intersection(BBOX)
    assert found.contains(extent(east.inside(wcs, BBOX), BBOX))
    assert found.area < BBOX.area


CORNERS = [(1020.0, 0.0), (1150.0, 10.0), (1080.0, 40.0), (1130.0, 110.0)]


@pytest.mark.parametrize("wcs", [a_wcs(), a_wcs(359.9999, -89.99), a_distorted_wcs()])
@pytest.mark.parametrize("turn", [False, True])
def test_concave_polygons(wcs: SkyWcs, turn: bool) -> None:
    corners = np.array(CORNERS)[:: -1 if turn else 1]
    polygon = SkyPolygon(np.stack(wcs.pixel_to_sky(corners[:, 0], corners[:, 1]), axis=-1))
    box = polygon.pixel_box(wcs, BBOX)
    assert (box.x, box.y) == ((1020, 1151), (0, 111))
    inside = polygon.inside(wcs, box)
    assert not inside[60, 110]
    assert not inside[0, 100]
    assert inside[20, 60]
    assert not inside[50, 80:90].any()  # in the notch: the corner (1080, 40)
    area = 0.5 * abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)))
    assert abs(inside.sum() - area) < 60


def test_polygons_of_sphgeom_have_the_same_pixels() -> None:
    wcs = a_wcs()
    corners = [(150.004, 1.999), (149.999, 1.999), (149.9985, 2.004), (150.003, 2.003)]
    ours = SkyPolygon(corners)
    theirs = stencil_of(region.polygon_deg(corners))
    assert isinstance(theirs, SkyPolygon)
    general = RegionStencil(region.polygon_deg(corners))
    box = ours.pixel_box(wcs, BBOX)
    assert theirs.pixel_box(wcs, BBOX) == box
    assert np.array_equal(ours.inside(wcs, box), theirs.inside(wcs, box))
    assert np.array_equal(ours.inside(wcs, box), general.inside(wcs, box))
    assert box.contains(general.pixel_box(wcs, BBOX))
    assert general.pixel_box(wcs, BBOX).grow(1).contains(box.intersection(BBOX))


def test_regions_of_sphgeom() -> None:
    wcs = a_wcs()
    centre = UnitVector3d(LonLat.fromDegrees(150.0, 2.0))
    circle = stencil_of(Circle(centre, Angle.fromDegrees(0.001)))
    assert isinstance(circle, SkyCircle)
    assert (circle.ra, circle.dec, circle.radius) == pytest.approx((150.0, 2.0, 0.001), rel=1e-12)
    two: CompoundRegion = UnionRegion(region.circle(150.0, 2.0, 0.001), region.circle(150.002, 2.0, 0.0005))
    stencil = stencil_of(two)
    box = stencil.pixel_box(wcs, BBOX)
    right = (separations(wcs, BBOX, 150.0, 2.0) <= 0.001) | (separations(wcs, BBOX, 150.002, 2.0) <= 0.0005)
    assert box == extent(right, BBOX)
    assert np.array_equal(stencil.inside(wcs, BBOX), right)
    away = RegionStencil(region.box(20.0, 20.0, 0.1, 0.1))
    assert away.pixel_box(wcs, BBOX).intersection(BBOX).is_empty
    strip = RegionStencil(region.box(150.0, 2.0, 10.0, 0.001))  # reaches far out on both sides
    found = strip.pixel_box(wcs, BBOX)
    assert found == extent(strip.inside(wcs, BBOX), BBOX)


@given(st.sampled_from([(150.0, 2.0), (0.0, 89.999), (0.0, -60.0)]), st.floats(0.3, 40), st.floats(0.3, 40))
@example((0.0, 89.999), 27.0, 1.0)  # a bent strip, of which a grid sees little
@quick
def test_ranges(at: tuple[float, float], width: float, height: float) -> None:
    wcs = a_wcs(*at)
    ra, dec, size = *(float(v) for v in wcs.pixel_to_sky(1100.0, 50.0)), 0.2 / 3600
    across, up = min(width * size / max(math.cos(math.radians(dec)), 1e-5), 359.0), height * size
    lonlat = region.box(ra, dec, across, up)
    stencil = stencil_of(lonlat)
    assert isinstance(stencil, SkyRange)
    inside = stencil.inside(wcs, BBOX)
    assert np.array_equal(inside, RegionStencil(lonlat).inside(wcs, BBOX))
    if inside.any():
        found, right = stencil.pixel_box(wcs, BBOX), extent(inside, BBOX)
        assert found.contains(right)
        if across < 60.0 and min(width, height) > 3.0:  # thinner ones reach to where they have no centre of a pixel
            assert right.grow(4).contains(found)


def test_large_ranges_take_what_the_image_has() -> None:
    for wcs in (a_wcs(), a_wcs(0.0, 89.999), a_distorted_wcs()):
        assert stencil_of(region.region_from_pos("RANGE 0 360 -90 90")).pixel_box(wcs, BBOX) == BBOX
    north = stencil_of(region.region_from_pos("RANGE 0 360 80 90"))
    assert north.pixel_box(a_wcs(0.0, 89.999), BBOX).contains(BBOX)
    assert north.pixel_box(a_wcs(), BBOX).intersection(BBOX).is_empty
    strip = stencil_of(region.box(150.0, 2.0, 10.0, 0.001))  # reaches far out on both sides
    assert strip.pixel_box(a_wcs(), BBOX).contains(extent(strip.inside(a_wcs(), BBOX), BBOX))


@pytest.mark.parametrize("empty", [Circle(), region.circle(1.0, 1.0, 0.0)])
def test_empty_regions_are_refused(empty: Region) -> None:
    with pytest.raises(InvalidError):
        stencil_of(empty).pixel_box(a_wcs(), BBOX)


@given(st.floats(1010, 1190), st.floats(-10, 120), st.integers(1, 50), st.integers(1, 50))
@quick
def test_boxes_have_their_size_and_are_centred(x: float, y: float, width: int, height: int) -> None:
    wcs = a_wcs()
    at = tuple(float(v) for v in wcs.pixel_to_sky(x, y))
    box = SkyBox(at[0], at[1], width, height, "pixel").pixel_box(wcs, BBOX)
    assert box.dimensions == (width, height)
    assert max(abs(box.center[0] - x), abs(box.center[1] - y)) <= 0.5 + 1e-6
    for unit, seconds in (("deg", 3600.0), ("arcmin", 60.0), ("arcsec", 1.0)):
        same = SkyBox(at[0], at[1], width * 0.2 / seconds, height * 0.2 / seconds, unit)
        assert same.pixel_box(wcs, BBOX) == box
    assert SkyBox(at[0], at[1], width, height, "pixel").inside(wcs, box.grow(2)).sum() == width * height


def test_a_box_far_away_is_nowhere() -> None:
    for wcs in (a_wcs(), a_distorted_wcs()):
        assert SkyBox(330.0, -2.0, 10, 10, "pixel").pixel_box(wcs, BBOX).intersection(BBOX).is_empty


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: SkyCircle(math.nan, 0.0, 1.0), "no place on the sky"),
        (lambda: SkyCircle(0.0, math.nan, 1.0), "no place on the sky"),
        (lambda: SkyCircle(0.0, 0.0, math.nan), "radius is above 0"),
        (lambda: SkyCircle(0.0, 0.0, 181.0), "radius is above 0"),
        (lambda: SkyPolygon([(0, 0), (1, 0), (0, 0)]), "at least three corners, not 2"),
        (lambda: SkyPolygon([(0, 0), (1, 0), (2, 0)]), "has no area"),
        (lambda: SkyPolygon([(5, 5), (5, 5), (5, 6), (5, 5)]), "has no area"),
        (lambda: SkyPolygon([(0, 0), (120, 0), (240, 1)]), "larger than 90 degrees"),
        (lambda: SkyPolygon([(0, 0), (1, 0), (1, math.inf)]), "no place on the sky"),
        (lambda: SkyPolygon([(0, 0, 0), (1, 0, 0), (1, 1, 0)]), "pairs of RA and Dec"),
        (lambda: SkyRange(0.0, 0.0, 1.0, 2.0), "has no area"),
        (lambda: SkyRange(0.0, 1.0, 2.0, 2.0), "has no area"),
        (lambda: SkyRange(0.0, 1.0, math.nan, 2.0), "no place on the sky"),
        (lambda: SkyBox(0.0, 0.0, -1.0, 1.0), "sides must be positive"),
        (lambda: SkyBox(0.0, 0.0, 1.0, math.inf), "sides must be positive"),
        (lambda: SkyBox(0.0, 0.0, 1.0, 1.0, "arcsecs"), "arcsec"),
        (lambda: stencil_of(Box((0, 1), (0, 1))), "A Box is no shape on the sky"),  # type: ignore[arg-type]
    ],
)
def test_shapes_that_are_none(make: Any, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        make()


def test_stencils_are_values() -> None:
    assert SkyPolygon([(0, 0), (1, 0), (0, 1)]) == SkyPolygon([(0, 0), (1, 0), (0, 1), (0, 0)])
    assert hash(SkyCircle(1.0, 2.0, 3.0)) == hash(SkyCircle(1.0, 2.0, 3.0))
    stencil: Stencil = SkyCircle(1.0, 2.0, 3.0)
    assert stencil_of(stencil) is stencil
