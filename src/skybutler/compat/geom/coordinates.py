"""Points and the differences between them, of pixels, as in lsst.geom.  Knows no boxes and no images."""

# ruff: noqa: N802 - the names are those of lsst.geom

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Self, SupportsFloat

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = [
    "Coordinates",
    "Extent",
    "Extent2D",
    "Extent2I",
    "Extent3D",
    "Extent3I",
    "ExtentD",
    "ExtentI",
    "Point",
    "Point2D",
    "Point2I",
    "Point3D",
    "Point3I",
    "PointD",
    "PointI",
]

_AXES = "xyz"


class Coordinates:
    """Two or three numbers, whole or not; the elements can be changed.

    Parameters
    ----------
    *values
        One number per axis, one sequence or other coordinates; 0 by default.  Whole-number points round the halves of
        others up; numbers themselves must be whole already.
    """

    __slots__ = ("_values",)

    dimensions: ClassVar[int] = 2
    is_whole: ClassVar[bool] = False

    def __init__(self, *values: Any) -> None:
        given: Any = values
        if not values:
            given = (0,) * self.dimensions
        elif len(values) == 1:
            given = values[0]
        if isinstance(given, Coordinates):
            given = given._rounded() if self.is_whole else given._values
        self._values: list[Any] = [self._checked(v) for v in _sequence(given)]
        if len(self._values) != self.dimensions:
            raise InvalidError(f"{type(self).__name__} has {self.dimensions} coordinates, not {len(self._values)}.")

    @classmethod
    def _checked(cls, value: Any) -> int | float:
        if not cls.is_whole:
            return float(value)
        if isinstance(value, float) and not isinstance(value, np.integer):
            raise TypeError(f"{cls.__name__} has whole coordinates, not {value!r}.")
        return operator.index(value)

    def _rounded(self) -> list[int]:
        return [v if isinstance(v, int) else math.floor(v + 0.5) for v in self._values]

    # ---------------------------------------------------------------- elements
    def __len__(self) -> int:
        return self.dimensions

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._values))

    def __getitem__(self, index: int) -> Any:
        return self._values[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self._values[index] = self._checked(value)

    @property
    def x(self) -> Any:
        """First coordinate."""
        return self._values[0]

    @x.setter
    def x(self, value: Any) -> None:
        self[0] = value

    @property
    def y(self) -> Any:
        """Second coordinate."""
        return self._values[1]

    @y.setter
    def y(self, value: Any) -> None:
        self[1] = value

    def getX(self) -> Any:
        """First coordinate."""
        return self._values[0]

    def getY(self) -> Any:
        """Second coordinate."""
        return self._values[1]

    def setX(self, value: Any) -> None:
        """Change the first coordinate."""
        self[0] = value

    def setY(self, value: Any) -> None:
        """Change the second coordinate."""
        self[1] = value

    def asEigen(self) -> npt.NDArray[Any]:
        """An array of the coordinates."""
        return np.array(self._values, np.int64 if self.is_whole else np.float64)

    def clone(self) -> Self:
        """A copy."""
        return type(self)(self)

    # ------------------------------------------------------------------- words
    def __eq__(self, other: object) -> bool:
        same_kind = isinstance(other, Coordinates) and _is_extent(other) == _is_extent(self)
        return self._values == other._values if same_kind else NotImplemented  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "(" + ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in self._values) + ")"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._values))})"

    # -------------------------------------------------------------- arithmetic
    def _like(self, other: Coordinates, extent: bool, action: Callable[[Any, Any], Any]) -> Any:
        if other.dimensions != self.dimensions:
            return NotImplemented
        kind = _KINDS[extent, self.dimensions, self.is_whole and other.is_whole]
        return kind([action(a, b) for a, b in zip(self._values, other._values, strict=True)])


def _sequence(given: Any) -> Iterable[Any]:
    if isinstance(given, Iterable):
        return given
    raise InvalidError(f"{given!r} are no coordinates.", hint="Give one number per axis, or a pair.")


class Point(Coordinates):
    """A place."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return self._like(other, False, operator.add) if _is_extent(other) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        if not isinstance(other, Coordinates):
            return NotImplemented
        return self._like(other, not _is_extent(other), operator.sub)

    def shift(self, offset: Extent) -> None:
        """Move the point."""
        self._values = type(self)(self + offset)._values

    def scale(self, factor: float) -> None:
        """Multiply the coordinates."""
        self._values = [self._checked(v * factor) for v in self._values]

    def distanceSquared(self, other: Point) -> Any:
        """Square of the distance to another point."""
        return sum((a - b) ** 2 for a, b in zip(self._values, other._values, strict=True))


class Extent(Coordinates):
    """A difference of places, or a size."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Coordinates):
            return NotImplemented
        return self._like(other, _is_extent(other), operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._like(other, True, operator.sub) if _is_extent(other) else NotImplemented

    def __mul__(self, factor: SupportsFloat) -> Any:
        whole = self.is_whole and isinstance(factor, int | np.integer)
        return _KINDS[True, self.dimensions, whole]([v * factor for v in self._values])

    __rmul__ = __mul__

    def __truediv__(self, divisor: SupportsFloat) -> Any:
        return _KINDS[True, self.dimensions, False]([v / float(divisor) for v in self._values])

    def __floordiv__(self, divisor: int) -> Any:
        return type(self)([v // divisor for v in self._values])

    def __neg__(self) -> Self:
        return type(self)([-v for v in self._values])

    def computeSquaredNorm(self) -> Any:
        """Square of the length."""
        return sum(v * v for v in self._values)

    def computeNorm(self) -> float:
        """Length."""
        return math.hypot(*self._values)


class Point2D(Point):
    """A place in an image, not necessarily a whole pixel; pixel centres are whole numbers."""

    __slots__ = ()


class Point2I(Point):
    """A pixel."""

    __slots__ = ()
    is_whole = True


class _Spatial:
    """The third coordinate."""

    __slots__ = ()

    _values: list[Any]

    @property
    def z(self) -> Any:
        """Third coordinate."""
        return self._values[2]

    def getZ(self) -> Any:
        """Third coordinate."""
        return self._values[2]


class Point3D(_Spatial, Point):
    """A place in space."""

    __slots__ = ()
    dimensions = 3


class Point3I(_Spatial, Point):
    """A place in space, whole numbers."""

    __slots__ = ()
    dimensions = 3
    is_whole = True


class Extent2D(Extent):
    """A size or difference in pixels, not necessarily whole."""

    __slots__ = ()


class Extent2I(Extent):
    """A size or difference in whole pixels."""

    __slots__ = ()
    is_whole = True


class Extent3D(_Spatial, Extent):
    """A difference in space."""

    __slots__ = ()
    dimensions = 3


class Extent3I(_Spatial, Extent):
    """A difference in space, whole numbers."""

    __slots__ = ()
    dimensions = 3
    is_whole = True


PointD, PointI, ExtentD, ExtentI = Point2D, Point2I, Extent2D, Extent2I

_KINDS: dict[tuple[bool, int, bool], type[Coordinates]] = {
    (False, 2, False): Point2D,
    (False, 2, True): Point2I,
    (False, 3, False): Point3D,
    (True, 2, False): Extent2D,
    (True, 2, True): Extent2I,
    (True, 3, False): Extent3D,
}
"""Class by: extent or point, number of axes, whole or not."""


def _is_extent(value: object) -> bool:
    return isinstance(value, Extent)
