"""Which tracts and patches a place, a region or an image lies on, exactly.  Knows no registry and no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skybutler.errors import SkyMapError
from skybutler.images.box import Box
from skybutler.sky.overlap import Regions, overlaps_region
from skybutler.sky.region import circle, convex_hull, polygon_deg
from skybutler.sky.vectors import lonlat_deg, unit_vectors
from skybutler.skymap.geometry import TractColumns, record_columns, tract_polygons
from skybutler.skymap.patches import PatchGrid
from skybutler.skymap.points import read_point, read_points
from skybutler.skymap.projection import Projection
from skybutler.skymap.tiling import Ids

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["PixelsToSky", "bounding_cap", "overlapping_patches", "overlapping_tracts", "sky_region"]

_PER_EDGE = 8  # points along each edge of an image, whose edges distortion may bend
_CHUNK = 65_536


class PixelsToSky(Protocol):
    """Sky coordinates of pixels: those of a tract or of an exposure."""

    def pixel_to_sky(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Right ascensions and declinations, ICRS degrees."""


def sky_region(target: Any, wcs: PixelsToSky | None = None) -> Region:
    """The region of the sky that something covers.

    Parameters
    ----------
    target : `Box` with ``wcs``, region, image, tract, patch, `Point` or `Points`
        Pixels with their coordinates, an `lsst.sphgeom.Region`, an object with ``bbox`` and ``wcs`` (an exposure), one
        with ``outer_sky_polygon``, one point, or the corners of a convex polygon.
    wcs : `PixelsToSky`, optional
        For a box, and for an image that has none.

    Raises
    ------
    SkyMapError
        Raised if it has no place on the sky.
    """
    region: Region | None = (
        target if hasattr(target, "getBoundingCircle") else getattr(target, "outer_sky_polygon", None)
    )
    if region is not None:
        return region
    if isinstance(target, Box) or hasattr(target, "bbox"):
        coordinates = wcs or getattr(target, "wcs", None)
        if coordinates is None:
            raise SkyMapError("These pixels have no sky coordinates.", hint="Give them as wcs=...")
        return _outline(target if isinstance(target, Box) else target.bbox, coordinates)
    return _of_points(target)


def _of_points(target: Any) -> Region:
    try:
        ra, dec = read_point(target)
    except SkyMapError:
        ras, decs = read_points(target)
        if len(ras) < 3:
            raise SkyMapError(
                f"{len(ras)} points enclose nothing.", hint="Give one point, or three and more."
            ) from None
        return polygon_deg(zip(ras.tolist(), decs.tolist(), strict=True))
    return circle(ra, dec, 0.0)


def _outline(box: Box, wcs: PixelsToSky) -> Region:
    """The convex hull of the outer edges of pixels."""
    if box.is_empty:
        raise SkyMapError(f"The box {box} has no pixels.")
    x0, x1, y0, y1 = box.x.start - 0.5, box.x.stop - 0.5, box.y.start - 0.5, box.y.stop - 0.5
    along = np.arange(_PER_EDGE) / _PER_EDGE
    x = np.concatenate([x0 + (x1 - x0) * along, np.full(_PER_EDGE, x1), x1 - (x1 - x0) * along, np.full(_PER_EDGE, x0)])
    y = np.concatenate([np.full(_PER_EDGE, y0), y0 + (y1 - y0) * along, np.full(_PER_EDGE, y1), y1 - (y1 - y0) * along])
    vectors = unit_vectors(*wcs.pixel_to_sky(x, y))
    if not np.isfinite(vectors).all():
        raise SkyMapError(f"An edge of {box} is not on the sky.")
    return convex_hull(vectors)


def bounding_cap(region: Region) -> tuple[float, float, float]:
    """Centre (ra, dec in degrees) and radius [rad] of a circle around a region."""
    cap = region.getBoundingCircle()
    center = cap.getCenter()
    ra, dec = lonlat_deg(np.array([center.x(), center.y(), center.z()]))
    return float(ra), float(dec), max(cap.getOpeningAngle().asRadians(), 0.0)


def overlapping_patches(
    region: Region, columns: TractColumns, projection: Projection, grid: PatchGrid
) -> Iterator[tuple[int, Ids]]:
    """Tracts of some columns that a region overlaps, with the numbers of the patches that it overlaps.

    Outer polygons count; what only touches overlaps.

    Yields
    ------
    tract_id : `int`
    patches : `numpy.ndarray` of `int`
        Ascending.
    """
    found: dict[int, list[Ids]] = {}
    for records in record_columns(_overlapping(region, columns, projection, grid), projection, grid, _CHUNK):
        patch = records["patch"]
        overlap = overlaps_region(Regions.from_vertices(patch["region"]), region)
        for tract in np.unique(patch["tract"][overlap]).tolist():
            found.setdefault(tract, []).append(patch["id"][overlap & (patch["tract"] == tract)])
    for tract in sorted(found):
        yield tract, np.concatenate(found[tract])


def _overlapping(region: Region, columns: TractColumns, projection: Projection, grid: PatchGrid) -> TractColumns:
    """Without the tracts that a region surely misses; patches of cells reach beyond their tract."""
    if not len(columns) or not grid.clipped:
        return columns
    return columns.chosen(np.flatnonzero(overlapping_tracts(region, columns, projection, grid)))


def overlapping_tracts(
    region: Region, columns: TractColumns, projection: Projection, grid: PatchGrid
) -> NDArray[np.bool_]:
    """Which tracts of some columns a region overlaps with their outer polygons; what only touches overlaps."""
    if not len(columns):
        return np.zeros(0, bool)
    return overlaps_region(Regions.from_vertices(tract_polygons(columns, projection, grid)), region)
