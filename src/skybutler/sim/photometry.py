"""Positions, fluxes and shapes of sources on pixels, many at a time.  Knows arrays; no masks, no sky, no catalogs.

Rows and columns count from the first pixel of the arrays.  Every source is measured on the image without the
point-source light of its neighbours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["APERTURES_PX", "Fluxes", "Moments", "Photometry", "shifted"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.float32]
KernelAt = Callable[[float, float], Floats]

APERTURES_PX = (3.0, 4.5, 6.0, 9.0, 12.0, 17.0, 25.0)
"""Radii of circular apertures."""
_HALF_PSF, _HALF = 15, 26
_INNER = slice(_HALF - _HALF_PSF, _HALF + _HALF_PSF + 1)
_CELL_PX = 256
_PASSES, _DAMPING = 8, 0.8
_MOMENT_PASSES, _MOMENT_TOLERANCE = 40, 1e-3


@dataclass(frozen=True)
class Fluxes:
    """Values and standard deviations of many sources."""

    value: Floats
    error: Floats


@dataclass(frozen=True)
class Moments:
    """Adaptive second moments (pixels squared), the flux in their Gaussian, and where they were not to be had."""

    xx: Floats
    yy: Floats
    xy: Floats
    flux: Fluxes
    failed: npt.NDArray[np.bool_]


class Photometry:
    """The sources of one image.

    Parameters
    ----------
    image, variance : `~numpy.ndarray`
        Shape (height, width); the background is zero.
    x, y : `~numpy.ndarray`
        Peaks, whole pixels.
    sigma : `float`
        Width of the point-spread function, pixels.
    kernel_at : callable
        Takes a position (x, y) and gives the image of a point source there, of odd size, centred, with sum 1.
    at : pair of `~numpy.ndarray`, optional
        Positions (x, y) within a pixel of ``x`` and ``y``, where they are known; found on the image otherwise.
    """

    def __init__(
        self,
        image: Pixels,
        variance: Pixels,
        x: Ints,
        y: Ints,
        sigma: float,
        kernel_at: KernelAt,
        at: tuple[Floats, Floats] | None = None,
    ) -> None:
        self._image, self._column, self._row = image, x, y
        self._sigma = sigma
        self._variance = _cut(variance, x, y, _HALF)
        if at is None:
            self.x, self.y, self._fitted = _centroids(_cut(image, x, y, _HALF_PSF), x, y, sigma)
        else:
            self.x, self.y, self._fitted = *at, np.ones(len(x), dtype=bool)
        self._kernels, self._which = _kernels(self.x, self.y, kernel_at)
        self.psf_flux, self._stamps = self._separate()
        if at is None:
            # Without its neighbours, a source is a little elsewhere.
            inner = self._stamps[:, _INNER, _INNER]
            self.x, self.y, self._fitted = _centroids(inner, x, y, sigma)
            self.psf_flux, self._stamps = self._separate()

    def _separate(self) -> tuple[Fluxes, Floats]:
        """Fluxes of the sources as points, and a stamp of each without the others."""
        self._psf = shifted(self._kernels[self._which], self.x - self._column, self.y - self._row)
        flux = self._fit_points()
        positive = np.maximum(flux.value, 0.0)
        stamps = _cut(self._image - self._model(positive), self._column, self._row, _HALF)
        stamps[:, _INNER, _INNER] += positive[:, None, None] * self._psf
        return flux, stamps

    @functools.cached_property
    def _distance(self) -> Floats:
        """Pixels of the stamps from the position of each source."""
        dx, dy = self._offsets(_HALF)
        return np.asarray(np.hypot(dx, dy), dtype=np.float64)

    @property
    def fitted(self) -> npt.NDArray[np.bool_]:
        """Which positions were fitted; the others are those of the peaks."""
        return self._fitted

    @property
    def position_error(self) -> Floats:
        """Standard deviation along each axis, pixels: that of a matched filter on a Gaussian."""
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(2.0) * self._sigma * self.psf_flux.error / np.abs(self.psf_flux.value)
        return np.asarray(error, dtype=np.float64)

    def _fit_points(self) -> Fluxes:
        """Fluxes of all sources as points at once, by relaxation; the errors are those of each alone."""
        psf, half = self._psf, _HALF_PSF
        norm = (psf**2).sum(axis=(1, 2))
        error = np.sqrt((psf**2 * self._variance[:, _INNER, _INNER]).sum(axis=(1, 2))) / norm
        flux = np.zeros(len(psf))
        for _ in range(_PASSES):
            residual = _cut(self._image - self._model(flux), self._column, self._row, half)
            flux += _DAMPING * (psf * residual).sum(axis=(1, 2)) / norm
        return Fluxes(flux, error)

    def _model(self, flux: Floats) -> Pixels:
        """All sources as points of some fluxes."""
        model = np.pad(np.zeros_like(self._image), _HALF_PSF)
        offsets = np.arange(2 * _HALF_PSF + 1)
        rows, columns = self._row[:, None, None] + offsets[:, None], self._column[:, None, None] + offsets
        np.add.at(model, (rows, columns), (flux[:, None, None] * self._psf).astype(np.float32))
        return model[_HALF_PSF:-_HALF_PSF, _HALF_PSF:-_HALF_PSF]

    def _offsets(self, half: int) -> tuple[Floats, Floats]:
        """Columns and rows of stamps from the position of each source on."""
        offsets = np.arange(-half, half + 1)
        dx = offsets - (self.x - self._column)[:, None]
        dy = offsets - (self.y - self._row)[:, None]
        return dx[:, None, :], dy[:, :, None]

    def aperture(self, radius: float | Floats) -> Fluxes:
        """Sums in circles of a radius (pixels), one for all or one for each source; edges are soft by one pixel."""
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), self.x.shape)[:, None, None]
        weight = np.clip(reach - self._distance + 0.5, 0.0, 1.0)
        return Fluxes((weight * self._stamps).sum(axis=(1, 2)), np.sqrt((weight**2 * self._variance).sum(axis=(1, 2))))

    def truncated(self, radius: float) -> npt.NDArray[np.bool_]:
        """Whether a circle about each source reaches beyond the image."""
        height, width = self._image.shape
        low, high = radius - 0.5, radius + 0.5
        out: npt.NDArray[np.bool_] = (
            (self.x < low) | (self.y < low) | (self.x > width - high) | (self.y > height - high)
        )
        return out

    def kron_radius(self) -> Floats:
        """2.5 times the mean distance of the light from the position (Kron 1980), pixels, within the stamp."""
        light = np.where(self._distance < 6.0 * self._sigma, self._stamps, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = (light * self._distance).sum(axis=(1, 2)) / light.sum(axis=(1, 2))
        lowest, highest = 2.0 * self._sigma, (_HALF - 1.0) / 2.5
        radius: Floats = 2.5 * np.clip(np.nan_to_num(first, nan=lowest), lowest, highest)
        return radius

    def moments(self) -> Moments:
        """Adaptive moments (Bernstein & Jarvis 2002, section 3.1) about the positions, and the flux that fits best."""
        stamps, variance = self._stamps[:, _INNER, _INNER], self._variance[:, _INNER, _INNER]
        return _adaptive(stamps, variance, *self._offsets(_HALF_PSF), self._sigma)

    def psf_moments(self) -> Moments:
        """Those of the point-spread function at each source."""
        offsets = np.arange(-_HALF_PSF, _HALF_PSF + 1, dtype=np.float64)[None, :]
        stamps, which = self._kernels, self._which
        found = _adaptive(stamps, np.ones_like(stamps), offsets[:, None, :], offsets[:, :, None], self._sigma)
        flux = Fluxes(found.flux.value[which], found.flux.error[which])
        return Moments(found.xx[which], found.yy[which], found.xy[which], flux, found.failed[which])


def shifted(kernels: Floats, dx: Floats, dy: Floats) -> Floats:
    """Images shifted by parts of a pixel.

    Parameters
    ----------
    kernels : `~numpy.ndarray`
        Shape (n, size, size), well sampled and near zero at their edges.
    dx, dy : `~numpy.ndarray`
        Shape (n,), pixels.
    """
    size = kernels.shape[-1]
    frequencies = np.fft.fftfreq(size)
    phase_x = np.exp(-2j * np.pi * frequencies[: size // 2 + 1] * dx[:, None])
    phase_y = np.exp(-2j * np.pi * frequencies * dy[:, None])
    spectrum = np.fft.rfft2(kernels) * phase_y[:, :, None] * phase_x[:, None, :]
    return np.asarray(np.fft.irfft2(spectrum, s=(size, size)), dtype=np.float64)


def _cut(image: Pixels, x: Ints, y: Ints, half: int) -> Floats:
    """Square stamps about whole pixels, zero beyond the edges of the image."""
    padded = np.pad(image, half)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * half + 1, 2 * half + 1))
    return np.asarray(windows[y, x], dtype=np.float64)


def _centroids(stamps: Floats, x: Ints, y: Ints, sigma: float) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Peaks of the smoothed image between the pixels: the logarithm of a Gaussian is a parabola."""
    offsets = np.arange(stamps.shape[1]) - stamps.shape[1] // 2
    lines = np.exp(-0.5 * ((offsets - np.array([-1, 0, 1])[:, None]) / sigma) ** 2)
    around = np.einsum("jy,nyx,ix->nji", lines, stamps, lines)
    found, good = [], np.ones(len(stamps), dtype=bool)
    for values in (around[:, 1, :], around[:, :, 1]):
        low, mid, high = np.log(np.maximum(values, 1e-30)).T
        bend = 2.0 * mid - low - high
        with np.errstate(divide="ignore", invalid="ignore"):
            step = 0.5 * (high - low) / bend
        good &= (values > 0).all(axis=1) & (bend > 0) & (np.abs(step) <= 1.0)
        found.append(step)
    dx, dy = (np.asarray(np.where(good, step, 0.0), dtype=np.float64) for step in found)
    return x + dx, y + dy, good


