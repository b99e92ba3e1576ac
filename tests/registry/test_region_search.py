"""Answers are compared with sphgeom's about every region."""

from __future__ import annotations

import numpy as np
import pytest
from lsst.sphgeom import CONTAINS, DISJOINT, LonLat, Region, UnitVector3d

from skybutler.registry.region_search import How, pairs_of_circles, rows_centered_in, rows_of_point, rows_of_region
from skybutler.sky.region import circle, decode
from support.world import World, square

REGIONS = [square(0.3, 0.1, 0.9), square(0.1, 0.05, 0.05), circle(359.9, 0.0, 0.7), circle(180.0, 89.5, 3.0)]


def content(world: World, element: str) -> list[tuple[int, int, Region]]:
    sets = world.registry.footprints.sets_of(element).values()
    rows = world.registry.database.query("SELECT footprint_set, k, region FROM footprint")
    return [(int(k), int(s), decode(bytes(blob))) for s, k, blob in rows if s in sets]


@pytest.mark.parametrize("element", ["visit", "patch", "visit_detector_region"])
def test_regions_are_found_as_sphgeom_finds_them(shared_world: World, element: str) -> None:
    footprints = shared_world.registry.footprints
    sets = footprints.classes_of([element])[element]
    every = content(shared_world, element)
    assert len(every) > 4
    found_any = False
    for given in REGIONS:
        for how, test in (
            ("overlaps", lambda region, given=given: not given.relate(region) & DISJOINT),
            ("within", lambda region, given=given: given.relate(region) & CONTAINS),
            ("contains", lambda region, given=given: region.relate(given) & CONTAINS),
        ):
            expected = sorted(k for k, _, region in every if test(region))
            assert rows_of_region(footprints, sets, given, how) == expected  # type: ignore[arg-type]
            found_any |= bool(expected)
    assert found_any
    for ra, dec in ((0.35, 0.2), (359.99, -0.1), (180.0, 89.9)):
        place = UnitVector3d(LonLat.fromDegrees(ra, dec))
        expected = sorted(k for k, _, region in every if region.contains(place))
        assert rows_of_point(footprints, sets, ra, dec) == expected


@pytest.mark.parametrize("element", ["visit", "patch", "visit_detector_region"])
@pytest.mark.parametrize("how", ["overlaps", "within", "contains"])
def test_many_circles_find_what_each_finds_alone(shared_world: World, element: str, how: How) -> None:
    footprints = shared_world.registry.footprints
    sets = footprints.classes_of([element])[element]
    random = np.random.default_rng(7)
    circles = [(float(ra), float(dec), float(size)) for ra, dec, size in random.uniform(-2, 2, (300, 3))]
    circles = [(ra % 360, dec, 0.0 if i % 3 == 0 else abs(size)) for i, (ra, dec, size) in enumerate(circles)]
    circles += [(0.0, 90.0, 1.0), (180.0, -90.0, 0.0), (12.0, 3.0, 180.0)]
    numbers, rows = pairs_of_circles(footprints, sets, circles, how)
    expected = []
    for i, (ra, dec, size) in enumerate(circles):
        if size == 0.0 and how != "within":
            found = rows_of_point(footprints, sets, ra, dec)
        else:
            found = rows_of_region(footprints, sets, circle(ra, dec, size), how)
        expected += [(i, row) for row in found]
    assert sorted(zip(numbers.tolist(), rows.tolist(), strict=True)) == sorted(expected)
    assert expected
    assert [len(part) for part in pairs_of_circles(footprints, sets, [], how)] == [0, 0]


@pytest.mark.parametrize("element", ["visit", "patch", "visit_detector_region"])
def test_regions_are_found_by_their_centres(shared_world: World, element: str) -> None:
    footprints = shared_world.registry.footprints
    sets = footprints.classes_of([element])[element]
    every = content(shared_world, element)
    found_some = False
    for ra, dec, radius in ((0.3, 0.1, 0.9), (359.9, 0.0, 0.5), (0.3, 0.1, 1e-9), (10.0, 80.0, 1.0), (0.0, 0.0, 180.0)):
        given = circle(ra, dec, radius)
        expected = {k for k, _, region in every if given.contains(region.getBoundingCircle().getCenter())}
        found = rows_centered_in(footprints, sets, (ra, dec, radius), len(every))
        assert found is not None
        assert expected <= set(found)
        found_some |= 0 < len(found) < len(every)
        assert rows_centered_in(footprints, sets, (ra, dec, radius), len(found)) == found
        if found:
            assert rows_centered_in(footprints, sets, (ra, dec, radius), len(found) - 1) is None
    assert found_some
