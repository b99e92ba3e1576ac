from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import SkyMapError
from skybutler.sky.region import encode_polygons
from skybutler.sky.vectors import unit_vectors
from skybutler.skymap import SkyMap
from skybutler.skymap.discrete import DiscreteTiling
from skybutler.skymap.geometry import lay_out, record_columns
from skybutler.skymap.patches import PatchGrid
from skybutler.skymap.projection import Projection
from support.skymaps import polygon_vertices

GRID = PatchGrid((100, 60), 5, True, None, b"")


@pytest.mark.parametrize("code", ["TAN", "STG", "CEA", "ARC"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 60.0])
def test_boxes_hold_the_outline_and_are_no_larger_than_needed(code: str, scale: float) -> None:
    random = np.random.default_rng(13)
    radius = scale * random.uniform(10.0, 300.0, 40) / 3600.0
    tiling = DiscreteTiling(
        random.uniform(0, 360, 40).tolist(), random.uniform(-89, 89, 40).tolist(), radius.tolist(), 0.0
    )
    projection, ids = Projection(code, scale, 10.0), np.arange(40)
    columns = lay_out(tiling, projection, GRID, ids)
    pixels = projection.to_pixels(columns.frames, tiling.outline(ids))
    for axis in range(2):
        position = pixels[axis] + columns.crpix[:, axis, None]
        size = columns.n_patches[:, axis] * GRID.inner[axis]
        low, high = position.min(axis=1) + 0.5, size - 0.5 - position.max(axis=1)
        assert (low >= -1e-6).all()
        assert (high >= -1e-6).all()
        assert (low + high < GRID.inner[axis] + 2).all()
        assert (np.abs(low - high) < 2.5).all()  # in the middle, to the pixel


def test_vertices_are_those_of_the_hull_that_sphgeom_makes() -> None:
    """The first vertex is the lower right corner: for the order of registered polygons, poles included."""
    from lsst.sphgeom import ConvexPolygon, UnitVector3d

    random = np.random.default_rng(14)
    for projection in (Projection("TAN", 60.0), Projection("STG", 60.0, 77.0), Projection("CEA", 60.0)):
        ra, dec = random.uniform(0, 360, 60), random.uniform(-90, 90, 60)
        dec[:6] = 90.0, -90.0, 89.9999, -89.9999, 89.0, -89.0
        if projection.code == "CEA":
            dec = np.zeros(60)
        tiling = DiscreteTiling(ra.tolist(), dec.tolist(), random.uniform(0.1, 20.0, 60).tolist(), 0.0)
        tracts = lay_out(tiling, projection, GRID, np.arange(60))
        (records,) = record_columns(tracts, projection, GRID, 10**6)
        polygons = np.concatenate([records["tract"]["region"], records["patch"]["region"][::53]])
        for vertices in polygons:
            lower_left_first = vertices[[1, 0, 3, 2]]
            hull = ConvexPolygon.convexHull([UnitVector3d(*vertex) for vertex in lower_left_first])
            np.testing.assert_allclose(polygon_vertices(hull), vertices, rtol=0, atol=1e-15)


def test_bytes_are_those_of_sphgeom(dc2: SkyMap) -> None:
    from lsst.sphgeom import ConvexPolygon

    (records,) = dc2.record_columns([0, 4431, 18937])
    for blob, vertices in zip(encode_polygons(records["patch"]["region"]), records["patch"]["region"], strict=True):
        polygon = ConvexPolygon.decode(blob)
        assert polygon.encode() == blob
        np.testing.assert_array_equal(polygon_vertices(polygon), vertices)


def test_tiny_patches_are_decided_by_sphgeom() -> None:
    projection, grid = Projection("TAN", 1e-4), PatchGrid((1, 1), 0, True, None, b"")
    tracts = lay_out(DiscreteTiling([10.0], [20.0], [1e-6], 0.0), projection, grid, np.array([0]))
    (records,) = record_columns(tracts, projection, grid, 10**6)
    assert len(records["patch"]["id"]) == tracts.n_patches.prod()
    assert np.isfinite(records["patch"]["region"]).all()


def test_boxes_off_the_sky_are_refused() -> None:
    projection = Projection("ARC", 3600.0)
    tracts = lay_out(
        DiscreteTiling([10.0], [20.0], [80.0], 0.0),
        projection,
        PatchGrid((400, 400), 0, True, None, b""),
        np.array([0]),
    )
    with pytest.raises(SkyMapError, match="no convex polygon on the sky under the projection ARC"):
        list(record_columns(tracts, projection, PatchGrid((400, 400), 0, True, None, b""), 100))


def test_polygons_have_their_centre_inside(dc2: SkyMap) -> None:
    (records,) = dc2.record_columns([100, 9000])
    centers = unit_vectors(*np.array([dc2[100].center, dc2[9000].center]).T)
    regions = records["tract"]["region"]
    normals = np.cross(regions, np.roll(regions, -1, axis=1))
    assert (np.einsum("nvi,ni->nv", normals, centers) > 0.0).all()
