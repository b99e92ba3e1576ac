"""Making, reading and writing regions, which are ``lsst.sphgeom`` objects.  Knows neither pixels nor overlaps.

The byte form is that of sphgeom: a letter for the kind of region followed by little-endian doubles.  It is what
Rubin's registries and exports hold, so bytes written here can be compared with bytes written there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skybutler.errors import FormatError, InvalidError
from skybutler.sky.vectors import Floats, edge_normals, unit_vectors

if TYPE_CHECKING:
    from lsst.sphgeom import Box, Circle, ConvexPolygon, LonLat, Region, UnitVector3d

__all__ = [
    "POLYGON_CODE",
    "PolygonGroup",
    "box",
    "circle",
    "convex_hull",
    "counter_clockwise",
    "decode",
    "decode_polygons",
    "encode",
    "encode_polygons",
    "exact_direction",
    "outline_deg",
    "polygon",
    "polygon_deg",
    "region_from_pos",
    "region_text",
]

POLYGON_CODE = b"p"
"""First byte of an encoded ConvexPolygon, the only kind handled in bulk."""

_UNIT_TOLERANCE = 1e-9  # sphgeom's own vectors are within 1e-15; anything further off is not a direction
_FLAT = 1e-9  # radians; a dent of less is none
_MOST_CORNERS = 1000  # of what somebody asks for; sphgeom looks at all of them for each region
_POS_FORMS = "'CIRCLE ra dec radius', 'RANGE ra1 ra2 dec1 dec2' or 'POLYGON ra1 dec1 ra2 dec2 ra3 dec3 ...'"


@dataclass(frozen=True)
class PolygonGroup:
    """Those polygons of a list that have the same number of vertices.

    Attributes
    ----------
    index : `numpy.ndarray`
        Positions in the list, ascending.
    vertices : `numpy.ndarray`
        Unit vectors, shape ``(len(index), n_vertices, 3)``.
    """

    index: npt.NDArray[np.int64]
    vertices: Floats


# ------------------------------------------------------------------------------------------------------------ polygons
def polygon(vertices: npt.ArrayLike) -> ConvexPolygon:
    """A convex polygon with exactly these vertices in this order.

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape ``(n, 3)``, n >= 3, counter-clockwise as seen from outside the sphere (north up, east to
        the left), not repeated at the end.

    Raises
    ------
    InvalidError
        The vertices are no unit vectors, or do not go counter-clockwise around a convex area.
    """
    from lsst.sphgeom import ConvexPolygon

    array = np.asarray(vertices, float)
    if array.ndim != 2 or array.shape[0] < 3 or array.shape[1] != 3:
        raise InvalidError(f"A polygon needs at least three vertices of three components, not shape {array.shape}.")
    _require_unit(array, InvalidError)
    heights = edge_normals(array) @ array.T  # of every vertex above every edge
    count = len(array)
    edge = np.arange(count)
    others = np.ones((count, count), bool)
    others[edge, edge] = others[edge, (edge + 1) % count] = False
    if not (heights[others] >= -1e-15).all() or not (heights.max(axis=1) > 0).all():
        hint = "polygon_deg and convex_hull take vertices in any order."
        raise InvalidError(f"The {count} vertices do not go counter-clockwise around a convex area.", hint=hint)
    # The constructor of ConvexPolygon may rotate and drop vertices; decoding does not.
    region = ConvexPolygon.decode(encode_polygons(array[np.newaxis])[0])
    assert isinstance(region, ConvexPolygon)
    return region


def convex_hull(vertices: npt.ArrayLike) -> ConvexPolygon:
    """The smallest convex polygon around points, as sphgeom computes it (the order is its own too).

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape ``(n, 3)``.

    Raises
    ------
    InvalidError
        The points span no area, or do not fit into one hemisphere.
    """
    from lsst.sphgeom import ConvexPolygon, UnitVector3d

    array = np.asarray(vertices, float).reshape(-1, 3)
    _require_unit(array, InvalidError)
    try:
        return ConvexPolygon.convexHull([UnitVector3d(x, y, z) for x, y, z in array.tolist()])
    except ValueError as error:
        raise InvalidError(f"The convex hull of {len(array)} points is no polygon: {error}.") from error


def polygon_deg(corners: Iterable[tuple[float, float]]) -> ConvexPolygon:
    """The convex hull of points given as (ra, dec) pairs in degrees.

    Raises
    ------
    InvalidError
        Fewer than three distinct points, a declination beyond a pole, or no hemisphere that holds all points.
    """
    from lsst.sphgeom import ConvexPolygon, UnitVector3d

    try:
        return ConvexPolygon.convexHull([UnitVector3d(_lonlat(ra, dec)) for ra, dec in corners])
    except InvalidError:
        raise
    except ValueError as error:
        raise InvalidError(f"These corners do not make a polygon: {error}.") from error


def outline_deg(corners: Iterable[tuple[float, float]]) -> ConvexPolygon:
    """A polygon whose corners, (ra, dec) pairs in degrees, are given in their order along the edge, in either sense.

    Raises
    ------
    InvalidError
        As `polygon_deg`; or the polygon is not convex, or its edges cross, so that its convex hull is another one;
        or there are more than 1000 corners.
    """
    corners = list(corners)
    if len(corners) > _MOST_CORNERS:
        raise InvalidError(f"A polygon has at most {_MOST_CORNERS} corners, not {len(corners)}.")
    polygon = polygon_deg(corners)
    try:
        goes_round = _goes_round(unit_vectors(*np.array(corners, float).T), polygon)
    except RuntimeError as error:  # it is too small to have a centre
        raise InvalidError(f"These corners do not make a polygon: {error}.") from error
    if not goes_round:
        raise InvalidError(
            "These corners do not make a convex polygon.",
            hint="Give them in their order; take a concave polygon apart into convex ones.",
        )
    return polygon


def _goes_round(corners: Floats, hull: ConvexPolygon) -> bool:
    """Whether corners follow the edge of their convex hull, once around, none of them further inside than `_FLAT`."""
    centre = np.array(list(hull.getCentroid()))
    east = np.cross(centre, np.eye(3)[np.argmin(np.abs(centre))])
    east /= np.linalg.norm(east)
    axes = np.stack([east, np.cross(centre, east)], axis=1)
    vertices = np.array([list(v) for v in hull.getVertices()])
    (hull_x, hull_y), (x, y) = (vertices @ axes).T, (corners @ axes).T
    order = np.argsort(np.arctan2(hull_y, hull_x))
    vertices = vertices[order]
    normals = np.cross(vertices, np.roll(vertices, -1, axis=0))
    # vertices may be so near to each other that their edge has no direction, and squares of it no number
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-150)[:, None]
    azimuth = np.arctan2(y, x)
    edge = np.searchsorted(np.arctan2(hull_y, hull_x)[order], azimuth, side="right") - 1  # -1 is the last one
    if (np.abs(np.sum(normals[edge] * corners, axis=1)) > _FLAT).any():
        return False
    steps = np.remainder(np.roll(azimuth, -1) - azimuth + np.pi, 2 * np.pi) - np.pi
    turns = round(float(steps.sum() / (2 * np.pi)))
    return abs(turns) == 1 and bool((steps * turns * np.hypot(x, y) >= -_FLAT).all())


# -------------------------------------------------------------------------------------------------------- other shapes
def circle(ra_deg: float, dec_deg: float, radius_deg: float) -> Circle:
    """All points not further than a radius from a centre.

    Parameters
    ----------
    ra_deg, dec_deg : `float`
        Centre, degrees.
    radius_deg : `float`
        Radius (not diameter), degrees, 0 to 180.
    """
    from lsst.sphgeom import Angle, Circle, UnitVector3d

    if not 0.0 <= radius_deg <= 180.0:
        raise InvalidError(f"The radius of a circle is 0 to 180 degrees, not {radius_deg}.")
    return Circle(UnitVector3d(_lonlat(ra_deg, dec_deg)), Angle.fromDegrees(radius_deg))


def box(ra_deg: float, dec_deg: float, width_deg: float, height_deg: float) -> Box:
    """The area between two meridians and two parallels.

    Parameters
    ----------
    ra_deg, dec_deg : `float`
        Centre, degrees.
    width_deg : `float`
        Whole extent in right ascension (not shortened by the cosine of the declination), degrees, 0 to 360.
    height_deg : `float`
        Whole extent in declination, degrees, 0 to 180; what would lie beyond a pole is cut off.
    """
    _lonlat(ra_deg, dec_deg)
    if not 0.0 <= width_deg <= 360.0 or not 0.0 <= height_deg <= 180.0:
        raise InvalidError(f"A box is 0 to 360 degrees wide and 0 to 180 high, not {width_deg} x {height_deg}.")
    lat = max(-90.0, dec_deg - height_deg / 2), min(90.0, dec_deg + height_deg / 2)
    return _lonlat_box((ra_deg - width_deg / 2, ra_deg + width_deg / 2), lat)


def _lonlat_box(lon: tuple[float, float], lat: tuple[float, float]) -> Box:
    from lsst.sphgeom import AngleInterval, Box, NormalizedAngleInterval

    whole = lon[1] - lon[0] >= 360.0  # 0 and 360 would be normalised to an interval without length
    longitudes = NormalizedAngleInterval.full() if whole else NormalizedAngleInterval.fromDegrees(*_normalized(lon))
    return Box(longitudes, AngleInterval.fromDegrees(*lat))


def _normalized(lon: tuple[float, float]) -> tuple[float, float]:
    # Both ends lie in [0, 360], where sphgeom takes begin > end as "through 0".
    begin, end = (value if 0.0 <= value <= 360.0 else value % 360.0 for value in lon)
    return begin, end


def _lonlat(ra_deg: float, dec_deg: float) -> LonLat:
    from lsst.sphgeom import LonLat

    if not math.isfinite(ra_deg) or not -90.0 <= dec_deg <= 90.0:
        raise InvalidError(f"({ra_deg}, {dec_deg}) is no position: numbers are finite, declinations -90 to 90 degrees.")
    return LonLat.fromDegrees(ra_deg, dec_deg)


def region_from_pos(text: str, *, ordered: bool = False) -> Region:
    """A region from the text of a ``POS`` parameter (SIAv2 §2.1.1, degrees, ICRS).

    ``RANGE`` takes ``-Inf`` and ``+Inf`` for open ends and runs through right ascension 0 when its first right
    ascension is the greater one; the corners of ``POLYGON`` may come in any order, its convex hull is meant, unless
    they are ``ordered``: then they are as for `outline_deg`.

    Raises
    ------
    InvalidError
        The text has another form, or a number is out of range.
    """
    kind, *words = text.split() or [""]
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise InvalidError(f"Cannot read region '{text}': {error}.", hint=f"Write {_POS_FORMS}.") from error
    kind, count = kind.upper(), len(numbers)
    if kind == "CIRCLE" and count == 3:
        return circle(*numbers)
    if kind == "RANGE" and count == 4:
        return _pos_range(text, *numbers)
    if kind == "POLYGON" and count >= 6 and count % 2 == 0:
        return (outline_deg if ordered else polygon_deg)(zip(numbers[::2], numbers[1::2], strict=True))
    raise InvalidError(f"Cannot read region '{text}'.", hint=f"Write {_POS_FORMS}, numbers in degrees.")


def _pos_range(text: str, ra1: float, ra2: float, dec1: float, dec2: float) -> Box:
    ra1, ra2 = max(ra1, 0.0) if ra1 == -math.inf else ra1, 360.0 if ra2 == math.inf else ra2
    dec1, dec2 = -90.0 if dec1 == -math.inf else dec1, 90.0 if dec2 == math.inf else dec2
    if not (0.0 <= ra1 <= 360.0 and 0.0 <= ra2 <= 360.0):
        raise InvalidError(f"Right ascensions of '{text}' are not within 0 to 360 degrees.")
    if not -90.0 <= dec1 <= dec2 <= 90.0:
        raise InvalidError(f"Declinations of '{text}' are not ascending within -90 to 90 degrees.")
    return _lonlat_box((ra1, ra2), (dec1, dec2))


def exact_direction(xyz: npt.ArrayLike) -> UnitVector3d:
    """A unit vector as sphgeom holds it, with exactly these components.

    The constructor of ``UnitVector3d`` divides by the length again, after which a corner of a polygon may lie outside
    of the polygon.
    """
    from lsst.sphgeom import Circle

    array = np.asarray(xyz, float)
    _require_unit(array, InvalidError)
    circle = Circle.decode(b"c" + np.concatenate([array, [0.0, 0.0]]).astype("<f8").tobytes())
    assert isinstance(circle, Circle)
    return circle.getCenter()


def region_text(region: Region) -> str:
    """The form in which records print a region: ``ConvexPolygon([UnitVector3d(x, y, z), ...])``."""
    return repr(region)


# --------------------------------------------------------------------------------------------------------------- bytes
def encode(region: Region) -> bytes:
    """The bytes of a region."""
    return region.encode()


def decode(blob: bytes) -> Region:
    """The region of some bytes.

    Raises
    ------
    FormatError
        The bytes are no region.
    """
    from lsst.sphgeom import Region

    if blob[:1] == POLYGON_CODE:
        decode_polygons([blob])  # checks the vertices: sphgeom takes any numbers for directions
    try:
        return Region.decode(blob)
    except (RuntimeError, ValueError) as error:
        raise FormatError(f"{_abbreviated(blob)} is no region: {error}.") from error


def encode_polygons(vertices: npt.ArrayLike) -> list[bytes]:
    """The bytes of many polygons at once, the same as those of ``encode``; nothing is checked but the shape.

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape ``(m, n, 3)``: m convex polygons of n vertices, counter-clockwise.
    """
    array = np.ascontiguousarray(vertices, dtype="<f8")
    if array.ndim != 3 or array.shape[1] < 3 or array.shape[2] != 3:
        raise InvalidError(f"Polygons need an array of shape (m, n >= 3, 3), not {array.shape}.")
    rows = np.empty((len(array), 1 + 24 * array.shape[1]), np.uint8)
    rows[:, 0] = POLYGON_CODE[0]
    rows[:, 1:] = array.reshape(len(array), array.shape[1] * 3).view(np.uint8)
    data, size = rows.tobytes(), rows.shape[1]
    return [data[start : start + size] for start in range(0, len(data), size)]


def counter_clockwise(vertices: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Convex polygons with their vertices in the order that `encode_polygons` needs.

    Parameters
    ----------
    vertices : array_like
        Unit vectors, shape ``(m, n, 3)``; clockwise polygons are turned round, their first vertex stays first.

    Raises
    ------
    InvalidError
        A polygon is not strictly convex, or a vertex is not a unit vector; its position is named.
    """
    array = np.array(vertices, dtype=float)
    if array.ndim != 3 or array.shape[1] < 3 or array.shape[2] != 3:
        raise InvalidError(f"Polygons need an array of shape (m, n >= 3, 3), not {array.shape}.")
    _require_unit(array.reshape(-1, 3), InvalidError)
    normals = edge_normals(array)
    # the height of every vertex over every edge but its own two: all of one sign if and only if convex
    heights = normals @ array.swapaxes(1, 2)
    others = heights[:, _not_on_edge(array.shape[1])]
    left, right = (others > 0).all(axis=1), (others < 0).all(axis=1)
    wrong = np.flatnonzero(~(left | right))
    if len(wrong):
        raise InvalidError(f"Polygon {int(wrong[0])} ({len(wrong)} of {len(array)} in all) is not strictly convex.")
    array[right, 1:] = array[right, :0:-1]
    return array


