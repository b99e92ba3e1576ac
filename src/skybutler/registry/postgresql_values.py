"""Values on their way to PostgreSQL and back: ids, and rows as SQL text.  Knows no statement of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import adapt, pq

from .database import Row, quoted

__all__ = ["Id", "insert_text", "register_ids", "with_ids"]

_UUID_OID = 2950


class Id(bytes):
    """16 bytes bound as ``uuid``; psycopg has no way from bytes to that type."""


class _IdDumper(adapt.Dumper):
    format = pq.Format.BINARY
    oid = _UUID_OID

    def dump(self, obj: bytes) -> bytes:
        return bytes(obj)


class _IdLoader(adapt.Loader):
    format = pq.Format.BINARY

    def load(self, data: Any) -> bytes:
        return bytes(data)


def register_ids(adapters: adapt.AdaptersMap) -> None:
    """Ids leave as `Id` and arrive as 16 bytes."""
    adapters.register_dumper(Id, _IdDumper)
    adapters.register_loader(_UUID_OID, _IdLoader)


def with_ids(rows: Iterable[Row], positions: Sequence[int]) -> Iterator[Row]:
    """Rows with the bytes at ``positions`` marked as ids."""
    if len(positions) == 1:
        i = positions[0]
        for row in rows:
            yield (*row[:i], Id(row[i]) if row[i] is not None else None, *row[i + 1 :])
        return
    chosen = set(positions)
    for row in rows:
        yield tuple(Id(v) if i in chosen and v is not None else v for i, v in enumerate(row))


def insert_text(connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Sequence[Row]) -> str:
    """An INSERT statement with its values, ended by a semicolon.

    Parameters
    ----------
    connection : `psycopg.Connection`
        Whose library quotes the values; its encoding is UTF-8.
    table : `str`
    columns : sequence of `str`
    rows : sequence of `tuple`
        Integers, texts and `None`.
    """
    quoting = pq.Escaping(connection.pgconn)

    def literal(value: str | int | None) -> str:
        if value is None:
            return "NULL"
        return str(int(value)) if isinstance(value, int) else bytes(quoting.escape_literal(value.encode())).decode()

    values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, columns))}) VALUES {values}; "
