"""Point-spread functions: conventions of their images, sizes, the Gaussian."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Box, GaussianPsf, Psf
from skybutler.images.by_value import Floats
from skybutler.images.psf import displaced

positions = st.tuples(st.floats(-300, 5000), st.floats(-300, 5000))


@dataclass(frozen=True)
class Elliptical(Psf):
    """An elliptical Gaussian by the interpolation that any PSF gets which says nothing of displaced images."""

    xx: float
    yy: float
    xy: float

    @property
    def average_position(self) -> tuple[float, float]:
        return 10.5, 20.0

    def _kernel(self, x: float, y: float) -> Floats:
        v, u = np.mgrid[-20.0:21.0, -20.0:21.0]
        det = self.xx * self.yy - self.xy**2
        return np.asarray(np.exp(-0.5 * (self.yy * u * u - 2 * self.xy * u * v + self.xx * v * v) / det))


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.8, 20.0), positions)
def test_images_of_a_gaussian(width: int, height: int, sigma: float, position: tuple[float, float]) -> None:
    psf = GaussianPsf(width, height, sigma)
    x, y = position
    image, kernel = psf.compute_image(x, y), psf.compute_kernel_image(x, y)
    assert image.kind == kernel.kind == "D"
    assert image.array.sum() == pytest.approx(1.0, abs=1e-12)
    assert kernel.array.sum() == pytest.approx(1.0, abs=1e-12)
    assert kernel.bbox == psf.kernel_box(x, y) == Box.from_shape((height, width), (-(width // 2), -(height // 2)))
    assert image.bbox == kernel.bbox.shifted(math.floor(x + 0.5), math.floor(y + 0.5))
    assert psf.sigma(x, y) == sigma


def test_values_are_those_of_the_formula() -> None:
    psf = GaussianPsf(7, 5, 1.5)
    image = psf.compute_image(100.25, 50.5)
    assert image.bbox == Box((49, 54), (97, 104))
    v, u = np.mgrid[49:54, 97:104]
    expected = np.exp(-((u - 100.25) ** 2 + (v - 50.5) ** 2) / (2 * 1.5**2))
    np.testing.assert_allclose(image.array, expected / expected.sum(), rtol=1e-12)


def test_a_star_on_a_pixel_is_the_kernel() -> None:
    psf = GaussianPsf(11, 11, 2.0)
    np.testing.assert_array_equal(psf.compute_image(30, 40).array, psf.compute_kernel_image().array)
    np.testing.assert_array_equal(psf.compute_image().array, psf.compute_image(0, 0).array)


@pytest.mark.parametrize("moments", [(4.0, 4.0, 0.0), (4.0, 6.0, 1.0), (9.0, 5.0, -2.0)])
def test_moments_are_those_of_the_profile(moments: tuple[float, float, float]) -> None:
    psf = Elliptical(*moments)
    assert psf.shape() == pytest.approx(moments, rel=1e-5)
    xx, yy, xy = moments
    assert psf.sigma() == pytest.approx((xx * yy - xy * xy) ** 0.25, rel=1e-5)
    assert psf.fwhm() == pytest.approx(2.354820045 * psf.sigma())


def test_moments_do_not_see_the_end_of_the_image() -> None:
    """The unweighted moments of so small an image are half of what they should be."""
    from skybutler.images.psf import _adaptive_moments

    kernel = GaussianPsf(13, 13, 3.0).compute_kernel_image()
    xx = (kernel.array * np.arange(-6.0, 7.0) ** 2).sum()
    assert xx < 7.5
    assert abs(math.sqrt(_adaptive_moments(kernel)[0]) - 3.0) < abs(math.sqrt(xx) - 3.0)


def test_areas_and_apertures() -> None:
    psf = GaussianPsf(41, 41, 3.0)
    assert psf.effective_area() == pytest.approx(4 * math.pi * 9.0, rel=1e-6)
    assert psf.aperture_flux(6.0) == pytest.approx(1 - math.exp(-2.0), abs=0.01)
    assert psf.aperture_flux(100.0) == pytest.approx(1.0)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_displacing_by_interpolation_keeps_the_light_and_moves_it(dx: float, dy: float) -> None:
    psf = Elliptical(5.0, 4.0, 1.0)
    moved = displaced(psf.compute_kernel_image().array, dx, dy)
    v, u = np.mgrid[-20:21, -20:21]
    assert moved.sum() == pytest.approx(1.0, abs=1e-3)
    assert (moved * u).sum() == pytest.approx(dx, abs=0.02)
    assert (moved * v).sum() == pytest.approx(dy, abs=0.02)
    det = 5.0 * 4.0 - 1.0
    exact = np.exp(-0.5 * (4.0 * (u - dx) ** 2 - 2 * (u - dx) * (v - dy) + 5.0 * (v - dy) ** 2) / det)
    exact /= exact.sum()
    assert np.abs(moved - exact).max() < 3e-3 * exact.max()


def test_the_average_position_stands_for_none() -> None:
    psf = Elliptical(4.0, 4.0, 0.0)
    assert psf.compute_image().same_as(psf.compute_image(10.5, 20.0))
    assert psf.compute_image().bbox == Box.from_shape((41, 41), (11 - 20, 20 - 20))


@pytest.mark.parametrize("position", [(float("nan"), 1.0), (1.0, float("inf")), (3.0, None), (None, 3.0)])
def test_no_position(position: tuple[float | None, float | None]) -> None:
    with pytest.raises(InvalidError, match="position"):
        GaussianPsf(5, 5, 1.0).compute_image(*position)


@pytest.mark.parametrize("arguments", [(0, 5, 1.0), (5, 0, 1.0), (5, 5, 0.0), (5, 5, -1.0), (5, 5, float("nan"))])
def test_no_gaussian(arguments: tuple[int, int, float]) -> None:
    with pytest.raises(InvalidError, match="Gaussian PSF"):
        GaussianPsf(*arguments)


def test_equal_by_value() -> None:
    assert GaussianPsf(5, 5, 1.0) == GaussianPsf(5, 5, 1.0) != GaussianPsf(5, 5, 1.5)
    assert len({GaussianPsf(5, 5, 1.0), GaussianPsf(5, 5, 1.0)}) == 1
    assert repr(GaussianPsf(5, 7, 1.5)) == "GaussianPsf(5, 7, sigma=1.5)"
