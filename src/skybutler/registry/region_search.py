"""Which regions of an element overlap one that is given, lie in it, or hold it.  Knows no query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.overlap import Regions

    from .footprints import Classes, Footprints

__all__ = ["How", "pairs_of_circles", "rows_centered_in", "rows_of_point", "rows_of_region"]

How = Literal["overlaps", "within", "contains"]
_TOGETHER = 128
"""Circles that are looked for together."""


def rows_of_point(footprints: Footprints, sets: Classes, ra_deg: float, dec_deg: float) -> list[int]:
    """Rows of the key table of an element whose region holds a point.

    Parameters
    ----------
    footprints : `Footprints`
        Where regions are.
    sets : mapping
        Size classes of the element by footprint set.
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


def rows_of_region(footprints: Footprints, sets: Classes, region: Region, how: How = "overlaps") -> list[int]:
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


def rows_centered_in(
    footprints: Footprints, sets: Classes, circle: tuple[float, float, float], most: int
) -> list[int] | None:
    """Rows of the key table of an element, among them all whose region has its centre in a circle.

    Parameters
    ----------
    footprints : `Footprints`
        Where regions are.
    sets : mapping
        Size classes of the element by footprint set.
    circle : (`float`, `float`, `float`)
        ICRS degrees.
    most : `int`
        `None` is returned where there are more.
    """
    import numpy as np

    from skybutler.sky.pixel import search_ranges
    from skybutler.sky.vectors import unit_vectors

    ranges = search_ranges(unit_vectors(*circle[:2]), np.radians(circle[2]), 0.0)
    found: list[int] = []
    for number, classes in sets.items():
        for size_class, _ in classes:
            found += footprints.centered_in_ranges(number, size_class, ranges, most + 1 - len(found))
            if len(found) > most:
                return None
    return sorted(found)


def pairs_of_circles(
    footprints: Footprints, sets: Classes, circles: Sequence[tuple[float, float, float]], how: How
) -> tuple[Any, Any]:
    """Circles, and rows of the key table of an element whose region overlaps one, lies within it, or contains it.

    Parameters
    ----------
    footprints : `Footprints`
        Where regions are.
    sets : mapping
        Size classes of the element by footprint set.
    circles : sequence of (`float`, `float`, `float`)
        ICRS degrees; of radius 0 for positions.
    how : `str`
        What regions do.

    Returns
    -------
    circles, rows : `numpy.ndarray`
        Number of the circle, and row, of each pair.
    """
    import numpy as np

    from skybutler.sky.vectors import unit_vectors

    found = [(np.empty(0, np.int64),) * 2]
    ra, dec, radius = np.array(circles, float).reshape(-1, 3).T
    centers, radii = unit_vectors(ra, dec).reshape(-1, 3), np.radians(radius)
    order = np.lexsort((ra, np.floor(dec)))  # neighbours together
    for start in range(0, len(order), _TOGETHER):
        chosen = order[start : start + _TOGETHER]
        for candidates, regions in _near(footprints, sets, centers[chosen], radii[chosen]):
            keys = np.array([k for k, _ in candidates], np.int64)
            caps = regions.caps()
            chords = 2.0 * np.sin(np.minimum(caps[:, 3] + radii[chosen][:, None], np.pi) / 2) + 1e-12
            near = 2.0 - 2.0 * (centers[chosen] @ caps[:, :3].T) <= chords**2 + 1e-14
            for i, hits in zip(chosen.tolist(), near, strict=True):
                if len(index := np.flatnonzero(hits)):
                    rows = keys[index[_against(regions, index, centers[i], circles[i], how)]]
                    found.append((np.full(len(rows), i), rows))
    numbers, rows = (np.concatenate(part) for part in zip(*found, strict=True))
    return numbers, rows


def _against(regions: Regions, index: Any, center: Any, circle: tuple[float, float, float], how: How) -> Any:
    """Which of some regions have to do with a circle as is asked for."""
    import numpy as np
    from lsst.sphgeom import CONTAINS

    from skybutler.sky.overlap import contains_point, overlaps_region
    from skybutler.sky.region import circle as region_of_circle

    if circle[2] == 0.0 and how != "within":
        return contains_point(regions, center, index)
    region = region_of_circle(*circle)
    hit = overlaps_region(regions, region, index)
    if how != "overlaps":
        for k in np.flatnonzero(hit).tolist():
            other = regions.region(int(index[k]))
            hit[k] = bool((region.relate(other) if how == "within" else other.relate(region)) & CONTAINS)
    return hit


def _near(footprints: Footprints, sets: Classes, center: Any, radius: Any) -> Iterable[tuple[list[Any], Any]]:
    """Candidates of all size classes, and their regions, for one circle or several."""
    from skybutler.sky.overlap import Regions
    from skybutler.sky.pixel import search_ranges

    for number, classes in sets.items():
        for size_class, class_radius in classes:
            found = footprints.in_ranges(number, size_class, search_ranges(center, radius, class_radius))
            if found:
                yield found, Regions.from_blobs([blob for _, blob in found])
