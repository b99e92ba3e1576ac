"""Spatial keys, cone ranges, and the law that a search misses nothing."""

from __future__ import annotations

import lsst.sphgeom as sphgeom
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skybutler.errors import FormatError
from skybutler.sky.overlap import Regions, overlap_pairs
from skybutler.sky.pixel import (
    ORDER,
    SIZE_CLASSES_DEG,
    SpatialKeys,
    cone_ranges,
    keys,
    merge_ranges,
    polygon_keys,
    polygon_ranges,
    search_ranges,
)
from skybutler.sky.region import box, circle, decode, encode, encode_polygons
from skybutler.sky.vectors import edge_normals, enclosing_caps, unit_vectors

WHOLE_SKY = 12 << (2 * ORDER)

lons = st.floats(0, 360) | st.sampled_from([0.0, 45.0, 90.0, 359.999999, 1e-12])
lats = st.floats(-90, 90) | st.sampled_from([-90.0, 90.0, 0.0, 41.8103148957786, 89.9999999, -89.999])
radii = st.floats(-10, np.log10(180)).map(lambda x: 10.0**x) | st.sampled_from([0.0, 90.0, 180.0])


def around(lon: float, lat: float, radius_deg: npt.ArrayLike, angle: npt.ArrayLike) -> np.ndarray:
    """Points at a distance and position angle from a place."""
    middle, north = unit_vectors(lon, lat), unit_vectors(lon, lat + 90)
    east = np.cross(north, middle)
    distance, angle = np.radians(radius_deg)[..., None], np.asarray(angle)[..., None]
    return np.asarray(np.cos(distance) * middle + np.sin(distance) * (np.cos(angle) * north + np.sin(angle) * east))


def within(pixels: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    place = np.searchsorted(ranges[:, 0], pixels, side="right") - 1
    return np.asarray((place >= 0) & (pixels < ranges[place, 1]))


def points_keys(xyz: np.ndarray) -> SpatialKeys:
    return polygon_keys(np.repeat(xyz[:, None], 3, axis=1))


# ---------------------------------------------------------------------------------------------------------------- keys
def test_size_classes_follow_the_true_radius() -> None:
    shapes = [circle(10, 20, r) for r in (0.0, 0.0099, 0.0101, 0.19, 0.4, 1.9, 4.9, 5.1, 180)]
    found = keys([encode(s) for s in shapes])
    assert found.size_class.tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 6]
    assert np.degrees(found.radius_rad) == pytest.approx([0, 0.0099, 0.0101, 0.19, 0.4, 1.9, 4.9, 5.1, 180], abs=1e-9)
    assert (found.radius_rad <= np.pi).all()
    assert len(SIZE_CLASSES_DEG) == 7
    assert len(found) == 9


@given(lon=lons, lat=lats, size=radii.filter(lambda r: 1e-7 < r < 80), n=st.integers(3, 25), turn=st.floats(0, 6.3))
def test_the_radius_encloses_the_polygon(lon: float, lat: float, size: float, n: int, turn: float) -> None:
    vertices = around(lon, lat, np.full(n, size), turn - np.arange(n) * 2 * np.pi / n)
    found = keys(encode_polygons(vertices[None]))
    assert found.radius_rad[0] == pytest.approx(np.radians(size), rel=1e-6, abs=1e-11)
    assert found.size_class[0] == np.searchsorted(SIZE_CLASSES_DEG, np.degrees(found.radius_rad[0]))
    assert within(found.pixel, cone_ranges(unit_vectors(lon, lat), 1e-9)).all()
    assert polygon_keys(vertices[None]).pixel == found.pixel


def test_keys_of_mixed_shapes_keep_their_places() -> None:
    triangle = unit_vectors([0, 1, 0], [0, 0, 1])
    square = unit_vectors([0, 1, 1, 0], [0, 0, 1, 1])
    blobs = [
        *encode_polygons(square[None]),
        encode(box(50, 0, 2, 2)),
        *encode_polygons(triangle[None]),
        *encode_polygons(square[None]),
    ]
    found = keys(blobs)
    assert found.pixel[0] == found.pixel[3]
    for i, blob in enumerate(blobs):
        centre = decode(blob).getBoundingCircle().getCenter()
        near = cone_ranges([centre.x(), centre.y(), centre.z()], found.radius_rad[i])
        assert within(found.pixel[i : i + 1], near).all()
    assert len(keys([])) == 0


