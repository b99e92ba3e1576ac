"""Rows that hang on datasets: further artifacts, shared files, how they were made.  Knows what none of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .database import Row, quoted
from .schema import ARTIFACT, LINEAGE, PROVENANCE, SHARED_FILE

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["ATTACHED", "all_attached", "attach", "attached", "attached_columns"]

ATTACHED = {table.name: table for table in (ARTIFACT, SHARED_FILE, PROVENANCE, LINEAGE)}
"""The tables whose rows belong to a dataset, by name."""

_INTERNED = ("formatter", "storage_class")


def attached_columns(table: str) -> tuple[str, ...]:
    """Names of a table's columns, ``dataset`` first, which stands for the id of the dataset."""
    return tuple(column.name for column in ATTACHED[table].columns)


def attached(registry: Registry, table: str, ids: Sequence[bytes]) -> dict[str, list[Any]]:
    """Rows of some thousand datasets: columns by name, ``dataset`` their 16-byte ids."""
    database = registry.database
    with database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
        source = f"{stage} s {database.looked_up('dataset', 'd', 'd.id = s.id')}"
        joined = database.looked_up(quoted(table), "x", "x.dataset = d.k")
        return _decoded(registry, table, database.query(f"SELECT {_selected(table)} FROM {source} {joined}"))


def all_attached(registry: Registry, table: str, size: int = 10_000) -> Iterator[dict[str, list[Any]]]:
    """All rows of a table, some thousand at a time, in the order of its key; columns as those of `attached`."""
    order = ", ".join(f"x.{quoted(c)}" for c in ATTACHED[table].primary_key)
    sql = f"SELECT {_selected(table)} FROM {quoted(table)} x JOIN dataset d ON d.k = x.dataset ORDER BY {order}"
    for rows in registry.database.stream(sql, (), size):
        yield _decoded(registry, table, rows)


def attach(registry: Registry, table: str, columns: Mapping[str, Sequence[Any]]) -> int:
    """Enter rows (inside a transaction); those that are there already are left alone, and so are unknown datasets.

    Returns
    -------
    count : `int`
        How many were new.
    """
    names = attached_columns(table)
    if not columns["dataset"]:
        return 0
    own = [c for c in names if c != "dataset"]
    encoded = [_encoded(registry, name, columns[name]) for name in own]
    database = registry.database
    rows = zip(columns["dataset"], *encoded, strict=True)
    with database.staged({"id": "id", **ATTACHED[table].kinds(*own)}, rows, measured=True) as stage:
        joined = database.looked_up("dataset", "d", "d.id = s.id")
        return database.execute(
            f"INSERT INTO {quoted(table)} (dataset, {', '.join(map(quoted, own))}) "
            f"SELECT d.k, {', '.join(f's.{quoted(c)}' for c in own)} FROM {stage} s {joined} WHERE true "
            "ON CONFLICT DO NOTHING"
        )


def _selected(table: str) -> str:
    return ", ".join("d.id" if c == "dataset" else f"x.{quoted(c)}" for c in attached_columns(table))


def _decoded(registry: Registry, table: str, rows: Sequence[Row]) -> dict[str, list[Any]]:
    names = attached_columns(table)
    listed: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    kinds = {c.name: c.kind for c in ATTACHED[table].columns}
    columns: dict[str, list[Any]] = {}
    for name, values in zip(names, listed, strict=True):
        if name in _INTERNED:
            texts = registry.names.texts(sorted(set(values)))
            columns[name] = [texts[v] for v in values]
        elif name == "dataset" or kinds[name] in ("bytes", "id"):
            columns[name] = [None if v is None else bytes(v) for v in values]
        else:
            columns[name] = list(values)
    return columns


def _encoded(registry: Registry, name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name not in _INTERNED:
        return values
    codes = registry.names.intern_many(values)
    return [codes[v] for v in values]
