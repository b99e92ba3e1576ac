"""Regions by their place on the sky."""

from __future__ import annotations

import numpy as np

from skybutler.registry.footprints import Footprints
from skybutler.registry.registry import Registry
from skybutler.sky.pixel import keys as spatial_keys
from skybutler.sky.pixel import search_ranges
from skybutler.sky.region import circle, encode
from support.world import rolled_back, square


def blobs(n: int, seed: int = 1) -> list[bytes]:
    random = np.random.default_rng(seed)
    sizes = random.choice([0.005, 0.1, 1.0, 20.0], n)
    return [
        encode(circle(random.uniform(0, 360), np.degrees(np.arcsin(random.uniform(-1, 1))), size)) for size in sizes
    ]


def test_a_search_finds_whatever_lies_in_its_ranges(registry: Registry) -> None:
    footprints, written = registry.footprints, blobs(600)
    with registry.transaction():
        footprints.write("visit", 7, list(range(1, 601)), written)
    number = footprints.set_of("visit", 7)
    assert number is not None
    assert footprints.sets_of("visit") == {7: number}
    place = spatial_keys(written)
    radii = dict(footprints.classes(number))
    assert radii == {c: place.radius_rad[place.size_class == c].max() for c in np.unique(place.size_class).tolist()}
    assert footprints.classes_of(["patch", "visit"]) == {"patch": {}, "visit": {number: footprints.classes(number)}}
    for size_class, radius in radii.items():
        ranges = search_ranges(np.array([0.0, 0.6, 0.8]), 0.3, radius)
        found = footprints.in_ranges(number, size_class, ranges)
        inside = [
            i + 1
            for i in np.flatnonzero(place.size_class == size_class).tolist()
            if any(lo <= place.pixel[i] < hi for lo, hi in ranges)
        ]
        assert sorted(k for k, _ in found) == inside
        assert all(written[k - 1] == bytes(blob) for k, blob in found)
    every = footprints.in_ranges(number, 0, [(i, i + 1) for i in range(900)])
    assert every == []


def test_polygons_can_be_found_without_being_read(registry: Registry) -> None:
    shapes = [square(10 + i / 10, 0, 0.1) if i % 3 else circle(10 + i / 10, 0, 0.05) for i in range(9)]
    footprints, written = registry.footprints, [encode(s) for s in shapes]
    with registry.transaction():
        footprints.write("visit", 7, list(range(9)), written)
    number = footprints.set_of("visit", 7)
    assert number is not None
    polygons: list[int] = []
    others: list[tuple[int, bytes]] = []
    for size_class, _ in footprints.classes(number):
        found = footprints.polygons_in_ranges(number, size_class, [(0, 12 << 58)])
        polygons, others = polygons + found[0], others + found[1]
        assert footprints.polygons_in_ranges(number, size_class, []) == ([], [])
    assert sorted(polygons) == [1, 2, 4, 5, 7, 8]
    assert sorted((k, bytes(blob)) for k, blob in others) == [(k, written[k]) for k in (0, 3, 6)]


def test_regions_are_fetched_and_replaced(registry: Registry) -> None:
    footprints, written = registry.footprints, blobs(500)
    with registry.transaction():
        footprints.write("tract", 3, list(range(500)), written)
        footprints.write("tract", 3, [], [])
    number = footprints.set_of("tract", 3)
    assert number is not None
    assert footprints.fetch(number, []) == {}
    assert footprints.fetch(number, [4, 9999]) == {4: written[4]}
    assert footprints.fetch(number, list(range(500))) == dict(enumerate(written))
    with registry.transaction():
        footprints.delete("tract", 3, [4])
        footprints.delete("tract", 999, [4])
        footprints.write("tract", 3, [4], [written[5]])
    assert footprints.fetch(number, [4]) == {4: written[5]}


def test_rolled_back_sets_are_forgotten(registry: Registry) -> None:
    with rolled_back(registry):
        registry.footprints.write("visit", 1, [1], blobs(1))
    assert registry.footprints.set_of("visit", 1) is None
    assert Footprints(registry.database).sets_of("visit") == {}
