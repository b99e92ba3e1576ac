from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import SkyMapError
from skybutler.sky.vectors import unit_vectors
from skybutler.skymap.projection import PROJECTIONS, Projection, TractWcs, tangent_axes
from support.skymaps import separation, small_sky_map

REFERENCES = [(0.0, 0.0), (123.4, -45.6), (10.0, 89.0), (77.0, 90.0), (77.0, -90.0), (0.0, 90.0), (359.0, 30.0)]


def _wcs(code: str, crval: tuple[float, float] = (20.0, 30.0), rotation: float = 0.0) -> TractWcs:
    return TractWcs(Projection(code, 20.0, rotation), crval, (1500.0, 700.0))


# Away from the zenithal projections the native pole is not defined for reference points on a pole.
@pytest.mark.parametrize(
    "code, crval",
    [(c, r) for c in PROJECTIONS for r in REFERENCES if abs(r[1]) < 90.0 or c in ("TAN", "STG", "SIN", "ARC", "ZEA")],
)
def test_equal_to_wcslib(code: str, crval: tuple[float, float]) -> None:
    from astropy.wcs import WCS

    wcs, random = _wcs(code, crval, rotation=33.0), np.random.default_rng(1)
    x, y = random.uniform(0.0, 3000.0, 100), random.uniform(0.0, 1400.0, 100)
    oracle = WCS(wcs.to_fits_header())
    found, expected = wcs.pixel_to_vector(x, y), unit_vectors(*oracle.pixel_to_world_values(x, y))
    assert np.nanmax(separation(found, expected)) < 1e-12
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    back = wcs.sky_to_pixel(*wcs.pixel_to_sky(x, y))
    seen = np.isfinite(found[:, 0])
    np.testing.assert_allclose([back[0][seen], back[1][seen]], [x[seen], y[seen]], atol=1e-7)


@given(
    ra=st.floats(0.0, 360.0, exclude_max=True),
    dec=st.floats(-90.0, 90.0),
    rotation=st.floats(-180.0, 180.0),
    x=st.floats(-2000.0, 2000.0),
    y=st.floats(-2000.0, 2000.0),
    code=st.sampled_from(["TAN", "STG"]),
)
def test_there_and_back(code: str, ra: float, dec: float, rotation: float, x: float, y: float) -> None:
    wcs = TractWcs(Projection(code, 10.0, rotation), (ra, dec), (5.0, -7.0))
    vector = wcs.pixel_to_vector(x, y)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(wcs.vector_to_pixel(vector), (x, y), atol=1e-8)


def test_reference_pixel_is_the_reference_point() -> None:
    for code in PROJECTIONS:
        assert _wcs(code).pixel_to_sky(1500.0, 700.0) == pytest.approx((20.0, 30.0), abs=1e-12)


def test_north_is_up_and_east_to_the_left() -> None:
    wcs = _wcs("TAN")
    assert wcs.pixel_to_sky(1500.0, 701.0)[1] > 30.0
    assert wcs.pixel_to_sky(1499.0, 700.0)[0] > 20.0
    assert wcs.pixel_scale == 20.0


def test_scalars_give_scalars_and_arrays_keep_their_shape() -> None:
    wcs = _wcs("STG")
    assert all(type(value) is float for value in (*wcs.pixel_to_sky(1, 2), *wcs.sky_to_pixel(20, 30)))
    assert wcs.pixel_to_sky(np.zeros((2, 3)), 1.0)[0].shape == (2, 3)
    assert wcs.sky_to_pixel(np.zeros((2, 3)), 1.0)[1].shape == (2, 3)
    assert wcs.pixel_to_sky([], [])[0].shape == (0,)


@pytest.mark.parametrize("ra, dec", [(200.0, -30.0), (110.0, 0.0)])
def test_points_behind_the_plane_are_nan(ra: float, dec: float) -> None:
    assert np.isnan(_wcs("TAN").sky_to_pixel(ra, dec)).all()


def test_many_frames_at_once_equal_single_ones() -> None:
    projection, random = Projection("TAN", 30.0, 12.0), np.random.default_rng(2)
    crval = np.array(REFERENCES)
    dx, dy = random.uniform(-900.0, 900.0, (2, len(crval), 5))
    xyz = projection.to_sky(projection.frames(crval[:, 0], crval[:, 1]), dx, dy)
    for row, reference in enumerate(REFERENCES):
        single = TractWcs(projection, reference, (0.0, 0.0)).pixel_to_vector(dx[row], dy[row])
        np.testing.assert_array_equal(xyz[row], single)


@pytest.mark.parametrize("code", ["TAN", "STG", "ZEA"])
def test_reach_is_never_too_small(code: str) -> None:
    wcs = _wcs(code)
    for pixels in (1.0, 500.0, 8000.0):
        rim = wcs.pixel_to_vector(1500.0 + pixels * np.cos([0, 1, 2, 4]), 700.0 + pixels * np.sin([0, 1, 2, 4]))
        distance = separation(rim, unit_vectors(20.0, 30.0))
        assert (distance <= wcs.projection.reach(pixels) + 1e-12).all()


def test_tangent_axes_are_right_handed() -> None:
    east, north, outward = tangent_axes(*np.array(REFERENCES).T)
    np.testing.assert_allclose(np.cross(east, north), outward, atol=1e-15)


@pytest.mark.parametrize("code, hint", [("tan", "Did you mean 'TAN'"), ("COE", "Use|Did you mean"), ("", "Use")])
def test_unknown_projection(code: str, hint: str) -> None:
    with pytest.raises(SkyMapError, match=hint):
        Projection(code, 1.0)


def test_header_has_one_based_reference_pixel() -> None:
    header: dict[str, Any] = _wcs("TAN").to_fits_header()
    assert (header["CRPIX1"], header["CRPIX2"], header["CTYPE1"], header["CTYPE2"]) == (
        1501.0,
        701.0,
        "RA---TAN",
        "DEC--TAN",
    )
    assert (header["CD1_1"], header["CD2_2"]) == (-20.0 / 3600.0, 20.0 / 3600.0)


@pytest.mark.parametrize("name", ["rings", "rings-turned", "healpix", "discrete"])
def test_exposures_have_the_same_coordinates(name: str) -> None:
    sky_map = small_sky_map(name)
    for number in (0, 1, len(sky_map) - 1):  # the poles, where there are some
        tract = sky_map[number]
        x, y = np.array([0.0, 100.0, tract.bbox.x.stop]), np.array([0.0, tract.bbox.y.stop, 50.0])
        expected = unit_vectors(*tract.wcs.pixel_to_sky(x, y))
        found = unit_vectors(*tract.wcs.to_sky_wcs().pixel_to_sky(x, y))
        assert separation(found, expected).max() < 1e-11
