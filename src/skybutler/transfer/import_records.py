"""Dimension records of an export beside those of the repository: new ones in, equal ones left, others an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.butler.records import Comparison, compare, completes, conflict, rows_of, taken
from skybutler.sky.timespan import Timespan

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.dimensions import DimensionElement

__all__ = ["insert_records"]

_TOLERANCE = 1e-12
"""Largest difference of a component of two regions' vectors (0.2 microarcseconds) that is rounding."""


def insert_records(
    butler: Butler, element: DimensionElement, columns: Mapping[str, Sequence[Any]], name: str
) -> tuple[int, int]:
    """Insert the records that are not there (in a transaction).

    A field without value, there or here, contradicts nothing; what is missing in the repository is filled in.

    Parameters
    ----------
    butler : `Butler`
        Where to.
    element : `DimensionElement`
        What they are records of.
    columns : mapping
        Fields; ``timespan`` as `Timespan`, ``region`` encoded.
    name : `str`
        The file they come from.

    Returns
    -------
    new, existing : `int`
        How many were inserted or completed, and how many were there.

    Raises
    ------
    ConflictingDefinitionError
        Records exist with other values; the first are named with both.
    """
    plain = _distinct(element, _timespans_split(columns))
    if not rows_of(plain):
        return 0, 0
    found = compare(butler, element.name, plain)
    _compare_regions(plain, found)
    elements = butler.registry.elements
    completed = _completed(plain, found)
    if found.changed:
        hint = f"Correct one of them, or leave such records out: --skip-dimensions {element.name}"
        raise conflict(element, plain, found, hint=f"{name} contradicts the repository; nothing was imported. {hint}")
    if found.new:
        elements.insert(element.name, taken(plain, found.new))
    if rows_of(completed):
        elements.insert(element.name, completed, replace=True)
    count = len(found.new) + rows_of(completed)
    return count, rows_of(plain) - count


def _timespans_split(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    plain = {field: values for field, values in columns.items() if field != "timespan"}
    if "timespan" in columns:
        spans: Sequence[Timespan | None] = columns["timespan"]
        plain["timespan_begin"] = [None if span is None else span.begin_ns for span in spans]
        plain["timespan_end"] = [None if span is None else span.end_ns for span in spans]
    return plain


def _distinct(element: DimensionElement, columns: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The rows without exact repetitions of a key that stands before."""
    own = element.key.name if element.key is not None else None
    keys = list(zip(*(columns[own if own and d == element.name else d] for d in element.required), strict=True))
    if len(set(keys)) == len(keys):
        return columns
    first: dict[Any, int] = {}
    for i, key in enumerate(keys):
        first.setdefault(key, i)
    return taken(columns, sorted(first.values()))


def _compare_regions(columns: Mapping[str, Sequence[Any]], found: Comparison) -> None:
    """Look at regions too, which `compare` does not."""
    if "region" not in columns:
        return
    for i in (*found.same, *found.changed):
        old, new = found.records[i].encoded_region, columns["region"][i]
        if new is not None and not _same_region(old, new):
            found.changed.setdefault(i, {})["region"] = (old and old.hex()[:40], new.hex()[:40])
    found.same[:] = [i for i in found.same if i not in found.changed]


def _same_region(old: bytes | None, new: bytes) -> bool:
    if old == new:
        return True
    if old is None or len(old) != len(new) or old[:1] != new[:1] or len(old) % 8 != 1:
        return False
    import numpy as np

    return bool(np.allclose(np.frombuffer(old[1:], "<f8"), np.frombuffer(new[1:], "<f8"), rtol=0, atol=_TOLERANCE))


def _completed(columns: Mapping[str, Sequence[Any]], found: Comparison) -> dict[str, list[Any]]:
    """Rows that add values which the repository lacks; taken out of the changed ones, as they contradict nothing."""
    completed: dict[str, list[Any]] = {field: [] for field in columns}
    for i, differences in list(found.changed.items()):
        for field in [f for f, (_, new) in differences.items() if new is None]:
            del differences[field]
        if not completes(differences):
            continue
        del found.changed[i]
        if differences:
            for field, values in columns.items():
                value = (
                    values[i]
                    if values[i] is not None or field in ("region", "timespan_begin", "timespan_end")
                    else found.records[i].get(field)
                )
                completed[field].append(value)
    return completed
