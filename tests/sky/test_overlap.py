"""Bulk overlap of polygons against sphgeom, the oracle, and the handling of groups and odd shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import lsst.sphgeom as sphgeom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, InvalidError
from skybutler.sky.overlap import Regions, contains_point, overlap_pairs, overlaps_region
from skybutler.sky.region import box, circle, convex_hull, encode, polygon_deg
from skybutler.sky.vectors import unit_vectors

Polygon: TypeAlias = sphgeom.ConvexPolygon


def directions(random: np.random.Generator, count: int) -> np.ndarray:
    vectors = random.normal(size=(count, 3))
    special = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0]])  # the poles, and RA 0 and 180
    vectors[::4] = special[np.arange(len(vectors[::4])) % 4]
    return scaled(vectors)


def scaled(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def random_hull(random: np.random.Generator, middle: np.ndarray, size: float, flat: float = 1.0) -> Polygon:
    """The hull of some points within a distance (radians), squeezed in one direction."""
    across = np.cross(middle, random.normal(size=3))
    across /= np.linalg.norm(across)
    points = random.integers(3, 12)
    radius, angle = size * np.sqrt(random.uniform(0, 1, points)), random.uniform(0, 2 * np.pi, points)
    u, v = np.tan(radius) * np.cos(angle), flat * np.tan(radius) * np.sin(angle)
    vectors = middle + u[:, None] * across + v[:, None] * np.cross(middle, across)
    return convex_hull(scaled(vectors))


def random_pairs(seed: int, size: float, flat: float, count: int) -> tuple[list[Polygon], list[Polygon]]:
    """Pairs of hulls about as far from each other as they are large; some are near the antipode of the other."""
    random = np.random.default_rng(seed)
    left, right = [], []
    for k, middle in enumerate(directions(random, count)):
        scale = size * 10 ** random.uniform(-1, 0)
        other = middle + np.tan(min(size + scale, 1.4)) * random.uniform(0, 1.2) * random.normal(size=3) / 1.5
        if k % 5 == 4:
            other = -other
        try:
            pair = (
                random_hull(random, middle, size, flat),
                random_hull(random, scaled(other), scale, 1.0 if k % 2 else flat),
            )
        except InvalidError:  # so flat that sphgeom finds no area
            continue
        left.append(pair[0])
        right.append(pair[1])
    return left, right


def regions(shapes: Sequence[sphgeom.Region]) -> Regions:
    return Regions.from_blobs([encode(shape) for shape in shapes])


def oracle(a: sphgeom.Region, b: sphgeom.Region) -> bool:
    return a.relate(b) & sphgeom.DISJOINT == 0


# --------------------------------------------------------------------------------------------------------------- pairs
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.floats(-9, np.log10(60)).map(lambda x: np.radians(10.0**x)),
    flat=st.sampled_from([1.0, 1.0, 1e-3, 1e-9, 1e-14]),
)
def test_pairs_of_polygons_overlap_where_sphgeom_says_so(seed: int, size: float, flat: float) -> None:
    left, right = random_pairs(seed, size, flat, 60)
    expected = [oracle(a, b) for a, b in zip(left, right, strict=True)]
    here = np.arange(len(left))
    assert overlap_pairs(regions(left), regions(right), here, here).tolist() == expected
    assert overlap_pairs(regions(right), regions(left), here, here).tolist() == expected


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(40, 75))
def test_pairs_wider_than_a_hemisphere_together(seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    angle = 2 * np.pi / 3 * np.arange(3)
    rim = np.tan(np.radians(size)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    shapes = []
    for middle in directions(random, 12):
        across = np.cross(middle, random.normal(size=3))
        across /= np.linalg.norm(across)
        shapes.append(convex_hull(scaled(middle + rim @ np.stack([across, np.cross(middle, across)]))))
    many = regions(shapes)
    ia, ib = (grid.ravel() for grid in np.meshgrid(np.arange(12), np.arange(12)))
    expected = [oracle(shapes[i], shapes[j]) for i, j in zip(ia.tolist(), ib.tolist(), strict=True)]
    assert overlap_pairs(many, many, ia, ib).tolist() == expected


def test_the_random_pairs_are_worth_testing() -> None:
    found = [oracle(a, b) for seed in range(10) for a, b in zip(*random_pairs(seed, 0.1, 1.0, 60), strict=True)]
    assert 0.15 < np.mean(found) < 0.85


@given(seed=st.integers(0, 2**32 - 1), step=st.sampled_from([1e-3, 0.5, 30.0]))
@settings(max_examples=20)
def test_neighbours_of_a_grid_answer_as_sphgeom_does(seed: int, step: float) -> None:
    """Squares that share edges and corners exactly: every pair is as close to touching as can be."""
    lon0, lat0 = np.random.default_rng(seed).uniform([0, -1], [360, 1])
    lon, lat = np.meshgrid(lon0 + step * np.arange(4), lat0 + step * (np.arange(4) - 1.5))
    corner = unit_vectors(lon, lat)
    squares = Regions.from_vertices(
        np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2).reshape(-1, 4, 3)
    )
    ia, ib = (grid.ravel() for grid in np.meshgrid(np.arange(9), np.arange(9)))
    expected = [oracle(squares.region(i), squares.region(j)) for i, j in zip(ia.tolist(), ib.tolist(), strict=True)]
    assert overlap_pairs(squares, squares, ia, ib).tolist() == expected


def test_a_region_does_not_meet_the_antipode_of_what_it_crosses() -> None:
    """A cross of two slivers, one of them sent to the other side: no edge of either one parts the two."""
    lying, standing = np.array([[-1.0, 0], [1, 0], [0, 0.1]]), np.array([[0.0, -1], [0.1, 0], [0, 1]])
    for size in (0.01, 10.0, 40.0):
        a = convex_hull(unit_vectors(*(size * lying).T))
        b = convex_hull(unit_vectors(*(size * standing).T))
        far = convex_hull(-unit_vectors(*(size * standing).T))
        found = overlap_pairs(regions([a, a]), regions([b, far]), [0, 1], [0, 1])
        assert found.tolist() == [True, False]


def test_pairs_of_all_kinds_keep_their_order() -> None:
    shapes = [
        polygon_deg([(0, 0), (1, 0), (1, 1), (0, 1)]),
        circle(0.5, 0.5, 0.1),
        polygon_deg([(0.2, 0.2), (0.3, 0.2), (0.25, 0.3)]),
        box(10, 10, 1, 1),
        circle(10, 10, 0.1),
        polygon_deg([(10, 10), (20, 10), (20, 20), (10, 20)]),
        sphgeom.UnionRegion(circle(0, 0, 0.01), circle(15, 15, 0.1)),
        sphgeom.Circle.empty(),
    ]
    many = regions(shapes)
    ia, ib = (grid.ravel() for grid in np.meshgrid(np.arange(8), np.arange(8), indexing="ij"))
    found = overlap_pairs(many, many, ia, ib).reshape(8, 8)
    meets = {(0, 1), (0, 2), (0, 6), (3, 4), (3, 5), (4, 5), (5, 6)} | {(i, i) for i in range(7)}
    assert {(int(i), int(j)) for i, j in np.argwhere(found) if i <= j} == meets
    assert (found == found.T).all()


def test_many_pairs_are_cut_into_pieces_without_trace() -> None:
    random = np.random.default_rng(7)
    lon, lat = random.uniform(0, 5, 300), random.uniform(-80, -75, 300)
    offset = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * 0.3
    many = Regions.from_vertices(unit_vectors(lon[:, None] + offset[:, 0], lat[:, None] + offset[:, 1]))
    ia, ib = random.integers(0, 300, 50_000), random.integers(0, 300, 50_000)
    found = overlap_pairs(many, many, ia, ib)
    assert (found == overlap_pairs(many, many, ib, ia)).all()
    some = random.integers(0, 50_000, 500)
    assert found[some].tolist() == [oracle(many.region(int(ia[k])), many.region(int(ib[k]))) for k in some]
    assert 0.0 < found.mean() < 0.5


def test_no_pairs_and_no_regions() -> None:
    none = Regions.from_blobs([])
    assert len(none) == 0
    assert overlap_pairs(none, none, [], []).shape == (0,)
    assert overlaps_region(none, circle(0, 0, 1)).shape == (0,)
    assert contains_point(none, [1, 0, 0]).shape == (0,)


def test_malformed_bytes_are_refused() -> None:
    with pytest.raises(FormatError):
        Regions.from_blobs([b"p" + bytes(80)])


# ------------------------------------------------------------------------------------------------------------ literals
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(-6, np.log10(60)).map(lambda x: np.radians(10.0**x)))
def test_a_literal_polygon_selects_what_sphgeom_says(seed: int, size: float) -> None:
    many, others = random_pairs(seed, size, 1.0, 40)
    one = others[0]
    assert overlaps_region(regions(many), one).tolist() == [oracle(a, one) for a in many]


def test_positions_may_be_chosen() -> None:
    many = regions(
        [circle(x, 0, 0.1) for x in range(3)] + [polygon_deg([(x, 0), (x + 1, 0), (x, 1)]) for x in range(3)]
    )
    literal = circle(2.05, 0.0, 0.2)
    assert overlaps_region(many, literal).tolist() == [False, False, True, False, True, True]
    assert overlaps_region(many, literal, [5, 0, 2]).tolist() == [True, False, True]
    assert contains_point(many, unit_vectors(2.05, 0.02), [5, 0, 2]).tolist() == [True, False, True]


def test_unions_need_one_part_and_intersections_all() -> None:
    many = regions([polygon_deg([(x, 0), (x + 1, 0), (x + 1, 1), (x, 1)]) for x in range(5)])
    left, right = box(1, 0.5, 1, 0.1), box(2, 0.5, 1, 0.1)
    assert overlaps_region(many, sphgeom.UnionRegion(left, right)).tolist() == [True, True, True, False, False]
    assert overlaps_region(many, sphgeom.IntersectionRegion(left, right)).tolist() == [False, True, False, False, False]


def test_empty_and_full_shapes() -> None:
    many = regions([polygon_deg([(0, 0), (1, 0), (1, 1)]), circle(3, 4, 0), sphgeom.Circle.empty()])
    for empty in (sphgeom.Circle.empty(), sphgeom.Box.empty(), sphgeom.Ellipse.empty()):
        assert not overlaps_region(many, empty).any()
    for full in (sphgeom.Circle.full(), sphgeom.Box.full(), sphgeom.Ellipse.full()):
        assert overlaps_region(many, full).tolist() == [True, True, False]


# -------------------------------------------------------------------------------------------------------------- points
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(-7, np.log10(60)).map(lambda x: np.radians(10.0**x)))
def test_points_are_in_the_polygons_sphgeom_says(seed: int, size: float) -> None:
    many, others = random_pairs(seed, size, 1.0, 20)
    corner = others[0].getVertices()[0]
    middle = many[0].getCentroid()
    for point in (
        corner,
        middle,
        many[0].getVertices()[0],
        sphgeom.UnitVector3d(-middle.x(), -middle.y(), -middle.z()),
    ):
        found = contains_point(regions(many), [point.x(), point.y(), point.z()])
        assert found.tolist() == [region.contains(point) for region in many]


def test_points_in_other_shapes() -> None:
    many = regions([circle(5, 5, 1), box(5, 5, 1, 1), sphgeom.Circle.empty()])
    assert contains_point(many, unit_vectors(5.4, 5.4)).tolist() == [True, True, False]
    assert contains_point(many, unit_vectors(5.7, 5.0)).tolist() == [True, False, False]
