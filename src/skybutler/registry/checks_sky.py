"""Whether regions are filed where searches look for them, and belong to records.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from skybutler.dimensions import DimensionUniverse

from .checks import RowCheck
from .database import Database, Row, quoted

if TYPE_CHECKING:
    from skybutler.sky.pixel import SpatialKeys

__all__ = ["sky_checks"]

_EDGE = 4e-9
"""Radians, by which every search is widened: a centre at the edge of a pixel may be filed beside it elsewhere."""
_ROUNDING = 5e-13
"""Radians by which a radius may come out differently elsewhere; recorded ones are 1e-12 too large."""

_SELECT = "SELECT footprint_set, k, size_class, pixel, region FROM footprint"


def sky_checks(database: Database, universe: DimensionUniverse) -> Iterator[RowCheck]:
    """Regions without records, filed in a wrong place, or in a size class that is said to be narrower than they are."""
    elements = {e.name for e in universe.elements if e.has_table}
    for number, element in database.query("SELECT k, element FROM footprint_set ORDER BY k"):
        if element in elements:
            yield _without_record(database, int(number), element)
    yield RowCheck(
        "misplaced-region",
        "regions filed where no search looks for them",
        ("footprint_set", "k"),
        partial(_misplaced, database),
        "file them anew",
        partial(_file_anew, database),
    )
    yield RowCheck(
        "narrow-class",
        "size classes of regions that are said to be narrower than they are",
        ("footprint_set", "size_class", "recorded", "radius"),
        partial(_narrow, database),
        "widen them",
        partial(_widen, database),
    )


def _without_record(database: Database, number: int, element: str) -> RowCheck:
    lost = (
        f"FROM footprint WHERE footprint_set = {number} "
        f"AND NOT EXISTS (SELECT 1 FROM {quoted(element)} t WHERE t.k = footprint.k)"
    )
    what = f"regions of {element} records that do not exist"
    return RowCheck.of_extra_rows(database, "stray-region", what, ("footprint_set", "k"), lost)


def _filed(database: Database) -> Iterator[tuple[list[Row], SpatialKeys]]:
    """Rows, and where they should be filed."""
    from skybutler.sky.pixel import keys

    for rows in database.stream(_SELECT, size=5_000):
        yield rows, keys([bytes(row[4]) for row in rows])


def _misplaced(database: Database) -> Iterator[list[Row]]:
    for rows, place in _filed(database):
        yield [rows[i][:2] for i in _far(rows, place)]


def _far(rows: list[Row], place: SpatialKeys) -> list[int]:
    """Positions of regions whose centre is not in the pixel they are filed under, nor at its edge."""
    import hpgeom
    import numpy as np

    from skybutler.sky.pixel import ORDER

    pixels = np.array([row[3] for row in rows], np.int64)
    unlike = np.flatnonzero(pixels != place.pixel)
    if not len(unlike):
        return []
    valid = np.clip(pixels[unlike], 0, 12 * 4**ORDER - 1)
    filed = np.stack(hpgeom.pixel_to_vector(2**ORDER, valid, nest=True), axis=-1)
    apart = np.linalg.norm(filed - place.center_xyz[unlike], axis=1)
    found: list[int] = unlike[(apart > _EDGE) | (valid != pixels[unlike])].tolist()
    return found


def _file_anew(database: Database) -> int:
    moved = [
        (int(place.size_class[i]), int(place.pixel[i]), *map(int, rows[i][:2]))
        for rows, place in _filed(database)
        for i in _far(rows, place)
    ]
    for row in moved:
        database.execute("UPDATE footprint SET size_class = ?, pixel = ? WHERE footprint_set = ? AND k = ?", row)
    _widen(database)
    return len(moved)


def _narrow(database: Database) -> Iterator[list[Row]]:
    widest: dict[tuple[int, int], float] = {}
    for rows, place in _filed(database):
        for (number, _, size_class, _, _), radius in zip(rows, place.radius_rad.tolist(), strict=True):
            key = int(number), int(size_class)
            widest[key] = max(widest.get(key, 0.0), radius)
    # read last: meanwhile they only grow
    known = database.query("SELECT footprint_set, size_class, radius FROM footprint_class")
    recorded = {(int(s), int(c)): float(r) for s, c, r in known}
    found = [
        (*key, recorded.get(key), r) for key, r in sorted(widest.items()) if r > recorded.get(key, -1.0) + _ROUNDING
    ]
    if found:
        yield found


def _widen(database: Database) -> int:
    found = [row for rows in _narrow(database) for row in rows]
    for number, size_class, recorded, radius in found:
        if recorded is None:
            sql = "INSERT INTO footprint_class (radius, footprint_set, size_class) VALUES (?, ?, ?)"
        else:
            sql = "UPDATE footprint_class SET radius = ? WHERE footprint_set = ? AND size_class = ?"
        database.execute(sql, (radius, number, size_class))
    return len(found)
