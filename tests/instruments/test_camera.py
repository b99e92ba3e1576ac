"""Camera geometry against regions the original software made, and against sphgeom and astropy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from lsst.sphgeom import ConvexPolygon, UnitVector3d

from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs, visit_hulls, visit_regions
from support.instruments import OWN, write_description

IMSIM = Instrument.load("LSSTCam-imSim")
boresights = st.tuples(st.floats(0.0, 360.0), st.floats(-90.0, 90.0), st.floats(0.0, 360.0))


@pytest.fixture(scope="session")
def expected(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "expect/define_visits_imsim_204595.json").read_text())
    return loaded


def boresight(expected: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    exposure = expected["exposure"][0]
    ra, dec, angle = (np.array([exposure[k]]) for k in ("tracking_ra", "tracking_dec", "sky_angle"))
    return ra, dec, angle


def sphgeom_vertices(points: np.ndarray) -> np.ndarray:
    polygon = ConvexPolygon([UnitVector3d(*p) for p in points])
    return np.array([[v.x(), v.y(), v.z()] for v in polygon.getVertices()])


def test_detector_regions_of_define_visits(expected: dict[str, Any]) -> None:
    vertices = visit_regions(IMSIM, *boresight(expected))
    assert vertices.shape == (1, expected["n_visit_detector_regions"], 4, 3)
    for record in expected["visit_detector_region"]:
        assert np.abs(vertices[0, record["detector"]] - record["region"]).max() < 1e-12


def test_visit_hull_of_define_visits(expected: dict[str, Any]) -> None:
    hull = visit_hulls(IMSIM, *boresight(expected))[0]
    record = np.array(expected["visit"][0]["region"])
    distance = np.linalg.norm(record[:, None] - hull, axis=-1)
    kept = distance.min(axis=1) < 1e-12
    # Rounding decides whether the original keeps a corner that lies exactly on the line between its neighbours.
    before, after = np.roll(record, 1, axis=0), np.roll(record, -1, axis=0)
    off_line = np.einsum("ij,ij->i", np.cross(before, record), after)
    assert (kept | (np.abs(off_line) < 1e-15)).all()
    assert kept.sum() == len(hull) == 21
    order = distance.argmin(axis=1)[kept]
    assert np.array_equal(np.sort(np.diff(np.unwrap(order, period=21))), np.ones(20))


@given(boresights)
def test_vertex_order_is_that_of_sphgeom(pointing: tuple[float, float, float]) -> None:
    ra, dec, angle = (np.array([v]) for v in pointing)
    vertices = visit_regions(IMSIM, ra, dec, angle)[0]
    for detector in (0, 94, 188):
        assert np.abs(sphgeom_vertices(vertices[detector]) - vertices[detector]).max() < 1e-15


def test_vertex_order_of_a_camera_that_is_not_mirrored(tmp_path: Path) -> None:
    own = Instrument.load(write_description(tmp_path, OWN))
    vertices = visit_regions(own, np.array([10.0]), np.array([20.0]), np.array([30.0]), padding=1.0)[0]
    for outline in vertices:
        assert np.abs(sphgeom_vertices(outline) - outline).max() < 1e-15
    # The second detector is the first one turned by half a turn about the centre between them: no overlap, same size.
    areas = [ConvexPolygon([UnitVector3d(*p) for p in o]).getBoundingCircle().getOpeningAngle() for o in vertices]
    assert areas[0].asRadians() == pytest.approx(areas[1].asRadians(), rel=1e-3)


@given(boresights)
def test_hull_holds_every_detector(pointing: tuple[float, float, float]) -> None:
    ra, dec, angle = (np.array([v]) for v in pointing)
    hull, corners = visit_hulls(IMSIM, ra, dec, angle)[0], visit_regions(IMSIM, ra, dec, angle)[0].reshape(-1, 3)
    normals = np.cross(hull, np.roll(hull, -1, axis=0))
    assert (corners @ normals.T).min() > -1e-15
    assert np.abs(sphgeom_vertices(hull)[:, None] - hull).max(axis=-1).min(axis=1).max() < 1e-15


def test_many_visits_equal_one_by_one() -> None:
    rng = np.random.default_rng(7)
    ra, dec, angle = rng.uniform(0, 360, 5), rng.uniform(-90, 90, 5), rng.uniform(0, 360, 5)
    many = visit_regions(IMSIM, ra, dec, angle)
    alone = np.concatenate([visit_regions(IMSIM, ra[i : i + 1], dec[i : i + 1], angle[i : i + 1]) for i in range(5)])
    assert np.abs(many - alone).max() < 1e-15


@pytest.mark.parametrize("shape", [None, (500, 512), (1000, 1018)])
def test_wcs_and_region_are_the_same_sky(expected: dict[str, Any], shape: tuple[int, int] | None) -> None:
    ra, dec, angle = boresight(expected)
    detector = IMSIM.detector("R11_S20")
    wcs = initial_wcs(IMSIM, detector, ra[0], dec[0], angle[0], shape)
    height, width = shape or (4000, 4072)
    x, y = np.array([width - 0.5, -0.5, -0.5, width - 0.5]), np.array([-0.5, -0.5, height - 0.5, height - 0.5])
    outline = visit_regions(IMSIM, ra, dec, angle, padding=0)[0, detector.id]
    lon, lat = (np.radians(v) for v in wcs.pixel_to_sky(x, y))
    sky = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    assert np.abs(sky - outline).max() < 1e-13
    # astropy reads the same cards the same way.
    theirs = WCS(fits.Header(list(wcs.to_fits_header().items()))).wcs_pix2world(np.stack([x, y], -1), 0)
    assert np.abs(theirs[:, 0] - np.degrees(lon) % 360).max() < 1e-10
    assert np.abs(theirs[:, 1] - np.degrees(lat)).max() < 1e-10


def test_wcs_near_the_one_imsim_wrote(real_raw: Path) -> None:
    # imSim's own amplifier WCS has the distortions that nominal optics has not: a few arcseconds at the corners.
    header = fits.getheader(real_raw, 1)
    wcs_only = fits.Header([c for c in header.cards if not c.keyword.startswith(("DATE", "MJD", "OBSGEO"))])
    amplifier = WCS(wcs_only)
    wcs = initial_wcs(IMSIM, IMSIM.detector(42), header["RATEL"], header["DECTEL"], 90.0 - header["ROTANGLE"])
    # Segment10 is read against x: data pixel 1 of its 509 is column 508 of the detector.
    x, y = np.array([0.0, 508.0, 508.0]), np.array([0.0, 0.0, 1999.0])
    ra, dec = wcs.pixel_to_sky(x, y)
    theirs = amplifier.all_pix2world(np.stack([508.0 - x, y], -1), 0)
    apart = np.hypot((theirs[:, 0] - ra) * np.cos(np.radians(dec)), theirs[:, 1] - dec) * 3600
    assert apart.max() < 5.0
