"""Dimension records as rows of plain JSON values, the way lsst.daf.butler writes them.  Knows no repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skybutler.dimensions import DimensionElement
from skybutler.errors import FormatError
from skybutler.registry.record_columns import field_columns
from skybutler.sky.timespan import Timespan

__all__ = ["record_columns", "record_rows"]

_EARLIEST, _LATEST = 0, 4_102_444_800_000_000_000
"""What the other side writes for the ends of an unbounded timespan: 1970 and 2100, TAI nanoseconds."""


def record_rows(element: DimensionElement, columns: Mapping[str, Sequence[Any]]) -> list[list[Any]]:
    """Rows in the order of the element's fields: bytes as hexadecimal text, a timespan as a pair.

    Parameters
    ----------
    element : `DimensionElement`
    columns : mapping
        As from `skybutler.registry.record_columns.records_of`.
    """
    written: list[Sequence[Any]] = []
    for name in element.fields:
        if name == "timespan":
            ends = zip(columns["timespan_begin"], columns["timespan_end"], strict=True)
            written.append([_written_span(*pair) for pair in ends])
        elif name in element.columns and element.columns[name].type == "bool":
            written.append([None if v is None else bool(v) for v in columns[name]])
        else:
            written.append([v.hex() if isinstance(v, bytes) else v for v in columns[name]])
    return [list(row) for row in zip(*written, strict=True)]


def record_columns(element: DimensionElement, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Columns of such rows.

    Raises
    ------
    FormatError
        A row has not the element's fields.
    """
    columns: dict[str, list[Any]] = {name: [] for name in field_columns(element)}
    for row in rows:
        if len(row) != len(element.fields):
            raise FormatError(
                f"A {element.name} record has {len(row)} values: {list(row)!r:.80}; its fields are "
                f"{', '.join(element.fields)}."
            )
        for name, value in zip(element.fields, row, strict=True):
            if name == "timespan":
                begin, end = (None, None) if value is None else _read_span(*value)
                columns["timespan_begin"].append(begin)
                columns["timespan_end"].append(end)
            else:
                columns[name].append(_read(element, name, value))
    return columns


def _read(element: DimensionElement, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = element.columns[name].type if name in element.columns else ""
    if name == "region" or kind == "hash":
        return bytes.fromhex(value)
    return int(value) if kind == "bool" else float(value) if kind == "float" else value


def _written_span(begin: int | None, end: int | None) -> list[int] | None:
    if begin is None or end is None:
        return None
    return [_EARLIEST if begin == Timespan.MIN_NS else begin, _LATEST if end == Timespan.MAX_NS else end]


def _read_span(begin: int, end: int) -> tuple[int, int]:
    return (
        Timespan.MIN_NS if begin <= _EARLIEST else int(begin),
        Timespan.MAX_NS if end >= _LATEST else int(end),
    )
