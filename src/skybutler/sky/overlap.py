"""Exact overlap of many pairs of regions at once.  Knows nothing of where regions are stored or how they were found.

Polygons are decided by arithmetic on arrays.  Whatever lies within 1e-12 of touching is decided by sphgeom one by
one, so that an answer never depends on which of the two looked.  Regions that touch overlap: so says sphgeom for
polygons that share an edge or a corner.

Two convex polygons are disjoint when a great circle parts them, and then the great circle of an edge of one of them
does, provided that neither meets the antipode of the other (otherwise all candidates may run through one vertex of
each).  Caps around the polygons with a joint radius below 90 degrees exclude that; other pairs go to sphgeom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from skybutler.sky.region import PolygonGroup, decode, decode_polygons, encode_polygons, exact_direction
from skybutler.sky.shapes import TOLERANCE, Bools, box_overlaps, circle_overlaps, ellipse_overlaps, least_height
from skybutler.sky.vectors import Floats, edge_normals, enclosing_caps

if TYPE_CHECKING:
    from lsst.sphgeom import Box, Circle, Ellipse, Region

__all__ = ["Regions", "contains_point", "overlap_pairs", "overlaps_region"]

Ints = npt.NDArray[np.int64]

_CHUNK: Final = 8192  # pairs of quadrilaterals whose arrays stay in a processor's second-level cache
_DISJOINT: Final = 1  # bit of sphgeom's relate(); its module is not loaded for constants


class Polygons:
    """Polygons of equal vertex count, with what the tests need of them computed once.

    Parameters
    ----------
    group : `PolygonGroup`
        The polygons.
    """

    def __init__(self, group: PolygonGroup) -> None:
        self.index, self.vertices = group.index, group.vertices

    @cached_property
    def normals(self) -> Floats:
        """Inward unit normals of the edges, shape ``(m, n, 3)``."""
        return edge_normals(self.vertices)

    @cached_property
    def caps(self) -> Floats:
        """Unit vector and radius (radians) of a cap around each polygon, shape ``(m, 4)``.

        The radius is pi or more where no cap smaller than a hemisphere was found.
        """
        centres, radii = enclosing_caps(self.vertices)
        return np.concatenate([centres, radii[:, None] + TOLERANCE], axis=1)


class Regions:
    """Encoded regions, made ready for bulk tests.

    Make them with `from_blobs` or `from_vertices`.

    Parameters
    ----------
    blobs : sequence of `bytes`
        The regions, in sphgeom's encoding.
    groups : `list` of `PolygonGroup`
        The polygons among them.
    others : `numpy.ndarray`
        Positions of those that are no polygons.
    """

    def __init__(self, blobs: Sequence[bytes], groups: list[PolygonGroup], others: Ints) -> None:
        self.blobs = blobs
        self.polygons = [Polygons(group) for group in groups]
        self.others = others
        self.group_of = np.full(len(blobs), -1, np.int64)
        self.row_of = np.empty(len(blobs), np.int64)
        for number, group in enumerate(groups):
            self.group_of[group.index] = number
            self.row_of[group.index] = np.arange(len(group.index))

    @classmethod
    def from_blobs(cls, blobs: Sequence[bytes]) -> Regions:
        """Regions of any shapes; malformed bytes of a polygon raise `FormatError`."""
        groups, others = decode_polygons(blobs)
        return cls(blobs, groups, others)

    @classmethod
    def from_vertices(cls, vertices: npt.ArrayLike) -> Regions:
        """Convex polygons of n vertices each: unit vectors, shape ``(m, n, 3)``, counter-clockwise."""
        return cls.from_blobs(encode_polygons(vertices))

    def __len__(self) -> int:
        return len(self.blobs)

    def region(self, i: int) -> Region:
        """The region at a position."""
        return decode(self.blobs[i])

    def caps(self) -> Floats:
        """Unit vector and radius (radians) of a cap around each region, shape ``(m, 4)``."""
        caps = np.empty((len(self), 4))
        for group in self.polygons:
            caps[group.index] = group.caps
        for i in self.others.tolist():
            bound = self.region(i).getBoundingCircle()
            centre, angle = bound.getCenter(), bound.getOpeningAngle().asRadians()
            caps[i] = centre.x(), centre.y(), centre.z(), max(angle, 0.0) + TOLERANCE  # less than 0: an empty region
        return np.minimum(caps, np.pi, out=caps)


# --------------------------------------------------------------------------------------------------------------- pairs
def overlap_pairs(a: Regions, b: Regions, ia: npt.ArrayLike, ib: npt.ArrayLike) -> Bools:
    """Whether region ``a[ia[k]]`` overlaps region ``b[ib[k]]``, for every k.

    Parameters
    ----------
    a, b : `Regions`
        The regions; may be the same object.
    ia, ib : array_like
        Positions in a and b, of equal length.  Sorted positions are faster.

    Returns
    -------
    overlap : `numpy.ndarray`
        One `bool` per pair; touching counts.  Memory beyond it is bounded whatever the number of pairs.
    """
    ia, ib = np.asarray(ia, np.int64), np.asarray(ib, np.int64)
    result = np.zeros(len(ia), bool)
    for group_a, group_b, where in _by_groups(a, b, ia, ib):
        if group_a >= 0 and group_b >= 0:
            pa, pb = a.polygons[group_a], b.polygons[group_b]
            step = max(256, _CHUNK * 16 // (pa.vertices.shape[1] * pb.vertices.shape[1]))
            for start in range(0, len(where), step):
                part = where[start : start + step]
                overlap, doubtful = _polygon_pairs(pa, pb, a.row_of[ia[part]], b.row_of[ib[part]])
                for k in np.flatnonzero(doubtful).tolist():
                    overlap[k] = _oracle(a.region(int(ia[part[k]])), b.region(int(ib[part[k]])))
                result[part] = overlap
        elif group_a < 0:
            result[where] = _against_others(b, a, ib[where], ia[where])
        else:
            result[where] = _against_others(a, b, ia[where], ib[where])
    return result


def _by_groups(a: Regions, b: Regions, ia: Ints, ib: Ints) -> Iterator[tuple[int, int, Ints]]:
    """Positions of the pairs of each combination of groups (-1: no polygon)."""
    width = len(b.polygons) + 1
    combination = (a.group_of[ia] + 1) * width + b.group_of[ib] + 1
    for code in np.unique(combination).tolist():
        yield code // width - 1, code % width - 1, np.flatnonzero(combination == code)


def _against_others(a: Regions, b: Regions, ia: Ints, ib: Ints) -> Bools:
    """Pairs whose b is no polygon, shape by shape."""
    result = np.zeros(len(ia), bool)
    for i in np.unique(ib).tolist():
        where = np.flatnonzero(ib == i)
        result[where] = overlaps_region(a, b.region(i), ia[where])
    return result


def _polygon_pairs(a: Polygons, b: Polygons, ra: Ints, rb: Ints) -> tuple[Bools, Bools]:
    """Overlap of the polygons of rows ra and rb, and which pairs arithmetic cannot decide."""
    caps_a, caps_b = a.caps[ra], b.caps[rb]
    cosine = np.einsum("ki,ki->k", caps_a[:, :3], caps_b[:, :3])
    reach = caps_a[:, 3] + caps_b[:, 3]
    wide = reach >= 1.57
    near = np.flatnonzero(~wide & (cosine >= np.cos(np.minimum(reach, 1.57)) - TOLERANCE))
    ra, rb = ra[near], rb[near]
    vertices_a, vertices_b = _by_component(a.vertices[ra]), _by_component(b.vertices[rb])
    # The greatest height of one polygon's vertices above an edge's great circle; negative when that parts the two.
    height = np.minimum(
        _least_height(_by_component(a.normals[ra]), vertices_b), _least_height(_by_component(b.normals[rb]), vertices_a)
    )
    overlap, doubtful = np.zeros(len(wide), bool), wide
    overlap[near] = height > 0
    doubtful[near] = np.abs(height) <= TOLERANCE
    return overlap, doubtful


def _by_component(vectors: Floats) -> Floats:
    """(k, n, 3) rearranged to a contiguous (n, 3, k), so that every step below runs along memory."""
    count, n, _ = vectors.shape
    return np.ascontiguousarray(vectors.reshape(count, n * 3).T).reshape(n, 3, count)


def _least_height(normals: Floats, vertices: Floats) -> Floats:
    """The least over the edges of the greatest ``normal . vertex``, arrays (n, 3, k) and (m, 3, k) -> (k,)."""
    x, y, z = vertices[:, 0], vertices[:, 1], vertices[:, 2]
    least = np.full(normals.shape[2], np.inf)
    for normal in normals:
        heights = x * normal[0]
        heights += y * normal[1]
        heights += z * normal[2]
        np.minimum(least, heights.max(axis=0), out=least)
    return least


def _oracle(a: Region, b: Region) -> bool:
    return not a.relate(b) & _DISJOINT


# ------------------------------------------------------------------------------------------------------------ literals
def overlaps_region(a: Regions, region: Region, index: npt.ArrayLike | None = None) -> Bools:
    """Whether each of many regions overlaps one region.

    Polygons against a polygon or circle answer as sphgeom does; against a box or an ellipse exactly, where sphgeom
    itself only compares bounding boxes or circles.  A union overlaps what one of its parts overlaps.  An
    intersection is taken to overlap whatever all of its parts overlap, like in sphgeom: that is certain to lose
    nothing, but may be too much.

    Parameters
    ----------
    a : `Regions`
        The many.
    region : `lsst.sphgeom.Region`
        The one.
    index : array_like, optional
        Positions in a that are asked for; all when not given.

    Returns
    -------
    overlap : `numpy.ndarray`
        One `bool` per position; touching counts.
    """
    from lsst.sphgeom import Box, Circle, ConvexPolygon, Ellipse, IntersectionRegion, UnionRegion

    positions = np.arange(len(a)) if index is None else np.asarray(index, np.int64)
    if isinstance(region, ConvexPolygon):
        one = Regions.from_blobs([region.encode()])
        return overlap_pairs(a, one, positions, np.zeros(len(positions), np.int64))
    if isinstance(region, (UnionRegion, IntersectionRegion)):
        parts = [overlaps_region(a, region.cloneOperand(k), positions) for k in range(region.nOperands())]
        combine, start = (np.logical_or, False) if isinstance(region, UnionRegion) else (np.logical_and, True)
        return np.asarray(combine.reduce([np.full(len(positions), start), *parts]))
    assert isinstance(region, (Circle, Box, Ellipse))
    return _against_shape(a, region, positions)


def _against_shape(a: Regions, shape: Circle | Box | Ellipse, positions: Ints) -> Bools:
    result = np.zeros(len(positions), bool)
    if shape.isEmpty():
        return result
    for group, where in _groups(a, positions):
        if group < 0 or shape.isFull():
            result[where] = [_oracle(a.region(i), shape) for i in positions[where].tolist()]
            continue
        polygons = a.polygons[group]
        for start in range(0, len(where), _CHUNK):
            part = where[start : start + _CHUNK]
            rows = a.row_of[positions[part]]
            overlap, doubtful = _shape_test(polygons.vertices[rows], polygons.normals[rows], shape)
            for k in np.flatnonzero(doubtful).tolist():
                overlap[k] = _oracle(a.region(int(positions[part[k]])), shape)
            result[part] = overlap
    return result


def _shape_test(vertices: Floats, normals: Floats, shape: Circle | Box | Ellipse) -> tuple[Bools, Bools]:
    from lsst.sphgeom import Box, Circle

    if isinstance(shape, Circle):
        return circle_overlaps(vertices, normals, shape)
    # For the others sphgeom is no oracle: it compares their bounding boxes or circles.
    none = np.zeros(len(vertices), bool)
    if isinstance(shape, Box):
        return box_overlaps(vertices, normals, shape), none
    return ellipse_overlaps(vertices, normals, shape), none


def contains_point(a: Regions, xyz: npt.ArrayLike, index: npt.ArrayLike | None = None) -> Bools:
    """Whether each of many regions contains one point; its boundary belongs to a region.

    Parameters
    ----------
    a : `Regions`
        The regions.
    xyz : array_like
        Unit vector.
    index : array_like, optional
        Positions in a that are asked for; all when not given.
    """
    positions = np.arange(len(a)) if index is None else np.asarray(index, np.int64)
    point = np.asarray(xyz, float)
    vector = exact_direction(point)
    result = np.zeros(len(positions), bool)
    for group, where in _groups(a, positions):
        doubtful = where
        if group >= 0:
            height = least_height(a.polygons[group].normals[a.row_of[positions[where]]], point)
            result[where] = height > 0
            doubtful = where[np.abs(height) <= TOLERANCE]
        for k in doubtful.tolist():
            result[k] = a.region(int(positions[k])).contains(vector)
    return result


def _groups(a: Regions, positions: Ints) -> Iterator[tuple[int, Ints]]:
    """Which of some positions belong to each group (-1: no polygon)."""
    groups = a.group_of[positions]
    for group in np.unique(groups).tolist():
        yield group, np.flatnonzero(groups == group)
