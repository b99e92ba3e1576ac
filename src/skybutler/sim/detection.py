"""Where an image is brighter than its noise: footprints and their peaks.  Knows arrays, no masks by name and no sky.

A footprint is a connected set of pixels above a threshold in the image smoothed with its point-spread function, grown a
little; pixels that touch at a corner are connected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Detections", "components", "detect", "grown", "smooth"]

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GROW_SIGMA = 2.4
_ROWS = 32


@dataclass(frozen=True)
class Detections:
    """What was found; rows and columns count from the first pixel of the array.

    Parameters
    ----------
    spans : `~numpy.ndarray`
        Pixels of the footprints, shape (n, 4): row, first column, last column, number of the footprint; by footprint,
        row and column.
    x, y : `~numpy.ndarray`
        Peaks, pixels with whole numbers, the brightest of a footprint first.
    footprint : `~numpy.ndarray`
        Number of the footprint of each peak, ascending.
    significance : `~numpy.ndarray`
        Of each peak, in standard deviations of the smoothed image.
    shape : `tuple` [`int`, `int`]
        Of the array.
    """

    spans: Ints
    x: Ints
    y: Ints
    footprint: Ints
    significance: Floats
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.x)

    def pixels(self) -> Bools:
        """Which pixels are in footprints."""
        height, width = self.shape
        steps = np.zeros((height, width + 1), dtype=np.int8)
        np.add.at(steps, (self.spans[:, 0], self.spans[:, 1]), 1)
        np.add.at(steps, (self.spans[:, 0], self.spans[:, 2] + 1), -1)
        return np.asarray(np.cumsum(steps, axis=1, dtype=np.int8)[:, :-1] > 0)


def smooth(image: Pixels, sigma: float) -> tuple[Pixels, float]:
    """An image convolved with a round Gaussian, zero beyond its edges, and the sum of the squares of the kernel."""
    half = int(np.ceil(3.5 * sigma))
    line = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2).astype(np.float32)
    line /= line.sum()
    height, width = image.shape
    padded = np.pad(image, half)
    smoothed = np.empty_like(image)
    # A few rows at a time, which stay in the processor's cache.
    for top in range(0, height, _ROWS):
        rows = min(_ROWS, height - top)
        across = _weighted(line, [padded[top + k : top + k + rows] for k in range(len(line))])
        smoothed[top : top + rows] = _weighted(line, [across[:, k : k + width] for k in range(len(line))])
    return smoothed, float((line**2).sum()) ** 2


def _weighted(weights: Pixels, images: Sequence[Pixels]) -> Pixels:
    total, product = np.zeros_like(images[0]), np.empty_like(images[0])
    for weight, image in zip(weights, images, strict=True):
        np.multiply(image, weight, out=product)
        total += product
    return total


def detect(image: Pixels, variance: Pixels, sigma: float, *, ignored: Bools, threshold: float = 5.0) -> Detections:
    """Find what is brighter than the noise.

    Parameters
    ----------
    image, variance : `~numpy.ndarray`
        Shape (height, width); the background is zero.
    sigma : `float`
        Width of the point-spread function, pixels.
    ignored : `~numpy.ndarray`
        Pixels that are not to be believed: they count as background, and no peak is in them.
    threshold : `float`
        In standard deviations of the smoothed image.
    """
    smoothed, squares = smooth(np.where(ignored, np.float32(0), image), sigma)
    noise = np.sqrt(variance * np.float32(squares))
    significance = np.divide(smoothed, noise, out=np.zeros_like(smoothed), where=noise > 0)
    significance[ignored] = 0
    # Of the light, not of the significance, which the noise of bright sources flattens.
    y, x = _peaks(smoothed, significance > threshold, max(1, round(sigma)))
    if not len(y):
        empty = np.empty(0, dtype=np.int64)
        return Detections(np.empty((0, 4), dtype=np.int64), empty, empty, empty, np.empty(0), _shape(image))
    spans, number = components(grown(significance > threshold, _GROW_SIGMA * sigma), y, x)
    order = np.lexsort((x, y, -smoothed[y, x], number))
    return Detections(
        spans, x[order], y[order], number[order], np.asarray(significance[y, x], dtype=np.float64)[order], _shape(image)
    )


def components(marked: Bools, y: Ints, x: Ints) -> tuple[Ints, Ints]:
    """Connected sets of marked pixels that have one of some places in them.

    Parameters
    ----------
    marked : `~numpy.ndarray`
        Shape (height, width).
    y, x : `~numpy.ndarray`
        Marked pixels.

    Returns
    -------
    spans : `~numpy.ndarray`
        As `Detections` has them.
    number : `~numpy.ndarray`
        Of the set in which each place is.
    """
    runs, labels = _runs(marked)
    kept, number = np.unique(labels[_run_of(runs, y, x, marked.shape[1])], return_inverse=True)
    of_kept = np.isin(labels, kept)
    spans = np.column_stack([runs[of_kept], np.searchsorted(kept, labels[of_kept])])
    return spans[np.lexsort((spans[:, 1], spans[:, 0], spans[:, 3]))], number.astype(np.int64)


def _shape(image: Pixels) -> tuple[int, int]:
    return image.shape[0], image.shape[1]


def _peaks(values: Pixels, candidates: Bools, reach: int) -> tuple[Ints, Ints]:
    """Candidates that nothing within ``reach`` rows and columns exceeds; of equals the first one."""
    rows, columns = np.nonzero(candidates)
    padded = np.pad(values, reach, constant_values=-np.inf)
    here = values[rows, columns]
    highest = np.ones(len(rows), dtype=bool)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dy or dx:
                other = padded[rows + reach + dy, columns + reach + dx]
                highest &= (here > other) | ((here == other) & ((dy, dx) > (0, 0)))
    return rows[highest], columns[highest]


def grown(marked: Bools, radius: float) -> Bools:
    """Pixels within a disc around marked ones."""
    half = int(radius)
    grown = marked.copy()
    height, width = marked.shape
    for dy in range(-half, half + 1):
        reach = int(np.sqrt(radius**2 - dy**2))
        to, of = slice(max(0, dy), height + min(0, dy)), slice(max(0, -dy), height + min(0, -dy))
        for dx in range(-reach, reach + 1):
            grown[to, max(0, dx) : width + min(0, dx)] |= marked[of, max(0, -dx) : width + min(0, -dx)]
    return grown


def _runs(marked: Bools) -> tuple[Ints, Ints]:
    """Runs of marked pixels (row, first column, last column) and the number of the connected set of each."""
    edges = np.diff(np.pad(marked, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, first = np.nonzero(edges == 1)
    last = np.nonzero(edges == -1)[1] - 1
    stride = marked.shape[1] + 4
    begins, ends = rows * stride + first, rows * stride + last
    # In the row above, runs that overlap one or touch it at a corner are neighbours in the sorted list.
    low = np.searchsorted(ends, begins + stride - 1, "left")
    high = np.searchsorted(begins, ends + stride + 1, "right")
    count = np.maximum(high - low, 0)
    one = np.repeat(np.arange(len(rows)), count)
    other = np.repeat(low, count) + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return np.column_stack([rows, first, last]), _connected(len(rows), one, other)


def _connected(n: int, one: Ints, other: Ints) -> Ints:
    """Least member of the connected set of each of n things, given which pairs are connected."""
    label = np.arange(n)
    while True:
        a, b = label[one], label[other]
        if (a == b).all():
            return label
        least = np.minimum(a, b)
        np.minimum.at(label, a, least)
        np.minimum.at(label, b, least)
        while not np.array_equal(shorter := label[label], label):
            label = shorter


def _run_of(spans: Ints, y: Ints, x: Ints, width: int) -> Ints:
    """The run in which each pixel is."""
    return np.searchsorted(spans[:, 0] * (width + 4) + spans[:, 1], y * (width + 4) + x, "right") - 1
