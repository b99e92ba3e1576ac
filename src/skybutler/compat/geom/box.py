"""Boxes of pixels, as in lsst.geom: whole ones with an inclusive maximum, and others.  Knows no images."""

# ruff: noqa: N802, N815 - the names are those of lsst.geom

from __future__ import annotations

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from skybutler.errors import InvalidError

from .coordinates import Coordinates, Extent, Extent2D, Extent2I, Point, Point2D, Point2I

__all__ = ["Box2D", "Box2I"]

_Interval = tuple[Any, Any]


class EdgeHandling(enum.Enum):
    """What becomes of pixels that lie partly in a box."""

    EXPAND = "expand"
    SHRINK = "shrink"


class Box(ABC):
    """A rectangle with sides along the axes; `grow`, `shift`, `clip` and `include` change it.

    Held as ``begin <= v < end`` on both axes, which for whole numbers makes ``max`` one less than ``end``.
    """

    __slots__ = ("_x", "_y")

    point: ClassVar[type[Point]]
    extent: ClassVar[type[Extent]]
    step: ClassVar[int]
    """How far the maximum lies before the end."""

    EXPAND = EdgeHandling.EXPAND
    SHRINK = EdgeHandling.SHRINK

    _x: _Interval
    _y: _Interval

    def __init__(self, *values: Any, invert: bool = True) -> None:
        match values:
            case ():
                self._set((0, 0), (0, 0))
            case (Box() as box, *rest):
                self._set(*self._of_box(box, *rest))
            case (Point() as corner, Extent() as size):
                begin, span = self.point(corner), self._whole_size(size)
                self._set(*((b, b + s) for b, s in zip(begin, span, strict=True)))
            case (Point() as a, Point() as b, *rest) if len(rest) < 2:
                turn = bool(rest[0]) if rest else invert
                corners = zip(self.point(a), self.point(b), strict=True)
                self._set(*(_between(p, q, self.step, turn) for p, q in corners))
            case _:
                raise InvalidError(
                    f"{type(self).__name__} cannot be made of {', '.join(map(repr, values))}.",
                    hint="Give a minimum and an extent, a minimum and a maximum, or another box.",
                )

    def _whole_size(self, size: Extent) -> Extent:
        return size if isinstance(size, self.extent) else self.extent(size)

    @abstractmethod
    def _of_box(self, box: Box, edges: EdgeHandling = EdgeHandling.EXPAND) -> tuple[_Interval, _Interval]:
        """Sides of a box of the same or the other kind, as sides of this kind."""

    def _set(self, x: _Interval, y: _Interval) -> None:
        empty = not (x[0] < x[1] and y[0] < y[1])
        self._x, self._y = ((0, 0), (0, 0)) if empty else (x, y)

    def _made(self, x: _Interval, y: _Interval) -> Self:
        made = type(self)()
        made._set(x, y)
        return made

    # ------------------------------------------------------------------- sides
    def isEmpty(self) -> bool:
        """Whether nothing is inside."""
        return bool(self._x[0] >= self._x[1])

    def getMinX(self) -> Any:
        """Least x."""
        return self._x[0]

    def getMinY(self) -> Any:
        """Least y."""
        return self._y[0]

    def getMaxX(self) -> Any:
        """Greatest x: of whole boxes that of the last pixel."""
        return self._x[1] - self.step

    def getMaxY(self) -> Any:
        """Greatest y: of whole boxes that of the last pixel."""
        return self._y[1] - self.step

    def getMin(self) -> Any:
        """Lower left corner."""
        return self.point(self.getMinX(), self.getMinY())

    def getMax(self) -> Any:
        """Upper right corner: of whole boxes the last pixel."""
        return self.point(self.getMaxX(), self.getMaxY())

    def getWidth(self) -> Any:
        """Size along x."""
        return self._x[1] - self._x[0]

    def getHeight(self) -> Any:
        """Size along y."""
        return self._y[1] - self._y[0]

    def getDimensions(self) -> Any:
        """Width and height."""
        return self.extent(self.getWidth(), self.getHeight())

    def getArea(self) -> Any:
        """Width times height."""
        return self.getWidth() * self.getHeight()

    def getCorners(self) -> list[Any]:
        """Corners: lower left, lower right, upper right, upper left."""
        low, high = self.getMin(), self.getMax()
        return [low, self.point(high.x, low.y), high, self.point(low.x, high.y)]

    minX, minY = property(getMinX), property(getMinY)
    maxX, maxY = property(getMaxX), property(getMaxY)
    width, height = property(getWidth), property(getHeight)

    # --------------------------------------------------------------- relations
    def contains(self, *other: Any) -> bool:
        """Whether a point (or its two coordinates), or all of a box, lies inside; the empty box lies in every one."""
        thing = self.point(*other) if len(other) > 1 else other[0]
        if isinstance(thing, Box):
            return thing.isEmpty() or self._clipped(thing) == thing
        x, y = thing
        return bool(self._x[0] <= x < self._x[1] and self._y[0] <= y < self._y[1])

    __contains__ = contains

    def overlaps(self, other: Self) -> bool:
        """Whether both have something in common."""
        return not self._clipped(other).isEmpty()

    intersects = overlaps

    def _clipped(self, other: Box) -> Self:
        return self._made(*(_common(a, b) for a, b in zip(self._sides(), other._sides(), strict=True)))

    def _sides(self) -> tuple[_Interval, _Interval]:
        return self._x, self._y

    # ----------------------------------------------------------------- changes
    def grow(self, amount: Any) -> None:
        """Move all sides outwards by a number, or by an extent's x and y."""
        dx, dy = amount if isinstance(amount, Coordinates) else (amount, amount)
        if not self.isEmpty():
            self._set((self._x[0] - dx, self._x[1] + dx), (self._y[0] - dy, self._y[1] + dy))

    def shift(self, offset: Extent) -> None:
        """Move the box."""
        if not self.isEmpty():
            self._set(*((a + d, b + d) for (a, b), d in zip(self._sides(), offset, strict=True)))

    def clip(self, other: Self) -> None:
        """Keep what lies in another box too."""
        self._set(*self._clipped(other)._sides())

    def include(self, thing: Any) -> None:
        """Extend the box to a point, a box, or several points."""
        for part in thing if isinstance(thing, Iterable) and not isinstance(thing, Coordinates) else [thing]:
            box = part if isinstance(part, Box) else self._made(*((v, self._after(v)) for v in part))
            if not box.isEmpty():
                sides = box._sides() if self.isEmpty() else _hull(self, box)
                self._set(*sides)

    def _after(self, value: Any) -> Any:
        """End of the smallest box that holds a coordinate."""
        return value + 1 if self.step else math.nextafter(value, math.inf)

    def clone(self) -> Self:
        """A copy."""
        return self._made(*self._sides())

    def dilatedBy(self, amount: Any) -> Self:
        """A box grown outwards."""
        made = self.clone()
        made.grow(amount)
        return made

    def erodedBy(self, amount: Any) -> Self:
        """A box shrunk inwards."""
        return self.dilatedBy(-amount)

    def shiftedBy(self, offset: Extent) -> Self:
        """A box moved."""
        made = self.clone()
        made.shift(offset)
        return made

    def clippedTo(self, other: Self) -> Self:
        """What lies in another box too."""
        return self._clipped(other)

    def expandedTo(self, other: Any) -> Self:
        """A box extended to a point or box."""
        made = self.clone()
        made.include(other)
        return made

    # ------------------------------------------------------------------- words
    def __eq__(self, other: object) -> bool:
        return self._sides() == other._sides() if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"(minimum={self.getMin()}, maximum={self.getMax()})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(minimum={self.getMin()!r}, dimensions={self.getDimensions()!r})"


