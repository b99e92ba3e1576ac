"""Many convex polygons against one circle, box or ellipse.  Knows nothing of encoded regions; overlap.py asks it.

Boundaries that do not meet leave three cases: the polygon in the shape, the shape in the polygon, or nothing in
common.  So every test asks for a vertex in the shape, for the middle of the shape in the polygon, and for an edge
that meets the shape's boundary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from skybutler.sky.vectors import Floats

if TYPE_CHECKING:
    from lsst.sphgeom import Box, Circle, Ellipse

__all__ = ["TOLERANCE", "box_overlaps", "circle_overlaps", "ellipse_overlaps", "least_height"]

Bools = npt.NDArray[np.bool_]

TOLERANCE: Final = 1e-12
"""Radians (0.2 microarcseconds) around touching within which floating-point arithmetic is not trusted."""


def least_height(normals: Floats, point: Floats) -> Floats:
    """Sine of the height of a point above the lowest edge of polygons: negative when it is outside.

    Parameters
    ----------
    normals : `numpy.ndarray`
        Inward unit normals, shape ``(m, n, 3)``.
    point : `numpy.ndarray`
        Unit vector.
    """
    height: Floats = (normals @ point).min(axis=1)
    return height


# -------------------------------------------------------------------------------------------------------------- circle
def circle_overlaps(vertices: Floats, normals: Floats, circle: Circle) -> tuple[Bools, Bools]:
    """Which polygons overlap a circle, and for which of them rounding leaves that open.

    Parameters
    ----------
    vertices, normals : `numpy.ndarray`
        Vertices and inward unit edge normals, shape ``(m, n, 3)``.
    circle : `lsst.sphgeom.Circle`
        The circle, neither empty nor full.
    """
    axis = circle.getCenter()
    center = np.array([axis.x(), axis.y(), axis.z()])
    limit = circle.getSquaredChordLength()
    offset = vertices - center
    nearest = np.einsum("mni,mni->mn", offset, offset).min(axis=1)
    height = normals @ center
    nearest = np.minimum(nearest, _edge_distance(vertices, normals, height, center).min(axis=1))
    nearest[(height > TOLERANCE).all(axis=1)] = 0.0
    doubtful: Bools = np.abs(nearest - limit) <= 2 * TOLERANCE * np.sqrt(limit) + 4e-15
    return nearest <= limit, doubtful


def _edge_distance(vertices: Floats, normals: Floats, height: Floats, center: Floats) -> Floats:
    """Squared chord from a point to its foot on every edge, 4 where the foot is not within the edge."""
    along = np.cross(normals, vertices) @ center  # positive when the foot is beyond the edge's first vertex
    left = np.cross(normals, np.roll(vertices, -1, axis=1)) @ center  # negative when it is before the second
    squared = 2 * height**2 / (1 + np.sqrt(np.maximum(1 - height**2, 0)))
    return np.where((along > 0) & (left < 0), squared, 4.0)


# ----------------------------------------------------------------------------------------------------------------- box
def box_overlaps(vertices: Floats, normals: Floats, box: Box) -> Bools:
    """Which polygons overlap the area between two meridians and two parallels; touching within 1e-12 counts.

    Parameters
    ----------
    vertices, normals : `numpy.ndarray`
        Vertices and inward unit edge normals, shape ``(m, n, 3)``.
    box : `lsst.sphgeom.Box`
        The box, not empty.
    """
    lon = box.getLon().getA().asRadians(), box.getLon().getSize().asRadians()
    lat = box.getLat().getA().asRadians(), box.getLat().getB().asRadians()
    vertex_inside = _in_box(vertices, lon, lat).any(axis=1)
    middle = _direction(lon[0] + lon[1] / 2, (lat[0] + lat[1]) / 2)
    found = np.asarray(vertex_inside | (least_height(normals, middle) >= -TOLERANCE))
    open_ = np.flatnonzero(~found)
    v, n = vertices[open_], normals[open_]
    w = np.roll(v, -1, axis=1)
    crossed = np.zeros(len(open_), bool)
    if lon[1] < 2 * np.pi:
        for meridian in (lon[0], lon[0] + lon[1]):
            crossed |= _crosses_meridian(v, w, meridian, lat).any(axis=1)
    for parallel in lat:
        if abs(parallel) < np.pi / 2:
            crossed |= _crosses_parallel(v, w, n, parallel, lon).any(axis=1)
    found[open_] = crossed
    return found


def _direction(lon: float, lat: float) -> Floats:
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _in_lon(points: Floats, lon: tuple[float, float]) -> Bools:
    """Whether points lie in longitudes (begin, width); close to a pole, anything does."""
    offset = (np.arctan2(points[..., 1], points[..., 0]) - lon[0]) % (2 * np.pi)
    allowed = TOLERANCE / np.maximum(np.hypot(points[..., 0], points[..., 1]), TOLERANCE)
    inside: Bools = (offset <= lon[1] + allowed) | (offset >= 2 * np.pi - allowed) | (allowed >= 1)
    return inside


def _in_lat(points: Floats, lat: tuple[float, float]) -> Bools:
    value = np.arctan2(points[..., 2], np.hypot(points[..., 0], points[..., 1]))
    inside: Bools = (value >= lat[0] - TOLERANCE) & (value <= lat[1] + TOLERANCE)
    return inside


def _in_box(points: Floats, lon: tuple[float, float], lat: tuple[float, float]) -> Bools:
    return _in_lat(points, lat) & _in_lon(points, lon)


def _crosses_meridian(v: Floats, w: Floats, lon: float, lat: tuple[float, float]) -> Bools:
    """Whether edges v-w meet the part of a meridian between two latitudes."""
    normal = np.array([-np.sin(lon), np.cos(lon), 0.0])
    side_v, side_w = v @ normal, w @ normal
    meeting = v * np.abs(side_w)[..., None] + w * np.abs(side_v)[..., None]
    in_front = meeting @ _direction(lon, 0.0) >= 0  # not on the meridian opposite
    crossing: Bools = (side_v * side_w <= 0) & in_front & _in_lat(meeting, lat)
    return crossing


def _crosses_parallel(v: Floats, w: Floats, normals: Floats, lat: float, lon: tuple[float, float]) -> Bools:
    """Whether edges v-w meet the part of a parallel within longitudes (begin, width)."""
    ahead = np.cross(normals, v)  # the edge is v cos t + ahead sin t
    length = np.arctan2(np.einsum("mni,mni->mn", ahead, w), np.einsum("mni,mni->mn", v, w))
    highest = np.arctan2(ahead[..., 2], v[..., 2])  # t where the great circle is furthest north
    crossing = np.zeros(length.shape, bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sin(lat) / np.hypot(ahead[..., 2], v[..., 2])
        half = np.arccos(np.where(np.abs(ratio) <= 1 + TOLERANCE, np.clip(ratio, -1, 1), np.nan))
        for t in (highest - half, highest + half):
            t = (t + TOLERANCE) % (2 * np.pi) - TOLERANCE
            point = v * np.cos(t)[..., None] + ahead * np.sin(t)[..., None]
            crossing |= (t <= length + TOLERANCE) & _in_lon(point, lon)  # NaN (no meeting) compares as False
    return crossing


# ------------------------------------------------------------------------------------------------------------- ellipse
def ellipse_overlaps(vertices: Floats, normals: Floats, ellipse: Ellipse) -> Bools:
    """Which polygons overlap a spherical ellipse: the directions of an elliptical cone.

    Parameters
    ----------
    vertices, normals : `numpy.ndarray`
        Vertices and inward unit edge normals, shape ``(m, n, 3)``.
    ellipse : `lsst.sphgeom.Ellipse`
        The ellipse, neither empty nor full.
    """
    matrix = ellipse.getTransformMatrix()
    rows = [matrix.getRow(i) for i in range(3)]
    axes = np.array([[row.x(), row.y(), row.z()] for row in rows])  # both axes, then the centre
    alpha, beta = ellipse.getAlpha().asRadians(), ellipse.getBeta().asRadians()
    form = np.array([np.tan(alpha - np.pi / 2) ** 2, np.tan(beta - np.pi / 2) ** 2, -1.0])
    v = vertices @ axes.T
    value = (v * v) @ form  # negative within the cone and its mirror image
    if alpha > np.pi / 2:
        # The outside is convex: it holds a polygon as soon as it holds its vertices.
        outside = (v[..., 2] < 0) & (value < 0)
        return np.asarray(~outside.all(axis=1))
    found = ((v[..., 2] >= 0) & (value <= 0)).any(axis=1) | (least_height(normals, axes[2]) >= -TOLERANCE)
    step = np.roll(v, -1, axis=1) - v
    # The chord v + t step leaves or enters the cone where a t**2 + 2 b t + value = 0.
    a, b = (step * step) @ form, (v * step) @ form
    with np.errstate(divide="ignore", invalid="ignore"):
        root = -(b + np.copysign(np.sqrt(b * b - a * value), b))
        for t in (root / a, value / root):
            found |= ((t >= 0) & (t <= 1) & (v[..., 2] + t * step[..., 2] >= 0)).any(axis=1)
    return np.asarray(found)
