"""Counts, nanojanskys and magnitudes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Box, ChebyshevField, Image, MaskedImage, PhotoCalib
from skybutler.images.photo_calib import NANOJANSKY_AT_ZERO_MAGNITUDE

BOX = Box((0, 40), (0, 50))
VARYING = PhotoCalib.from_field(ChebyshevField(BOX, [[10.0, 1.0], [2.0, 0.0]]), 0.5)
positive = st.floats(1e-3, 1e6)


def test_the_zero_point() -> None:
    assert pytest.approx(3.6307805477010e12, rel=1e-12) == NANOJANSKY_AT_ZERO_MAGNITUDE
    calib = PhotoCalib(1e6, 2e4)
    assert calib.inst_flux_at_zero_magnitude == pytest.approx(3630780.5477, abs=1e-4)
    assert PhotoCalib(1.0).zero_point == pytest.approx(31.4, abs=1e-3)
    assert PhotoCalib(0.0).inst_flux_at_zero_magnitude == math.inf


@given(positive, positive, st.floats(0, 1e3))
def test_magnitudes_and_fluxes_agree_with_astropy(mean: float, counts: float, error: float) -> None:
    from astropy import units as u

    value, spread = PhotoCalib(mean).inst_flux_to_magnitude(counts, error)
    assert value == pytest.approx((counts * mean * u.nJy).to_value(u.ABmag), abs=1e-6)
    assert spread == pytest.approx(2.5 / math.log(10) * error / counts)
    assert PhotoCalib(mean).magnitude_to_inst_flux(value) == pytest.approx(counts, rel=1e-9)


@given(st.floats(20, 35), st.floats(0, 0.1))
def test_zero_points_there_and_back(magnitude: float, error: float) -> None:
    calib = PhotoCalib.from_zero_point(magnitude, error)
    assert calib.zero_point == pytest.approx(magnitude)
    assert calib.inst_flux_to_magnitude(1.0, 0.0) == pytest.approx((magnitude, error))
    again = PhotoCalib.from_inst_flux_at_zero_magnitude(calib.inst_flux_at_zero_magnitude)
    assert again.mean == pytest.approx(calib.mean)


def test_the_error_of_a_zero_point_in_counts() -> None:
    calib = PhotoCalib.from_inst_flux_at_zero_magnitude(1e12, 1e10)
    assert calib.error / calib.mean == pytest.approx(0.01)


def test_errors_are_added_in_quadrature() -> None:
    flux, error = PhotoCalib(2.0, 0.1).inst_flux_to_nanojansky(100.0, 3.0)
    assert (flux, error) == (200.0, pytest.approx(math.hypot(3.0 * 2.0, 100.0 * 0.1)))
    assert PhotoCalib(2.0, 0.1).inst_flux_to_nanojansky(0.0, 3.0) == (0.0, 6.0)
    assert isinstance(flux, float)


def test_columns_of_sources() -> None:
    calib = VARYING
    flux, x, y = np.array([1.0, 2.0, -3.0]), np.array([0.0, 25.0, 49.0]), np.array([0.0, 20.0, 39.0])
    assert calib.field is not None
    local = calib.field.evaluate(x, y)
    np.testing.assert_allclose(calib.inst_flux_to_nanojansky(flux, x=x, y=y), flux * local)
    np.testing.assert_allclose(calib.inst_flux_to_nanojansky(flux), flux * 10.0)
    magnitudes, errors = calib.inst_flux_to_magnitude(flux, np.full(3, 0.1), x, y)
    assert np.isfinite(magnitudes).tolist() == np.isfinite(errors).tolist() == [True, True, False]
    np.testing.assert_allclose(calib.magnitude_to_inst_flux(magnitudes[:2], x[:2], y[:2]), flux[:2])
    np.testing.assert_allclose(PhotoCalib(2.0).inst_flux_to_nanojansky(flux, x=x, y=y), flux * 2.0)
    with pytest.raises(InvalidError, match="both x and y"):
        calib.inst_flux_to_nanojansky(flux, x=x)


@pytest.mark.parametrize("kind", ["F", "D", "I"])
@pytest.mark.parametrize("calib", [PhotoCalib(3.0, 0.2), VARYING])
def test_images(calib: PhotoCalib, kind: str) -> None:
    box = Box((5, 9), (7, 12))
    given_image = MaskedImage(Image.zeros(box, kind, "adu"))
    given_image.image.array[:] = np.arange(20).reshape(4, 5)
    given_image.variance.array[:] = 2.0
    given_image.mask.set("BAD")
    found = calib.calibrate(given_image)
    scale = np.broadcast_to(calib.at(np.arange(7, 12)[None, :], np.arange(5, 9)[:, None]), (4, 5))
    counts = given_image.image.array.astype(float)
    np.testing.assert_allclose(found.image.array, counts * scale, rtol=1e-6)
    np.testing.assert_allclose(found.variance.array, 2.0 * scale**2 + (counts * calib.error) ** 2, rtol=1e-6)
    alone = calib.calibrate(given_image, include_calibration_error=False)
    np.testing.assert_allclose(alone.variance.array, 2.0 * scale**2, rtol=1e-6)
    assert (found.image.kind, found.image.unit, found.variance.unit) == ("D" if kind == "D" else "F", "nJy", "nJy**2")
    assert found.bbox == box
    assert found.mask.same_as(given_image.mask)
    found.mask.clear("BAD")
    assert given_image.mask.where("BAD").all()
    assert given_image.image.unit == "adu"


def test_texts() -> None:
    assert str(PhotoCalib(1.99408750546, 3.4856714e-4)) == "spatially constant with mean: 1.99409 error: 0.000348567"
    assert str(VARYING) == "ChebyshevField([y=0:40, x=0:50], orders x=1 y=1) with mean: 10 error: 0.5"
    assert repr(PhotoCalib(2.0, 0.5)) == "PhotoCalib(2.0, 0.5)"


def test_equal_by_value() -> None:
    assert PhotoCalib(1.0) == PhotoCalib(1) != PhotoCalib(1.0, 0.1)
    assert PhotoCalib.from_field(ChebyshevField(BOX, [[10.0, 1.0], [2.0, 0.0]]), 0.5) == VARYING
    assert PhotoCalib(10.0, 0.5) != VARYING
    assert PhotoCalib(1.0).is_constant
    assert not VARYING.is_constant


@pytest.mark.parametrize("arguments", [(-1.0, 0.0), (1.0, -0.1)])
def test_no_calibration(arguments: tuple[float, float]) -> None:
    with pytest.raises(InvalidError, match="cannot be negative"):
        PhotoCalib(*arguments)
    with pytest.raises(InvalidError, match="cannot have 0 counts"):
        PhotoCalib.from_inst_flux_at_zero_magnitude(0)


def test_an_unknown_error() -> None:
    calib = PhotoCalib(2.0, math.nan)
    assert calib == PhotoCalib(2.0, math.nan)
    assert calib.inst_flux_to_nanojansky(3.0) == 6.0
    flux, error = calib.inst_flux_to_nanojansky(3.0, 1.0)
    assert flux == 6.0
    assert math.isnan(error)
