"""The spatial key of a region and the key ranges of a search.  Finds candidates only; overlap.py decides exactly.

A region is filed under a size class and the order-29 nested HEALPix pixel of a point near its middle.  Whatever
overlaps a cone has its centre within the cone's radius plus its own radius, so a search of one class reads the
pixels of a cone widened by the largest radius that the class really holds.

HEALPix: Górski et al. 2005, ApJ 622, 759 (nested numbering: a pixel of order n is the range of 4**(29 - n)
order-29 pixels that starts at its number times 4**(29 - n)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from skybutler.sky.region import decode, decode_polygons
from skybutler.sky.vectors import Floats, enclosing_caps, lonlat_deg

__all__ = [
    "ORDER",
    "SIZE_CLASSES_DEG",
    "SpatialKeys",
    "cone_ranges",
    "keys",
    "merge_ranges",
    "polygon_keys",
    "polygon_ranges",
    "search_ranges",
]

SIZE_CLASSES_DEG: Final = (0.01, 0.05, 0.2, 0.5, 2.0, 5.0, 180.0)
"""Class i holds the regions whose radius is at most ``SIZE_CLASSES_DEG[i]``, and that fit into no smaller class."""

ORDER: Final = 29
"""HEALPix order of the stored pixels, 0.4 mas wide: the finest that fits into a signed 64-bit integer."""

Ints = npt.NDArray[np.int64]

_RADIUS_MARGIN: Final = 1e-12  # radians; covers the rounding of radii (1e-15) many times
_CONE_MARGIN: Final = 4e-9  # radians, 0.8 mas; covers the rounding of degrees and of HEALPix arithmetic
# hpgeom compares cosines, and so loses pixels of cones smaller than 1e-7 radians (measured); 0.4 arcsec costs nothing.
_SMALLEST_CONE: Final = 2e-6
_PIXEL_RADIUS: Final = 1.08  # of a pixel about its centre, times nside: 1.0690 in the worst place, less at low orders
_FINER: Final = 3  # orders between the pixels of a cone and those by which the shape of a polygon is told
_PIXEL_DEG: Final = math.degrees(math.sqrt(math.pi / 3))  # side of an order-0 pixel


@dataclass(frozen=True)
class SpatialKeys:
    """Where regions are filed; four columns of equal length.

    Attributes
    ----------
    size_class : `numpy.ndarray`
        Index into `SIZE_CLASSES_DEG`.
    pixel : `numpy.ndarray`
        Nested order-29 HEALPix pixel of the centre.
    radius_rad : `numpy.ndarray`
        Angle from the centre within which all of the region lies, radians, at most pi.
    center_xyz : `numpy.ndarray`
        Unit vectors of the centres, shape ``(m, 3)``.
    """

    size_class: Ints
    pixel: Ints
    radius_rad: Floats
    center_xyz: Floats

    def __len__(self) -> int:
        return len(self.pixel)

    @property
    def center_deg(self) -> tuple[Floats, Floats]:
        """Right ascension and declination of the centres."""
        return lonlat_deg(self.center_xyz)

    @property
    def radius_deg(self) -> Floats:
        """`radius_rad` in degrees."""
        return np.degrees(self.radius_rad)


# ---------------------------------------------------------------------------------------------------------------- keys
def keys(blobs: Sequence[bytes]) -> SpatialKeys:
    """Spatial keys of encoded regions of any shape.

    Parameters
    ----------
    blobs : sequence of `bytes`
        Encoded regions.

    Raises
    ------
    FormatError
        Some bytes are no region.
    """
    groups, others = decode_polygons(blobs)
    centres, radii = np.empty((len(blobs), 3)), np.empty(len(blobs))
    for group in groups:
        centres[group.index], radii[group.index] = enclosing_caps(group.vertices)
    for i in others.tolist():
        bound = decode(blobs[i]).getBoundingCircle()
        centre, angle = bound.getCenter(), bound.getOpeningAngle().asRadians()
        centres[i] = centre.x(), centre.y(), centre.z()
        # An empty region has a negative angle; it is filed as a point, and the exact test never selects it.
        radii[i] = max(angle, 0.0)
    return _keys(centres, radii)


def polygon_keys(vertices: npt.ArrayLike) -> SpatialKeys:
    """Spatial keys of convex polygons that are at hand as vertices; the same as ``keys(encode_polygons(vertices))``.

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape ``(m, n, 3)``.
    """
    return _keys(*enclosing_caps(np.asarray(vertices, float)))


def _keys(centres: Floats, radii: Floats) -> SpatialKeys:
    import hpgeom

    radii = np.minimum(radii + _RADIUS_MARGIN, np.pi)
    lon, lat = lonlat_deg(centres)
    pixel = np.asarray(hpgeom.angle_to_pixel(1 << ORDER, lon, lat, nest=True, lonlat=True, degrees=True), np.int64)
    size_class = np.searchsorted(np.radians(SIZE_CLASSES_DEG[:-1]), radii).astype(np.int64)
    return SpatialKeys(size_class, pixel, radii, centres)


# -------------------------------------------------------------------------------------------------------------- ranges
def cone_ranges(center_xyz: npt.ArrayLike, radius_rad: float) -> Ints:
    """Pixel ranges that contain every point of a cone, and about 1.6 times its area.

    Parameters
    ----------
    center_xyz : array_like
        Unit vector of the axis.
    radius_rad : `float`
        Opening angle from the axis, radians; more than pi / 2 gives the whole sky.

    Returns
    -------
    ranges : `numpy.ndarray`
        Shape ``(k, 2)``: begin (inclusive) and end (exclusive) of order-29 pixels, ascending, not touching, k
        about 10 and less than 30.
    """
    import hpgeom

    radius_deg = math.degrees(max(radius_rad + _CONE_MARGIN, _SMALLEST_CONE))
    # hpgeom loses pixels around the hole that a cone of more than 130 degrees leaves (measured).
    if radius_deg > 90.0:
        return np.array([[0, 12 << (2 * ORDER)]], np.int64)
    # A pixel of a quarter of the radius; finer ones select less, but in more ranges than a search is worth.
    order = max(math.floor(math.log2(4 * _PIXEL_DEG / radius_deg)), 0)
    lon, lat = lonlat_deg(center_xyz)
    ranges = hpgeom.query_circle(
        1 << order, float(lon), float(lat), radius_deg, inclusive=True, nest=True, return_pixel_ranges=True
    )
    shifted: Ints = np.asarray(ranges, np.int64).reshape(-1, 2) << (2 * (ORDER - order))
    return shifted


def merge_ranges(ranges: Sequence[Ints]) -> Ints:
    """The union of several sets of half-open ranges.

    Parameters
    ----------
    ranges : sequence of `numpy.ndarray`
        Each of shape ``(k, 2)``, in any order.

    Returns
    -------
    merged : `numpy.ndarray`
        Shape ``(k, 2)``, ascending; overlapping and touching ranges have become one.
    """
    if not len(ranges):
        return np.empty((0, 2), np.int64)
    every = np.concatenate(ranges).astype(np.int64, copy=False).reshape(-1, 2)
    every = every[every[:, 1] > every[:, 0]]
    if not len(every):
        return every
    every = every[np.argsort(every[:, 0], kind="stable")]
    reach = np.maximum.accumulate(every[:, 1])
    first = np.flatnonzero(np.concatenate([[True], every[1:, 0] > reach[:-1]]))
    return np.stack([every[first, 0], np.append(reach[first[1:] - 1], reach[-1])], axis=1)


def search_ranges(centers_xyz: npt.ArrayLike, radii_rad: npt.ArrayLike, class_max_radius_rad: float) -> Ints:
    """Pixel ranges in which the centre of whatever overlaps one of some regions must lie.

    Parameters
    ----------
    centers_xyz : array_like
        Unit vectors of the regions' centres, shape ``(3,)`` or ``(m, 3)``.
    radii_rad : array_like
        Radii about these centres, shape ``()`` or ``(m,)``, radians; 0 for a point.
    class_max_radius_rad : `float`
        Largest `SpatialKeys.radius_rad` of the size class to be searched.

    Returns
    -------
    ranges : `numpy.ndarray`
        Shape ``(k, 2)``, half-open, ascending, not touching.
    """
    centers = np.asarray(centers_xyz, float).reshape(-1, 3)
    radii = np.broadcast_to(np.asarray(radii_rad, float), len(centers)) + class_max_radius_rad
    cones = [cone_ranges(center, radius) for center, radius in zip(centers, radii.tolist(), strict=True)]
    return cones[0] if len(cones) == 1 else merge_ranges(cones)


def polygon_ranges(
    normals: Floats, center_xyz: npt.ArrayLike, radius_rad: float, class_max_radius_rad: float
) -> tuple[Ints, Ints]:
    """Pixel ranges in which the centre of whatever overlaps a convex polygon must lie, and those well inside it.

    A square fills less than two thirds of its circle, and most pixels in it are nowhere near an edge: what has its
    centre there, and is a polygon itself, certainly overlaps.

    Parameters
    ----------
    normals : `numpy.ndarray`
        Inward unit normals of the edges, shape ``(n, 3)``.
    center_xyz : array_like
        Unit vector of the polygon's centre.
    radius_rad : `float`
        Angle from the centre within which all of the polygon lies, radians.
    class_max_radius_rad : `float`
        Largest `SpatialKeys.radius_rad` of the size class to be searched.

    Returns
    -------
    near, inside : `numpy.ndarray`
        As `search_ranges` returns; they have no pixel in common.  A centre in the second set is at least
        4e-9 radians inside of all edges.
    """
    import hpgeom

    cone = cone_ranges(center_xyz, radius_rad + class_max_radius_rad)
    order = _order_of(cone) + _FINER
    if order > ORDER or len(cone) == 1:
        return cone, np.empty((0, 2), np.int64)
    shift, nside = 2 * (ORDER - order), 1 << order
    pixels = np.concatenate([np.arange(lo, hi) for lo, hi in (cone >> shift).tolist()])
    theta, phi = hpgeom.pixel_to_angle(nside, pixels, nest=True, lonlat=False)
    places = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    height = (normals @ places).min(axis=0)  # sine of the angle above the edge that is nearest or farthest outside
    margin = _PIXEL_RADIUS / nside + _CONE_MARGIN
    inside = height >= math.sin(margin)
    near = ~inside & (height >= -math.sin(min(class_max_radius_rad + margin, math.pi / 2)))
    return tuple(_as_ranges(pixels[chosen], shift) for chosen in (near, inside))  # type: ignore[return-value]


def _order_of(ranges: Ints) -> int:
    """The coarsest order whose pixels make up the ranges."""
    bits = int(np.bitwise_or.reduce(ranges, axis=None))
    return ORDER - ((bits & -bits).bit_length() - 1) // 2


def _as_ranges(pixels: Ints, shift: int) -> Ints:
    """Order-29 ranges of ascending pixels."""
    if not len(pixels):
        return np.empty((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(pixels) > 1)
    first, last = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(pixels) - 1]])
    return np.stack([pixels[first], pixels[last] + 1], axis=1) << shift
