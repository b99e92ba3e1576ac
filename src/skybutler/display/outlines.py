"""Outlines of sets of pixels, along the edges of the pixels.  Knows neither axes nor where the sets come from."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = ["outline", "outline_of_spans", "spans_of"]

Floats: TypeAlias = npt.NDArray[np.float64]


def outline(inside: npt.NDArray[np.bool_], xy0: tuple[int, int] = (0, 0)) -> list[Floats]:
    """Straight pieces around the pixels that are inside.

    Parameters
    ----------
    inside : `numpy.ndarray` of `bool`, (ny, nx)
        The set.
    xy0 : pair of `int`
        (x, y) of its first pixel.

    Returns
    -------
    pieces : `list` of `numpy.ndarray`, (2, 2)
        Both ends (x, y) of each.
    """
    padded = np.pad(inside, 1).astype(np.int8)
    pieces: list[Floats] = []
    for steps, upright in ((np.diff(padded, axis=0)[:, 1:-1], False), (np.diff(padded, axis=1)[1:-1].T, True)):
        # row i of the steps is the edge between pixels i - 1 and i; a run of equal steps is one piece
        runs = np.diff(np.pad(steps, ((0, 0), (1, 1))), axis=1) != 0
        for i in np.flatnonzero(runs.any(axis=1)):
            ends = np.flatnonzero(runs[i])
            for a, b in itertools.pairwise(ends.tolist()):
                if steps[i, a]:
                    line = np.array([[a - 0.5, i - 0.5], [b - 0.5, i - 0.5]])
                    pieces.append((line[:, ::-1] if upright else line) + xy0)
    return pieces


def outline_of_spans(spans: npt.ArrayLike) -> list[Floats]:
    """Outline of pixels given as rows (y, x0, x1), both ends inside; see `outline`.

    Raises
    ------
    InvalidError
        Raised if the rows are not of this form.
    """
    rows = np.asarray(spans, np.int64)
    if rows.ndim != 2 or rows.shape[1] != 3 or (rows[:, 2] < rows[:, 1]).any():
        raise InvalidError("Spans are rows of y, first x and last x.")
    if not len(rows):
        return []
    y0, x0 = int(rows[:, 0].min()), int(rows[:, 1].min())
    inside = np.zeros((int(rows[:, 0].max()) - y0 + 1, int(rows[:, 2].max()) - x0 + 1), np.bool_)
    for y, first, last in rows.tolist():
        inside[y - y0, first - x0 : last - x0 + 1] = True
    return outline(inside, (x0, y0))


def spans_of(footprints: Any) -> Iterable[npt.ArrayLike]:
    """Spans of one footprint or of many: what has ``spans``, or is an array of rows (y, x0, x1)."""
    if hasattr(footprints, "spans") or (isinstance(footprints, np.ndarray) and footprints.ndim == 2):
        footprints = [footprints]
    for one in footprints:
        if one is not None:
            yield getattr(one, "spans", one)
