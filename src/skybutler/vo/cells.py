"""Columns of Arrow as the cells of a VOTable: whole rows joined by Arrow, none by Python.  Knows no documents.

BINARY2 and TABLEDATA are those of VOTable 1.4, sections 5.4 and 5.1.  A row is made by joining one binary column per
field, so that the buffer of the result is the stream itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .arrays import plain
from .few_cells import MOST, few_rows
from .field import NUMBERS, Field

__all__ = ["binary2_rows", "tabledata_rows"]

_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"
"""Characters that no XML document may have (XML 1.0, section 2.2)."""
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))


# -------------------------------------------------------------------- BINARY2
_Part: TypeAlias = "pa.Array | pa.Scalar | npt.NDArray[np.uint8]"
"""Bytes of each row, of all rows, or of each row as many."""
_Column = tuple[Field, pa.Array]


def binary2_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> memoryview:
    """Rows of a batch as they follow one another in a BINARY2 stream.

    Parameters
    ----------
    fields : sequence of `Field`
        One per column of the batch.
    batch : `pyarrow.RecordBatch`
        Values; of a type that can be cast to the field's.  What neighbours that are encoded as dictionaries with the
        same indices have in common is made once for each entry.
    """
    if batch.num_rows <= MOST and (few := few_rows(fields, plain(batch))) is not None:
        return memoryview(few)
    nulls = np.zeros((batch.num_rows, -(-len(fields) // 8) * 8), dtype=bool)
    columns = [c.dictionary_decode() if _is_shared(c) and c.null_count else c for c in batch.columns]
    for i, column in enumerate(columns):
        if _is_shared(column):
            entries = column.dictionary.is_null().to_numpy(zero_copy_only=False)
            if entries.any():
                nulls[:, i] = entries[column.indices.to_numpy()]
        elif column.null_count:
            nulls[:, i] = column.is_null().to_numpy(zero_copy_only=False)
    parts: list[_Part] = [np.packbits(nulls, axis=1)]
    for neighbours in _together(zip(fields, columns, strict=True)):
        parts += _of_entries(neighbours) if _is_shared(neighbours[0][1]) else _binary(*neighbours[0])
    return _joined(_arrays(parts), b"")


def _is_shared(column: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _together(columns: Iterable[_Column]) -> Iterator[list[_Column]]:
    """Neighbours of the same indices, also with those that have one entry; columns without indices alone."""
    neighbours: list[_Column] = []
    place: object = None
    for field, column in columns:
        own = _place(column.indices) if _is_shared(column) and len(column.dictionary) > 1 else None
        if neighbours and (not _is_shared(column) or (own is not None and place not in (None, own))):
            yield neighbours
            neighbours, place = [], None
        if _is_shared(column):
            neighbours.append((field, column))
            place = place or own
        else:
            yield [(field, column)]
    if neighbours:
        yield neighbours


def _place(indices: pa.Array) -> tuple[int, int]:
    """Where indices are; two arrays of them are the same if they are in the same place."""
    return indices.buffers()[1].address, indices.offset


def _of_entries(columns: Sequence[_Column]) -> list[_Part]:
    longest = max((column for _, column in columns), key=lambda column: len(column.dictionary))
    n = len(longest.dictionary)
    parts: list[_Part] = []
    for field, column in columns:
        parts += _binary(
            field, column.dictionary if len(column.dictionary) == n else pa.repeat(column.dictionary[0], n)
        )
    entries = pc.binary_join_element_wise(*_arrays(parts), b"")
    return [entries[0] if n == 1 else entries.take(longest.indices)]


def _arrays(parts: Iterable[_Part]) -> list[pa.Array | pa.Scalar]:
    """Parts as Arrow has them, neighbours that have as many bytes in each row as one."""
    made: list[pa.Array | pa.Scalar] = []
    for is_fixed, group in groupby(parts, lambda part: isinstance(part, np.ndarray)):
        together = list(group)
        made += [_fixed(np.concatenate(together, axis=1))] if is_fixed else together
    return made


def _binary(field: Field, column: pa.Array) -> list[_Part]:
    if field.is_text:
        return _binary_text(field, column)
    if field.datatype == "boolean":
        values = column.cast(pa.bool_()).fill_null(False).to_numpy(zero_copy_only=False)
        letters = np.where(values, b"T", b"F")
        letters[column.is_null().to_numpy(zero_copy_only=False)] = b"?"
        return [letters.view("u1")[:, None]]
    kind = np.dtype(NUMBERS[field.datatype])
    if field.is_array:
        return _binary_array(field, column, kind)
    return [_bytes(_numbers(column, kind).astype(kind.newbyteorder(">")))]


def _bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The bytes of each number."""
    return values.view(np.uint8).reshape(len(values), values.dtype.itemsize)


