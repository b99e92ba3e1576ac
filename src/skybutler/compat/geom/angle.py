"""Angles with units, as in lsst.geom.  Knows no sky."""

# ruff: noqa: N802, N803 - the names are those of lsst.geom

from __future__ import annotations

import math
from functools import total_ordering
from typing import Any, SupportsFloat

__all__ = [
    "Angle",
    "AngleUnit",
    "arcminutes",
    "arcseconds",
    "degrees",
    "hours",
    "isAngle",
    "milliarcseconds",
    "radians",
]


class AngleUnit:
    """A unit of angles; ``5 * degrees`` is an `Angle`.

    Parameters
    ----------
    in_radians : `float`
        Size of the unit.
    name : `str`
        Name, for printing.
    """

    __slots__ = ("in_radians", "name")

    def __init__(self, in_radians: float, name: str = "") -> None:
        self.in_radians, self.name = float(in_radians), name

    def __mul__(self, value: SupportsFloat) -> Angle:
        return Angle(value, self)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return self.in_radians == other.in_radians if isinstance(other, AngleUnit) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.in_radians)

    def __repr__(self) -> str:
        return self.name or f"AngleUnit({self.in_radians!r})"


radians = AngleUnit(1.0, "radians")
degrees = AngleUnit(math.pi / 180.0, "degrees")
hours = AngleUnit(math.pi / 12.0, "hours")
arcminutes = AngleUnit(math.pi / 180.0 / 60.0, "arcminutes")
arcseconds = AngleUnit(math.pi / 180.0 / 3600.0, "arcseconds")
milliarcseconds = AngleUnit(math.pi / 180.0 / 3.6e6, "milliarcseconds")


@total_ordering
class Angle:
    """An angle; immutable.

    Parameters
    ----------
    value : `float` or `Angle`
        Size in ``unit``.
    unit : `AngleUnit`
        Radians by default.
    """

    __slots__ = ("_radians",)

    _radians: float

    def __init__(self, value: SupportsFloat = 0.0, unit: AngleUnit = radians) -> None:
        self._radians = value._radians if isinstance(value, Angle) else float(value) * unit.in_radians

    # ------------------------------------------------------------------- units
    def asAngularUnits(self, unit: AngleUnit) -> float:
        """Size in a unit."""
        return self._radians / unit.in_radians

    def asRadians(self) -> float:
        """Size in radians."""
        return self._radians

    def asDegrees(self) -> float:
        """Size in degrees."""
        return self.asAngularUnits(degrees)

    def asHours(self) -> float:
        """Size in hours of right ascension."""
        return self.asAngularUnits(hours)

    def asArcminutes(self) -> float:
        """Size in minutes of arc."""
        return self.asAngularUnits(arcminutes)

    def asArcseconds(self) -> float:
        """Size in seconds of arc."""
        return self.asAngularUnits(arcseconds)

    def asMilliarcseconds(self) -> float:
        """Size in thousandths of a second of arc."""
        return self.asAngularUnits(milliarcseconds)

    # ----------------------------------------------------------------- turning
    def wrap(self) -> Angle:
        """The same direction in [0, 2π)."""
        turned = math.fmod(self._radians, math.tau)
        if turned < 0.0:
            turned += math.tau
        return Angle(0.0 if turned >= math.tau else turned)

    def wrapCtr(self) -> Angle:
        """The same direction in [-π, π)."""
        turned = math.fmod(self._radians, math.tau)
        if turned < -math.pi:
            turned += math.tau
        elif turned >= math.pi:
            turned -= math.tau
        return Angle(-math.pi if turned >= math.pi else turned)

    def wrapNear(self, refAng: Angle) -> Angle:
        """The same direction within [-π, π) of another angle."""
        return refAng + (self - refAng).wrapCtr()

    def separation(self, other: Angle) -> Angle:
        """This minus another, in [-π, π)."""
        return (self - other).wrapCtr()

    # -------------------------------------------------------------- arithmetic
    def __add__(self, other: object) -> Angle:
        return Angle(self._radians + other._radians) if isinstance(other, Angle) else NotImplemented

    def __sub__(self, other: object) -> Angle:
        return Angle(self._radians - other._radians) if isinstance(other, Angle) else NotImplemented

    def __mul__(self, factor: SupportsFloat) -> Angle:
        return NotImplemented if isinstance(factor, Angle) else Angle(self._radians * float(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: SupportsFloat) -> Any:
        """An angle over a number is an angle, over another angle a number."""
        if isinstance(divisor, Angle):
            return self._radians / divisor._radians
        return Angle(self._radians / float(divisor))

    def __neg__(self) -> Angle:
        return Angle(-self._radians)

    def __abs__(self) -> Angle:
        return Angle(abs(self._radians))

    def __float__(self) -> float:
        return self._radians

    def __bool__(self) -> bool:
        return self._radians != 0.0

    def __eq__(self, other: object) -> bool:
        return self._radians == other._radians if isinstance(other, Angle) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._radians < other._radians if isinstance(other, Angle) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._radians)

    def __str__(self) -> str:
        return f"{self._radians:.17g} rad"

    def __repr__(self) -> str:
        return f"Angle({self.asDegrees()!r}, degrees)"


def isAngle(value: object) -> bool:
    """Whether something is an `Angle`."""
    return isinstance(value, Angle)
