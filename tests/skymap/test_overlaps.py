"""Tracts and patches of places, regions and images, against sphgeom and against the hierarchy itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import SkyMapError
from skybutler.images import Box, Exposure, Image
from skybutler.sky.areas import WHOLE_SKY_DEG2
from skybutler.sky.region import circle, polygon
from skybutler.skymap import SkyMap
from skybutler.skymap.overlaps import sky_region
from support.skymaps import CONFIGURATIONS, small_sky_map

DISJOINT = 1
SMALL = ["rings", "rings-cells", "rings-turned", "equat", "healpix-nest", "discrete"]


def numbers(found: Any) -> dict[int, list[int]]:
    return {tract.tract_id: [patch.sequential_index for patch in patches] for tract, patches in found}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    "ra, dec, radius", [(10.0, -20.0, 0.4), (359.9, 30.0, 2.0), (200.0, 89.0, 1.5), (45.0, 0.0, 0.0)]
)
def test_a_region_overlaps_what_sphgeom_says(name: str, ra: float, dec: float, radius: float) -> None:
    sky_map, region = small_sky_map(name), circle(ra, dec, radius)
    found = numbers(sky_map.find_tracts_and_patches(region))
    assert list(found) == sorted(found)
    for tract in sky_map:
        if tract.tract_id not in found and tract.outer_sky_polygon.relate(circle(ra, dec, radius + 8.0)) & DISJOINT:
            continue
        expected = [p.sequential_index for p in tract if not p.outer_sky_polygon.relate(region) & DISJOINT]
        assert found.get(tract.tract_id, []) == expected
    if name != "rings-cells":  # whose patches reach beyond their tracts
        assert [tract.tract_id for tract in sky_map.find_tracts(region)] == list(found)


def test_patches_of_neighbouring_tracts_overlap(dc2: SkyMap, shared: Path) -> None:
    (a, b, *_) = json.loads((shared / "expect/skymap_DC2.json").read_text())["overlap_of_visit"]["patches_at_least"]
    wide = circle(*dc2[a[0]][a[1]].wcs.pixel_to_sky(2000, 2000), 1.5)
    found = numbers(dc2.find_tracts_and_patches(wide))
    assert a[1] in found[a[0]]
    assert b[1] in found[b[0]]


@given(st.floats(0, 360), st.floats(-90, 90))
def test_a_point_is_where_its_tract_and_patch_are(ra: float, dec: float) -> None:
    sky_map = small_sky_map("rings")
    found = numbers(sky_map.find_tracts_and_patches((ra, dec)))
    tract = sky_map.find_tract(ra, dec)
    assert tract.find_patch(ra, dec).sequential_index in found[tract.tract_id]
    assert set(found) >= {t.tract_id for t in sky_map.find_all_tracts(ra, dec)}


def test_images_lie_where_their_pixels_do(dc2: SkyMap) -> None:
    tract = dc2[4431]
    patch = tract[17]
    inside = patch.inner_bbox.grow(-200)
    expected = {4431: [17]}
    assert numbers(dc2.find_tracts_and_patches(inside, tract.wcs)) == expected
    exposure = Exposure(Image.zeros(inside), wcs=tract.wcs.to_sky_wcs())
    assert numbers(dc2.find_tracts_and_patches(exposure)) == expected
    assert numbers(dc2.find_tracts_and_patches(exposure[inside.grow(-100)])) == expected
    across = Box((3990, 4010), (3990, 4010))
    assert numbers(dc2.find_tracts_and_patches(across, tract.wcs))[4431] == [0, 1, 7, 8]


def test_a_patch_is_the_polygon_of_its_corners(dc2: SkyMap) -> None:
    patch = dc2[4431][17]
    corners = [(60.0, -32.0), (60.0, -33.0), (61.0, -33.0), (61.0, -32.0)]
    assert sky_region(patch) == patch.outer_sky_polygon
    assert sky_region(dc2[4431]) == dc2[4431].outer_sky_polygon
    loose, exact = numbers(dc2.find_tract_patch_list(corners)), numbers(dc2.find_tracts_and_patches(corners))
    assert set(loose) == set(exact)
    assert all(set(exact[tract]) <= set(loose[tract]) for tract in exact)


@pytest.mark.parametrize(
    "target, message",
    [
        (Box((0, 1), (0, 1)), "no sky coordinates"),
        (Exposure(Image.zeros(Box((0, 2), (0, 2)))), "no sky coordinates"),
        ([(1.0, 2.0), (3.0, 4.0)], "2 points enclose nothing"),
        ("here", "no point"),
        (3.0, "no list of points"),
    ],
)
def test_what_has_no_place_on_the_sky(target: Any, message: str, dc2: SkyMap) -> None:
    with pytest.raises(SkyMapError, match=message):
        dc2.find_tracts_and_patches(target)


def test_pixels_beyond_the_sky(dc2: SkyMap) -> None:
    with pytest.raises(SkyMapError, match="has no pixels"):
        dc2.find_tracts(Box((0, 0), (0, 0)), dc2[0].wcs)


@pytest.mark.parametrize("name", ["rings", "dodeca", "healpix", "discrete"])
def test_neighbours_share_sky_and_are_mutual(name: str) -> None:
    sky_map = small_sky_map(name)
    neighbours = {tract.tract_id: {n.tract_id for n in sky_map.neighbors(tract.tract_id)} for tract in sky_map}
    for tract in sky_map:
        polygon_ = tract.outer_sky_polygon
        expected = {o.tract_id for o in sky_map if o != tract and not o.outer_sky_polygon.relate(polygon_) & DISJOINT}
        assert neighbours[tract.tract_id] == expected
    assert all(a in neighbours[b] for a, others in neighbours.items() for b in others)
    if name == "dodeca":
        assert all(len(others) == 5 for others in neighbours.values())


def test_neighbours_of_patches(dc2: SkyMap) -> None:
    tract = dc2[4431]
    assert [p.sequential_index for p in tract.patch_neighbors(0)] == [1, 7, 8]
    assert [p.index for p in tract.patch_neighbors((3, 3))] == [
        (2, 2), (3, 2), (4, 2), (2, 3), (4, 3), (2, 4), (3, 4), (4, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_areas_nest(name: str) -> None:
    sky_map = small_sky_map(name)
    tract = sky_map[1]
    assert 0 < tract.inner_area <= tract.outer_area
    patch = tract[0]
    assert 0 < patch.inner_area <= patch.outer_area
    assert patch.inner_area == pytest.approx(patch.inner_bbox.area * (tract.wcs.pixel_scale / 3600) ** 2, rel=0.7)


@pytest.mark.parametrize("name", ["rings", "rings-cells", "rings-turned", "dodeca", "dodeca-poles"])
def test_tracts_own_the_whole_sky(name: str) -> None:
    assert small_sky_map(name).area == pytest.approx(WHOLE_SKY_DEG2)


def test_the_area_of_dc2_patches_adds_up(dc2: SkyMap) -> None:
    tract = dc2[4431]
    assert sum(patch.inner_area for patch in tract) == pytest.approx(tract.outer_area)
    assert tract.outer_area == pytest.approx((28000 * 0.2 / 3600) ** 2, rel=1e-3)
    assert tract.inner_area == pytest.approx(2.19, abs=0.02)


def test_polygons_of_vectors(dc2: SkyMap) -> None:
    corners = np.array([[v.x(), v.y(), v.z()] for v in dc2[4431][17].outer_sky_polygon.getVertices()])
    assert 17 in numbers(dc2.find_tracts_and_patches(polygon(corners)))[4431]
