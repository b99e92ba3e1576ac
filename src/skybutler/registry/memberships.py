"""Who is in which TAGGED and CALIBRATION collections, read as columns for copies elsewhere.  Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["all_certified", "all_tagged"]


def all_tagged(registry: Registry, size: int = 10_000) -> Iterator[dict[str, list[Any]]]:
    """Members of TAGGED collections: ``collection`` (name) and ``dataset`` (16-byte id), some thousand at a time."""
    sql = (
        "SELECT c.name, d.id FROM tag m JOIN collection c ON c.k = m.collection JOIN dataset d ON d.k = m.dataset "
        "ORDER BY m.collection, m.dataset_type, m.data_id"
    )
    for rows in registry.database.stream(sql, (), size):
        yield {"collection": [name for name, _ in rows], "dataset": [bytes(i) for _, i in rows]}


def all_certified(registry: Registry, size: int = 10_000) -> Iterator[dict[str, list[Any]]]:
    """Members of CALIBRATION collections: as `all_tagged`, with ``begin`` and ``finish`` (TAI nanoseconds)."""
    sql = (
        "SELECT c.name, d.id, m.begin AS b, m.finish AS f FROM calibration m JOIN collection c ON c.k = m.collection "
        "JOIN dataset d ON d.k = m.dataset ORDER BY m.collection, m.begin, m.finish, m.dataset_type, m.data_id"
    )
    for rows in registry.database.stream(sql, (), size):
        names, ids, begins, ends = zip(*rows, strict=True)
        yield {"collection": list(names), "dataset": list(map(bytes, ids)), "begin": list(begins), "finish": list(ends)}
