"""Boxes of tracts and polygons of patches, vectorised over tracts.  Knows neither configuration nor single objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skybutler.errors import InvalidError, SkyMapError
from skybutler.sky.region import convex_hull
from skybutler.skymap.patches import PatchGrid
from skybutler.skymap.projection import Floats, Projection
from skybutler.skymap.tiling import Ids, Tiling

__all__ = ["TractColumns", "lay_out", "record_columns", "tract_polygons"]

_MAX_SIDE: Final = 2**31 - 1  # pixels, as in the boxes of image libraries
_CERTAIN: Final = 1e-15  # a turn this far from straight is not rounding


@dataclass(frozen=True)
class TractColumns:
    """The geometry of n tracts.

    Attributes
    ----------
    ids : `numpy.ndarray`, shape (n,)
        Tract identifiers.
    crval : `numpy.ndarray`, shape (n, 2)
        Reference points of the projections, ICRS degrees.
    crpix : `numpy.ndarray`, shape (n, 2)
        Their 0-based pixels.
    frames : `numpy.ndarray`, shape (n, 3, 3)
        See `Projection.frames`.
    n_patches : `numpy.ndarray`, shape (n, 2)
        Number of patches along x and y.
    """

    ids: Ids
    crval: Floats
    crpix: Floats
    frames: Floats
    n_patches: Ids

    def __len__(self) -> int:
        return len(self.ids)

    def chosen(self, rows: Ids) -> TractColumns:
        """The geometry of some of the tracts."""
        return TractColumns(self.ids[rows], self.crval[rows], self.crpix[rows], self.frames[rows], self.n_patches[rows])


def lay_out(tiling: Tiling, projection: Projection, grid: PatchGrid, ids: Ids) -> TractColumns:
    """Pixel boxes of tracts: the outline, outwards to whole pixels, grown on all sides to whole patches.

    Parameters
    ----------
    tiling, projection, grid
        The parts of a sky map.
    ids : `numpy.ndarray`, shape (n,)
        Valid tract identifiers.

    Raises
    ------
    SkyMapError
        Raised if a tract is too large for its projection or has too many pixels.
    """
    ra, dec = tiling.references(ids)
    frames = projection.frames(ra, dec)
    pixels = projection.to_pixels(frames, tiling.outline(ids))
    low, size = np.empty((len(ids), 2), np.int64), np.empty((len(ids), 2), np.int64)
    for axis, values in enumerate(pixels):
        # A pixel reaches half a pixel beyond its centre; the point 0.5 belongs to pixel 1.
        begin, end = np.floor(values.min(axis=1) + 0.5), np.ceil(values.max(axis=1) - 0.5)
        if not (end - begin < _MAX_SIDE - grid.inner[axis]).all():
            _complain_about_size(ids, begin, end, projection)
        low[:, axis], size[:, axis] = begin, end - begin + 1
    n_patches = -(-size // grid.inner)
    if (n_patches.prod(axis=1) > _MAX_SIDE).any():
        raise SkyMapError(f"A tract would have {n_patches.prod(axis=1).max()} patches.", hint="Make patches larger.")
    low -= (n_patches * grid.inner - size) // 2
    return TractColumns(ids, np.stack([ra, dec], axis=-1), -low.astype(np.float64), frames, n_patches)


def _complain_about_size(ids: Ids, begin: Floats, end: Floats, projection: Projection) -> None:
    hidden = ~np.isfinite(end - begin)
    if hidden.any():
        raise SkyMapError(
            f"Tract {ids[hidden][0]} is too large for the projection {projection.code}.",
            hint="Choose more tracts, less overlap or another projection, such as STG.",
        )
    raise SkyMapError(f"A tract would be {(end - begin).max():.0f} pixels wide.", hint="Choose a larger pixelScale.")


def tract_polygons(columns: TractColumns, projection: Projection, grid: PatchGrid) -> Floats:
    """Outer sky polygons of all tracts as unit vectors, shape (n, 4, 3), in the order of sphgeom's convex hull."""
    size = columns.n_patches * grid.inner
    return _polygons(columns, projection, np.arange(len(columns)), np.zeros_like(size), size)


