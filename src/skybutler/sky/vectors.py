"""Directions on the sky as unit vectors, and polygons as arrays of them.  Knows neither regions nor pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "edge_normals", "enclosing_caps", "lonlat_deg", "unit_vectors"]

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
    step = np.concatenate((vertices[..., 1:, :], vertices[..., :1, :]), axis=-2) - vertices
    # v x (w - v) equals v x w, but keeps its relative precision when the edge is short.  (Written out, as
    # numpy.cross takes three times as long.)
    x, y, z = (vertices[..., i] for i in range(3))
    dx, dy, dz = (step[..., i] for i in range(3))
    normals = np.empty_like(vertices)
    normals[..., 0] = y * dz - z * dy
    normals[..., 1] = z * dx - x * dz
    normals[..., 2] = x * dy - y * dx
    length = np.sqrt(np.einsum("...i,...i", normals, normals))
    normals /= np.where(length > 0, length, 1.0)[..., None]
    return normals


def enclosing_caps(vertices: Floats) -> tuple[Floats, Floats]:
    """Caps around convex polygons, about the mean direction of their vertices.

    Parameters
    ----------
    vertices : `numpy.ndarray`
        Unit vectors, shape ``(m, n, 3)``.

    Returns
    -------
    centres : `numpy.ndarray`
        Unit vectors, shape ``(m, 3)``.
    radii : `numpy.ndarray`
        Radians, shape ``(m,)``, without any margin for rounding; pi (the whole sky) where a vertex is 90 degrees or
        more from the centre, because then the cap is not convex and need not hold what lies between its vertices.
    """
    centres = np.einsum("mni->mi", vertices)
    length = np.sqrt(np.einsum("mi,mi->m", centres, centres))
    scattered = length < 1e-6  # along a great circle: no middle, any direction will do
    centres = np.where(scattered[:, None], vertices[:, 0], centres / np.where(scattered, 1.0, length)[:, None])
    offset = vertices - centres[:, None]
    chord = np.sqrt(np.einsum("mni,mni->mn", offset, offset).max(axis=1))
    radii = 2.0 * np.arcsin(np.minimum(0.5 * chord, 1.0))
    return centres, np.where(radii < 0.5 * np.pi - 1e-9, radii, np.pi)
