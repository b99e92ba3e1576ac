"""One patch of a tract, and its cells.  Knows nothing of tracts but the pixel box and WCS it was given."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, SupportsIndex

import numpy as np

from skybutler.errors import OutsideSkyMapError, SkyMapError
from skybutler.images.box import Box
from skybutler.sky.areas import area_deg2
from skybutler.sky.region import convex_hull
from skybutler.skymap.patches import CellGrid, PatchGrid
from skybutler.skymap.projection import Floats, TractWcs

if TYPE_CHECKING:
    from lsst.sphgeom import ConvexPolygon

__all__ = ["CellInfo", "Index2D", "PatchInfo", "box_corners", "sky_polygon"]


class Index2D(NamedTuple):
    """Place in a grid, or its size, along x and y."""

    x: int
    y: int


def box_corners(box: Box, grow: float = 0.0) -> Floats:
    """Outer corners of a pixel box, half a pixel and ``grow`` beyond pixel centres.

    Returns
    -------
    xy : `numpy.ndarray`, shape (4, 2)
        Lower left, lower right, upper right, upper left.
    """
    x0, x1 = box.x.start - 0.5 - grow, box.x.stop - 0.5 + grow
    y0, y1 = box.y.start - 0.5 - grow, box.y.stop - 0.5 + grow
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def sky_polygon(wcs: TractWcs, box: Box) -> ConvexPolygon:
    """Convex hull on the sky of the outer corners of a pixel box.

    Raises
    ------
    SkyMapError
        Raised if a corner is not on the sky.
    """
    corners = box_corners(box)
    vectors = wcs.pixel_to_vector(corners[:, 0], corners[:, 1])
    if not np.isfinite(vectors).all():
        raise SkyMapError(f"A corner of box {box} is not on the sky under the projection {wcs.projection.code}.")
    return convex_hull(vectors)


@dataclass(frozen=True)
class CellInfo:
    """A cell of a patch; pixels are those of the tract.

    Attributes
    ----------
    index : `Index2D`
        Place in the patch; the first cell lies in its border.
    sequential_index : `int`
        ``x + num_cells.x * y``.
    inner_bbox, outer_bbox : `Box`
        Pixels without and with the border of the cell.
    wcs : `TractWcs`
        WCS of the tract.
    """

    index: Index2D
    sequential_index: int
    inner_bbox: Box
    outer_bbox: Box
    wcs: TractWcs

    @property
    def inner_sky_polygon(self) -> ConvexPolygon:
        """The inner box on the sky."""
        return sky_polygon(self.wcs, self.inner_bbox)

    @property
    def outer_sky_polygon(self) -> ConvexPolygon:
        """The outer box on the sky."""
        return sky_polygon(self.wcs, self.outer_bbox)

    def __str__(self) -> str:
        return f"CellInfo(index=({self.index.x}, {self.index.y}), inner={self.inner_bbox}, outer={self.outer_bbox})"


@dataclass(frozen=True)
class PatchInfo:
    """A rectangle of pixels of a tract; pixels are those of the tract.

    Iterating gives the cells, row by row from the bottom; a patch of the legacy tract builder has none.

    Attributes
    ----------
    tract_id : `int`
        The tract.
    index : `Index2D`
        Place in the tract.
    sequential_index : `int`
        ``x + num_patches.x * y``.
    tract_bbox : `Box`
        Pixels of the tract.
    grid : `PatchGrid`
        Sizes.
    wcs : `TractWcs`
        WCS of the tract.
    """

    tract_id: int
    index: Index2D
    sequential_index: int
    tract_bbox: Box
    grid: PatchGrid
    wcs: TractWcs

    @property
    def inner_bbox(self) -> Box:
        """Pixels that belong to this patch alone; these boxes tile the tract."""
        width, height = self.grid.inner
        x, y = self.index.x * width, self.index.y * height
        return Box((y, y + height), (x, x + width))

    @property
    def outer_bbox(self) -> Box:
        """Pixels of the patch including its border; with the legacy builder not beyond the tract."""
        grown = self.inner_bbox.grow(self.grid.border)
        return grown.intersection(self.tract_bbox) if self.grid.clipped else grown

    @property
    def inner_sky_polygon(self) -> ConvexPolygon:
        """The inner box on the sky."""
        return sky_polygon(self.wcs, self.inner_bbox)

    @property
    def outer_sky_polygon(self) -> ConvexPolygon:
        """The outer box on the sky, as registered."""
        return sky_polygon(self.wcs, self.outer_bbox)

    @property
    def inner_area(self) -> float:
        """Area of the inner box on the sky [square degrees]."""
        return area_deg2(self.inner_sky_polygon)

    @property
    def outer_area(self) -> float:
        """Area of the outer box on the sky [square degrees]."""
        return area_deg2(self.outer_sky_polygon)

    @property
    def num_cells(self) -> Index2D:
        """Cells along x and y, those of the border included; (0, 0) if the patch has none."""
        count = 0 if self.grid.cells is None else self.grid.cells.count
        return Index2D(count, count)

    @property
    def cells(self) -> tuple[CellInfo, ...]:
        """All cells."""
        return tuple(self)

    @property
    def cell_inner_dimensions(self) -> Index2D:
        """Size of the inner boxes of cells [pixel]; (0, 0) if the patch has none."""
        size = 0 if self.grid.cells is None else self.grid.cells.inner_size
        return Index2D(size, size)

    @property
    def cell_border(self) -> int:
        """Width of cells outside their inner boxes [pixel]."""
        return 0 if self.grid.cells is None else self.grid.cells.border

    def cell_info(self, index: SupportsIndex | tuple[int, int]) -> CellInfo:
        """One cell by its sequential index or its pair (x, y).

        Raises
        ------
        OutsideSkyMapError
            Raised if there is no such cell.
        """
        if (cells := self.grid.cells) is None:
            raise OutsideSkyMapError("This patch has no cells.", hint="Cells come with the tract builder 'cells'.")
        y, x = index[::-1] if isinstance(index, tuple) else divmod(operator.index(index), cells.count)
        if not (0 <= x < cells.count and 0 <= y < cells.count):
            last = cells.count - 1
            raise OutsideSkyMapError(
                f"Patch {self.sequential_index} of tract {self.tract_id} has no cell {index}: "
                f"its cells are (0, 0) to ({last}, {last})."
            )
        return self._cell(cells, int(x), int(y))

    def _cell(self, cells: CellGrid, x: int, y: int) -> CellInfo:
        size, (left, bottom) = cells.inner_size, self.inner_bbox.xy0
        left, bottom = left + (x - cells.in_border) * size, bottom + (y - cells.in_border) * size
        inner = Box((bottom, bottom + size), (left, left + size))
        return CellInfo(Index2D(x, y), x + cells.count * y, inner, inner.grow(cells.border), self.wcs)

    def __len__(self) -> int:
        return self.num_cells.x * self.num_cells.y

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[CellInfo]:
        return (self.cell_info(index) for index in range(len(self)))

    def __getitem__(self, index: SupportsIndex | tuple[int, int]) -> CellInfo:
        return self.cell_info(index)

    def _repr_html_(self) -> str:
        from skybutler.skymap.notebook import patch_html

        return patch_html(self)

    def __str__(self) -> str:
        return (
            f"PatchInfo(tract={self.tract_id}, index=({self.index.x}, {self.index.y}), "
            f"inner={self.inner_bbox}, outer={self.outer_bbox})"
        )
