"""``PhotoCalib`` with the spellings of lsst.afw.image: of numbers, with errors, of images."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.masked_image import MaskedImageF
from skybutler.compat.afw.photo_calib import Measurement, PhotoCalib, makePhotoCalibFromCalibZeroPoint
from skybutler.compat.geom import Point2D
from skybutler.errors import InvalidError

ZERO = 3.6307805477010e12


@pytest.fixture
def calib(exposure: ExposureF) -> PhotoCalib:
    return exposure.getPhotoCalib()


def test_mean_and_zero_point(calib: PhotoCalib) -> None:
    assert (calib.getCalibrationMean(), calib.getCalibrationErr(), calib.isConstant) == (0.5, 0.01, True)
    assert calib.getInstFluxAtZeroMagnitude() == pytest.approx(ZERO / 0.5, rel=1e-12)
    assert calib.getLocalCalibration(Point2D(3.0, 4.0)) == 0.5
    assert str(calib) == "spatially constant with mean: 0.5 error: 0.01"
    assert PhotoCalib(0.5, 0.01) == calib
    assert makePhotoCalibFromCalibZeroPoint(ZERO).getCalibrationMean() == pytest.approx(1.0, rel=1e-12)


def test_numbers(calib: PhotoCalib) -> None:
    assert calib.instFluxToNanojansky(100.0) == calib.instFluxToNanojansky(100.0, Point2D(1.0, 2.0)) == 50.0
    assert calib.instFluxToMagnitude(100.0) == pytest.approx(-2.5 * np.log10(50.0 / ZERO))
    assert calib.magnitudeToInstFlux(calib.instFluxToMagnitude(100.0)) == pytest.approx(100.0)
    found = calib.instFluxToNanojansky(100.0, 10.0)
    assert isinstance(found, Measurement)
    assert found.value == 50.0
    assert found.error == pytest.approx(np.hypot(5.0, 1.0))
    magnitude = calib.instFluxToMagnitude(100.0, 10.0, Point2D(1.0, 2.0))
    assert magnitude.error == pytest.approx(2.5 / np.log(10.0) * found.error / found.value)
    with pytest.raises(InvalidError, match="Give counts, their error"):
        calib.instFluxToMagnitude(1.0, 2.0, 3.0)


def test_images(calib: PhotoCalib, exposure: ExposureF) -> None:
    made = calib.calibrateImage(exposure.maskedImage)
    assert type(made) is MaskedImageF
    np.testing.assert_array_equal(made.image.array, exposure.image.array * np.float32(0.5))
    exact = calib.calibrateImage(exposure.maskedImage, includeScaleUncertainty=False)
    assert (exact.variance.array == 0.25).all()
    assert (made.variance.array >= exact.variance.array).all()
