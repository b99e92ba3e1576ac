"""Which regions of an element overlap one that is given, lie in it, or hold it.  Knows no query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from .footprints import Footprints

__all__ = ["How", "rows_of_point", "rows_of_region"]

How = Literal["overlaps", "within", "contains"]


def rows_of_point(footprints: Footprints, sets: Iterable[int], ra_deg: float, dec_deg: float) -> list[int]:
    """Rows of the key table of an element whose region holds a point.

    Parameters
    ----------
    footprints : `Footprints`
        Where regions are.
    sets : iterable of `int`
        Footprint sets of the element.
    ra_deg, dec_deg : `float`
        ICRS degrees.
    """
    from skybutler.sky.overlap import contains_point
    from skybutler.sky.vectors import unit_vectors

    center = unit_vectors(ra_deg, dec_deg)
    found: list[int] = []
    for candidates, regions in _near(footprints, sets, center, 0.0):
        found += [k for (k, _), hit in zip(candidates, contains_point(regions, center).tolist(), strict=True) if hit]
    return sorted(found)


def rows_of_region(footprints: Footprints, sets: Iterable[int], region: Region, how: How = "overlaps") -> list[int]:
    """Rows of the key table of an element whose region overlaps one that is given, lies within it, or contains it."""
    import numpy as np
    from lsst.sphgeom import CONTAINS

    from skybutler.sky.overlap import overlaps_region
    from skybutler.sky.region import decode

    circle = region.getBoundingCircle()
    middle = circle.getCenter()
    center = np.array([middle.x(), middle.y(), middle.z()])
    found: list[int] = []
    for candidates, regions in _near(footprints, sets, center, float(circle.getOpeningAngle().asRadians()) + 1e-12):
        hits = [candidates[i] for i in np.flatnonzero(overlaps_region(regions, region))]
        if how == "within":
            hits = [(k, blob) for k, blob in hits if region.relate(decode(blob)) & CONTAINS]
        elif how == "contains":
            hits = [(k, blob) for k, blob in hits if decode(blob).relate(region) & CONTAINS]
        found += [k for k, _ in hits]
    return sorted(found)


def _near(footprints: Footprints, sets: Iterable[int], center: Any, radius: float) -> Iterable[tuple[list[Any], Any]]:
    """Candidates of all size classes, and their regions."""
    from skybutler.sky.overlap import Regions
    from skybutler.sky.pixel import search_ranges

    for number in sets:
        for size_class, class_radius in footprints.classes(number):
            found = footprints.in_ranges(number, size_class, search_ranges(center, radius, class_radius))
            if found:
                yield found, Regions.from_blobs([blob for _, blob in found])
