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
    sizes = np.outer(_sizes(array.shape[0], n), _sizes(array.shape[1], n)).astype(kind)
    finite = np.isfinite(array)
    if finite.all():
        plain: npt.NDArray[np.floating[Any]] = _joined(np.add, array, n, kind) / sizes
        return plain
    values = np.where(finite, array, array.dtype.type(0))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: npt.NDArray[np.floating[Any]] = _joined(np.add, values, n, kind) / _joined(np.add, finite, n, kind)
    return mean


def block_or(array: npt.NDArray[np.int32], n: int) -> npt.NDArray[np.int32]:
    """Bits that any pixel of a block of n x n has."""
    joined: npt.NDArray[np.int32] = _joined(np.bitwise_or, array, n, np.int32)
    return joined


def _sizes(length: int, n: int) -> npt.NDArray[np.int64]:
    """Pixels in each block along an axis."""
    return np.diff(np.append(np.arange(0, length, n), length))


def _joined(operation: np.ufunc, array: Pixels, n: int, kind: npt.DTypeLike) -> Pixels:
    """An operation over all pixels of each block; whole blocks are one more axis, ten times as fast as `reduceat`."""
    for _ in range(2):  # along y, then with the axes exchanged along x
        whole = len(array) // n
        blocks = array[: whole * n].reshape(whole, n, array.shape[1])
        made = operation.reduce(blocks, axis=1, dtype=kind)
        if whole * n < len(array):
            rest = operation.reduce(array[whole * n :], axis=0, dtype=kind, keepdims=True)
            made = np.concatenate([made, rest])
        array = made.T
    return np.ascontiguousarray(array)
