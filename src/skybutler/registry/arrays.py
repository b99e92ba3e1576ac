"""Columns as PostgreSQL arrays in the binary wire format, to be bound to ``unnest(?)``.  Knows no connection.

The driver makes them element by element, in Python; tables of integers and UUIDs are made by numpy in one go.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import adapt, pq

from .database import ColumnKind, quoted

__all__ = ["Array", "array_of", "register_arrays", "unnested"]

_UUID = 2950
_TYPES: dict[ColumnKind, tuple[str, int, int]] = {
    "int": ("bigint", 20, 1016),
    "float": ("double precision", 701, 1022),
    "text": ("text", 25, 1009),
    "bytes": ("bytea", 17, 1001),
    "id": ("uuid", _UUID, 2951),
    "bool": ("smallint", 21, 1005),
    "key": ("bigint", 20, 1016),
}
"""SQL name, number and number of the array type of each kind (PostgreSQL's ``pg_type.dat``; they never change)."""

_NULL = struct.pack(">i", -1)
_FEW = 8
"""So few values are packed one by one faster than numpy does it."""


class Array(bytes):
    """An array as it goes over the wire; each kind has a class, from which the driver knows the type."""


def _class(kind: ColumnKind) -> type[Array]:
    return type(f"{kind.capitalize()}Array", (Array,), {})


_CLASSES: dict[ColumnKind, type[Array]] = {kind: _class(kind) for kind in _TYPES}


def register_arrays(adapters: adapt.AdaptersMap) -> None:
    """Teach a connection to bind arrays."""
    for kind, (_, _, number) in _TYPES.items():
        adapters.register_dumper(_CLASSES[kind], _dumper(number))


def _dumper(number: int) -> type[adapt.Dumper]:
    class ArrayDumper(adapt.Dumper):
        format = pq.Format.BINARY
        oid = number

        def dump(self, obj: bytes) -> bytes:
            return bytes(obj)

    return ArrayDumper


_ENCODERS: dict[ColumnKind, Callable[[Any], bytes]] = {
    "int": struct.Struct(">q").pack,
    "float": struct.Struct(">d").pack,
    "text": str.encode,
    "bytes": bytes,
    "id": bytes,
    "bool": struct.Struct(">h").pack,
    "key": struct.Struct(">q").pack,
}


def array_of(kind: ColumnKind, values: Sequence[Any]) -> Array:
    """A column as an array.

    Parameters
    ----------
    kind : `ColumnKind`
        What its values are.
    values : sequence
        Python values, `None` for NULL.
    """
    _, number, _ = _TYPES[kind]
    if not values:
        return _CLASSES[kind](struct.pack(">iii", 0, 0, number))
    body, nulls = None, False
    if len(values) > _FEW and kind in ("int", "key", "id"):
        body = _packed(kind, values)
    if body is None:
        nulls, body = _joined(_ENCODERS[kind], values)
    # one dimension, whether NULLs occur, element type; length and first index
    return _CLASSES[kind](struct.pack(">iiiii", 1, nulls, number, len(values), 1) + body)


def _packed(kind: ColumnKind, values: Sequence[Any]) -> bytes | None:
    """Elements of one fixed size, each behind its length; `None` if some are missing."""
    import numpy as np

    if kind == "id":
        if None in values:
            return None
        rows = np.empty(len(values), dtype=[("size", ">i4"), ("value", "V16")])
        rows["size"] = 16
        rows["value"] = np.frombuffer(b"".join(values), dtype="V16")
        return rows.tobytes()
    numbers = np.array(values)
    if numbers.dtype.kind != "i":  # a None, or too large an integer
        return None
    rows = np.empty(len(values), dtype=[("size", ">i4"), ("value", ">i8")])
    rows["size"] = 8
    rows["value"] = numbers
    return rows.tobytes()


def _joined(encode: Callable[[Any], bytes], values: Sequence[Any]) -> tuple[bool, bytes]:
    """Whether there are NULLs, and the elements, each behind its length."""
    parts: list[bytes] = []
    size = struct.Struct(">i").pack
    nulls = False
    for value in values:
        if value is None:
            nulls = True
            parts.append(_NULL)
        else:
            data = encode(value)
            parts.append(size(len(data)))
            parts.append(data)
    return nulls, b"".join(parts)


def unnested(columns: Mapping[str, ColumnKind], *, hidden: bool = False) -> str:
    """SELECT text that gives the rows of one bound array per column.

    Parameters
    ----------
    columns : mapping
        Names and kinds.
    hidden : `bool`
        Whether the server shall plan without a look at the arrays; else it believes a plan for the one row that it sees
        to be worth planning anew each time.
    """
    names = ", ".join(map(quoted, columns))
    mark = "(SELECT ?::{}[])" if hidden else "?::{}[]"
    marks = ", ".join(mark.format(_TYPES[kind][0]) for kind in columns.values())
    # the collation that columns of our tables have, for a text may be ordered or compared
    chosen = ", ".join(quoted(c) + (' COLLATE "C"' if kind == "text" else "") for c, kind in columns.items())
    return f"SELECT {chosen} FROM unnest({marks}) u ({names})"
