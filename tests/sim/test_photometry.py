"""Photometry: fluxes, positions and moments of stars that are known, within their errors and alone or not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skybutler.sim.light import point_image
from skybutler.sim.photometry import Photometry, shifted

SIGMA = 1.2
HALF = 15
Floats = npt.NDArray[np.float64]


def kernel_at(_x: float, _y: float) -> Floats:
    kernel = point_image(SIGMA, HALF)
    return kernel / kernel.sum()


def scene(x: Floats, y: Floats, flux: Floats, noise: float, size: int = 200, seed: int = 3) -> npt.NDArray[np.float32]:
    image = noise * np.random.default_rng(seed).standard_normal((size, size))
    kernel = kernel_at(0, 0)
    for a, b, f in zip(x, y, flux, strict=True):
        column, row = round(a), round(b)
        stamp = shifted(kernel[None], np.array([a - column]), np.array([b - row]))[0]
        image[row - HALF : row + HALF + 1, column - HALF : column + HALF + 1] += f * stamp
    return image.astype(np.float32)


def measured(image: npt.NDArray[np.float32], x: Floats, y: Floats, noise: float) -> Photometry:
    variance = np.full_like(image, noise**2)
    return Photometry(image, variance, np.rint(x).astype(int), np.rint(y).astype(int), SIGMA, kernel_at)


def test_shifting_keeps_the_sum_and_moves_the_centre() -> None:
    kernel = kernel_at(0, 0)
    moved = shifted(np.stack([kernel, kernel]), np.array([0.3, -0.5]), np.array([0.0, 0.25]))
    offsets = np.arange(-HALF, HALF + 1)
    assert moved.sum(axis=(1, 2)) == pytest.approx([1.0, 1.0])
    assert (moved * offsets).sum(axis=(1, 2)) == pytest.approx([0.3, -0.5], abs=1e-3)
    assert (moved * offsets[:, None]).sum(axis=(1, 2)) == pytest.approx([0.0, 0.25], abs=1e-3)


def test_isolated_stars_within_their_errors() -> None:
    random = np.random.default_rng(1)
    grid = np.arange(25.0, 180.0, 30.0)
    x, y = (g.ravel() + random.uniform(-0.5, 0.5, g.size) for g in np.meshgrid(grid, grid))
    flux = random.uniform(2000.0, 20000.0, len(x))
    noise = 20.0
    found = measured(scene(x, y, flux, noise), x, y, noise)
    assert found.fitted.all()
    pulls = (found.psf_flux.value - flux) / found.psf_flux.error
    assert abs(pulls.mean()) < 4 / np.sqrt(len(x))
    assert 0.6 < pulls.std() < 1.5
    for at, truth in ((found.x, x), (found.y, y)):
        off = (at - truth) / found.position_error
        assert abs(off.mean()) < 0.8
        assert 0.6 < off.std() < 1.6
    circle = found.aperture(9.0)
    assert circle.value == pytest.approx(flux, abs=5 * float(circle.error.max()))
    kron = found.kron_radius()
    assert ((kron >= 5.0 * SIGMA) & (kron < 15)).all()


def test_moments_are_those_of_the_point_spread_function() -> None:
    x, y = np.array([50.2, 120.7]), np.array([60.1, 101.4])
    found = measured(scene(x, y, np.array([1e6, 1e5]), 1.0), x, y, 1.0)
    stars, psf = found.moments(), found.psf_moments()
    assert not stars.failed.any()
    for name in ("xx", "yy"):
        assert getattr(stars, name) == pytest.approx(getattr(psf, name), rel=0.01)
    assert stars.xy == pytest.approx([0.0, 0.0], abs=0.01)
    # A star in a Gaussian of its own moments has the flux that the Gaussian has of the PSF.
    assert stars.flux.value / [1e6, 1e5] == pytest.approx(psf.flux.value, rel=0.01)


def test_neighbours_do_not_add_to_each_other() -> None:
    x, y, flux = np.array([60.0, 64.0, 140.3]), np.array([80.0, 81.0, 80.0]), np.array([1e5, 4e4, 1e5])
    together = measured(scene(x, y, flux, 5.0), x, y, 5.0)
    assert together.psf_flux.value == pytest.approx(flux, rel=0.02)
    alone = measured(scene(x, y, flux, 5.0), x[[0, 2]], y[[0, 2]], 5.0)
    assert alone.psf_flux.value[0] > 1.02e5


def test_nothing_is_measured_where_there_is_nothing() -> None:
    empty = np.empty(0)
    found = measured(np.zeros((50, 50), np.float32), empty, empty, 1.0)
    assert len(found.psf_flux.value) == len(found.moments().xx) == len(found.psf_moments().xx) == 0
