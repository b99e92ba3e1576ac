"""One tract of a sky map.  Knows the geometry it was given, not how the other tracts are placed."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, SupportsFloat, SupportsIndex

import numpy as np

from skybutler.errors import OutsideSkyMapError
from skybutler.images.box import Box
from skybutler.sky.areas import area_deg2
from skybutler.sky.region import convex_hull
from skybutler.sky.vectors import unit_vectors
from skybutler.skymap.patch import Index2D, PatchInfo, box_corners, sky_polygon
from skybutler.skymap.patches import PatchGrid
from skybutler.skymap.points import Point, Points, read_point, read_points
from skybutler.skymap.projection import Floats, TractWcs

if TYPE_CHECKING:
    from lsst.sphgeom import ConvexPolygon, Region

__all__ = ["TractInfo"]

_SHRINK = 0.001  # pixels; keeps the corners of a tract inside of it


class TractInfo:
    """A square piece of the sky in one projection, divided into patches.

    Iterating gives the patches, row by row from the bottom; ``tract[17]`` and ``tract[3, 2]`` are patches.

    Parameters
    ----------
    tract_id : `int`
        Identifier.
    center : pair of `float`
        Centre (ra, dec), ICRS degrees.
    wcs : `TractWcs`
        Pixels to sky.
    num_patches : pair of `int`
        Patches along x and y.
    grid : `PatchGrid`
        Size and border of patches.
    overlap_deg : `float`
        Minimum overlap with adjacent tracts [deg].
    vertices : `numpy.ndarray`, shape (k, 2), or `None`
        Corners (ra, dec) of the inner region in degrees; `None` if those of the box are meant.
    inner_sky_region : `lsst.sphgeom.Region` or `None`
        The inner region, where it is not the polygon of the vertices.
    """

    def __init__(
        self,
        tract_id: int,
        center: tuple[float, float],
        wcs: TractWcs,
        num_patches: tuple[int, int],
        grid: PatchGrid,
        overlap_deg: float,
        vertices: Floats | None,
        inner_sky_region: Region | None,
    ) -> None:
        self.tract_id, self.center, self.wcs = tract_id, center, wcs
        self.num_patches, self.tract_overlap = Index2D(*num_patches), overlap_deg
        self._grid, self._vertices, self._inner_sky_region = grid, vertices, inner_sky_region

    @property
    def bbox(self) -> Box:
        """All pixels of the tract; the first is (0, 0)."""
        width, height = (int(n * size) for n, size in zip(self.num_patches, self._grid.inner, strict=True))
        return Box((0, height), (0, width))

    @property
    def patch_inner_dimensions(self) -> tuple[int, int]:
        """Size (x, y) of the inner boxes of patches [pixel]."""
        return self._grid.inner

    @property
    def patch_border(self) -> int:
        """Width of patches outside their inner boxes [pixel]."""
        return self._grid.border

    @cached_property
    def vertex_list(self) -> Floats:
        """Corners (ra, dec) of the inner region, ICRS degrees, shape (k, 2).

        For ring and discrete maps they are those of the box, 0.001 pixel inside: lower left, lower right, upper right,
        upper left.
        """
        if self._vertices is not None:
            return self._vertices
        corners = box_corners(self.bbox, grow=-_SHRINK)
        return np.stack(self.wcs.pixel_to_sky(corners[:, 0], corners[:, 1]), axis=-1)

    @cached_property
    def inner_sky_polygon(self) -> ConvexPolygon:
        """Convex hull of `vertex_list`."""
        return convex_hull(unit_vectors(self.vertex_list[:, 0], self.vertex_list[:, 1]))

    @property
    def inner_sky_region(self) -> Region:
        """The part of the sky that belongs to this tract alone; for rings a box of longitudes and latitudes."""
        return self.inner_sky_polygon if self._inner_sky_region is None else self._inner_sky_region

    @cached_property
    def outer_sky_polygon(self) -> ConvexPolygon:
        """The whole tract, the overlap included."""
        return sky_polygon(self.wcs, self.bbox)

    @property
    def inner_area(self) -> float:
        """Area of `inner_sky_region` [square degrees]."""
        return area_deg2(self.inner_sky_region)

    @property
    def outer_area(self) -> float:
        """Area of the whole tract [square degrees]."""
        return area_deg2(self.outer_sky_polygon)

    def contains(self, point: Point, dec_deg: SupportsFloat | None = None) -> bool:
        """Whether a point of the sky falls on a pixel of this tract."""
        return self._pixel(*read_point(point, dec_deg)) is not None

    def find_patch(self, point: Point, dec_deg: SupportsFloat | None = None) -> PatchInfo:
        """The patch whose inner box holds a point.

        Parameters
        ----------
        point : `Point` or `float`
            The point, or its right ascension in degrees when ``dec_deg`` is given.
        dec_deg : `float`, optional
            Declination, degrees.

        Raises
        ------
        OutsideSkyMapError
            Raised if the point is not in the tract.
        """
        ra, dec = read_point(point, dec_deg)
        if (pixel := self._pixel(ra, dec)) is None:
            raise OutsideSkyMapError(
                f"(ra, dec) = ({ra}, {dec}) is not in tract {self.tract_id}.", hint="sky_map.find_tract tells which."
            )
        return self.patch_info((pixel[0] // self._grid.inner[0], pixel[1] // self._grid.inner[1]))

    def find_patch_list(self, points: Points) -> tuple[PatchInfo, ...]:
        """Patches that the pixel box around some points touches, grown by the border of patches.

        Points that cannot be projected are left out.  Meant for regions not larger than a tract; some of the patches
        may not overlap the region.

        Parameters
        ----------
        points : `Points`
            Corners of the region.

        Returns
        -------
        patches : `tuple` of `PatchInfo`
            Column by column; empty if there is no overlap.
        """
        ranges = []
        pixels = self.wcs.sky_to_pixel(*read_points(points))
        seen = np.isfinite(pixels[0]) & np.isfinite(pixels[1])
        if not seen.any():
            return ()
        for values, size, count in zip(pixels, self._grid.inner, self.num_patches, strict=True):
            first = max(np.floor(values[seen].min() + 0.5) - self._grid.border, 0)
            last = min(np.ceil(values[seen].max() - 0.5) + self._grid.border, count * size - 1)
            if first > last:
                return ()
            ranges.append(range(int(first) // size, int(last) // size + 1))
        return tuple(self.patch_info((x, y)) for x in ranges[0] for y in ranges[1])

    def patch_info(self, index: SupportsIndex | tuple[int, int]) -> PatchInfo:
        """One patch by its sequential index or its pair (x, y).

        Raises
        ------
        OutsideSkyMapError
            Raised if there is no such patch; names the range.
        """
        pair = (
            self._checked_pair(index) if isinstance(index, tuple | list | np.ndarray) else self.patch_index_pair(index)
        )
        return PatchInfo(self.tract_id, pair, self.sequential_patch_index(pair), self.bbox, self._grid, self.wcs)

    def patch_neighbors(self, index: SupportsIndex | tuple[int, int]) -> tuple[PatchInfo, ...]:
        """The patches of this tract that lie around one, at most eight, row by row from the bottom."""
        middle = self.patch_info(index).index
        return tuple(
            self.patch_info((x, y))
            for y in range(max(middle.y - 1, 0), min(middle.y + 2, self.num_patches.y))
            for x in range(max(middle.x - 1, 0), min(middle.x + 2, self.num_patches.x))
            if (x, y) != middle
        )

    def sequential_patch_index(self, patch: PatchInfo | tuple[int, int]) -> int:
        """The number ``x + num_patches.x * y`` of a patch or a pair (x, y)."""
        x, y = patch.index if isinstance(patch, PatchInfo) else self._checked_pair(patch)
        return y * self.num_patches.x + x

    def patch_index_pair(self, sequential_index: SupportsIndex) -> Index2D:
        """The pair (x, y) of a sequential index."""
        try:
            number = operator.index(sequential_index)
        except TypeError:
            raise _no_index(sequential_index) from None
        if not 0 <= number < len(self):
            raise OutsideSkyMapError(
                f"Tract {self.tract_id} has no patch {number}: its patches are 0 to {len(self) - 1}."
            )
        y, x = divmod(number, self.num_patches.x)
        return Index2D(x, y)

    def _checked_pair(self, index: Iterable[int]) -> Index2D:
        try:
            x, y = (int(value) for value in index)
        except (TypeError, ValueError):
            raise _no_index(index) from None
        if not (0 <= x < self.num_patches.x and 0 <= y < self.num_patches.y):
            raise OutsideSkyMapError(
                f"Tract {self.tract_id} has no patch ({x}, {y}): its patches are "
                f"(0, 0) to ({self.num_patches.x - 1}, {self.num_patches.y - 1})."
            )
        return Index2D(x, y)

    def _pixel(self, ra_deg: float, dec_deg: float) -> tuple[int, int] | None:
        """The pixel (x, y) nearest to a point, `None` outside the tract."""
        x, y = self.wcs.sky_to_pixel(ra_deg, dec_deg)
        if not (np.isfinite(x) and np.isfinite(y) and self.bbox.contains((x, y))):
            return None
        return int(np.floor(x + 0.5)), int(np.floor(y + 0.5))

    def __len__(self) -> int:
        return self.num_patches.x * self.num_patches.y

    def __iter__(self) -> Iterator[PatchInfo]:
        return (self.patch_info(index) for index in range(len(self)))

    def __getitem__(self, index: SupportsIndex | tuple[int, int]) -> PatchInfo:
        return self.patch_info(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TractInfo):
            return NotImplemented
        mine, theirs = ((t.tract_id, t.wcs, t.num_patches, t._grid) for t in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.tract_id, self.wcs.crval, self.wcs.crpix, self.num_patches))

    def _repr_html_(self) -> str:
        from skybutler.skymap.notebook import tract_html

        return tract_html(self)

    def __str__(self) -> str:
        return f"TractInfo(id={self.tract_id})"

    def __repr__(self) -> str:
        return f"TractInfo(id={self.tract_id}, center=({self.center[0]}, {self.center[1]}))"


def _no_index(index: object) -> OutsideSkyMapError:
    return OutsideSkyMapError(f"{index!r} is no patch: give its number or a pair (x, y).")
