"""Point-spread functions of PSFEx: images that change with position as a polynomial.  Knows nothing of files.

Reference: Bertin 2011, ASP Conf. Ser. 442, 435; the resampling is that of PSFEx's ``vignet_resample``.  Checked against
another implementation of the formulas, not against a file of other software: none was at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.psf import Psf, lanczos

__all__ = ["PsfexPsf"]

_ORDER = 3
"""Of PSFEx's Lanczos interpolation."""


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class PsfexPsf(ByValue, Psf):
    """A PSF whose pixels are polynomials of position, sampled more or less finely than the image.

    Parameters
    ----------
    components : array_like, (n, ny, nx)
        Pixels that belong to the terms 1, x, x², ..., y, xy, ..., y², ... of the polynomial; kept as float32.
    pixel_step : `float`
        Size of these pixels in pixels of the image; kept as float32.
    offset, scale : pair of `float`
        The polynomial is one of (position - offset) / scale.
    average_position : pair of `float`
        (x, y) where it stands for the whole image.
    degrees : `tuple` of `int`
        Highest order of each group of coordinates.
    groups : pair of `int`
        Group that x and y belong to, from 0: coordinates of one group share its order.

    Raises
    ------
    InvalidError
        Raised if the polynomial has another number of terms, or scale or step are not positive.
    """

    components: npt.NDArray[np.float32]
    pixel_step: float
    offset: tuple[float, float]
    scale: tuple[float, float]
    average_position: tuple[float, float]
    degrees: tuple[int, ...]
    groups: tuple[int, int]

    def __init__(
        self,
        components: npt.ArrayLike,
        pixel_step: float,
        offset: tuple[float, float],
        scale: tuple[float, float],
        average_position: tuple[float, float],
        degrees: tuple[int, ...] = (2,),
        groups: tuple[int, int] = (0, 0),
    ) -> None:
        pixels = np.array(components, dtype=np.float32)
        pixels.setflags(write=False)
        if pixels.ndim != 3 or not pixels.size:
            raise InvalidError(f"Components of a PSF have three axes (term, y, x), and not the shape {pixels.shape}.")
        if not pixel_step > 0.0 or 0.0 in scale:
            raise InvalidError(f"A PSF cannot have pixels of size {pixel_step} and a scale of {scale}.")
        if any(not 0 <= group < len(degrees) for group in groups) or min(degrees, default=0) < 0:
            raise InvalidError(f"The groups {groups} do not go with the degrees {degrees}.")
        terms = len(_exponents(degrees, groups))
        if len(pixels) != terms:
            raise InvalidError(f"A polynomial with the degrees {degrees} has {terms} terms, and not {len(pixels)}.")
        values: dict[str, Any] = {
            "components": pixels, "pixel_step": float(np.float32(pixel_step)), "offset": _pair(offset),
            "scale": _pair(scale), "average_position": _pair(average_position), "degrees": tuple(degrees),
            "groups": groups,
        }  # fmt: skip
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _kernel(self, x: float, y: float) -> Floats:
        return self._displaced_kernel(x, y, 0.0, 0.0)

    def _displaced_kernel(self, x: float, y: float, dx: float, dy: float) -> Floats:
        u, v = ((p - o) / s for p, o, s in zip((x, y), self.offset, self.scale, strict=True))
        weights = [u**i * v**j for i, j in _exponents(self.degrees, self.groups)]
        pixels = np.tensordot(np.array(weights), self.components.astype(np.float64), axes=1)
        across, up = (
            _resampling(n, 1.0 / self.pixel_step, d) for n, d in zip(pixels.shape[::-1], (dx, dy), strict=True)
        )
        return np.asarray(up @ pixels @ across.T)

    def __repr__(self) -> str:
        n, height, width = self.components.shape
        return f"PsfexPsf({n} components of {width} x {height} pixels, step {self.pixel_step:g})"


def _pair(values: tuple[float, float]) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _exponents(degrees: tuple[int, ...], groups: tuple[int, int]) -> list[tuple[int, int]]:
    """Powers (of x, of y) of the terms, x changing fastest."""
    of_x, of_y = (degrees[group] for group in groups)
    together = groups[0] == groups[1]
    return [(i, j) for j, i in product(range(of_y + 1), range(of_x + 1)) if not together or i + j <= of_x]


def _resampling(n: int, step: float, shift: float) -> Floats:
    """Matrix from n samples to pixels that are ``step`` samples apart, their content moved by ``shift`` pixels.

    Pixels whose centres lie outside of the samples are 0.  The number of pixels is odd.
    """
    pixels = int(n / step)
    pixels += 1 - pixels % 2
    place = n // 2 + (np.arange(pixels) - pixels // 2 - shift) * step
    weights = lanczos(np.arange(n, dtype=np.float64)[None, :] - place[:, None], _ORDER)
    total = weights.sum(axis=1, keepdims=True)
    inside = (place >= 0.0) & (place <= n - 1)
    return np.where(inside[:, None], weights / np.where(total > 0.0, total, 1.0), 0.0)
