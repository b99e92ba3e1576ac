"""Polygons in the plane of pixels.  Knows nothing of the sky or files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats, frozen

__all__ = ["Polygon"]


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class Polygon(ByValue):
    """A region of pixels between straight edges that do not cross.

    Parameters
    ----------
    vertices : array_like, (n, 2)
        Corners (x, y) in 0-based parent pixels, in either sense; the first one may be repeated as the last.

    Raises
    ------
    InvalidError
        Raised if there are fewer than three, or one is not finite.
    """

    vertices: Floats

    def __init__(self, vertices: npt.ArrayLike) -> None:
        given = frozen(vertices)
        if given.ndim == 2 and len(given) > 3 and np.array_equal(given[0], given[-1]):
            given = frozen(given[:-1])
        if given.ndim != 2 or given.shape[1] != 2 or len(given) < 3 or not np.isfinite(given).all():
            raise InvalidError(
                f"A polygon has at least three finite corners (x, y), not values of shape {given.shape}."
            )
        object.__setattr__(self, "vertices", given)

    @classmethod
    def from_box(cls, box: Box) -> Polygon:
        """The outline of the pixels of a box, half a pixel outside of the outermost centres.

        Raises
        ------
        InvalidError
            Raised if the box is empty.
        """
        if box.is_empty:
            raise InvalidError(f"The box {box} is empty: it has no outline.")
        (y0, y1), (x0, x1) = box.y, box.x
        return cls(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64) - 0.5)

    @property
    def area(self) -> float:
        """Square pixels."""
        return abs(self._signed_area())

    @property
    def perimeter(self) -> float:
        """Pixels."""
        return float(np.linalg.norm(np.roll(self.vertices, -1, axis=0) - self.vertices, axis=1).sum())

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the centre of gravity."""
        origin = self.vertices[0]
        a = self.vertices - origin
        b = np.roll(a, -1, axis=0)
        cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
        if cross.sum() == 0.0:
            x, y = self.vertices.mean(axis=0)
        else:
            x, y = origin + ((a + b) * cross[:, None]).sum(axis=0) / (3.0 * cross.sum())
        return float(x), float(y)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest x and y, largest x and y."""
        (x0, y0), (x1, y1) = self.vertices.min(axis=0), self.vertices.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    @property
    def bbox(self) -> Box:
        """The smallest box whose pixels hold all of the polygon."""
        x0, y0, x1, y1 = self.bounds
        x, y = (math.floor(x0 + 0.5), math.ceil(x1 + 0.5)), (math.floor(y0 + 0.5), math.ceil(y1 + 0.5))
        return Box((y[0], max(y)), (x[0], max(x)))

    def _signed_area(self) -> float:
        a = self.vertices - self.vertices[0]
        b = np.roll(a, -1, axis=0)
        return float((a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]).sum()) / 2.0

    def contains(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether positions are inside; of positions on an edge, those on its lower or left side are.

        Parameters
        ----------
        x, y : array_like
            0-based parent pixels, broadcast together.

        Returns
        -------
        inside : `numpy.ndarray` of `bool`
        """
        px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        inside = np.zeros(np.broadcast_shapes(px.shape, py.shape), dtype=bool)
        for (ax, ay), (bx, by) in zip(self.vertices, np.roll(self.vertices, -1, axis=0), strict=True):
            if ay != by:
                # The ray to the right crosses an edge at heights from its lower end, inclusive, to its upper one.
                within = (ay <= py) != (by <= py)
                inside ^= within & (px < ax + (py - ay) * (bx - ax) / (by - ay))
        return inside

    def mask(self, box: Box) -> npt.NDArray[np.bool_]:
        """Which pixels of a box have their centres inside, (ny, nx)."""
        return self.contains(np.arange(box.x.start, box.x.stop)[None, :], np.arange(box.y.start, box.y.stop)[:, None])

    def clipped(self, box: Box) -> Polygon | None:
        """The part within the area of the pixels of a box; `None` if there is none.

        Parts that a concave polygon falls into are joined by edges along the border of the box.
        """
        if box.is_empty:
            return None
        limits = (
            (0, box.x.start - 0.5, 1),
            (0, box.x.stop - 0.5, -1),
            (1, box.y.start - 0.5, 1),
            (1, box.y.stop - 0.5, -1),
        )
        found = list(map(tuple, self.vertices.tolist()))
        for axis, limit, sign in limits:
            found = _beyond(found, axis, limit, sign)
        if len(found) < 3:
            return None
        part = Polygon(found)
        return part if part.area > 0.0 else None

    def mapped(self, function: Callable[[Floats, Floats], tuple[npt.ArrayLike, npt.ArrayLike]]) -> Polygon:
        """The polygon whose corners are where a function of (x, y) has those of this one; edges stay straight."""
        return Polygon(np.stack(function(self.vertices[:, 0], self.vertices[:, 1]), axis=-1))

    def __repr__(self) -> str:
        x, y = self.center
        return f"Polygon({len(self.vertices)} vertices around ({x:.6g}, {y:.6g}), {self.area:.6g} pixels)"


def _beyond(vertices: list[tuple[float, ...]], axis: int, limit: float, sign: int) -> list[tuple[float, ...]]:
    """Corners of the part on one side of a line (Sutherland & Hodgman 1974)."""
    found: list[tuple[float, ...]] = []
    for i, end in enumerate(vertices):
        begin = vertices[i - 1]
        before, after = sign * (begin[axis] - limit), sign * (end[axis] - limit)
        if (before < 0.0 < after) or (after < 0.0 < before):
            part = before / (before - after)
            crossing = [b + part * (e - b) for b, e in zip(begin, end, strict=True)]
            crossing[axis] = limit
            found.append(tuple(crossing))
        if after >= 0.0:
            found.append(end)
    return found