def record_columns(
    columns: TractColumns, projection: Projection, grid: PatchGrid, chunk: int
) -> Iterator[dict[str, dict[str, NDArray[Any]]]]:
    """Identifiers and outer polygons of tracts and all their patches, at most ``chunk`` patches at once.

    Yields
    ------
    records : `dict`
        As in `SkyMap.record_columns`; each tract comes with the first of its patches.
    """
    counts = columns.n_patches.prod(axis=1)
    ends = np.cumsum(counts)
    for begin in range(0, int(ends[-1]) if len(ends) else 0, chunk):
        flat = np.arange(begin, min(begin + chunk, int(ends[-1])))
        row = np.searchsorted(ends, flat, side="right")
        patch = flat - (ends - counts)[row]
        cell_y, cell_x = np.divmod(patch, columns.n_patches[row, 0])
        tract_rows = row[patch == 0]
        size = columns.n_patches[tract_rows] * grid.inner
        whole = (np.zeros_like(size), size)
        yield {
            "tract": {
                "id": columns.ids[tract_rows],
                "region": _polygons(columns, projection, tract_rows, *whole),
            },
            "patch": {
                "tract": columns.ids[row],
                "id": patch,
                "cell_x": cell_x,
                "cell_y": cell_y,
                "region": _polygons(columns, projection, row, *outer_boxes(columns, grid, row, cell_x, cell_y)),
            },
        }


def outer_boxes(columns: TractColumns, grid: PatchGrid, row: Ids, cell_x: Ids, cell_y: Ids) -> tuple[Ids, Ids]:
    """First pixels and ends of the outer boxes of patches, each of shape (m, 2) as (x, y), half-open."""
    begin = np.stack([cell_x, cell_y], axis=-1) * grid.inner
    end = begin + grid.inner + grid.border
    begin = begin - grid.border
    if not grid.clipped:
        return begin, end
    return np.maximum(begin, 0), np.minimum(end, columns.n_patches[row] * grid.inner)


def _polygons(columns: TractColumns, projection: Projection, row: Ids, begin: Ids, end: Ids) -> Floats:
    """Sky polygons of pixel boxes in tracts, shape (m, 4, 3), vertices in the order of sphgeom's convex hull."""
    left, right = (edge[:, 0] - 0.5 - columns.crpix[row, 0] for edge in (begin, end))
    bottom, top = (edge[:, 1] - 0.5 - columns.crpix[row, 1] for edge in (begin, end))
    # Seen from outside the sphere pixels run clockwise.  The hull of LL, LR, UR, UL begins with the second point.
    dx = np.stack([right, left, left, right], axis=-1)
    dy = np.stack([bottom, bottom, top, top], axis=-1)
    corners = projection.to_sky(columns.frames[row], dx, dy)
    doubtful = ~_is_convex(corners)
    for index in np.flatnonzero(doubtful):
        corners[index] = _hull(columns.ids[row[index]], corners[index], projection)
    return corners


def _is_convex(corners: Floats) -> NDArray[np.bool_]:
    """Whether each polygon certainly turns left at every vertex; False for NaN."""
    result = np.ones(len(corners), bool)
    for i in range(4):
        a, b, c = corners[:, i - 2], corners[:, i - 1], corners[:, i]
        turn = (
            a[:, 0] * (b[:, 1] * c[:, 2] - b[:, 2] * c[:, 1])
            + a[:, 1] * (b[:, 2] * c[:, 0] - b[:, 0] * c[:, 2])
            + a[:, 2] * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
        )
        result &= turn > _CERTAIN
    return result


def _hull(tract_id: int, corners: Floats, projection: Projection) -> Floats:
    """Sphgeom's answer for corners that are not surely convex."""
    if np.isfinite(corners).all():
        try:
            vertices = convex_hull(corners[[1, 0, 3, 2]]).getVertices()
        except InvalidError as error:
            raise SkyMapError(f"A box in tract {tract_id} is no polygon on the sky: {error.message}") from None
        if len(vertices) == 4:
            return np.array([[v.x(), v.y(), v.z()] for v in vertices])
    raise SkyMapError(
        f"A box in tract {tract_id} is no convex polygon on the sky under the projection {projection.code}.",
        hint="Choose more tracts, less overlap or another projection.",
    )