class Box2I(Box):
    """A rectangle of pixels; the maximum is the last pixel inside.

    Parameters
    ----------
    *values
        Minimum and extent; minimum and maximum `Point2I`; a `Box2D`, of which pixels that lie partly inside count
        (``Box2I.EXPAND``, the default) or do not (``Box2I.SHRINK``); or nothing, for the empty box.
    invert : `bool`
        Whether a minimum beyond the maximum is exchanged with it; otherwise the box is empty.
    """

    __slots__ = ()
    point, extent, step = Point2I, Extent2I, 1

    def _of_box(self, box: Box, edges: EdgeHandling = EdgeHandling.EXPAND) -> tuple[_Interval, _Interval]:
        if isinstance(box, Box2I) or box.isEmpty():
            return box._sides()
        if edges is EdgeHandling.EXPAND:
            return _each(box, lambda a, b: (math.floor(a + 0.5), math.ceil(b + 0.5)))
        return _each(box, lambda a, b: (math.ceil(a + 0.5), math.floor(b + 0.5)))

    def getBegin(self) -> Point2I:
        """First pixel."""
        return self.getMin()  # type: ignore[no-any-return]

    def getEnd(self) -> Point2I:
        """One beyond the last pixel on both axes."""
        return Point2I(self._x[1], self._y[1])

    def getBeginX(self) -> int:
        """First x."""
        return int(self._x[0])

    def getBeginY(self) -> int:
        """First y."""
        return int(self._y[0])

    def getEndX(self) -> int:
        """One beyond the last x."""
        return int(self._x[1])

    def getEndY(self) -> int:
        """One beyond the last y."""
        return int(self._y[1])

    beginX, beginY = property(getBeginX), property(getBeginY)
    endX, endY = property(getEndX), property(getEndY)

    def getCenter(self) -> Point2D:
        """The middle; pixel centres are whole numbers."""
        return Point2D((self._x[0] + self._x[1] - 1) / 2, (self._y[0] + self._y[1] - 1) / 2)

    def getSlices(self) -> tuple[slice, slice]:
        """Index of the pixels in an array whose first element is pixel (0, 0): rows, columns."""
        return slice(*self._y), slice(*self._x)

    @classmethod
    def makeCenteredBox(cls, center: Point2D, size: Extent2I) -> Box2I:
        """The box of a size whose middle is nearest to a point."""
        return cls(Point2I(Point2D(*(c - s / 2 + 0.5 for c, s in zip(center, size, strict=True)))), size)