def _kernels(x: Floats, y: Floats, kernel_at: KernelAt) -> tuple[Floats, Ints]:
    """Point-source images of the places of the sources, one for all within a few hundred pixels, cut to one size."""
    cells, which = np.unique(np.stack([x, y], axis=-1) // _CELL_PX, axis=0, return_inverse=True)
    side = 2 * _HALF_PSF + 1
    kernels = np.zeros((len(cells), side, side))
    for into, (column, row) in zip(kernels, cells, strict=True):
        kernel = kernel_at((column + 0.5) * _CELL_PX, (row + 0.5) * _CELL_PX)
        half = min(_HALF_PSF, kernel.shape[0] // 2, kernel.shape[1] // 2)
        there = tuple(slice(size // 2 - half, size // 2 + half + 1) for size in kernel.shape)
        into[_HALF_PSF - half : _HALF_PSF + half + 1, _HALF_PSF - half : _HALF_PSF + half + 1] = kernel[there]
    return kernels, which.reshape(-1)


def _adaptive(stamps: Floats, variance: Floats, dx: Floats, dy: Floats, sigma: float) -> Moments:
    """Moments under the Gaussian that has them."""
    n = len(stamps)
    xx, yy, xy = np.full(n, 2 * sigma**2), np.full(n, 2 * sigma**2), np.zeros(n)
    failed, going = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    for _ in range(_MOMENT_PASSES):
        at = np.flatnonzero(going)
        if not len(at):
            break
        x, y = (d if len(d) == 1 else d[at] for d in (dx, dy))
        weighted = _gaussian(x, y, xx[at], yy[at], xy[at]) * stamps[at]
        total = weighted.sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            new = [2.0 * (weighted * r).sum(axis=(1, 2)) / total for r in (x * x, y * y, x * y)]
            bad = (total <= 0) | (new[0] <= 0.1) | (new[1] <= 0.1) | (new[0] * new[1] - new[2] ** 2 <= 0.01)
            bad |= (new[0] > _HALF_PSF**2 / 4) | (new[1] > _HALF_PSF**2 / 4) | ~np.isfinite(new[0] + new[1] + new[2])
        change = np.abs(np.stack(new) - np.stack([xx[at], yy[at], xy[at]])).max(axis=0)
        good = at[~bad]
        xx[good], yy[good], xy[good] = (value[~bad] for value in new)
        failed[at[bad]] = True
        going[at[bad | (change < _MOMENT_TOLERANCE)]] = False
    failed |= going
    profile = _gaussian(dx, dy, xx, yy, xy) / (2 * np.pi * np.sqrt(xx * yy - xy**2))[:, None, None]
    norm = (profile**2).sum(axis=(1, 2))
    flux = (profile * stamps).sum(axis=(1, 2)) / norm
    error = np.sqrt((profile**2 * variance).sum(axis=(1, 2))) / norm
    xx, yy, xy, flux, error = (np.where(failed, np.nan, value) for value in (xx, yy, xy, flux, error))
    return Moments(xx, yy, xy, Fluxes(flux, error), failed)


def _gaussian(dx: Floats, dy: Floats, xx: Floats, yy: Floats, xy: Floats) -> Floats:
    """exp(-r²/2) of elliptical distances under some moments."""
    a, b, c = ((v / (xx * yy - xy**2))[:, None, None] for v in (yy, xx, xy))
    return np.asarray(np.exp(-0.5 * (a * dx * dx + b * dy * dy - 2.0 * c * dx * dy)), dtype=np.float64)
