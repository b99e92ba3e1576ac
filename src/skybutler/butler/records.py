"""Columns of dimension records against what a repository holds: what is new, what is the same, what differs.

Knows how older dimension universes name things.  Knows nothing of instruments or files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement
from skybutler.errors import ConflictingDefinitionError

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.dimensions import DimensionRecord

__all__ = ["Columns", "Comparison", "compare", "completes", "conflict", "fitting", "rows_of", "shown", "taken"]

Columns = Mapping[str, Sequence[Any]]

_OLD_NAMES: Mapping[str, str] = {"group_name": "group"}
"""Field of universes before version 6, where groups were no dimension, to what it is called since."""

_TOLERANCE = 1e-9
"""Relative; positions computed from others (azimuth) change in the last digits with the Earth rotation tables."""

_TIMES = ("timespan_begin", "timespan_end")
_TOLERANCE_NS = 1000
"""Translated metadata hold times as two floats, which round otherwise than a header's."""

Differences = dict[str, tuple[Any, Any]]
"""Field to old and new value."""


@dataclass(frozen=True)
class Comparison:
    """How columns compare with a repository, by row number.

    Parameters
    ----------
    new : `list` [`int`]
        Rows without record.
    same : `list` [`int`]
        Rows whose record has the same values.
    changed : `dict`
        Rows whose record has other values: field to (old, new).
    records : `dict`
        The records of rows that have one.
    """

    new: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    changed: dict[int, Differences] = field(default_factory=dict)
    records: dict[int, DimensionRecord] = field(default_factory=dict)


def fitting(element: DimensionElement, columns: Columns) -> dict[str, Sequence[Any]]:
    """The columns that an element has in this universe, under the names it has there."""
    fields = set(element.fields)
    if element.has_timespan:
        fields |= {"timespan_begin", "timespan_end"}
    found = {name: values for name, values in columns.items() if name in fields}
    for old, new in _OLD_NAMES.items():
        if old in fields and new in columns:
            found[old] = columns[new]
    return found


def compare(butler: Butler, name: str, columns: Columns) -> Comparison:
    """Compare columns (as `fitting` leaves them) with the records of a repository; regions are not looked at."""
    element = butler.dimensions[name]
    result = Comparison()
    keys = {d: columns[_field(element, d)] for d in element.required}
    records = butler.registry.elements.fetch_many(name, keys)
    plain = [f for f in columns if f not in ("region", *_TIMES)]
    for i, record in enumerate(records):
        if record is None:
            result.new.append(i)
            continue
        result.records[i] = record
        old = {f: record.get(f) for f in plain}
        new = {f: columns[f][i] for f in plain}
        if "timespan_begin" in columns:
            span = record.timespan
            old |= {"timespan_begin": span and span.begin_ns, "timespan_end": span and span.end_ns}
            new |= {f: columns[f][i] for f in _TIMES}
        different = {f: (old[f], new[f]) for f in old if not _same(f, old[f], new[f])}
        if different:
            result.changed[i] = different
        else:
            result.same.append(i)
    return result


def _field(element: DimensionElement, dimension: str) -> str:
    return element.key.name if element.key is not None and dimension == element.name else dimension


def _same(field: str, a: Any, b: Any) -> bool:
    if field in _TIMES and a is not None and b is not None:
        return abs(int(a) - int(b)) <= _TOLERANCE_NS
    if isinstance(a, float) and isinstance(b, float):
        return (a != a and b != b) or math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=1e-12)
    if a is None or b is None:  # NaN is kept as NULL
        return bool((a is None or a != a) and (b is None or b != b))
    return bool(a == b)


def completes(differences: Differences) -> bool:
    """Whether the new values contradict nothing: all they do is to stand where there was none."""
    return all(old is None for old, _ in differences.values())


def shown(differences: Differences) -> str:
    """Differences as text: ``visit_max: 10 != 20, purpose: None != 'SCIENCE'``."""
    return ", ".join(f"{name}: {old!r} != {new!r}" for name, (old, new) in differences.items())


def conflict(
    element: DimensionElement, columns: Columns, comparison: Comparison, *, hint: str
) -> ConflictingDefinitionError:
    """The error that names the first rows that differ, with old and new values."""
    parts = []
    for row, differences in list(comparison.changed.items())[:3]:
        values = ", ".join(f"{d}: {columns[_field(element, d)][row]!r}" for d in element.required)
        parts.append(f"{element.name} {{{values}}} ({shown(differences)})")
    more = f" and {len(comparison.changed) - 3} more" if len(comparison.changed) > 3 else ""
    return ConflictingDefinitionError(f"Already defined with other values: {'; '.join(parts)}{more}.", hint=hint)


def taken(columns: Columns, rows: Sequence[int]) -> dict[str, Any]:
    """The columns of some rows (regions given as arrays stay arrays)."""
    return {
        name: values[list(rows)] if hasattr(values, "dtype") else [values[i] for i in rows]  # type: ignore[call-overload]
        for name, values in columns.items()
    }


def rows_of(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values()), ()))
