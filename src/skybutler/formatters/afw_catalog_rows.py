"""Rows of catalogs as afw writes them, from and to bytes.  Knows no headers of FITS, and opens no files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, UnreadableFileError
from skybutler.tables.field import Field

from .afw_catalog_header import CatalogHeader, FileColumn

__all__ = ["pack_rows", "row_columns", "unpack_rows"]

_Bytes = npt.NDArray[np.uint8]
_DTYPES = {"L": "i1", "B": "u1", "X": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S"}
_UNSIGNED = {"U": 1 << 15}
_CODES = {
    "B": "B", "U": "I", "I": "J", "L": "K", "F": "E", "D": "D", "Angle": "D", "String": "A",
    "ArrayB": "B", "ArrayU": "I", "ArrayI": "J", "ArrayL": "K", "ArrayF": "E", "ArrayD": "D",
}  # fmt: skip
FLAGS = "flags"
"""Name of the column of all flags."""


# ---------------------------------------------------------------------------------------------------- reading
def unpack_rows(
    header: CatalogHeader, rows: _Bytes, heap: bytes, uri: str, wanted: Iterable[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Columns by name, native and contiguous.

    Parameters
    ----------
    header : `CatalogHeader`
        What the table says of itself.
    rows : array of `numpy.uint8`, (n, row bytes)
        Its rows.
    heap : `bytes`
        What follows the rows, counted from the start of the heap.
    uri : `str`
        The file, for messages.
    wanted : iterable of `str`, optional
        Names of fields; without, all.

    Raises
    ------
    UnreadableFileError
        Raised for values that lie outside of the heap or cannot be held.
    """
    names = None if wanted is None else set(wanted)
    found: dict[str, npt.NDArray[Any]] = {}
    for column in header.columns:
        if names is not None and names.isdisjoint(field.name for field in column.fields):
            continue
        if column.varying:
            found[column.fields[0].name] = _varying(column, rows, heap, uri)
        elif len(column.fields) == 1:
            found[column.fields[0].name] = _fixed(column, rows, uri)
        else:
            found |= _vector(column, rows)
    flags = {bit: f.name for bit, f in header.flags.items() if names is None or f.name in names}
    if flags:
        end = header.flag_offset + (header.n_flags + 7) // 8
        packed = np.ascontiguousarray(rows[:, header.flag_offset : end].T)  # each byte of all rows side by side
        found |= {name: _flag(packed[bit // 8], bit % 8) for bit, name in flags.items()}
    return {f.name: found[f.name] for f in header.order if f.name in found and (names is None or f.name in names)}


def _flag(packed: _Bytes, bit: int) -> npt.NDArray[np.bool_]:
    """One bit of each byte; bit 0 is the most significant."""
    flag: npt.NDArray[np.bool_] = (packed & (0x80 >> bit)).astype(bool)
    return flag


def _cells(column: FileColumn, rows: _Bytes) -> npt.NDArray[Any]:
    """Stored values of a column, (n, count) or (n,), not copied."""
    dtype = np.dtype(f"S{column.count}" if column.code == "A" else _DTYPES[column.code])
    count = 1 if column.code == "A" else (column.count + 7) // 8 if column.code == "X" else column.count
    whole = np.dtype(
        {"names": ["v"], "formats": [(dtype, (count,))], "offsets": [column.offset], "itemsize": rows.shape[1]}
    )
    values = np.frombuffer(rows, whole, len(rows))["v"] if len(rows) else np.zeros((0, count), dtype)
    return values[:, 0] if count == 1 and not column.fields[0].is_array else values


def _fixed(column: FileColumn, rows: _Bytes, uri: str) -> npt.NDArray[Any]:
    field, values = column.fields[0], _cells(column, rows)
    if column.code == "A":
        texts: npt.NDArray[Any] = np.char.rstrip(np.char.decode(values, "ascii", "replace"))
        return texts.astype(field.dtype)
    if column.code == "L":
        true: npt.NDArray[Any] = values == ord("T")
        return true.astype(field.dtype)
    if column.code == "X":
        return np.unpackbits(values.reshape(len(rows), -1), axis=1)[:, : column.count].astype(field.dtype)
    return _scaled(column, values, uri)


def _scaled(column: FileColumn, values: npt.NDArray[Any], uri: str) -> npt.NDArray[Any]:
    field = column.fields[0]
    if not column.zero and column.scale == 1:
        return values.astype(field.dtype)
    if field.dtype.kind == "f":
        return values.astype(np.float64) * column.scale + column.zero
    if column.code == "K" and (values >= 0).any():
        raise UnreadableFileError(f"{uri}: column {field.name!r} has integers too large for 64 bits with a sign.")
    if column.code == "K":  # the sum would overflow on its way
        return values.astype(np.int64) ^ np.int64(-(2**63))
    return (values.astype(np.int64) + int(column.zero)).astype(field.dtype)


def _vector(column: FileColumn, rows: _Bytes) -> dict[str, npt.NDArray[Any]]:
    """Columns of a vector of an old table; errors are stored as their squares."""
    found = {}
    with np.errstate(invalid="ignore"):
        for field, values in zip(column.fields, _cells(column, rows).T, strict=True):
            native = values.astype(field.dtype)
            found[field.name] = np.sqrt(native) if field.name.endswith("Sigma") else native
    return found


def _varying(column: FileColumn, rows: _Bytes, heap: bytes, uri: str) -> npt.NDArray[Any]:
    field, size = column.fields[0], np.dtype("S1" if column.code == "A" else _DTYPES[column.code]).itemsize
    pointer = FileColumn((Field(field.name, "ArrayL"),), "K" if column.varying == "Q" else "J", 2, column.offset)
    places = _cells(pointer, rows).astype(np.int64)
    counts, starts = places.reshape(-1, 2).T
    limit = len(heap)
    ends = np.clip(starts, -1, limit + 1) + np.clip(counts, -1, limit + 1) * size
    if ((counts < 0) | (starts < 0) | ((ends > limit) & (counts > 0))).any() or counts.clip(
        max=limit + 1
    ).sum() > limit:
        raise UnreadableFileError(f"{uri}: values of column {field.name!r} lie outside of the table.")
    values = np.empty(len(rows), dtype=object)
    dtype = np.dtype("S1" if column.code == "A" else _DTYPES[column.code])
    for i, (start, count) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True)):
        if column.code == "A":
            values[i] = heap[start : start + count].rstrip(b"\0 ").decode("ascii", "replace")
        else:
            values[i] = _scaled(column, np.frombuffer(heap, dtype, count, start if count else 0), uri)
    return values


# ---------------------------------------------------------------------------------------------------- writing
def row_columns(fields: Sequence[Field], columns: Sequence[npt.NDArray[Any]]) -> list[tuple[Field, str]]:
    """Fields that are no flags, in order, with their FITS formats."""
    return [(f, _format(f, values)) for f, values in zip(fields, columns, strict=True) if not f.is_flag]


def _format(field: Field, values: npt.NDArray[Any]) -> str:
    code = _CODES[field.type]
    if field.has_any_length:
        return f"1Q{code}({max(map(len, values), default=0)})"
    return f"{field.size}{code}"


def pack_rows(fields: Sequence[Field], columns: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.void], bytes]:
    """Rows as they stand in a file, flags first, and the heap of values of any length.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for a text that is not ASCII.
    """
    n = len(columns[0]) if columns else 0
    flags = [values for field, values in zip(fields, columns, strict=True) if field.is_flag]
    dtype: list[tuple[Any, ...]] = [(FLAGS, "u1", ((len(flags) + 7) // 8,))] if flags else []
    others = [(field, values) for field, values in zip(fields, columns, strict=True) if not field.is_flag]
    for i, (field, _) in enumerate(others):
        dtype.append((f"c{i}", *_stored(field)))
    rows = np.zeros(n, dtype=dtype)
    if flags:
        rows[FLAGS] = np.packbits(np.array(flags), axis=0).T
    heap = bytearray()
    for i, (field, values) in enumerate(others):
        rows[f"c{i}"] = _into_heap(field, values, heap) if field.has_any_length else _encoded(field, values)
    return rows, bytes(heap)


def _stored(field: Field) -> tuple[Any, ...]:
    if field.has_any_length:
        return (">i8", (2,))
    if field.type == "String":
        return (f"S{field.size}",)
    dtype = _DTYPES[_CODES[field.type]]
    return (dtype, (field.size,)) if field.is_array else (dtype,)


def _encoded(field: Field, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if field.type == "String":
        try:
            return np.char.encode(values, "ascii") if len(values) else values.astype("S")
        except UnicodeEncodeError as error:
            raise InvalidError(
                f"Column {field.name!r} has a text that is not ASCII, as FITS needs it: {error}"
            ) from None
    zero = _UNSIGNED.get(field.type.removeprefix("Array"))
    return (values.astype(np.int32) - zero).astype(">i2") if zero else values


def _into_heap(field: Field, values: npt.NDArray[Any], heap: bytearray) -> npt.NDArray[np.int64]:
    """Append values to the heap; returns their numbers of elements and first bytes."""
    places = np.zeros((len(values), 2), np.int64)
    stored = np.dtype("S1" if field.type == "String" else _DTYPES[_CODES[field.type]])
    for i, value in enumerate(values):
        try:
            content = (
                value.encode("ascii") if isinstance(value, str) else _encoded(field, value).astype(stored).tobytes()
            )
        except UnicodeEncodeError as error:
            raise InvalidError(
                f"Column {field.name!r} has a text that is not ASCII, as FITS needs it: {error}"
            ) from None
        places[i] = len(value), len(heap)
        heap += content
    return places
