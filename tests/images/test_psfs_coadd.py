"""PSFs of coadds, where what they should be is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Box, CoaddPsf, ExposureRecord, GaussianPsf, KernelPsf, Polygon, SkyWcs
from skybutler.images.kernels import FixedKernel

STEP = 0.2 / 3600
BOX = Box((0, 1000), (0, 1000))


def wcs(
    scale: float = 1.0, turn: float = 0.0, crpix: tuple[float, float] = (500.0, 500.0), ra: float = 150.0
) -> SkyWcs:
    c, s = math.cos(math.radians(turn)) * STEP * scale, math.sin(math.radians(turn)) * STEP * scale
    return SkyWcs.from_affine(ra, 2.0, [[-c, s], [s, c]], crpix)


def record(number: int, psf: Any, weight: float = 1.0, where: SkyWcs | None = None, **parts: Any) -> ExposureRecord:
    return ExposureRecord(number, BOX, {"psf": psf, "wcs": where or wcs(), **parts}, {"weight": weight})


ROUND, WIDE = GaussianPsf(31, 31, 2.5), GaussianPsf(41, 41, 4.0)


@pytest.mark.parametrize("warping", ["lanczos3", "lanczos5", "bilinear"])
def test_of_one_input_on_the_same_pixels_it_is_its_psf(warping: str) -> None:
    psf = CoaddPsf([record(1, ROUND)], wcs(), warping=warping)
    kernel = psf.compute_kernel_image(400.0, 300.0)
    assert kernel.bbox == ROUND.kernel_box()
    np.testing.assert_allclose(kernel.array, ROUND.compute_kernel_image().array, atol=1e-6)
    assert psf.compute_image(400.0, 300.0).bbox == ROUND.compute_image(400.0, 300.0).bbox


def test_between_pixels() -> None:
    image = CoaddPsf([record(1, ROUND)], wcs()).compute_image(400.3, 299.6)
    x, y = np.arange(image.bbox.x.start, image.bbox.x.stop), np.arange(image.bbox.y.start, image.bbox.y.stop)
    assert image.array.sum(axis=0) @ x == pytest.approx(400.3, abs=0.02)
    assert image.array.sum(axis=1) @ y == pytest.approx(299.6, abs=0.02)


def test_inputs_count_with_their_weights() -> None:
    psf = CoaddPsf([record(1, ROUND, 3.0), record(2, WIDE, 1.0)], wcs())
    kernel = psf.compute_kernel_image(400.0, 300.0)
    expected = 0.25 * WIDE.compute_kernel_image().array
    expected[5:36, 5:36] += 0.75 * ROUND.compute_kernel_image().array
    assert kernel.bbox == WIDE.kernel_box()
    np.testing.assert_allclose(kernel.array, expected, atol=1e-6)


@pytest.mark.parametrize("scale, sigma", [(0.5, 1.25), (2.0, 5.0)])
def test_pixels_of_another_size(scale: float, sigma: float) -> None:
    """Pixels of the input are ``scale`` times those of the coadd."""
    psf = CoaddPsf([record(1, ROUND, where=wcs(scale))], wcs())
    assert psf.sigma(500.0, 500.0) == pytest.approx(sigma, rel=2e-3)


def test_an_input_that_was_turned() -> None:
    """A PSF that is long along the columns of an input turned by 90 degrees is long along rows."""
    v, u = np.mgrid[-20:21, -20:21]
    long = KernelPsf(FixedKernel(np.exp(-0.5 * (u**2 / 9.0 + v**2 / 4.0))), (500.0, 500.0))
    xx, yy, xy = CoaddPsf([record(1, long, where=wcs(turn=90.0))], wcs()).shape(500.0, 500.0)
    assert (xx, yy, xy) == pytest.approx((4.0, 9.0, 0.0), abs=1e-3)
    # The sense of the turn: at 45 degrees the long axis of the input is along the line on which its x changes.
    turned = wcs(turn=45.0)
    ends = wcs().sky_to_pixel(*turned.pixel_to_sky([500.0, 510.0], [500.0, 500.0]))
    slope = float((ends[1][1] - ends[1][0]) / (ends[0][1] - ends[0][0]))
    assert abs(slope) == pytest.approx(1.0, abs=1e-3)
    shape = CoaddPsf([record(1, long, where=turned)], wcs()).shape(500.0, 500.0)
    assert shape == pytest.approx((6.5, 6.5, 2.5 * slope), abs=2e-2)


def test_only_inputs_that_saw_the_position_count() -> None:
    left = Polygon.from_box(Box((0, 1000), (0, 400)))
    psf = CoaddPsf([record(1, ROUND, valid_polygon=left), record(2, WIDE)], wcs())
    assert [r.id for r in psf.containing(300.0, 500.0)] == [1, 2]
    assert psf.sigma(600.0, 500.0) == pytest.approx(4.0, rel=1e-3)
    assert 2.5 < psf.sigma(300.0, 500.0) < 4.0
    with pytest.raises(InvalidError, match=r"None of the 2 inputs of the coadd saw \(5000, 5000\)"):
        psf.compute_image(5000.0, 5000.0)


def test_the_average_position() -> None:
    near, far = KernelPsf(FixedKernel(np.eye(3)), (100.0, 200.0)), KernelPsf(FixedKernel(np.eye(3)), (300.0, 200.0))
    assert CoaddPsf([record(1, near, 3.0), record(2, far, 1.0)], wcs()).average_position == pytest.approx(
        (150.0, 200.0)
    )
    assert CoaddPsf([record(1, near)], wcs(), (7.0, 8.0)).average_position == (7.0, 8.0)
    # Two inputs far from each other: no input saw the middle, so the lighter one is left out.
    apart = [record(1, near, 3.0), record(2, far, 2.0, wcs(ra=151.0))]
    assert CoaddPsf(apart, wcs()).average_position == pytest.approx((100.0, 200.0))
    outside = KernelPsf(FixedKernel(np.eye(3)), (-500.0, 0.0))
    with pytest.raises(InvalidError, match="No position stands for all"):
        CoaddPsf([record(1, outside)], wcs())


def test_equal_by_value() -> None:
    def one(weight: float = 1.0) -> CoaddPsf:
        return CoaddPsf([record(1, ROUND, weight)], wcs(), (1.0, 2.0))

    assert one() == one() != one(2.0)
    assert hash(one()) == hash(one())
    assert repr(one()) == "CoaddPsf(1 inputs, lanczos3)"


def test_what_is_no_psf() -> None:
    with pytest.raises(InvalidError, match="without inputs"):
        CoaddPsf([], wcs())
    with pytest.raises(InvalidError, match="'spline' is no interpolation. Known are"):
        CoaddPsf([record(1, ROUND)], wcs(), warping="spline")
    with pytest.raises(InvalidError, match="Exposure 1 of a coadd has no weight"):
        CoaddPsf([ExposureRecord(1, BOX, {"psf": ROUND, "wcs": wcs()})], wcs())
    with pytest.raises(InvalidError, match="Exposure 1 of a coadd has no PSF"):
        CoaddPsf([ExposureRecord(1, BOX, {"wcs": wcs()}, {"weight": 1.0})], wcs())
