"""Symbols, ellipses, texts and lines on an image, collected so that thousands are drawn as fast as one.

Coordinates and sizes are pixels of the parent frame.  Knows matplotlib's collections; knows no images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["SYMBOLS", "Markers", "ellipse_axes"]

Floats: TypeAlias = npt.NDArray[np.float64]

_DIAGONAL = math.sqrt(0.5)
_STROKES: dict[str, list[tuple[float, float, float, float]]] = {
    "+": [(-1, 0, 1, 0), (0, -1, 0, 1)],
    "x": [(-_DIAGONAL, -_DIAGONAL, _DIAGONAL, _DIAGONAL), (-_DIAGONAL, _DIAGONAL, _DIAGONAL, -_DIAGONAL)],
}
_STROKES["*"] = _STROKES["+"] + _STROKES["x"]
"""Lines that make a symbol of size 1: x and y of both ends."""

SYMBOLS = (*_STROKES, "o")


def ellipse_axes(mxx: float, mxy: float, myy: float) -> tuple[float, float, float]:
    """Half axes and angle of the ellipse with these second moments.

    Returns
    -------
    a, b : `float`
        Half axes, the longer one first; pixels.
    angle : `float`
        Of the longer one, counter-clockwise from x; degrees.

    Raises
    ------
    InvalidError
        Raised if the moments are those of no ellipse.
    """
    mean, half = (mxx + myy) / 2, math.hypot((mxx - myy) / 2, mxy)
    if not mean - half >= -1e-9 * abs(mean):
        raise InvalidError(f"Moments xx={mxx:g}, xy={mxy:g}, yy={myy:g} are those of no ellipse.")
    return math.sqrt(mean + half), math.sqrt(max(mean - half, 0.0)), math.degrees(0.5 * math.atan2(2 * mxy, mxx - myy))


class Markers:
    """What has been drawn over an image, and what waits for the end of a buffer.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        Of the image.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self._drawn: list[Artist] = []
        self._segments: list[Any] = []
        self._segment_looks: list[tuple[str, float]] = []
        self._ellipses: list[Floats] = []
        self._ellipse_looks: list[tuple[str, float]] = []

    def dot(
        self,
        symbol: str,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        size: npt.ArrayLike = 2.0,
        colour: str = "lime",
        *,
        width: float = 1.0,
        angle: float = 0.0,
        **text: Any,
    ) -> None:
        """Add a symbol at each position; see `Display.dot`."""
        px, py, half = (
            np.atleast_1d(v).astype(np.float64)
            for v in np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), np.asarray(size, float))
        )
        if symbol in _STROKES:
            strokes = np.array(_STROKES[symbol])
            ends = half[:, None, None] * strokes.reshape(-1, 4) + np.stack([px, py, px, py], axis=-1)[:, None, :]
            self._segments += list(ends.reshape(-1, 2, 2))
            self._segment_looks += [(colour, width)] * (len(px) * len(strokes))
        elif symbol == "o":
            self._add_ellipses(np.stack([px, py, half, half, np.zeros_like(px)], axis=-1), colour, width)
        elif symbol.startswith("@:"):
            a, b, tilt = ellipse_axes(*self._moments(symbol))
            every = np.ones_like(px)
            self._add_ellipses(np.stack([px, py, a * every, b * every, tilt * every], axis=-1), colour, width)
        else:
            for one_x, one_y, one_size in zip(px, py, half, strict=True):
                self._write(symbol, (one_x, one_y), one_size, colour, angle, text)

    @staticmethod
    def _moments(symbol: str) -> tuple[float, float, float]:
        try:
            mxx, mxy, myy = (float(part) for part in symbol.removeprefix("@:").split(","))
        except ValueError:
            raise InvalidError(f"'{symbol}' is not an ellipse.", hint="Write @:Mxx,Mxy,Myy, e.g. @:4,1,3.") from None
        return mxx, mxy, myy

    def ellipses(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        moments: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
        colour: str = "lime",
        *,
        scale: float = 1.0,
        width: float = 1.0,
    ) -> None:
        """Add an ellipse for each position and its second moments (xx, xy, yy); without finite ones none."""
        px, py, mxx, mxy, myy = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in (x, y, *moments)))
        mean, half = (mxx + myy) / 2, np.hypot((mxx - myy) / 2, mxy)
        with np.errstate(invalid="ignore"):
            good = np.isfinite(mean) & (mean - half > 0)
        mean, half = mean[good], half[good]
        tilt = np.degrees(0.5 * np.arctan2(2 * mxy[good], mxx[good] - myy[good]))
        axes = scale * np.sqrt(mean + half), scale * np.sqrt(mean - half)
        self._add_ellipses(np.stack([px[good], py[good], *axes, tilt], axis=-1), colour, width)

    def _add_ellipses(self, rows: Floats, colour: str, width: float) -> None:
        self._ellipses.append(rows)
        self._ellipse_looks += [(colour, width)] * len(rows)

    def line(self, points: Sequence[tuple[float, float]] | Floats, colour: str = "lime", *, width: float = 1.0) -> None:
        """Add a line through points (x, y)."""
        path = np.asarray(points, np.float64).reshape(-1, 2)
        if len(path) > 1:
            self._segments.append(path)
            self._segment_looks.append((colour, width))

    def lines(self, paths: Sequence[Floats], colour: str = "lime", *, width: float = 1.0) -> None:
        """Add many lines, each an array of points (n, 2)."""
        self._segments += list(paths)
        self._segment_looks += [(colour, width)] * len(paths)

    def _write(
        self, text: str, at: tuple[float, float], size: float, colour: str, angle: float, looks: dict[str, Any]
    ) -> None:
        settings: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "clip_on": True,
            "fontsize": max(6.0, 5.0 * size),
        } | looks
        self._drawn.append(self.axes.text(*at, text, color=colour, rotation=angle, **settings))

    def flush(self) -> None:
        """Draw what was added, each kind as one collection."""
        from matplotlib.collections import EllipseCollection, LineCollection

        if self._segments:
            colours, widths = zip(*self._segment_looks, strict=True)
            lines = LineCollection(self._segments, colors=colours, linewidths=widths, zorder=3)
            self._drawn.append(self.axes.add_collection(lines, autolim=False))
        rows = np.concatenate([np.empty((0, 5)), *self._ellipses])
        if len(rows):
            colours, widths = zip(*self._ellipse_looks, strict=True)
            x, y, a, b, angle = rows.T
            ellipses = EllipseCollection(
                2 * a, 2 * b, angle, units="xy", offsets=np.stack([x, y], axis=-1),
                offset_transform=self.axes.transData,
                facecolors="none", edgecolors=colours, linewidths=widths, zorder=3,
            )  # fmt: skip
            self._drawn.append(self.axes.add_collection(ellipses, autolim=False))
        self._segments, self._segment_looks, self._ellipses, self._ellipse_looks = [], [], [], []

    def erase(self) -> None:
        """Take everything away that was drawn, and what waits."""
        for artist in self._drawn:
            artist.remove()
        self._drawn = []
        self._segments, self._segment_looks, self._ellipses, self._ellipse_looks = [], [], [], []
