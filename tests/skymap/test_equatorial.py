from __future__ import annotations

import hashlib
import struct

import numpy as np

from skybutler.skymap import SkyMap
from skybutler.skymap.equatorial import EquatorialTiling
from support.skymaps import small_sky_map


def test_band() -> None:
    tiling = EquatorialTiling(4, (-1.0, 3.0), 0.0)
    ids = np.arange(4)
    assert tiling.centers(ids)[0].tolist() == [45.0, 135.0, 225.0, 315.0]
    assert tiling.centers(ids)[1].tolist() == [1.0] * 4
    assert tiling.references(ids)[1].tolist() == [0.0] * 4
    vertices = tiling.vertices(np.array([3]))
    assert vertices is not None
    assert [values[0].tolist() for values in vertices] == [[270.0, 0.0, 0.0, 270.0], [-1.0, -1.0, 3.0, 3.0]]


def test_points_of_the_band_are_in_their_tracts() -> None:
    sky_map, random = small_sky_map("equat"), np.random.default_rng(9)
    ra, dec = random.uniform(0.0, 360.0, 1000), random.uniform(-1.25, 1.25, 1000)
    tracts, patches = sky_map.find_tract_patch_ids(ra, dec)
    np.testing.assert_array_equal(tracts, ra // 90.0)
    assert patches.min() >= 0


def test_overlap_is_kept_around_the_band() -> None:
    tract = SkyMap.from_config({"kind": "equat", "pixelScale": 5.0, "tractOverlap": 2.0})[0]
    corners = [(359.1, -2.1), (90.9, -2.1), (90.9, 2.1), (359.1, 2.1)]
    assert all(tract.contains(corner) for corner in corners)


def test_hash() -> None:
    sky_map = SkyMap.from_config({"kind": "equat", "numTracts": 5, "decRange": [-2.0, 1.0]})
    packed = struct.pack("<iiidd3sd", 4000, 4000, 100, 1.0, 0.333, b"CEA", 0.0) + struct.pack("<i2d", 5, -2.0, 1.0)
    assert sky_map.sha1 == hashlib.sha1(b"EquatSkyMap" + packed).digest()
