"""The sky under the sources of an image: medians of cells, and a smooth surface through them.  Knows arrays only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.polynomial.chebyshev import chebvander

__all__ = ["fit_background"]

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]

_CELLS = 16
_LEAST_PX = 32
_MOST_VALUES = 5000
_CLIPS, _CLIP_SIGMA = 5, 2.5


def fit_background(image: Pixels, ignored: npt.NDArray[np.bool_], order: int = 2) -> Pixels:
    """A Chebyshev surface through the clipped means of the pixels that sources leave alone.

    Parameters
    ----------
    image : `~numpy.ndarray`
        Shape (height, width).
    ignored : `~numpy.ndarray`
        Pixels that are not of the sky.
    order : `int`
        Largest order along each axis.

    Returns
    -------
    background : `~numpy.ndarray`
        Shape (height, width); zero if no cell has enough pixels.
    """
    edges = [np.linspace(0, size, max(1, min(_CELLS, size // _LEAST_PX)) + 1).astype(int) for size in image.shape]
    centres, levels, weights = [], [], []
    for top, bottom in zip(edges[0][:-1], edges[0][1:], strict=True):
        for left, right in zip(edges[1][:-1], edges[1][1:], strict=True):
            values = image[top:bottom, left:right][~ignored[top:bottom, left:right]]
            if len(values) >= 0.1 * (bottom - top) * (right - left):
                centres.append(((top + bottom - 1) / 2, (left + right - 1) / 2))
                levels.append(_clipped_mean(values[:: 1 + len(values) // _MOST_VALUES]))
                weights.append(np.sqrt(len(values)))
    if not centres:
        return np.zeros_like(image)
    orders = [min(order, len(edge) - 2) for edge in edges]
    y, x = (chebvander(_unit(c, size), n) for c, size, n in zip(np.array(centres).T, image.shape, orders, strict=True))
    terms = np.einsum("ni,nj->nij", y, x).reshape(len(centres), -1)
    weight = np.array(weights)
    solution = np.linalg.lstsq(terms * weight[:, None], np.array(levels) * weight, rcond=None)[0]
    rows, columns = (chebvander(_unit(np.arange(s), s), n) for s, n in zip(image.shape, orders, strict=True))
    return np.asarray(rows @ solution.reshape(orders[0] + 1, orders[1] + 1) @ columns.T, dtype=np.float32)


def _unit(position: npt.NDArray[np.generic], size: int) -> Floats:
    return np.asarray(2.0 * (position.astype(np.float64) + 0.5) / size - 1.0, dtype=np.float64)


def _clipped_mean(values: Pixels) -> float:
    """Mean of what is near the median: the upper wing, which faint sources fill, is cut as near as the lower one."""
    for _ in range(_CLIPS):
        low, middle, high = np.percentile(values, (15.87, 50.0, 84.13))
        reach = _CLIP_SIGMA * min(middle - low, high - middle)
        near = values[np.abs(values - middle) <= reach]
        if len(near) in (0, len(values)):
            break
        values = near
    return float(values.mean())