def test_empty_regions_have_keys_and_malformed_ones_do_not() -> None:
    found = keys([sphgeom.Circle.empty().encode(), sphgeom.Box.empty().encode()])
    assert found.size_class.tolist() == [0, 0]
    with pytest.raises(FormatError):
        keys([b"c123"])


def test_polygons_beyond_a_hemisphere_from_their_middle_count_as_the_whole_sky() -> None:
    lopsided = unit_vectors([0, 179, 2], [0, 0, 0.1])
    found = polygon_keys(lopsided[None])
    assert found.size_class.tolist() == [6]
    assert found.radius_rad.tolist() == [np.pi]


# -------------------------------------------------------------------------------------------------------------- ranges
@given(lon=lons, lat=lats, radius=radii, seed=st.integers(0, 2**32 - 1))
@example(lon=45.0, lat=90.0, radius=1e-9, seed=1)
@example(lon=0.0, lat=41.8103148957786, radius=179.9999, seed=2)
def test_cones_hold_all_their_points(lon: float, lat: float, radius: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    distance = radius * np.concatenate([np.ones(100), random.uniform(0, 1, 100)])
    points = around(lon, lat, distance, random.uniform(0, 2 * np.pi, 200))
    ranges = cone_ranges(unit_vectors(lon, lat), np.radians(radius))
    assert within(points_keys(points).pixel, ranges).all()
    assert 1 <= len(ranges) < 30
    assert (ranges[:, 1] > ranges[:, 0]).all()
    assert (ranges[1:, 0] > ranges[:-1, 1]).all()


def test_cones_hold_little_else() -> None:
    random = np.random.default_rng(4)
    for radius in (1e-3, 1e-2, 0.3, 2.0, 20.0):
        excess = []
        for lon, z in zip(random.uniform(0, 360, 50), random.uniform(-1, 1, 50), strict=True):
            ranges = cone_ranges(unit_vectors(lon, np.degrees(np.arcsin(z))), np.radians(radius))
            share = (ranges[:, 1] - ranges[:, 0]).sum() / WHOLE_SKY
            excess.append(share / ((1 - np.cos(np.radians(radius))) / 2))
        assert 1 <= np.mean(excess) < 2


def test_cones_of_any_width_hold_points_all_over_the_sky() -> None:
    random = np.random.default_rng(11)
    points = random.normal(size=(20_000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    pixels = points_keys(points).pixel
    for radius in np.linspace(2, 178, 60):
        centre = unit_vectors(*random.choice([(0, 0), (45, 41.8103148957786), (0, 90), (0, -90), (22.5, 10)]))
        inside = points @ centre >= np.cos(np.radians(radius))
        assert within(pixels[inside], cone_ranges(centre, np.radians(radius))).all()


def test_a_cone_of_180_degrees_is_the_sky() -> None:
    assert cone_ranges([0, 0, 1], np.pi).tolist() == [[0, WHOLE_SKY]]
    assert cone_ranges([1, 0, 0], 4.0).tolist() == [[0, WHOLE_SKY]]


range_sets = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), max_size=6).map(
        lambda rows: np.array([[a, a + n] for a, n in rows], np.int64).reshape(-1, 2)
    ),
    max_size=4,
)


@given(sets=range_sets)
def test_merged_ranges_hold_the_same_numbers(sets: list[np.ndarray]) -> None:
    merged = merge_ranges(sets)
    assert {i for a, b in merged.tolist() for i in range(a, b)} == {
        i for ranges in sets for a, b in ranges.tolist() for i in range(a, b)
    }
    assert (merged[1:, 0] > merged[:-1, 1]).all()
    assert (merged[:, 1] > merged[:, 0]).all()


