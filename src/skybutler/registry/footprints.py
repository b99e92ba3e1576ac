"""Regions on the sky: written in the order of their place, searched by key ranges.  Exact tests are `sky.overlap`'s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .database import Database
from .schema import FOOTPRINT

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Classes", "Footprints"]

Classes = Mapping[int, Sequence[tuple[int, float]]]
"""By set, the size classes that it has, with their largest radius (radians)."""

_CHUNK = 400


class Footprints:
    """The ``footprint`` table and its size classes.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets: dict[tuple[str, int], int] = {}
        self._radii: dict[tuple[int, int], float] = {}
        database.on_rollback.append(self._forget)

    def _forget(self) -> None:
        self._sets.clear()
        self._radii.clear()

    def set_of(self, element: str, governor: int, *, create: bool = False) -> int | None:
        """The set holding an element's regions for one (interned) governor value, 0 where there is none."""
        key = (element, governor)
        found = self._sets.get(key)
        if found is None:
            sql = "SELECT k FROM footprint_set WHERE element = ? AND governor = ?"
            row = self._database.query_one(sql, key)
            if row is None and create:
                self._database.execute(
                    "INSERT INTO footprint_set (element, governor) VALUES (?, ?) ON CONFLICT DO NOTHING", key
                )
                row = self._database.query_one(sql, key)
            if row is None:
                return None
            found = self._sets[key] = int(row[0])
        return found

    def sets_of(self, element: str) -> dict[int, int]:
        """Set by governor, of all sets of one element."""
        rows = self._database.query("SELECT governor, k FROM footprint_set WHERE element = ?", (element,))
        return {int(g): int(k) for g, k in rows}

    # ------------------------------------------------------------------- write
    def write(self, element: str, governor: int, keys: Sequence[int], blobs: Sequence[bytes]) -> None:
        """Add regions (inside a transaction).

        Parameters
        ----------
        element : `str`
            Whose regions they are.
        governor : `int`
            Interned instrument or sky map.
        keys : sequence of `int`
            Rows of the element's key table.
        blobs : sequence of `bytes`
            Encoded regions.
        """
        import numpy as np

        from skybutler.sky.pixel import keys as spatial_keys

        if not len(keys):
            return
        number = self.set_of(element, governor, create=True)
        assert number is not None, element
        place = spatial_keys(blobs)
        order = np.lexsort((place.pixel, place.size_class))
        rows = zip(
            place.size_class[order].tolist(),
            place.pixel[order].tolist(),
            order.tolist(),
            *(column[order].tolist() for column in (*place.center_deg, place.radius_deg)),
            strict=True,
        )
        self._widen(number, place.size_class, place.radius_rad)
        self._database.insert_many(
            "footprint",
            FOOTPRINT.kinds(),
            ((number, c, p, keys[i], blobs[i], ra, dec, radius) for c, p, i, ra, dec, radius in rows),
        )

    def _widen(self, number: int, classes: np.ndarray[Any, Any], radii: np.ndarray[Any, Any]) -> None:
        """Classes hold these radii too; they are never made narrower, so what is known to fit needs no statement."""
        for size_class in sorted(set(classes.tolist())):
            largest = float(radii[classes == size_class].max())
            if largest <= self._radii.get((number, size_class), -1.0):
                continue
            self._radii[number, size_class] = largest
            self._database.execute(
                "INSERT INTO footprint_class (footprint_set, size_class, radius) VALUES (?, ?, ?) "
                "ON CONFLICT (footprint_set, size_class) DO UPDATE SET radius = "
                "CASE WHEN excluded.radius > footprint_class.radius "
                "THEN excluded.radius ELSE footprint_class.radius END",
                (number, size_class, largest),
            )

    def delete(self, element: str, governor: int, keys: Iterable[int]) -> None:
        """Remove regions (inside a transaction), to be written anew; class radii stay as wide as they were."""
        number = self.set_of(element, governor)
        if number is None:
            return
        with self._database.staged({"k": "int"}, ((k,) for k in keys)) as stage:
            self._database.execute(
                f"DELETE FROM footprint WHERE footprint_set = ? AND k IN (SELECT k FROM {stage})", (number,)
            )

    # ------------------------------------------------------------------- fetch
    def fetch(self, number: int, keys: Sequence[int]) -> dict[int, bytes]:
        """Encoded regions by row; rows without one are left out."""
        if len(keys) <= _CHUNK:
            if not keys:
                return {}
            wanted, values = self._database.one_of("k", "int", keys)
            rows = self._database.query(
                f"SELECT k, region FROM footprint WHERE footprint_set = ? AND {wanted}", (number, *values)
            )
        else:
            with self._database.staged({"k": "int"}, ((k,) for k in keys)) as stage:
                rows = self._database.query(
                    f"SELECT f.k, f.region FROM {stage} s JOIN footprint f ON f.footprint_set = ? AND f.k = s.k",
                    (number,),
                )
        return {int(k): bytes(blob) for k, blob in rows}

    def classes(self, number: int) -> list[tuple[int, float]]:
        """Size classes present in a set with their largest radius (radians)."""
        rows = self._database.query("SELECT size_class, radius FROM footprint_class WHERE footprint_set = ?", (number,))
        return [(int(c), float(r)) for c, r in rows]

    def classes_of(self, elements: Sequence[str]) -> dict[str, Classes]:
        """Size classes of all sets of some elements, by element."""
        wanted, values = self._database.one_of("s.element", "text", elements)
        rows = self._database.query(
            "SELECT s.element, s.k, c.size_class, c.radius FROM footprint_set s "
            f"JOIN footprint_class c ON c.footprint_set = s.k WHERE {wanted}",
            values,
        )
        found: dict[str, dict[int, list[tuple[int, float]]]] = {element: {} for element in elements}
        for element, number, size_class, radius in rows:
            found[element].setdefault(int(number), []).append((int(size_class), float(radius)))
        return dict(found)

    def in_ranges(
        self, number: int, size_class: int, ranges: np.ndarray[Any, Any] | Sequence[Sequence[int]]
    ) -> list[tuple[int, bytes]]:
        """Row and encoded region of everything whose centre pixel lies in half-open order-29 ranges."""
        return self._in_ranges("f.region", (), number, size_class, ranges)

    def centered_in_ranges(self, number: int, size_class: int, ranges: np.ndarray[Any, Any], most: int) -> list[int]:
        """Rows of what `in_ranges` finds, so many at most."""
        return [k for k, _ in self._in_ranges("NULL", (), number, size_class, ranges, f" LIMIT {most}")]

    def polygons_in_ranges(
        self, number: int, size_class: int, ranges: np.ndarray[Any, Any] | Sequence[Sequence[int]]
    ) -> tuple[list[int], list[tuple[int, bytes]]]:
        """As `in_ranges`, but of polygons, whose centre lies in them, only the rows; others apart."""
        from skybutler.sky.region import POLYGON_CODE

        known = "CASE WHEN substr(f.region, 1, 1) = ? THEN NULL ELSE f.region END"
        found = self._in_ranges(known, (POLYGON_CODE,), number, size_class, ranges)
        return [k for k, blob in found if blob is None], [row for row in found if row[1] is not None]

    def _in_ranges(
        self, region: str, values: tuple[Any, ...], number: int, size_class: int, ranges: Any, end: str = ""
    ) -> list[tuple[int, Any]]:
        if not len(ranges):
            return []
        pixels = "f.footprint_set = ? AND f.size_class = ? AND f.pixel >= r.lo AND f.pixel < r.hi"
        join = self._database.looked_up("footprint", "f", pixels)
        pairs = ((int(lo), int(hi)) for lo, hi in ranges)
        with self._database.staged({"lo": "int", "hi": "int"}, pairs) as stage:
            sql = f"SELECT f.k, {region} FROM {stage} r {join}{end}"
            return self._database.query(sql, (*values, number, size_class))
