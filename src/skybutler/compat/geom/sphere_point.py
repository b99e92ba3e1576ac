"""Points of the sky, as in lsst.geom.  Knows no tracts and no WCS."""

# ruff: noqa: N802, N815 - the names are those of lsst.geom

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from skybutler.errors import InvalidError

from .angle import Angle, AngleUnit
from .coordinates import Point2D, Point3D

if TYPE_CHECKING:
    from lsst.sphgeom import LonLat, UnitVector3d

__all__ = ["SpherePoint", "averageSpherePoint"]

_Vector = tuple[float, float, float]


class SpherePoint:
    """A point of the sky, ICRS where a frame matters; immutable.

    Parameters
    ----------
    *values
        Longitude and latitude as two `Angle`; two numbers and an `AngleUnit`; a pair of numbers and a unit; a vector
        (of three numbers, or a sphgeom ``UnitVector3d``); a sphgeom ``LonLat``; another point.  Nothing gives a point
        that is nowhere (not finite).

    Raises
    ------
    InvalidError
        A latitude beyond a pole, a vector without direction, or other arguments.
    """

    __slots__ = ("_latitude", "_longitude")

    def __init__(self, *values: Any) -> None:
        longitude, latitude = _read(values)
        if abs(latitude) > math.pi / 2.0:
            raise InvalidError(f"A latitude of {math.degrees(latitude)} degrees lies beyond a pole.")
        at_pole = abs(latitude) == math.pi / 2.0
        self._longitude = 0.0 if at_pole else Angle(longitude).wrap().asRadians()
        self._latitude = latitude

    # ------------------------------------------------------------- coordinates
    def getLongitude(self) -> Angle:
        """Longitude in [0, 2π)."""
        return Angle(self._longitude)

    def getLatitude(self) -> Angle:
        """Latitude in [-π/2, π/2]."""
        return Angle(self._latitude)

    getRa = getLongitude
    getDec = getLatitude

    def __getitem__(self, index: int) -> Angle:
        return (self.getLongitude(), self.getLatitude())[index]

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[Angle]:
        return iter((self.getLongitude(), self.getLatitude()))

    def getPosition(self, unit: AngleUnit) -> Point2D:
        """Longitude and latitude as numbers in a unit."""
        return Point2D(self.getLongitude().asAngularUnits(unit), self.getLatitude().asAngularUnits(unit))

    def get_position(self) -> tuple[float, float]:
        """Longitude and latitude in degrees, for `skybutler.skymap`."""
        return self.getLongitude().asDegrees(), self.getLatitude().asDegrees()

    def getVector(self) -> UnitVector3d:
        """Unit vector."""
        from lsst.sphgeom import UnitVector3d

        return UnitVector3d(*self._vector())

    def _vector(self) -> _Vector:
        c = math.cos(self._latitude)
        return c * math.cos(self._longitude), c * math.sin(self._longitude), math.sin(self._latitude)

    def isFinite(self) -> bool:
        """Whether this is somewhere."""
        return math.isfinite(self._longitude) and math.isfinite(self._latitude)

    def atPole(self) -> bool:
        """Whether the latitude is that of a pole."""
        return abs(self._latitude) >= math.pi / 2.0

    # ---------------------------------------------------------------- geometry
    def separation(self, other: SpherePoint) -> Angle:
        """Angle to another point, accurate for small and large ones."""
        a, b = self._vector(), other._vector()
        minus = math.hypot(*(p - q for p, q in zip(a, b, strict=True)))
        plus = math.hypot(*(p + q for p, q in zip(a, b, strict=True)))
        return Angle(2.0 * math.atan2(minus, plus))

    def bearingTo(self, other: SpherePoint) -> Angle:
        """Direction in which another point is seen, in [0, 2π): 0 is east, π/2 north."""
        difference = other._longitude - self._longitude
        here, there = self._latitude, other._latitude
        east = math.sin(difference) * math.cos(there)
        north = math.cos(here) * math.sin(there) - math.sin(here) * math.cos(there) * math.cos(difference)
        return Angle(math.atan2(north, east)).wrap()

    def offset(self, bearing: Angle, amount: Angle) -> SpherePoint:
        """The point that is ``amount`` away in the direction ``bearing`` (0 is east, π/2 north).

        Raises
        ------
        InvalidError
            ``amount`` is negative.
        """
        if amount < Angle(0.0):
            raise InvalidError(f"An offset of {amount.asDegrees()} degrees is negative.", hint="Turn the bearing.")
        x, y, z = self._vector()
        s, c = math.sin(self._longitude), math.cos(self._longitude)
        east, north = (-s, c, 0.0), (-z * c, -z * s, math.cos(self._latitude))
        b, r = bearing.asRadians(), amount.asRadians()
        way = [math.cos(b) * e + math.sin(b) * n for e, n in zip(east, north, strict=True)]
        return SpherePoint(*(math.cos(r) * p + math.sin(r) * w for p, w in zip((x, y, z), way, strict=True)))

    def rotated(self, axis: SpherePoint, amount: Angle) -> SpherePoint:
        """This point turned about an axis, counterclockwise as seen from the axis' point."""
        v, k = self._vector(), axis._vector()
        c, s = math.cos(amount.asRadians()), math.sin(amount.asRadians())
        along = sum(p * q for p, q in zip(v, k, strict=True)) * (1.0 - c)
        cross = (k[1] * v[2] - k[2] * v[1], k[2] * v[0] - k[0] * v[2], k[0] * v[1] - k[1] * v[0])
        return SpherePoint(*(p * c + q * s + a * along for p, q, a in zip(v, cross, k, strict=True)))

    def getTangentPlaneOffset(self, other: SpherePoint) -> tuple[Angle, Angle]:
        """Another point on the plane that touches the sky here: offsets to the east and to the north."""
        x, y, z = other._vector()
        s, c = math.sin(self._longitude), math.cos(self._longitude)
        sin_here, cos_here = math.sin(self._latitude), math.cos(self._latitude)
        depth = cos_here * (c * x + s * y) + sin_here * z
        if depth <= 0.0:
            raise InvalidError(f"{other!r} lies a quarter of the sky or more away from {self!r}.")
        return Angle((c * y - s * x) / depth), Angle((cos_here * z - sin_here * (c * x + s * y)) / depth)

    # ------------------------------------------------------------------- words
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpherePoint):
            return NotImplemented
        return (self._longitude, self._latitude) == (other._longitude, other._latitude)

    def __hash__(self) -> int:
        return hash((self._longitude, self._latitude))

    def __str__(self) -> str:
        longitude, latitude = self.get_position()
        return f"({longitude:.10f}, {latitude:+.10f})"

    def __repr__(self) -> str:
        longitude, latitude = self.get_position()
        return f"SpherePoint({longitude!r}, {latitude!r}, degrees)"


