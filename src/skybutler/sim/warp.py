"""Pixels of one image brought onto the grid of another through their sky coordinates.  Knows no masks by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.images import Box, SkyWcs

__all__ = ["REACH_PX", "Grid", "Warp"]

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REACH_PX = 3
"""How far from a position pixels take part in the interpolation."""
_ROWS = 256


@dataclass(frozen=True)
class Grid:
    """Pixels of a box under some sky coordinates."""

    wcs: SkyWcs
    box: Box

    def overlap(self, other: Grid) -> Box:
        """The smallest box of pixels of this grid that holds what the other one covers of it; may be empty."""
        edge, low, high = np.linspace(0.0, 1.0, 17), np.zeros(17), np.ones(17)
        x = np.concatenate([edge, edge, low, high]) * other.box.x.size + other.box.x.start - 0.5
        y = np.concatenate([low, high, edge, edge]) * other.box.y.size + other.box.y.start - 0.5
        there = self.wcs.sky_to_pixel(*other.wcs.pixel_to_sky(x, y))
        if not all(np.isfinite(values).all() for values in there):
            return Box((0, 0), (0, 0))
        (x0, x1), (y0, y1) = ((int(np.floor(v.min())), int(np.ceil(v.max())) + 1) for v in there)
        return self.box.intersection(Box((y0, y1), (x0, x1)))


class Warp:
    """From the pixels of one grid to those of a box of another.

    Parameters
    ----------
    source, target : `Grid`
        From where to where.
    box : `Box`
        Pixels of the target that are wanted.
    """

    def __init__(self, source: Grid, target: Grid, box: Box) -> None:
        self._box = box
        x, y = np.arange(box.x.start, box.x.stop), np.arange(box.y.start, box.y.stop)[:, None]
        self._x, self._y = (np.empty(box.shape) for _ in range(2))
        for top in range(0, box.y.size, _ROWS):
            part = slice(top, top + _ROWS)
            column, row = source.wcs.sky_to_pixel(*target.wcs.pixel_to_sky(x, y[part]))
            self._x[part], self._y[part] = column - source.box.x.start, row - source.box.y.start
        height, width = source.box.shape
        with np.errstate(invalid="ignore"):
            self.inside = (self._x > -0.5) & (self._y > -0.5) & (self._x < width - 0.5) & (self._y < height - 0.5)
        self._area = (
            target.wcs.pixel_scale_arcsec(*box.center) / source.wcs.pixel_scale_arcsec(*source.box.center)
        ) ** 2

    @property
    def area(self) -> float:
        """Size of a pixel of the target in pixels of the source."""
        return self._area

    def nearest(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The pixel of the source nearest to each; that at the edge for those outside."""
        height, width = array.shape
        rows = np.clip(np.rint(np.nan_to_num(self._y)), 0, height - 1).astype(np.int64)
        columns = np.clip(np.rint(np.nan_to_num(self._x)), 0, width - 1).astype(np.int64)
        return array[rows, columns]

    def resampled(self, image: Pixels) -> Pixels:
        """The image at the places of the pixels, by Lanczos interpolation of order 3; zero outside.

        Values are those of pixels of the source: multiply them with `area` to keep sums.
        """
        result = np.zeros(self._box.shape, dtype=np.float32)
        padded = np.pad(image, REACH_PX)
        for top in range(0, len(result), _ROWS):
            part = slice(top, top + _ROWS)
            inside = self.inside[part]
            x, y = self._x[part][inside], self._y[part][inside]
            column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
            across, up = (_weights(values - base) for values, base in ((x, column), (y, row)))
            first = (row + 1) * padded.shape[1] + column + 1
            total = np.zeros(len(x), dtype=np.float32)
            for j in range(2 * REACH_PX):
                line = np.zeros(len(x), dtype=np.float32)
                for k in range(2 * REACH_PX):
                    line += across[k] * padded.ravel()[first + (j * padded.shape[1] + k)]
                total += up[j] * line
            result[part][inside] = total
        return result


def _weights(fraction: Floats) -> Pixels:
    """Of the pixels from two before to three after the one below a position; their sum is 1."""
    offsets = np.arange(1 - REACH_PX, REACH_PX + 1)[:, None] - fraction
    weights = np.sinc(offsets) * np.sinc(offsets / REACH_PX)
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)