@lru_cache
def _not_on_edge(n: int) -> npt.NDArray[np.bool_]:
    """Which vertices (second axis) of a polygon are not the ends of an edge (first axis)."""
    ends = np.eye(n, dtype=bool)
    return ~(ends | np.roll(ends, 1, axis=1))


def decode_polygons(blobs: Sequence[bytes]) -> tuple[list[PolygonGroup], npt.NDArray[np.int64]]:
    """The vertices of many polygons at once.

    Parameters
    ----------
    blobs : sequence of `bytes`
        Encoded regions of any kind.

    Returns
    -------
    groups : `list` of `PolygonGroup`
        The polygons by number of vertices.
    others : `numpy.ndarray`
        Positions of the regions that are no polygons.

    Raises
    ------
    FormatError
        The bytes of a polygon are malformed.
    """
    sizes = np.fromiter(map(len, blobs), np.int64, len(blobs))
    codes = np.frombuffer(b"".join([blob[:1] or b"\0" for blob in blobs]), np.uint8)
    is_polygon = codes == POLYGON_CODE[0]
    groups = []
    for size in sorted(set(sizes[is_polygon].tolist())):
        index = np.flatnonzero(is_polygon & (sizes == size))
        whole = blobs if len(index) == len(blobs) else [blobs[i] for i in index.tolist()]
        if size < 73 or size % 24 != 1:
            raise FormatError(f"{_abbreviated(whole[0])} is no region: {size} bytes are no polygon.")
        rows = np.frombuffer(b"".join(whole), np.uint8).reshape(len(index), size)
        vertices = rows[:, 1:].copy().view("<f8").astype(float, copy=False).reshape(len(index), -1, 3)
        _require_unit(vertices, FormatError)
        groups.append(PolygonGroup(index, vertices))
    return groups, np.flatnonzero(~is_polygon)


def _require_unit(vertices: Floats, error: type[FormatError | InvalidError]) -> None:
    squared = np.einsum("...i,...i", vertices, vertices)
    good = np.abs(squared - 1.0) <= 2 * _UNIT_TOLERANCE  # False for NaN too
    if not good.all():
        bad = ", ".join(map(repr, vertices[~good][0].tolist()))
        raise error(f"({bad}) is no unit vector, so it cannot be the vertex of a region.")


def _abbreviated(blob: bytes) -> str:
    return f"0x{blob[:12].hex()}{'...' if len(blob) > 12 else ''}"
