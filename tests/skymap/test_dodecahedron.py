from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from skybutler.sky.vectors import unit_vectors
from skybutler.skymap import SkyMap
from skybutler.skymap.dodecahedron import DodecahedronTiling
from support.skymaps import separation

IDS = np.arange(12)


@pytest.mark.parametrize("faces_on_poles", [False, True])
def test_faces_and_vertices_are_regular(faces_on_poles: bool) -> None:
    tiling = DodecahedronTiling(faces_on_poles, 0.0)
    faces = unit_vectors(*tiling.centers(IDS))
    angles = np.degrees(separation(faces[:, None], faces))
    assert sorted(set(angles.round(6).ravel())) == [0.0, 63.434949, 116.565051, 180.0]
    vertices = tiling.vertices(IDS)
    assert vertices is not None
    corners = unit_vectors(*vertices)
    np.testing.assert_allclose(np.degrees(separation(corners, faces[:, None])), 37.377368, atol=1e-6)
    # Counter-clockwise, and every vertex belongs to three faces.
    np.testing.assert_allclose(np.degrees(separation(corners, np.roll(corners, -1, axis=1))), 41.810315, atol=1e-6)
    assert (np.einsum("fvi,fi->fv", np.cross(corners, np.roll(corners, -1, axis=1)), faces) > 0.0).all()
    places, counts = np.unique(corners.reshape(-1, 3).round(9) + 0.0, axis=0, return_counts=True)
    assert (len(places), set(counts.tolist())) == (20, {3})


def test_numbering_runs_from_north_to_south_and_eastwards() -> None:
    ra, dec = DodecahedronTiling(False, 0.0).centers(IDS)
    assert ra.tolist() == [0, 120, 240, 60, 180, 300, 0, 120, 240, 60, 180, 300]
    np.testing.assert_allclose(dec, np.repeat([52.622632, 10.812317, -10.812317, -52.622632], 3), atol=1e-6)
    ra, dec = DodecahedronTiling(True, 0.0).centers(IDS)
    assert ra[1:11].tolist() == [0, 72, 144, 216, 288, 36, 108, 180, 252, 324]
    assert (dec[0], dec[11]) == (90.0, -90.0)


def test_owned_region_is_the_face() -> None:
    sky_map = SkyMap.from_config({"kind": "dodeca", "pixelScale": 5.0})
    from lsst.sphgeom import LonLat, UnitVector3d

    random = np.random.default_rng(11)
    for ra, dec in zip(random.uniform(0, 360, 200), random.uniform(-90, 90, 200), strict=True):
        tract = sky_map.find_tract(ra, dec)
        assert tract.inner_sky_polygon.contains(UnitVector3d(LonLat.fromDegrees(ra, dec)))


def test_hash() -> None:
    sky_map = SkyMap.from_config({"kind": "dodeca", "withTractsOnPoles": True})
    packed = struct.pack("<iiidd3sd", 4000, 4000, 250, 3.5, 0.2, b"STG", 0.0) + struct.pack("<?", True)
    assert sky_map.sha1 == hashlib.sha1(b"DodecaSkyMap" + packed).digest()