# ------------------------------------------------------------------------------------------------------ nothing missed
@given(
    lon=lons,
    lat=lats,
    radius=radii,
    sizes=st.lists(radii.filter(lambda r: 1e-7 < r < 60), min_size=1, max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_search_misses_no_region_that_overlaps(
    lon: float, lat: float, radius: float, sizes: list[float], seed: int
) -> None:
    """Polygons with one corner on the rim of a cone overlap it, so their centres must be in the searched ranges."""
    random = np.random.default_rng(seed)
    blobs = []
    for size in sizes:
        corner = around(lon, lat, np.array([radius]), random.uniform(0, 2 * np.pi, 1))[0]
        corner_lat = float(np.degrees(np.arctan2(corner[2], np.hypot(corner[0], corner[1]))))
        corner_lon = float(np.degrees(np.arctan2(corner[1], corner[0])))
        towards = random.uniform(0, 2 * np.pi)
        others = around(corner_lon, corner_lat, np.array([size, size * 1.2, size]), towards - np.array([0, 0.6, 1.2]))
        blobs += encode_polygons(np.concatenate([corner[None], others])[None])
    found = keys(blobs)
    for number in np.unique(found.size_class):
        members = found.size_class == number
        ranges = search_ranges(unit_vectors(lon, lat), np.radians(radius), found.radius_rad[members].max())
        assert within(found.pixel[members], ranges).all()


def test_several_regions_are_searched_at_once() -> None:
    centres = unit_vectors([0, 10, 10.1], [0, 0, 0])
    ranges = search_ranges(centres, np.radians([0.1, 0.1, 0.2]), np.radians(0.2))
    every = [cone_ranges(c, r) for c, r in zip(centres, np.radians([0.3, 0.3, 0.4]), strict=True)]
    assert ranges.tolist() == merge_ranges(every).tolist()
    assert search_ranges(np.empty((0, 3)), np.empty(0), 0.1).shape == (0, 2)
    assert search_ranges(centres[0], 0.0, 0.01).tolist() == cone_ranges(centres[0], 0.01).tolist()


# ------------------------------------------------------------------------------------------------- around one polygon
@given(
    lon=lons,
    lat=lats,
    size=st.floats(-4, np.log10(60)).map(lambda x: 10.0**x),
    sides=st.integers(3, 7),
    ratio=st.floats(-2.5, 1.0).map(lambda x: 10.0**x),
    seed=st.integers(0, 2**32 - 1),
)
@example(lon=0.0, lat=90.0, size=1.0, sides=4, ratio=0.1, seed=1)
@example(lon=45.0, lat=41.8103148957786, size=1.2, sides=4, ratio=0.1, seed=2)
def test_what_overlaps_a_polygon_is_near_or_inside_and_what_is_inside_overlaps(
    lon: float, lat: float, size: float, sides: int, ratio: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    polygon = around(lon, lat, np.full(sides, size), -np.arange(sides) * 2 * np.pi / sides)
    (centre,), (radius,) = enclosing_caps(polygon[None])
    small = min(ratio * size, 20.0)
    places = around(lon, lat, random.uniform(0, 1.5 * size + 2 * small, 300).clip(0, 180), random.uniform(0, 7, 300))
    turns = random.uniform(0, 7, 300)
    corners = np.stack(
        [
            np.cos(np.radians(small)) * places + np.sin(np.radians(small)) * _tangent(places, turns + k * np.pi / 2)
            for k in range(4)
        ],
        axis=1,
    )
    filed = polygon_keys(corners)
    near, inside = polygon_ranges(edge_normals(polygon), centre, radius, float(filed.radius_rad.max()))
    for ranges in (near, inside):
        assert (ranges[:, 0] < ranges[:, 1]).all()
        assert (ranges[1:, 0] > ranges[:-1, 1]).all()
    in_near = within(filed.pixel, near) if len(near) else np.zeros(300, bool)
    in_inside = within(filed.pixel, inside) if len(inside) else np.zeros(300, bool)
    assert not (in_near & in_inside).any()
    one, many = Regions.from_vertices(polygon[None]), Regions.from_vertices(corners)
    overlap = overlap_pairs(many, one, np.arange(300), np.zeros(300, int))
    assert not (overlap & ~in_near & ~in_inside).any()
    assert overlap[in_inside].all()


def _tangent(places: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Unit vectors at right angles to some directions."""
    other = np.where(np.abs(places[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    east = np.cross(other, places)
    east /= np.linalg.norm(east, axis=1)[:, None]
    return np.asarray(np.cos(angle)[:, None] * east + np.sin(angle)[:, None] * np.cross(places, east))


def test_most_of_a_square_is_inside_and_little_else_is_near() -> None:
    corners = np.array([(149.2, 1.2), (150.8, 1.2), (150.8, 2.8), (149.2, 2.8)])
    polygon = unit_vectors(corners[:, 0], corners[:, 1])
    (centre,), (radius,) = enclosing_caps(polygon[None])
    near, inside = polygon_ranges(edge_normals(polygon), centre, radius, np.radians(0.16))
    degrees = 41253 / WHOLE_SKY
    area = [(ranges[:, 1] - ranges[:, 0]).sum() * degrees for ranges in (near, inside)]
    assert area[1] > 0.75 * 1.6**2
    assert sum(area) < 1.6 * (1.6 + 0.32) ** 2