class Box2D(Box):
    """A rectangle of an image, not necessarily of whole pixels; the minimum is inside, the maximum is not.

    Parameters
    ----------
    *values
        Minimum and extent; minimum and maximum `Point2D`; a `Box2I`, whose pixels reach half a pixel beyond their
        centres; or nothing, for the empty box.
    invert : `bool`
        Whether a minimum beyond the maximum is exchanged with it; otherwise the box is empty.
    """

    __slots__ = ()
    point, extent, step = Point2D, Extent2D, 0

    def _of_box(self, box: Box, edges: EdgeHandling = EdgeHandling.EXPAND) -> tuple[_Interval, _Interval]:
        if isinstance(box, Box2D) or box.isEmpty():
            return box._sides()
        return _each(box, lambda a, b: (a - 0.5, b - 0.5))

    def getCenter(self) -> Point2D:
        """The middle."""
        return Point2D(sum(self._x) / 2, sum(self._y) / 2)

    def getCenterX(self) -> float:
        """First coordinate of the middle."""
        return float(self.getCenter().x)

    def getCenterY(self) -> float:
        """Second coordinate of the middle."""
        return float(self.getCenter().y)

    @classmethod
    def makeCenteredBox(cls, center: Point2D, size: Extent2D) -> Box2D:
        """The box of a size whose middle is a point."""
        return cls(Point2D(*(c - s / 2 for c, s in zip(center, size, strict=True))), size)


def _between(a: Any, b: Any, step: int, invert: bool) -> _Interval:
    low, high = (b, a) if invert and b < a else (a, b)
    return low, high + step


def _common(a: _Interval, b: _Interval) -> _Interval:
    return max(a[0], b[0]), min(a[1], b[1])


def _hull(a: Box, b: Box) -> list[_Interval]:
    return [(min(p[0], q[0]), max(p[1], q[1])) for p, q in zip(a._sides(), b._sides(), strict=True)]


def _each(box: Box, change: Any) -> tuple[_Interval, _Interval]:
    return change(*box._x), change(*box._y)