def _read(values: tuple[Any, ...]) -> tuple[float, float]:
    """Longitude and latitude in radians from what a constructor was given."""
    match values:
        case ():
            return math.nan, math.nan
        case (SpherePoint() as point,):
            return point._longitude, point._latitude
        case (Angle() as longitude, Angle() as latitude):
            return longitude.asRadians(), latitude.asRadians()
        case (pair, AngleUnit() as unit) if not isinstance(pair, Angle | float | int):
            first, second = pair
            return Angle(first, unit).asRadians(), Angle(second, unit).asRadians()
        case (longitude, latitude, AngleUnit() as unit):
            return Angle(longitude, unit).asRadians(), Angle(latitude, unit).asRadians()
        case (x, y, z):
            return _of_vector((float(x), float(y), float(z)))
        case (Point3D() as vector,):
            return _of_vector((vector.x, vector.y, vector.z))
        case (other,) if hasattr(other, "getLon"):
            return _of_lonlat(other)
        case (other,) if hasattr(other, "x") and hasattr(other, "z"):
            return _of_vector((other.x(), other.y(), other.z()))
    raise InvalidError(
        f"SpherePoint cannot be made of {', '.join(map(repr, values))}.",
        hint="Give two angles (5*degrees, -3*degrees), or two numbers and a unit.",
    )


def _of_lonlat(lonlat: LonLat) -> tuple[float, float]:
    return lonlat.getLon().asRadians(), lonlat.getLat().asRadians()


def _of_vector(vector: _Vector) -> tuple[float, float]:
    x, y, z = vector
    if x == y == z == 0.0:
        raise InvalidError("The vector (0, 0, 0) has no direction.")
    return math.atan2(y, x), math.atan2(z, math.hypot(x, y))


def averageSpherePoint(points: Iterable[SpherePoint]) -> SpherePoint:
    """The direction of the mean of unit vectors.

    Raises
    ------
    InvalidError
        There are no points, or they cancel.
    """
    vectors = [p._vector() for p in points]
    if not vectors:
        raise InvalidError("Of no points there is no average.")
    return SpherePoint(*(math.fsum(axis) for axis in zip(*vectors, strict=True)))
