"""PSFs that are kernels."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Box, GaussianPsf, KernelPsf, PcaPsf
from skybutler.images.kernels import FixedKernel, LinearCombinationKernel, PolynomialFunction

GAUSS = GaussianPsf(31, 31, 2.5).compute_kernel_image().array
WIDE = GaussianPsf(31, 31, 3.5).compute_kernel_image().array


def varying() -> PcaPsf:
    """Narrow at x = 0, wide at x = 100."""
    weights = PolynomialFunction([1.0, -0.01, 0.0]), PolynomialFunction([0.0, 0.01, 0.0])
    return PcaPsf(LinearCombinationKernel((FixedKernel(GAUSS), FixedKernel(WIDE)), weights), (50.0, 20.0))


def test_the_kernel_is_the_image_of_a_star_on_a_pixel() -> None:
    psf = KernelPsf(FixedKernel(3.0 * GAUSS), (5.0, 6.0))
    np.testing.assert_allclose(psf.compute_kernel_image().array, GAUSS, rtol=1e-12)
    assert psf.compute_image().bbox == Box.from_shape((31, 31), (5 - 15, 6 - 15))
    assert psf.kernel_box() == psf.compute_kernel_image().bbox == Box.from_shape((31, 31), (-15, -15))
    assert psf.sigma() == pytest.approx(2.5, rel=1e-4)


def test_between_pixels_it_is_interpolated() -> None:
    psf, exact = KernelPsf(FixedKernel(GAUSS)), GaussianPsf(31, 31, 2.5)
    found, expected = psf.compute_image(10.3, 20.6), exact.compute_image(10.3, 20.6)
    assert found.bbox == expected.bbox
    assert found.array.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(found.array, expected.array, atol=3e-3 * expected.array.max())


def test_it_changes_with_position() -> None:
    psf = varying()
    assert psf.sigma(0.0, 7.0) == pytest.approx(2.5, rel=1e-4)
    assert psf.sigma(100.0, 7.0) == pytest.approx(3.5, rel=1e-3)
    assert psf.sigma(0.0, 7.0) < psf.sigma() < psf.sigma(100.0, 7.0)
    np.testing.assert_allclose(psf.compute_kernel_image().array, (GAUSS + WIDE) / 2, rtol=1e-10)


def test_the_centre_need_not_be_the_middle() -> None:
    pixels = np.zeros((4, 6))
    pixels[2, 1] = 1.0
    psf = KernelPsf(FixedKernel(pixels, (1, 2)))
    assert psf.kernel_box() == psf.compute_kernel_image().bbox == Box((-2, 2), (-1, 5))
    image = psf.compute_image(10.0, 20.0)
    assert image[Box((20, 21), (10, 11))].array[0, 0] == 1.0


def test_equal_by_value() -> None:
    assert varying() == varying()
    assert hash(varying()) == hash(varying())
    assert varying() != KernelPsf(varying().kernel, (50.0, 20.0))
    assert (
        repr(varying()) == "PcaPsf(kernel=LinearCombinationKernel(2 of 31 x 31 pixels), average_position=(50.0, 20.0))"
    )


def test_what_is_no_psf() -> None:
    with pytest.raises(InvalidError, match="sum of kernels, not a FixedKernel"):
        PcaPsf(FixedKernel(GAUSS))
    with pytest.raises(InvalidError, match="has the sum 0.0"):
        KernelPsf(FixedKernel(np.zeros((3, 3)))).compute_image()
