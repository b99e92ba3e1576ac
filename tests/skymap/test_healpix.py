from __future__ import annotations

import hashlib
import struct

import hpgeom
import numpy as np
import pytest

from skybutler.errors import SkyMapError
from skybutler.skymap import SkyMap
from skybutler.skymap.healpix import HealpixTiling
from support.skymaps import random_points


@pytest.mark.parametrize("nest", [False, True])
def test_tracts_are_mirrored_pixels(nest: bool) -> None:
    tiling, ids = HealpixTiling(2, nest, 0.0), np.arange(192)
    ra, dec = hpgeom.pixel_to_angle(4, ids, nest=nest)
    np.testing.assert_allclose(tiling.centers(ids), [ra, -dec])
    points = random_points(1000, seed=10)
    np.testing.assert_array_equal(tiling.find(*points), hpgeom.angle_to_pixel(4, points[0], -points[1], nest=nest))


def test_tract_zero_is_in_the_south() -> None:
    sky_map = SkyMap.from_config({"kind": "healpix", "log2NSide": 3, "pixelScale": 20.0})
    assert sky_map[0].center[1] < -80.0
    assert sky_map[-1].center[1] > 80.0


def test_corners_are_half_the_overlap_inside_the_tract() -> None:
    sky_map = SkyMap.from_config({"kind": "healpix", "log2NSide": 2, "pixelScale": 10.0, "tractOverlap": 2.0})
    for tract_id in (0, 50, 191):
        tract = sky_map[tract_id]
        margin = 0.99 * 3600.0 / 10.0
        for ra, dec in tract.vertex_list:
            x, y = tract.wcs.sky_to_pixel(ra, dec)
            assert margin < x < tract.bbox.x.stop - margin
            assert margin < y < tract.bbox.y.stop - margin


def test_large_maps_cost_nothing_until_they_are_used() -> None:
    options = {"log2NSide": 29, "tractOverlap": 0.0, "pixelScale": 0.001, "patchBorder": 0}
    sky_map = SkyMap.from_config({"kind": "healpix", "patchInnerDimensions": [10, 10], **options})
    assert len(sky_map) == 12 * 4**29
    tract = sky_map.find_tract(10.0, 20.0)
    assert sky_map[tract.tract_id] == tract
    assert tract in sky_map.find_all_tracts(10.0, 20.0)


def test_searches_of_too_many_tracts_are_refused() -> None:
    sky_map = SkyMap.from_config({"kind": "healpix", "log2NSide": 29})
    with pytest.raises(SkyMapError, match="Too many tracts"):
        sky_map.find_all_tracts(10.0, 20.0)
    with pytest.raises(SkyMapError, match="Too many tracts"):
        sky_map.find_tract_patch_list([(0.0, 0.0), (90.0, 0.0)])


def test_hash() -> None:
    sky_map = SkyMap.from_config({"kind": "healpix", "log2NSide": 3, "nest": True})
    packed = struct.pack("<iiidd3sd", 4000, 4000, 100, 1.0, 0.333, b"STG", 45.0) + struct.pack("<i?", 3, True)
    assert sky_map.sha1 == hashlib.sha1(b"HealpixSkyMap" + packed).digest()
