"""Columns of Arrow as the cells of a VOTable: whole rows joined by Arrow, none by Python.  Knows no documents.

BINARY2 and TABLEDATA are those of VOTable 1.4, sections 5.4 and 5.1.  A row is made by joining one binary column per
field, so that the buffer of the result is the stream itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .few_cells import MOST, few_rows
from .field import NUMBERS, Field

__all__ = ["binary2_rows", "tabledata_rows"]

_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"
"""Characters that no XML document may have (XML 1.0, section 2.2)."""
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))


# -------------------------------------------------------------------- BINARY2
def binary2_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> memoryview:
    """Rows of a batch as they follow one another in a BINARY2 stream.

    Parameters
    ----------
    fields : sequence of `Field`
        One per column of the batch.
    batch : `pyarrow.RecordBatch`
        Values; of a type that can be cast to the field's.
    """
    if batch.num_rows <= MOST and (few := few_rows(fields, batch)) is not None:
        return memoryview(few)
    nulls = np.zeros((batch.num_rows, -(-len(fields) // 8) * 8), dtype=bool)
    parts: list[pa.Array] = []
    for i, (field, column) in enumerate(zip(fields, batch.columns, strict=True)):
        if column.null_count:
            nulls[:, i] = column.is_null().to_numpy(zero_copy_only=False)
        parts += _binary(field, column)
    mask = np.packbits(nulls, axis=1)
    return _joined([_fixed(mask), *parts], b"")


def _binary(field: Field, column: pa.Array) -> list[pa.Array]:
    if field.is_text:
        return _binary_text(field, column)
    if field.datatype == "boolean":
        values = column.cast(pa.bool_()).fill_null(False).to_numpy(zero_copy_only=False)
        letters = np.where(values, b"T", b"F")
        letters[column.is_null().to_numpy(zero_copy_only=False)] = b"?"
        return [_fixed(letters.view("u1")[:, None])]
    kind = np.dtype(NUMBERS[field.datatype])
    if field.is_array:
        return _binary_array(field, column, kind)
    return [_fixed(_numbers(column, kind).astype(kind.newbyteorder(">"))[:, None])]


def _numbers(column: pa.Array, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    filled = column.fill_null(float("nan") if pa.types.is_floating(column.type) else 0)
    return np.asarray(filled.to_numpy(zero_copy_only=False)).astype(kind)


def _binary_text(field: Field, column: pa.Array) -> list[pa.Array]:
    text = column.cast(pa.string()).fill_null("")
    if field.datatype == "char":
        content = _ascii(text).cast(pa.binary())
        counts = pc.binary_length(content)
    else:  # UCS-2, that is UTF-16 without surrogates' meaning; counted in units of two bytes
        content = pa.array([value.encode("utf-16-be") for value in text.to_pylist()], pa.binary())
        counts = pc.divide(pc.binary_length(content), 2)
    lengths = np.asarray(counts.to_numpy(zero_copy_only=False)).astype(">u4")
    return [_fixed(lengths[:, None]), content]


def _ascii(text: pa.Array) -> pa.Array:
    """The text, with a question mark for each character that is not ASCII."""
    if pc.all(pc.string_is_ascii(text)).as_py() in (True, None):
        return text
    return pc.replace_substring_regex(text, "[^\\x00-\\x7f]", "?")


def _binary_array(field: Field, column: pa.Array, kind: np.dtype[Any]) -> list[pa.Array]:
    lists = column.cast(pa.list_(column.type.value_type)).fill_null([])
    offsets = np.asarray(lists.offsets.to_numpy())
    values = _numbers(lists.values, kind)[offsets[0] : offsets[-1]].astype(kind.newbyteorder(">"))
    starts = ((offsets - offsets[0]) * kind.itemsize).astype(np.int32)
    content = pa.BinaryArray.from_buffers(
        pa.binary(), len(lists), [None, pa.py_buffer(starts), pa.py_buffer(values.tobytes())]
    )
    if "*" not in str(field.arraysize):
        return [content]
    return [_fixed(np.diff(offsets).astype(">u4")[:, None]), content]


def _fixed(values: npt.NDArray[Any]) -> pa.Array:
    """Rows of an array, each as so many bytes."""
    width = values.dtype.itemsize * values.shape[1]
    offsets = np.arange(len(values) + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(values).tobytes()
    return pa.BinaryArray.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


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
    for plain, entity in _ENTITIES:
        if pc.any(pc.match_substring(text, plain)).as_py():
            text = pc.replace_substring(text, plain, entity)
    if pc.any(pc.match_substring_regex(text, _FORBIDDEN)).as_py():
        text = pc.replace_substring_regex(text, _FORBIDDEN, "\N{REPLACEMENT CHARACTER}")
    return text
