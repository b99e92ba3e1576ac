"""Which positions are in a circle on the sky, for whole columns at once.  Knows no catalogs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = ["in_cone"]

_FloatArray = npt.NDArray[np.float64]


def in_cone(ra: _FloatArray, dec: _FloatArray, ra0: float, dec0: float, radius: float) -> npt.NDArray[np.bool_]:
    """Whether positions lie in a circle; unknown positions (NaN) do not.

    Parameters
    ----------
    ra, dec : array of `float`, (n,)
        Positions in radians.
    ra0, dec0, radius : `float`
        Centre and radius of the circle in degrees.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for a centre or radius that is not finite or out of range.
    """
    if not (math.isfinite(ra0) and -90 <= dec0 <= 90 and 0 <= radius <= 180):
        raise InvalidError(f"There is no circle of radius {radius} deg around ({ra0}, {dec0}) deg.")
    lon, lat, r = math.radians(ra0), math.radians(dec0), math.radians(radius)
    # A band in declination is cheap to tell and leaves few for the formula, which is exact at small distances.
    near = np.flatnonzero(np.abs(dec - lat) <= r * (1 + 1e-12) + 1e-15)
    half_chord = np.sin((dec[near] - lat) / 2) ** 2
    half_chord += np.cos(dec[near]) * math.cos(lat) * np.sin((ra[near] - lon) / 2) ** 2
    inside = np.zeros(len(dec), dtype=bool)
    inside[near] = half_chord <= math.sin(min(r, math.pi) / 2) ** 2
    return inside
