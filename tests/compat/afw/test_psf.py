"""Point-spread functions with the spellings of lsst.afw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.pixels import ImageD
from skybutler.compat.afw.psf import GaussianPsf, Psf, Quadrupole
from skybutler.compat.geom import Box2I, Extent2I, Point2D, Point2I
from skybutler.compat.wrapping import to_compat
from skybutler.images.psf import GaussianPsf as PlainGaussianPsf


@pytest.fixture
def psf(exposure: ExposureF) -> Psf:
    return exposure.getPsf()


def test_images(psf: Psf) -> None:
    image = psf.computeImage(Point2D(100.0, 100.0))
    assert isinstance(image, ImageD)
    assert image.getBBox() == Box2I(Point2I(90, 90), Extent2I(21, 21)) == psf.computeImageBBox(Point2D(100, 100))
    assert image.array.sum() == pytest.approx(1.0)
    assert psf.computeKernelImage().getXY0() == Point2I(-10, -10)
    assert psf.computeBBox() == Box2I(Point2I(-10, -10), Extent2I(21, 21))
    assert psf.computeImage() == psf.computeImage(psf.getAveragePosition())
    assert psf.computePeak() == image.array.max()


def test_size(psf: Psf) -> None:
    assert type(psf) is GaussianPsf
    shape = psf.computeShape(Point2D(5.0, 5.0))
    assert shape.getDeterminantRadius() == pytest.approx(2.0, rel=1e-3) == psf.getSigma()
    assert psf.getDimensions() == Extent2I(21, 21)
    assert 0.0 < psf.computeApertureFlux(2.0) < psf.computeApertureFlux(4.0) < 1.0
    assert psf.clone() is psf
    assert psf.isPersistable()
    assert GaussianPsf(21, 21, 2.0) == psf == to_compat(PlainGaussianPsf(21, 21, 2.0))


def test_moments() -> None:
    shape = Quadrupole(4.0, 9.0, 0.5)
    assert (shape.getIxx(), shape.getIyy(), shape.getIxy()) == (4.0, 9.0, 0.5)
    assert shape.getDeterminantRadius() == pytest.approx((36.0 - 0.25) ** 0.25)
    assert shape.getTraceRadius() == pytest.approx(math.sqrt(6.5))
    assert shape.getArea() == pytest.approx(math.pi * math.sqrt(35.75))
    np.testing.assert_array_equal(shape.getMatrix(), [[4.0, 0.5], [0.5, 9.0]])
    np.testing.assert_array_equal(shape.getParameterVector(), [4.0, 9.0, 0.5])
    assert shape == Quadrupole(4.0, 9.0, 0.5) != Quadrupole()
    assert hash(shape) == hash(Quadrupole(4.0, 9.0, 0.5))
    assert repr(shape) == "Quadrupole(ixx=4.0, iyy=9.0, ixy=0.5)"
