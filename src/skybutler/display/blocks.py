"""Pixels put together in blocks: means of values, unions of mask bits.  Knows nothing of screens."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["block_mean", "block_or"]

Pixels: TypeAlias = npt.NDArray[Any]


def block_mean(array: Pixels, n: int) -> npt.NDArray[np.floating[Any]]:
    """Means of blocks of n x n pixels, those at the far edges of what is left; NaN counts only where nothing else is.

    Parameters
    ----------
    array : `numpy.ndarray`, (ny, nx)
        Numbers of any type.
    n : `int`
        Side of a block.
    """
    kind = np.float32 if array.dtype == np.float32 else np.float64
    rows, columns = (np.arange(0, size, n) for size in array.shape)
    sizes = np.outer(np.diff(rows, append=array.shape[0]), np.diff(columns, append=array.shape[1])).astype(kind)

    def total(of: Pixels) -> Pixels:
        return np.add.reduceat(np.add.reduceat(of, rows, axis=0, dtype=kind), columns, axis=1)

    with np.errstate(invalid="ignore", over="ignore"):
        mean: npt.NDArray[np.floating[Any]] = total(array) / sizes
    if not np.isfinite(mean).all():
        finite = np.isfinite(array)
        counts = total(finite)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total(np.where(finite, array, 0)) / counts
    return mean


def block_or(array: npt.NDArray[np.int32], n: int) -> npt.NDArray[np.int32]:
    """Bits that any pixel of a block of n x n has."""
    rows, columns = (np.arange(0, size, n) for size in array.shape)
    joined: npt.NDArray[np.int32] = np.bitwise_or.reduceat(np.bitwise_or.reduceat(array, rows, axis=0), columns, axis=1)
    return joined
