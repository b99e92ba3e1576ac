"""Points of the sky as callers have them: numbers in degrees, or objects of other libraries.  Knows no sky map."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, SupportsFloat, TypeAlias

import numpy as np

from skybutler.errors import SkyMapError
from skybutler.skymap.projection import Floats

__all__ = ["Point", "Points", "checked_arrays", "read_point", "read_points"]

Point: TypeAlias = Any
"""A pair (ra, dec) in ICRS degrees, or an object with ``ra`` and ``dec`` such as `astropy.coordinates.SkyCoord`, or
with ``get_position()`` giving such a pair."""

Points: TypeAlias = Any
"""An iterable of `Point`, an array of shape (n, 2), or an object whose ``ra`` and ``dec`` are arrays."""


def read_point(point: Point, dec_deg: SupportsFloat | None = None) -> tuple[float, float]:
    """Right ascension and declination of one point.

    Parameters
    ----------
    point : `Point` or `float`
        The point, or its right ascension in degrees when ``dec_deg`` is given.
    dec_deg : `float`, optional
        Declination, degrees.

    Returns
    -------
    ra_deg, dec_deg : `float`
        ICRS degrees.

    Raises
    ------
    SkyMapError
        Raised if the numbers are not finite, the declination is beyond a pole, or the object is no point.
    """
    ra: Any
    dec: Any
    ra, dec = _pair(point) if dec_deg is None else (point, dec_deg)
    if np.ndim(ra) or np.ndim(dec):
        raise SkyMapError("One point is expected, not an array.", hint="Use find_tract_ids for arrays.")
    try:
        ra, dec = float(ra), float(dec)
    except (TypeError, ValueError):
        raise SkyMapError(f"(ra, dec) = ({ra!r}, {dec!r}) are not numbers.", hint="Give degrees.") from None
    if not math.isfinite(ra) or not -90.0 <= dec <= 90.0:
        raise SkyMapError(f"(ra, dec) = ({ra}, {dec}) is no point of the sky.", hint="Give degrees, -90 <= dec <= 90.")
    return ra, dec


def read_points(points: Points) -> tuple[Floats, Floats]:
    """Right ascensions and declinations of several points, each of shape (n,); see `read_point`."""
    if not isinstance(points, np.ndarray) and hasattr(points, "ra") and hasattr(points, "dec"):
        ra, dec = _pair(points)
        return checked_arrays(np.atleast_1d(ra), np.atleast_1d(dec))
    if not isinstance(points, Iterable):
        raise SkyMapError(f"{points!r} is no list of points.")
    pairs = np.array([read_point(point) for point in points], np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def checked_arrays(ra_deg: Any, dec_deg: Any) -> tuple[Floats, Floats]:
    """Two arrays of coordinates in degrees, broadcast against each other and checked.

    Raises
    ------
    SkyMapError
        Raised if a value is not finite or a declination is beyond a pole; says which.
    """
    try:
        ra, dec = np.broadcast_arrays(np.asarray(ra_deg, np.float64), np.asarray(dec_deg, np.float64))
    except (ValueError, TypeError) as error:
        raise SkyMapError(f"Coordinates must be numbers in degrees: {error}") from None
    wrong = ~(np.isfinite(ra) & (np.abs(dec) <= 90.0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SkyMapError(
            f"{int(wrong.sum())} of {wrong.size} points are not on the sky; the first is number {first}, "
            f"(ra, dec) = ({ra.flat[first]}, {dec.flat[first]})."
        )
    return ra, dec


def _pair(point: Point) -> tuple[Any, Any]:
    point = getattr(point, "icrs", point)
    if hasattr(point, "ra") and hasattr(point, "dec"):
        return _degrees(point.ra), _degrees(point.dec)
    if hasattr(point, "get_position"):
        point = point.get_position()
    try:
        ra, dec = point
        return _degrees(ra), _degrees(dec)
    except (TypeError, ValueError):
        raise SkyMapError(f"{point!r} is no point of the sky.", hint="Give (ra, dec) in degrees.") from None


def _degrees(angle: Any) -> Any:
    """A number as it is, an angle object in degrees."""
    return getattr(angle, "deg", angle)
