"""Half-open integer pixel boxes in (y, x) order.  Knows nothing of images, files or the sky."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, SupportsIndex, TypeAlias

from skybutler.errors import InvalidError

__all__ = ["Box", "BoxIndex", "Interval", "PixelIndex", "is_pixel"]

_SECTION = re.compile(r"\s*\[\s*(-?\d+)\s*:\s*(-?\d+)\s*,\s*(-?\d+)\s*:\s*(-?\d+)\s*\]\s*")


class Interval(NamedTuple):
    """Pixels ``start <= i < stop`` along one axis."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True, init=False)
class Box:
    """A rectangle of pixels, half-open on both axes.

    Parameters
    ----------
    y, x : `Interval` or pair of `int`
        Rows and columns, ``start <= i < stop``.

    Raises
    ------
    InvalidError
        Raised if a stop lies before its start.
    """

    y: Interval
    x: Interval

    def __init__(self, y: tuple[int, int], x: tuple[int, int]) -> None:
        for axis, (start, stop) in (("y", y), ("x", x)):
            if stop < start:
                raise InvalidError(f"Box with {axis} = ({start}, {stop}): stop lies before start.")
        object.__setattr__(self, "y", Interval(int(y[0]), int(y[1])))
        object.__setattr__(self, "x", Interval(int(x[0]), int(x[1])))

    @classmethod
    def from_shape(cls, shape: tuple[int, ...], xy0: tuple[int, int] = (0, 0)) -> Box:
        """The box of an array of ``shape`` (ny, nx) whose first pixel is ``xy0`` (x, y)."""
        x0, y0 = xy0
        return cls((y0, y0 + shape[0]), (x0, x0 + shape[1]))

    @classmethod
    def from_center(cls, center: tuple[float, float], dimensions: tuple[int, int]) -> Box:
        """The box of ``dimensions`` (nx, ny) around a point (x, y).

        Of an odd number of pixels the middle one is that nearest to the point; of an even number as many lie on the
        one side as on the other, of the pixel edge nearest to it.
        """
        begin = []
        for middle, size in zip(center, dimensions, strict=True):
            if not math.isfinite(middle) or size < 0:
                raise InvalidError(f"No box of {dimensions} pixels lies around {center}.")
            begin.append(math.floor(middle + 0.5 - (size - 1) / 2))
        return cls.from_shape((dimensions[1], dimensions[0]), (begin[0], begin[1]))

    @classmethod
    def from_fits_section(cls, text: str) -> Box:
        """The 0-based box of a FITS section card such as DATASEC, ``[x1:x2,y1:y2]`` 1-based and inclusive.

        A reversed range (``[522:11,...]``) covers the same pixels; the direction is not kept.

        Raises
        ------
        InvalidError
            Raised if the text is not a two-dimensional section.
        """
        match = _SECTION.fullmatch(text)
        if match is None:
            raise InvalidError(f"'{text}' is not a FITS section of the form [x1:x2,y1:y2].")
        xa, xb, ya, yb = (int(group) for group in match.groups())
        return cls((min(ya, yb) - 1, max(ya, yb)), (min(xa, xb) - 1, max(xa, xb)))

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx), the shape of an array of these pixels."""
        return self.y.size, self.x.size

    @property
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny), width and height."""
        return self.x.size, self.y.size

    @property
    def xy0(self) -> tuple[int, int]:
        """(x, y) of the first pixel."""
        return self.x.start, self.y.start

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.y.size * self.x.size

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel inside."""
        return self.area == 0

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle, where whole numbers are pixel centres."""
        return (self.x.start + self.x.stop - 1) / 2, (self.y.start + self.y.stop - 1) / 2

    def corners(self) -> Iterator[tuple[int, int]]:
        """(x, y) of the four corner pixels: lower left, lower right, upper right, upper left; none if empty."""
        if not self.is_empty:
            right, top = self.x.stop - 1, self.y.stop - 1
            yield from ((self.x.start, self.y.start), (right, self.y.start), (right, top), (self.x.start, top))

    def contains(self, other: Box | tuple[float, float]) -> bool:
        """Whether all pixels of a box, or the pixel nearest to a point (x, y), lie inside.

        The empty box is inside every box.
        """
        if isinstance(other, Box):
            return other.is_empty or self.intersection(other) == other
        x, y = other
        return self.x.start - 0.5 <= x < self.x.stop - 0.5 and self.y.start - 0.5 <= y < self.y.stop - 0.5

    def overlaps(self, other: Box) -> bool:
        """Whether the boxes share a pixel."""
        return not self.intersection(other).is_empty

    def intersection(self, other: Box) -> Box:
        """The shared pixels; ``Box((0, 0), (0, 0))`` when there are none."""
        y = max(self.y.start, other.y.start), min(self.y.stop, other.y.stop)
        x = max(self.x.start, other.x.start), min(self.x.stop, other.x.stop)
        return Box(y, x) if y[0] < y[1] and x[0] < x[1] else Box((0, 0), (0, 0))

    def union(self, other: Box) -> Box:
        """The smallest box that has all pixels of both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Box(
            (min(self.y.start, other.y.start), max(self.y.stop, other.y.stop)),
            (min(self.x.start, other.x.start), max(self.x.stop, other.x.stop)),
        )

    def grow(self, pixels: int = 0, *, left: int = 0, right: int = 0, bottom: int = 0, top: int = 0) -> Box:
        """A box wider by ``pixels`` on every side, and by more on single sides.

        Narrower where negative; ``Box((0, 0), (0, 0))`` when nothing is left.
        """
        y = self.y.start - pixels - bottom, self.y.stop + pixels + top
        x = self.x.start - pixels - left, self.x.stop + pixels + right
        return Box(y, x) if y[0] < y[1] and x[0] < x[1] else Box((0, 0), (0, 0))

    def tiles(self, width: int, height: int) -> Iterator[Box]:
        """Boxes of ``width`` times ``height`` pixels that cover this one without overlap, row by row from the bottom.

        Those at the right and at the top are cut off.
        """
        if width < 1 or height < 1:
            raise InvalidError(f"Tiles of {width} x {height} pixels cover nothing.")
        for y in range(self.y.start, self.y.stop, height):
            for x in range(self.x.start, self.x.stop, width):
                yield Box((y, min(y + height, self.y.stop)), (x, min(x + width, self.x.stop)))

    def shifted(self, dx: int, dy: int) -> Box:
        """The box moved by (dx, dy)."""
        return Box((self.y.start + dy, self.y.stop + dy), (self.x.start + dx, self.x.stop + dx))

    def slices(self, parent: Box) -> tuple[slice, slice]:
        """Where the pixels of this box are in the array of ``parent``.

        Returns
        -------
        rows, columns : `slice`
            Index of the array of ``parent``.

        Raises
        ------
        InvalidError
            Raised if this box is not inside ``parent``.
        """
        if not parent.contains(self):
            raise InvalidError(f"Box {self} is not inside {parent}.", hint="Clip it with intersection().")
        if self.is_empty:
            return slice(0, 0), slice(0, 0)
        x0, y0 = parent.xy0
        return (
            slice(self.y.start - y0, self.y.stop - y0),
            slice(self.x.start - x0, self.x.stop - x0),
        )

    def select(self, index: PixelIndex) -> Box:
        """The part of this box that an index ``[x0:x1, y0:y1]`` means.

        Parameters
        ----------
        index : `Box`, or pair of `slice` or `int` (x, y)
            Numbers are those of the parent frame, negative ones too: they never count from the end.  A missing end of
            a slice is the edge of this box; a single number is one column or row.

        Raises
        ------
        InvalidError
            If it is no such index, or not inside this box.
        """
        if isinstance(index, Box):
            box = index
        else:
            pair: object = index
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InvalidError(
                    f"{index!r} chooses no pixels.", hint="Give a Box or [x0:x1, y0:y1]; arrays of bool go to .array."
                )
            x, y = (_interval(part, axis) for part, axis in zip(pair, (self.x, self.y), strict=True))
            box = Box(y, x)
        if not self.contains(box):
            raise InvalidError(f"Box {box} is not inside {self}.", hint="Clip it with intersection().")
        return box

    def __str__(self) -> str:
        return f"[y={self.y.start}:{self.y.stop}, x={self.x.start}:{self.x.stop}]"


BoxIndex: TypeAlias = Box | tuple[slice, slice] | tuple[slice, SupportsIndex] | tuple[SupportsIndex, slice]
"""A box, or a pair ``[x, y]`` with a slice, in the parent frame."""

PixelIndex: TypeAlias = BoxIndex | tuple[SupportsIndex, SupportsIndex]
"""The same, or one pixel ``[x, y]``."""


def _interval(part: object, axis: Interval) -> Interval:
    """The pixels of one slice or number along an axis."""
    try:
        if not isinstance(part, slice):
            start = operator.index(part)  # type: ignore[arg-type]  # what is no index raises
            return Interval(start, start + 1)
        start = axis.start if part.start is None else operator.index(part.start)
        stop = axis.stop if part.stop is None else operator.index(part.stop)
    except TypeError:
        raise InvalidError(f"{part!r} chooses no pixels: pixels have whole numbers.") from None
    if part.step not in (None, 1):
        raise InvalidError(
            f"A step of {part.step} is not possible.", hint="Use .array[::2, ::2] for every other pixel."
        )
    return Interval(start, max(start, stop))


def is_pixel(index: object) -> bool:
    """Whether an index ``[x, y]`` means one pixel: two numbers."""
    return isinstance(index, tuple) and not any(isinstance(part, slice) for part in index)
