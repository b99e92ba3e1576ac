"""Directions on the sky as unit vectors.  Knows neither regions nor pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["edge_normals", "lonlat_deg", "separation", "unit_vectors"]

Floats = npt.NDArray[np.float64]


def unit_vectors(lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> Floats:
    """Unit vectors of spherical coordinates.

    Parameters
    ----------
    lon_deg, lat_deg : array_like
        Longitude (right ascension) and latitude (declination) in degrees, broadcast against each other.

    Returns
    -------
    xyz : `numpy.ndarray`
        Shape ``(..., 3)``; x points to (0, 0), z to the north pole.
    """
    lon, lat = np.broadcast_arrays(np.radians(np.asarray(lon_deg, float)), np.radians(np.asarray(lat_deg, float)))
    cos_lat = np.cos(lat)
    return np.stack([cos_lat * np.cos(lon), cos_lat * np.sin(lon), np.sin(lat)], axis=-1)


def lonlat_deg(xyz: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Spherical coordinates of vectors of any length.

    Parameters
    ----------
    xyz : array_like
        Shape ``(..., 3)``.

    Returns
    -------
    lon_deg, lat_deg : `numpy.ndarray`
        Degrees, longitude in [0, 360), latitude in [-90, 90].
    """
    xyz = np.asarray(xyz, float)
    x, y, z = xyz[..., 0], xyz[..., 1], xyz[..., 2]
    lon = np.degrees(np.arctan2(y, x)) % 360.0
    # A longitude of -1e-20 becomes 360.0 by rounding.
    return np.where(lon >= 360.0, 0.0, lon), np.degrees(np.arctan2(z, np.hypot(x, y)))


def separation(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Angle between unit vectors, accurate at all separations.

    Parameters
    ----------
    a, b : array_like
        Shape ``(..., 3)``, broadcast against each other.

    Returns
    -------
    angle : `numpy.ndarray`
        Radians in [0, pi].
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    # Kahan's half-angle form: arccos of a dot product loses half of the digits near 0 and pi.
    apart, sum_ = a - b, a + b
    angle: Floats = 2.0 * np.arctan2(np.sqrt((apart * apart).sum(-1)), np.sqrt((sum_ * sum_).sum(-1)))
    return angle


def edge_normals(vertices: Floats) -> Floats:
    """Inward unit normals of the edges of convex polygons.

    Parameters
    ----------
    vertices : `numpy.ndarray`
        Shape ``(..., n, 3)``: counter-clockwise as seen from outside the sphere, closed implicitly.

    Returns
    -------
    normals : `numpy.ndarray`
        Shape ``(..., n, 3)``; row i belongs to the edge from vertex i to i + 1.  The normal of an edge without
        length is zero.
    """
    step = np.roll(vertices, -1, axis=-2) - vertices
    # v x (w - v) equals v x w, but keeps its relative precision when the edge is short.
    normals = np.cross(vertices, step)
    length = np.sqrt((normals * normals).sum(-1, keepdims=True))
    unit: Floats = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    return unit
