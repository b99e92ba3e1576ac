"""Areas on the sky, in square degrees.  Knows nothing of what the regions are for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.sky.vectors import Floats

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["WHOLE_SKY_DEG2", "area_deg2", "polygon_areas_deg2"]

_DEG2: Final = (180.0 / math.pi) ** 2
WHOLE_SKY_DEG2: Final = 4.0 * math.pi * _DEG2
"""41,253 square degrees."""


def polygon_areas_deg2(vertices: npt.ArrayLike) -> Floats:
    """Areas of many convex polygons.

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape (..., n, 3), in either sense.

    Returns
    -------
    areas : `numpy.ndarray`, shape (...)
        Square degrees; the sum of the triangles from the first vertex (Van Oosterom and Strackee 1983).
    """
    v = np.asarray(vertices, np.float64)
    a, b, c = v[..., :1, :], v[..., 1:-1, :], v[..., 2:, :]
    volume = np.sum(a * np.cross(b, c), axis=-1)
    denominator = 1.0 + np.sum(a * b, axis=-1) + np.sum(b * c, axis=-1) + np.sum(c * a, axis=-1)
    return np.asarray(np.abs(2.0 * np.arctan2(volume, denominator).sum(axis=-1)) * _DEG2)


def area_deg2(region: Region) -> float:
    """Area of a polygon, circle, or box of longitudes and latitudes.

    Raises
    ------
    InvalidError
        Raised for other shapes, whose areas have no simple formula.
    """
    from lsst.sphgeom import Box, Circle, ConvexPolygon

    if isinstance(region, ConvexPolygon):
        return float(polygon_areas_deg2([[v.x(), v.y(), v.z()] for v in region.getVertices()]))
    if isinstance(region, Circle):
        return 0.0 if region.isEmpty() else (1.0 - math.cos(region.getOpeningAngle().asRadians())) / 2 * WHOLE_SKY_DEG2
    if isinstance(region, Box):
        if region.isEmpty():
            return 0.0
        lon, lat = region.getLon(), region.getLat()
        width = 2.0 * math.pi if lon.isFull() else lon.getSize().asRadians()
        return width * (math.sin(lat.getB().asRadians()) - math.sin(lat.getA().asRadians())) * _DEG2
    raise InvalidError(f"The area of a {type(region).__name__} is not known.", hint="Take a polygon, circle or box.")
