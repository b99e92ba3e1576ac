"""Dimension records as columns by field, by their keys or all of them.  Knows no datasets, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement

from .database import Row, quoted

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["all_records", "field_columns", "records_matching", "records_of"]


def field_columns(element: DimensionElement) -> tuple[str, ...]:
    """Names of the columns of an element's records: its fields, a timespan as two columns of TAI nanoseconds."""
    names: list[str] = []
    for field in element.fields:
        names += ["timespan_begin", "timespan_end"] if field == "timespan" else [field]
    return tuple(names)


def records_of(registry: Registry, name: str, keys: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Records with given keys.

    Parameters
    ----------
    registry : `Registry`
    name : `str`
        Dimension element with a table of its own.
    keys : mapping
        One sequence of plain values per required dimension.

    Returns
    -------
    columns : `dict` [`str`, `list`]
        Plain values by column (see `field_columns`), regions as encoded bytes; and ``ord``, the position of each
        record in ``keys``.  Keys without a record are left out.
    """
    return _joined(registry, registry.universe[name], registry.universe[name].required, keys)


def records_matching(registry: Registry, name: str, keys: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """All records that have one of the given combinations of values, of some of their required dimensions."""
    return _joined(registry, registry.universe[name], tuple(keys), keys)


def _joined(
    registry: Registry, element: DimensionElement, dimensions: Sequence[str], keys: Mapping[str, Sequence[Any]]
) -> dict[str, list[Any]]:
    encoded = [registry.keys.encode_column(d, keys[d], intern=False) if len(keys[d]) else [] for d in dimensions]
    rows = ((i, *row) for i, row in enumerate(zip(*encoded, strict=True)) if None not in row)
    database = registry.database
    table = f"FROM {quoted(element.name)} t"
    head, _, tail = registry.elements.select(element.name).partition(table)
    on = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in dimensions)
    with database.staged({"ord": "int", **registry.keys.stage_kinds(dimensions)}, rows, measured=True) as stage:
        looked_up = database.looked_up(quoted(element.name), "t", on)
        fields = head.removeprefix("SELECT ")
        found = database.query(f"SELECT s.ord, {fields}FROM {stage} s {looked_up}{tail} ORDER BY s.ord")
    positions = [int(row[0]) for row in found]
    return {"ord": positions, **_decoded(registry, element, [row[1:] for row in found])}


def all_records(registry: Registry, name: str, size: int = 10_000) -> Iterator[dict[str, list[Any]]]:
    """All records of an element, some thousand at a time, in the order of their keys; columns as of `records_of`."""
    element = registry.universe[name]
    order = ", ".join(f"t.{quoted(d)}" for d in element.required)
    for rows in registry.database.stream(f"{registry.elements.select(name)} ORDER BY {order}", (), size):
        yield _decoded(registry, element, rows)


def _decoded(registry: Registry, element: DimensionElement, rows: Sequence[Row]) -> dict[str, list[Any]]:
    names = field_columns(element)
    listed: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    text = registry.elements.text_fields(element)
    columns: dict[str, list[Any]] = {}
    for name, values in zip(names, listed, strict=True):
        if name in text:
            known: dict[Any, Any] = dict(registry.names.texts(sorted({v for v in values if v is not None})))
            known[None] = None
            columns[name] = [known[v] for v in values]
        else:
            columns[name] = [bytes(v) if isinstance(v, memoryview) else v for v in values]
    return columns
