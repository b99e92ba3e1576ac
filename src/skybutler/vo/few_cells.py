"""Few rows as the cells of a VOTable's BINARY2, value by value: sooner than whole columns are.  Knows no documents.

Work on a column costs as much for one row as for hundreds; most answers have a few rows and many columns.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .field import Field

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MOST", "few_rows"]

MOST = 40
"""Up to so many rows this is faster."""
_NUMBERS = {
    "unsignedByte": ">B",
    "short": ">h",
    "int": ">i",
    "long": ">q",
    "float": ">f",
    "double": ">d",
}
_COUNT = struct.Struct(">I").pack
_NAN = float("nan")


def few_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> bytes | None:
    """Rows of a batch as they follow one another in a BINARY2 stream; `None` if some value is not as plain as most.

    Parameters
    ----------
    fields : sequence of `Field`
        One per column of the batch.
    batch : `pyarrow.RecordBatch`
        Values.
    """
    n, width = batch.num_rows, -(-len(fields) // 8)
    masks, cells = [0] * n, []
    try:
        for i, (field, column) in enumerate(zip(fields, batch.columns, strict=True)):
            encode, empty = _encoder(field.datatype, field.is_array, column.type)
            values = column.to_pylist()
            if None not in values:
                cells.append(list(map(encode, values)))
                continue
            bit = 1 << (8 * width - 1 - i)
            made = []
            for row, value in enumerate(values):
                if value is None:
                    masks[row] |= bit
                    made.append(empty)
                else:
                    made.append(encode(value))
            cells.append(made)
    except (struct.error, OverflowError, TypeError, AttributeError):  # of another type, or too large for the column's
        return None
    heads = (mask.to_bytes(width, "big") for mask in masks)
    return b"".join([cell for row in zip(heads, *cells, strict=True) for cell in row])


@lru_cache(maxsize=256)
def _encoder(datatype: str, is_array: bool, kind: pa.DataType) -> tuple[Callable[[Any], bytes], bytes]:
    """What makes a cell of a value, and the cell of none."""
    import pyarrow as pa

    if datatype == "unicodeChar":
        return _unicode, _COUNT(0)
    if datatype == "char":
        return _ascii, _COUNT(0)
    if is_array:
        raise TypeError(datatype)
    if datatype == "boolean":
        return _boolean, b"?"
    pack = struct.Struct(_NUMBERS[datatype]).pack
    return pack, pack(_NAN) if pa.types.is_floating(kind) else pack(0)


def _ascii(value: str) -> bytes:
    content = value.encode("ascii", "replace")
    return _COUNT(len(content)) + content


def _unicode(value: str) -> bytes:
    content = value.encode("utf-16-be")
    return _COUNT(len(content) // 2) + content


def _boolean(value: bool) -> bytes:
    return b"T" if value else b"F"