def _numbers(column: pa.Array, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    filled = column.fill_null(float("nan") if pa.types.is_floating(column.type) else 0)
    return np.asarray(filled.to_numpy(zero_copy_only=False)).astype(kind)


def _binary_text(field: Field, column: pa.Array) -> list[_Part]:
    text = column.cast(pa.string()).fill_null("")
    if field.datatype == "char":
        content = _ascii(text).cast(pa.binary())
        counts = pc.binary_length(content)
    else:  # UCS-2, that is UTF-16 without surrogates' meaning; counted in units of two bytes
        content = pa.array([value.encode("utf-16-be") for value in text.to_pylist()], pa.binary())
        counts = pc.divide(pc.binary_length(content), 2)
    lengths = np.asarray(counts.to_numpy(zero_copy_only=False)).astype(">u4")
    return [_bytes(lengths), content]


def _ascii(text: pa.Array) -> pa.Array:
    """The text, with a question mark for each character that is not ASCII."""
    if pc.all(pc.string_is_ascii(text)).as_py() in (True, None):
        return text
    return pc.replace_substring_regex(text, "[^\\x00-\\x7f]", "?")


def _binary_array(field: Field, column: pa.Array, kind: np.dtype[Any]) -> list[_Part]:
    lists = column.cast(pa.list_(column.type.value_type)).fill_null([])
    offsets = np.asarray(lists.offsets.to_numpy())
    values = _numbers(lists.values, kind)[offsets[0] : offsets[-1]].astype(kind.newbyteorder(">"))
    starts = ((offsets - offsets[0]) * kind.itemsize).astype(np.int32)
    content = pa.BinaryArray.from_buffers(
        pa.binary(), len(lists), [None, pa.py_buffer(starts), pa.py_buffer(values.tobytes())]
    )
    if "*" not in str(field.arraysize):
        return [content]
    return [_bytes(np.diff(offsets).astype(">u4")), content]


def _fixed(values: npt.NDArray[np.uint8]) -> pa.Array:
    """The bytes of each row."""
    n, width = values.shape
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(width)
    return pa.BinaryArray.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets), pa.py_buffer(values.tobytes())])


def _joined(parts: Iterable[pa.Array], separator: bytes | str, **options: Any) -> memoryview:
    rows = pc.binary_join_element_wise(*parts, separator, **options)
    end = int(np.frombuffer(rows.buffers()[1], np.int32, len(rows) + 1)[-1])
    return memoryview(rows.buffers()[2])[:end] if end else memoryview(b"")


# ------------------------------------------------------------------ TABLEDATA
def tabledata_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> memoryview:
    """Rows of a batch as ``<TR>`` elements; an empty cell is a null."""
    cells = [_text(field, column) for field, column in zip(fields, batch.columns, strict=True)]
    cells[0] = pc.binary_join_element_wise("<TR><TD>", cells[0], "")
    cells[-1] = pc.binary_join_element_wise(cells[-1], "</TD></TR>\n", "")
    return _joined(cells, "</TD><TD>")


def _text(field: Field, column: pa.Array) -> pa.Array:
    if field.is_text:
        text = column.cast(pa.string()).fill_null("")
        escaped = _escaped(text)
        return _ascii(escaped) if field.datatype == "char" else escaped
    if field.is_array:
        lists = column.cast(pa.list_(column.type.value_type)).fill_null([])
        values = pa.ListArray.from_arrays(lists.offsets, _number_text(lists.values))
        return pc.binary_join(values, " ")
    if field.datatype == "boolean":
        return pc.if_else(column.cast(pa.bool_()), "T", "F").fill_null("")
    return _number_text(column)


def _number_text(column: pa.Array) -> pa.Array:
    if not pa.types.is_floating(column.type):
        return column.cast(pa.string()).fill_null("")
    text = column.cast(pa.string())
    if not pc.all(pc.is_finite(column)).as_py() and len(column):  # as VOTable spells them, section 6
        text = pc.if_else(pc.is_nan(column), "NaN", text)
        text = pc.if_else(pc.is_inf(column), pc.if_else(pc.greater(column, 0), "+Inf", "-Inf"), text)
    return text.fill_null("NaN")


def _escaped(text: pa.Array) -> pa.Array:
    for character, entity in _ENTITIES:
        if pc.any(pc.match_substring(text, character)).as_py():
            text = pc.replace_substring(text, character, entity)
    if pc.any(pc.match_substring_regex(text, _FORBIDDEN)).as_py():
        text = pc.replace_substring_regex(text, _FORBIDDEN, "\N{REPLACEMENT CHARACTER}")
    return text
