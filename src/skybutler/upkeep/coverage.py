"""How often each place of the sky was visited, found from the footprints of visits.  Knows no pictures and no files.

A footprint becomes ranges of nested pixels, those whose centres lie in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.registry.sky_census import count_footprints, read_footprints
from skybutler.sky.count_map import CountMap, Coverage, Outline
from skybutler.sky.region import PolygonGroup, decode, decode_polygons
from skybutler.sky.vectors import enclosing_caps, lonlat_deg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skybutler.butler import Butler

__all__ = ["coverage_of_regions", "measure_coverage", "tract_outlines"]

MOST_FOOTPRINTS = 20_000
"""More are represented by a sample of so many."""
_PIXELS_ACROSS = 60_000
"""Radii of all footprints together, in pixels: what there is to be computed, about half a second."""
_FINEST, _COARSEST = 256, 8
"""Most and fewest pixels in the radius of a footprint; the fewest tell its area to about 0.3 per cent."""
_PIXEL_DEG = math.degrees(math.sqrt(math.pi / 3))
"""Side of a pixel of order 0."""
_ORDERS = range(3, 16)
_OUTLINES = 400
"""So many outlines are kept, to be drawn."""


def measure_coverage(butler: Butler, instruments: Sequence[str] | None = None) -> Coverage | None:
    """Counts of visits over the sky; `None` if no visit has a region.

    Of many visits a sample is taken, so that it takes a few seconds at most.

    Parameters
    ----------
    butler : `Butler`
        Whose visits.
    instruments : sequence of `str`, optional
        Only visits of these.
    """
    registry = butler.registry
    if "visit" not in registry.universe or not registry.universe["visit"].has_region:
        return None
    total = count_footprints(registry, "visit", instruments)
    every = -(-total // MOST_FOOTPRINTS)
    drawer: _Drawer | None = None
    for blobs, bands in read_footprints(registry, "visit", instruments, every=max(every, 1)):
        if drawer is None:
            drawer = _Drawer(_order_for(blobs, min(total, MOST_FOOTPRINTS)))
        drawer.draw(blobs, bands)
    return None if drawer is None else drawer.result(total)


def coverage_of_regions(regions: Sequence[bytes], bands: Sequence[str]) -> Coverage:
    """Counts of encoded regions over the sky, by band; of very many a sample is taken.

    Parameters
    ----------
    regions : sequence of `bytes`
        At least one.
    bands : sequence of `str`
        Of each.
    """
    every = -(-len(regions) // MOST_FOOTPRINTS)
    some, theirs = regions[::every], bands[::every]
    drawer = _Drawer(_order_for(some, len(some)))
    drawer.draw(some, theirs)
    return drawer.result(len(regions))


def _order_for(blobs: Sequence[bytes], n: int) -> int:
    """The finest order that so many footprints like these may be drawn in."""
    groups, _ = decode_polygons(blobs)
    radii = np.concatenate([np.empty(0), *(enclosing_caps(g.vertices)[1] for g in groups)])
    radius_deg = math.degrees(float(np.median(radii))) if len(radii) else 1.0
    across = min(max(_PIXELS_ACROSS / n, _COARSEST), _FINEST)
    return min(max(round(math.log2(_PIXEL_DEG * across / radius_deg)), _ORDERS[0]), _ORDERS[-1])


class _Drawer:
    """Events of footprints, by band."""

    def __init__(self, order: int) -> None:
        self._order, self._used = order, 0
        self._maps: dict[str, CountMap] = {}
        self._outlines: list[NDArray[np.float64]] = []

    def draw(self, blobs: Sequence[bytes], bands: Sequence[str | None]) -> None:
        """Add a batch of footprints."""
        ranges: dict[str, list[NDArray[np.int64]]] = {}
        groups, others = decode_polygons(blobs)
        for group in groups:
            for i, found in zip(group.index.tolist(), self._of_polygons(group), strict=True):
                ranges.setdefault(bands[i] or "", []).append(found)
        for i in others.tolist():
            ranges.setdefault(bands[i] or "", []).append(self._of_region(decode(blobs[i])))
        for band, parts in ranges.items():
            every = np.concatenate(parts)
            steps = np.tile(np.array([1, -1], np.int64), len(every))
            added = CountMap.of_events(every.ravel(), steps)
            self._maps[band] = CountMap.sum_of([self._maps[band], added]) if band in self._maps else added
        self._used += len(blobs)

    def _of_polygons(self, group: PolygonGroup) -> list[NDArray[np.int64]]:
        import hpgeom

        lon, lat = lonlat_deg(group.vertices)
        free = max(_OUTLINES - len(self._outlines), 0)
        self._outlines += list(np.stack([lon, lat], axis=-1)[:free])
        made = []
        for i in range(len(lon)):
            try:
                found = hpgeom.query_polygon(1 << self._order, lon[i], lat[i], return_pixel_ranges=True)
            except (RuntimeError, ValueError):  # corners too close to each other, or on one line, for its taste
                from skybutler.sky.region import polygon

                found = self._of_region(polygon(group.vertices[i]))
            made.append(np.asarray(found, np.int64).reshape(-1, 2))
        return made

    def _of_region(self, region: Any) -> NDArray[np.int64]:
        """Pixels whose centres lie in a region of any kind."""
        import hpgeom

        cap = region.getBoundingCircle()
        radius_deg = min(max(cap.getOpeningAngle().asDegrees(), 1e-9), 180.0)
        # one that is much larger than the others is drawn in larger pixels
        order = min(max(math.floor(math.log2(_PIXEL_DEG * _FINEST / radius_deg)), 0), self._order)
        lon, lat = lonlat_deg(np.array(tuple(cap.getCenter())))
        found = hpgeom.query_circle(1 << order, float(lon), float(lat), radius_deg)
        if not len(found):
            return np.empty((0, 2), np.int64)
        inside = found[region.contains(*np.radians(hpgeom.pixel_to_angle(1 << order, found)))].astype(np.int64)
        return np.stack([inside, inside + 1], axis=-1) << (2 * (self._order - order))

    def result(self, total: int) -> Coverage:
        """What was drawn."""
        bands = {band: self._maps[band] for band in sorted(self._maps)}
        return Coverage(self._order, bands, total, self._used, self._outlines)


def tract_outlines(butler: Butler, sky_maps: Sequence[str] | None = None) -> list[Outline]:
    """Corners of all registered tracts, or those of some sky maps."""
    if "tract" not in butler.registry.universe:
        return []
    made = []
    for blobs, names in read_footprints(butler.registry, "tract", sky_maps):
        for group in decode_polygons(blobs)[0]:
            corners = np.stack(lonlat_deg(group.vertices), axis=-1)
            made += [Outline(names[i] or "", c) for i, c in zip(group.index.tolist(), corners, strict=True)]
    return made
