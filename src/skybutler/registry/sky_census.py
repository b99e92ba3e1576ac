"""Footprints of visits and tracts, read in batches for a picture of the sky.  Knows neither pixels nor pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .registry import Registry

__all__ = ["count_footprints", "read_footprints"]

Batch = tuple[list[bytes], list[str | None]]


def _sets(registry: Registry, element: str, governors: Sequence[str] | None) -> list[int]:
    """Numbers of the footprint sets of an element, of some instruments or sky maps only."""
    every = registry.footprints.sets_of(element)
    if governors is None:
        return sorted(every.values())
    wanted = {registry.names.find(name) for name in governors}
    return sorted(number for governor, number in every.items() if governor in wanted)


def count_footprints(registry: Registry, element: str, governors: Sequence[str] | None = None) -> int:
    """How many regions of an element there are."""
    total = 0
    for number in _sets(registry, element, governors):
        row = registry.database.query_one("SELECT count(*) FROM footprint WHERE footprint_set = ?", (number,))
        total += int(row[0]) if row else 0
    return total


def read_footprints(
    registry: Registry, element: str, governors: Sequence[str] | None = None, *, every: int = 1
) -> Iterator[Batch]:
    """Encoded regions of an element in the order of the sky, each with its band or, of a tract, its number as text.

    Parameters
    ----------
    registry : `Registry`
        Whose.
    element : {"visit", "tract"}
        Whose regions.
    governors : sequence of `str`, optional
        Instruments or sky maps.
    every : `int`
        Only each so manieth row, a sample that is spread over all of them.
    """
    if element == "visit":
        bands = "physical_filter p ON p.instrument = v.instrument AND p.physical_filter = v.physical_filter"
        label, join = "p.band", f" JOIN visit v ON v.k = f.k LEFT JOIN {bands}"
    else:
        label, join = "t.tract", " JOIN tract t ON t.k = f.k"
    for number in _sets(registry, element, governors):
        thinned = f" AND f.k % {int(every)} = 0" if every > 1 else ""
        sql = f"SELECT f.region, {label} FROM footprint f{join} WHERE f.footprint_set = ?{thinned}"
        for rows in registry.database.stream(sql, (number,)):
            labels = [r[1] for r in rows]
            if element == "visit":
                texts = registry.names.texts([k for k in labels if k is not None])
                yield [bytes(r[0]) for r in rows], [None if k is None else texts[k] for k in labels]
            else:
                yield [bytes(r[0]) for r in rows], [str(k) for k in labels]
