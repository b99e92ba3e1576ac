from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import OutsideSkyMapError, SkyMapError
from skybutler.skymap import Index2D, SkyMap
from support.skymaps import CONFIGURATIONS, polygon_vertices, small_sky_map


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_inner_boxes_tile_the_tract(name: str) -> None:
    sky_map = small_sky_map(name)
    tract = sky_map[len(sky_map) // 2]
    assert sum(patch.inner_bbox.area for patch in tract) == tract.bbox.area
    assert all(tract.bbox.contains(patch.inner_bbox) for patch in tract)
    assert len({patch.inner_bbox for patch in tract}) == len(tract)
    assert all(patch.outer_bbox.contains(patch.inner_bbox) for patch in tract)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_indices(name: str) -> None:
    tract = small_sky_map(name)[1]
    for number, patch in enumerate(tract):
        assert patch.sequential_index == number
        assert tract.patch_index_pair(number) == patch.index
        assert (
            tract.sequential_patch_index(patch)
            == tract.sequential_patch_index((patch.index.x, patch.index.y))
            == number
        )
        assert tract.patch_info(patch.index) == tract[np.array(patch.index)] == patch
    assert tract[np.int64(len(tract) - 1)] == tract[len(tract) - 1]


def test_description(dc2: SkyMap) -> None:
    tract = dc2[4431]
    assert str(tract) == "TractInfo(id=4431)"
    assert repr(tract).startswith("TractInfo(id=4431, center=(55.65")
    assert (tract.num_patches, len(tract)) == (Index2D(7, 7), 49)
    assert tract.bbox.dimensions == (28000, 28000)
    assert (tract.patch_inner_dimensions, tract.patch_border) == ((4000, 4000), 100)
    assert tract.tract_overlap == 1.0 / 60
    assert tract.wcs.crpix == (13999.0, 13999.0)
    assert tract.wcs.pixel_to_sky(*tract.wcs.crpix) == pytest.approx(tract.center, abs=1e-12)


def test_vertices_of_the_box_are_just_inside(dc2: SkyMap) -> None:
    tract = dc2[4431]
    x, y = tract.wcs.sky_to_pixel(*tract.vertex_list.T)
    np.testing.assert_allclose(x, [-0.499, 27999.499, 27999.499, -0.499], atol=1e-6)
    np.testing.assert_allclose(y, [-0.499, -0.499, 27999.499, 27999.499], atol=1e-6)
    assert all(tract.contains(*vertex) for vertex in tract.vertex_list)
    assert tract.outer_sky_polygon.contains(tract.inner_sky_polygon)


def test_first_corner_lies_east(dc2: SkyMap) -> None:
    ra, dec = dc2[4431].vertex_list.T
    assert ra[0] > ra[1]
    assert dec[0] < dec[3]


def test_contains_and_find_patch_agree(dc2: SkyMap) -> None:
    tract, random = dc2[4431], np.random.default_rng(12)
    ra, dec = random.uniform(54.0, 60.0, 300), random.uniform(-34.0, -31.0, 300)
    inside = [tract.contains(point) for point in zip(ra, dec, strict=True)]
    assert 20 < sum(inside) < 280
    for point, is_inside in zip(zip(ra, dec, strict=True), inside, strict=True):
        if is_inside:
            assert tract.find_patch(point).inner_bbox.contains(tract.wcs.sky_to_pixel(*point))
        else:
            with pytest.raises(OutsideSkyMapError, match="is not in tract 4431"):
                tract.find_patch(point)
    assert not tract.contains(236.0, 32.0)  # behind the tangent plane


def test_every_pixel_belongs_to_one_patch(dc2: SkyMap) -> None:
    tract = dc2[18937]
    for x, patch_x in ((-0.4999, 0), (3999.4999, 0), (3999.5001, 1), (27999.4999, 6)):
        assert tract.find_patch(tract.wcs.pixel_to_sky(x, 5000.0)).index == (patch_x, 1)
    assert not tract.contains(tract.wcs.pixel_to_sky(27999.5001, 5000.0))


def test_patch_list(dc2: SkyMap) -> None:
    tract = dc2[4431]
    corners = [tract.wcs.pixel_to_sky(x, y) for x, y in ((4050, 9000), (9000, 9000), (9000, 11950))]
    found = tract.find_patch_list(corners)
    # Within 100 pixels of a border the neighbour sees the region too.
    assert [tuple(patch.index) for patch in found] == [(x, y) for x in (0, 1, 2) for y in (2, 3)]
    assert tract.find_patch_list([(236.0, 32.0)]) == ()
    assert tract.find_patch_list([(236.0, 32.0), tract.center]) == (tract[24],)
    assert tract.find_patch_list([(50.0, -32.0), (50.1, -32.0)]) == ()
    assert tract.find_patch_list([]) == ()
    everything = tract.find_patch_list(tract.vertex_list)
    assert len(everything) == 49


@pytest.mark.parametrize("index", [49, -1, (7, 0), (0, 7), (-1, 0)])
def test_patches_out_of_range(dc2: SkyMap, index: int | tuple[int, int]) -> None:
    with pytest.raises(IndexError, match=r"Tract 4431 has no patch .* its patches are (0 to 48|\(0, 0\) to \(6, 6\))"):
        dc2[4431].patch_info(index)


@pytest.mark.parametrize("index", ["3,3", (1, 2, 3), None, ("a", 1), 1.5, np.array([1])])
def test_what_is_no_index(dc2: SkyMap, index: object) -> None:
    with pytest.raises(SkyMapError, match="is no patch"):
        dc2[4431].patch_info(index)  # type: ignore[arg-type]


def test_comparison(dc2: SkyMap) -> None:
    assert dc2[5] == dc2[5]
    assert len({dc2[5], dc2[5], dc2[6]}) == 2
    assert dc2[5] != small_sky_map("rings")[5]
    assert dc2[5] != 5


def test_region_that_rings_own_is_a_box_and_a_polygon_elsewhere() -> None:
    assert type(small_sky_map("rings")[3].inner_sky_region).__name__ == "Box"
    tract = small_sky_map("healpix")[3]
    assert tract.inner_sky_region == tract.inner_sky_polygon
    assert polygon_vertices(tract.inner_sky_polygon).shape == (4, 3)
