"""Point-spread functions: what any of them can do, and the round Gaussian one.  Knows nothing of files.

Conventions of LSST's afw.  A kernel image is the PSF of a star in the centre of a pixel, its middle pixel being (0, 0).
An image of a star elsewhere covers the same number of pixels around the pixel nearest to it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.image import Image

__all__ = ["GaussianPsf", "Psf", "displaced"]

_FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))
_LANCZOS = 5
"""Half-width in pixels of the kernel by which images are displaced."""
_STEPS, _PRECISION = 100, 1e-10
"""Adaptive moments: steps at most, and the relative change at which they end."""


class Psf(ABC):
    """How the light of a star is spread over pixels; immutable, equal by value.

    Positions are 0-based parent pixels with whole numbers at pixel centres; without one, the average position is meant.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def average_position(self) -> tuple[float, float]:
        """(x, y) that stands for all of the image: the mean of the stars that the model was made from."""

    @abstractmethod
    def _kernel(self, x: float, y: float) -> Floats:
        """The PSF at a position, any sum, centred on its `_middle`."""

    def _middle(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """(x, y) of the middle element of an image of a shape."""
        return shape[1] // 2, shape[0] // 2

    def _displaced_kernel(self, x: float, y: float, dx: float, dy: float) -> Floats:
        """The PSF at a position, any sum, centred (dx, dy) off the middle element, at most half a pixel."""
        return displaced(self._kernel(x, y), dx, dy)

    def compute_kernel_image(self, x: float | None = None, y: float | None = None) -> Image:
        """The PSF as a kernel to convolve with.

        Parameters
        ----------
        x, y : `float`, optional
            Where in the image; the average position if not given.

        Returns
        -------
        kernel : `Image`
            Of kind D and sum 1, centred on pixel (0, 0).
        """
        return self._image_of(self._kernel(*self._position(x, y)), 0, 0)

    def compute_image(self, x: float | None = None, y: float | None = None) -> Image:
        """The image of a star.

        Parameters
        ----------
        x, y : `float`, optional
            Where it is; the average position if not given.

        Returns
        -------
        image : `Image`
            Of kind D and sum 1, in the parent frame: the star is at (x, y).
        """
        x, y = self._position(x, y)
        column, row = self._nearest_pixel(x, y)
        return self._image_of(self._displaced_kernel(x, y, x - column, y - row), column, row)

    def _image_of(self, kernel: Floats, column: int, row: int) -> Image:
        """The normalised image whose middle is a pixel."""
        total = float(kernel.sum())
        if not math.isfinite(total) or total == 0.0:
            raise InvalidError(f"The image of {self!r} has the sum {total}: it cannot be normalised.")
        x, y = self._middle(kernel.shape)
        return Image(kernel / total, (column - x, row - y))

    def _nearest_pixel(self, x: float, y: float) -> tuple[int, int]:
        return math.floor(x + 0.5), math.floor(y + 0.5)

    def kernel_box(self, x: float | None = None, y: float | None = None) -> Box:
        """The box of the kernel image."""
        return self.compute_kernel_image(x, y).bbox

    def shape(self, x: float | None = None, y: float | None = None) -> tuple[float, float, float]:
        """Second moments Ixx, Iyy, Ixy in square pixels.

        They are adaptive moments (Bernstein & Jarvis 2002, AJ 123, 583): those of the elliptical Gaussian that fits
        best, which wings and noise hardly change and for which it does not matter where the image ends.

        Raises
        ------
        InvalidError
            Raised if they do not converge.
        """
        return _adaptive_moments(self.compute_kernel_image(x, y))

    def sigma(self, x: float | None = None, y: float | None = None) -> float:
        """Size in pixels: the fourth root of the determinant of the second moments (see `shape`)."""
        xx, yy, xy = self.shape(x, y)
        return float((xx * yy - xy * xy) ** 0.25)

    def fwhm(self, x: float | None = None, y: float | None = None) -> float:
        """Full width at half maximum, in pixels, of a round Gaussian of the same `sigma`."""
        return _FWHM * self.sigma(x, y)

    def effective_area(self, x: float | None = None, y: float | None = None) -> float:
        """Pixels over which noise counts in a PSF flux: 1 / sum of squares of the kernel image."""
        return float(1.0 / np.square(self.compute_kernel_image(x, y).array).sum())

    def aperture_flux(self, radius: float, x: float | None = None, y: float | None = None) -> float:
        """Part of the light within a circle, counting pixels whose centres are inside."""
        kernel = self.compute_kernel_image(x, y)
        column, row = _offsets(kernel)
        return float(kernel.array[np.hypot(column[None, :], row[:, None]) <= radius].sum())

    def _position(self, x: float | None, y: float | None) -> tuple[float, float]:
        if (x is None) != (y is None):
            raise InvalidError("A position has both x and y.")
        position = self.average_position if x is None or y is None else (float(x), float(y))
        if not all(map(math.isfinite, position)):
            raise InvalidError(f"{type(self).__name__}: ({position[0]}, {position[1]}) is no position.")
        return position


def _offsets(image: Image) -> tuple[Floats, Floats]:
    """Positions of columns and rows."""
    box = image.bbox
    return np.arange(box.x.start, box.x.stop, dtype=np.float64), np.arange(box.y.start, box.y.stop, dtype=np.float64)


def displaced(pixels: Floats, dx: float, dy: float) -> Floats:
    """An image moved by part of a pixel, by Lanczos interpolation of order 5; nothing is outside of it.

    Parameters
    ----------
    pixels : `numpy.ndarray`, (ny, nx)
        The image.
    dx, dy : `float`
        How far its content moves to the right and up, in pixels.

    Returns
    -------
    moved : `numpy.ndarray`, (ny, nx)
    """
    height, width = pixels.shape
    if dx != 0.0:
        pixels = pixels @ _interpolation(width, dx).T
    if dy != 0.0:
        pixels = _interpolation(height, dy) @ pixels
    return pixels


def _interpolation(n: int, shift: float) -> Floats:
    """Matrix (n, n) that moves a row of n pixels."""
    pixel = np.arange(n, dtype=np.float64)
    weights = lanczos(pixel[:, None] - shift - pixel[None, :], _LANCZOS)
    # Of an unbounded row, so that the sum of weights is that of all pixels, those outside being 0.
    total = lanczos(np.arange(-_LANCZOS, _LANCZOS + 1.0) - shift, _LANCZOS).sum()
    return np.asarray(weights / total)


def lanczos(offset: Floats, order: int) -> Floats:
    """The windowed sinc of an order at offsets in pixels."""
    return np.where(np.abs(offset) < order, np.sinc(offset) * np.sinc(offset / order), 0.0)


def _adaptive_moments(kernel: Image) -> tuple[float, float, float]:
    """Ixx, Iyy, Ixy: the weight is an elliptical Gaussian that gets the moments found with it, until these agree."""
    column, row = _offsets(kernel)
    x, y = np.broadcast_arrays(column[None, :], row[:, None])
    moments = np.diag([max(kernel.bbox.dimensions[0] / 8, 1.0) ** 2, max(kernel.bbox.dimensions[1] / 8, 1.0) ** 2])
    for _ in range(_STEPS):
        inverse = np.linalg.inv(moments)
        weighted = kernel.array * np.exp(
            -0.5 * (inverse[0, 0] * x * x + 2.0 * inverse[0, 1] * x * y + inverse[1, 1] * y * y)
        )
        total = weighted.sum()
        if total <= 0.0:
            break
        cx, cy = (weighted * x).sum() / total, (weighted * y).sum() / total
        x, y = x - cx, y - cy
        xx, yy, xy = ((weighted * product).sum() / total for product in (x * x, y * y, x * y))
        found = 2.0 * np.array([[xx, xy], [xy, yy]])  # the product of two equal Gaussians has half their moments
        if not np.isfinite(found).all() or np.linalg.det(found) <= 0.0:
            break
        if np.abs(found - moments).max() <= _PRECISION * np.abs(found).max():
            return float(found[0, 0]), float(found[1, 1]), float(found[0, 1])
        moments = found
    raise InvalidError(f"The moments of a PSF image of {kernel.bbox.dimensions} pixels do not converge.")


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class GaussianPsf(ByValue, Psf):
    """The same round Gaussian everywhere.

    An image is sampled at pixel centres and exact wherever the star is, also between them.

    Parameters
    ----------
    width, height : `int`
        Pixels of its images.
    sigma : `float`
        Standard deviation along each axis, in pixels.

    Raises
    ------
    InvalidError
        Raised if one of them is not positive.
    """

    width: int
    height: int
    _sigma: float

    def __init__(self, width: int, height: int, sigma: float) -> None:
        if width < 1 or height < 1 or not 0.0 < sigma < math.inf:
            raise InvalidError(f"No Gaussian PSF has {width} x {height} pixels and a sigma of {sigma}.")
        object.__setattr__(self, "width", int(width))
        object.__setattr__(self, "height", int(height))
        object.__setattr__(self, "_sigma", float(sigma))

    @property
    def average_position(self) -> tuple[float, float]:
        return 0.0, 0.0

    def _kernel(self, x: float, y: float) -> Floats:
        return self._displaced_kernel(x, y, 0.0, 0.0)

    def _displaced_kernel(self, x: float, y: float, dx: float, dy: float) -> Floats:
        return np.outer(self._profile(self.height, dy), self._profile(self.width, dx))

    def _profile(self, n: int, shift: float) -> Floats:
        return np.asarray(np.exp(-0.5 * ((np.arange(n) - n // 2 - shift) / self._sigma) ** 2))

    def kernel_box(self, x: float | None = None, y: float | None = None) -> Box:
        return Box.from_shape((self.height, self.width), (-(self.width // 2), -(self.height // 2)))

    def shape(self, x: float | None = None, y: float | None = None) -> tuple[float, float, float]:
        return self._sigma**2, self._sigma**2, 0.0

    def sigma(self, x: float | None = None, y: float | None = None) -> float:
        return self._sigma

    def __repr__(self) -> str:
        return f"GaussianPsf({self.width}, {self.height}, sigma={self._sigma})"
