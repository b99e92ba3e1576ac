"""Values as databases give them, as Arrow arrays of the type of a column.  Knows neither queries nor documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from skybutler.errors import InvalidError

from .field import NUMBERS, Field

__all__ = ["array_of", "arrow_type", "plain"]

_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "char": str, "unicodeChar": str, "boolean": bool, "float": float, "double": float,
}  # fmt: skip


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of the values of a column."""
    if field.datatype in NUMBERS:
        kind = pa.from_numpy_dtype(NUMBERS[field.datatype])
        return pa.list_(kind) if field.is_array else kind
    return pa.bool_() if field.datatype == "boolean" else pa.string()


def array_of(field: Field, values: Sequence[Any]) -> pa.Array:
    """Values of a column; a database may give integers where numbers have a point, and the other way round.

    Parameters
    ----------
    field : `Field`
        The column.
    values : sequence
        `None` for nulls; arrays as the bytes of their numbers.

    Raises
    ------
    InvalidError
        A computed value is too large for the type of its column.
    """
    kind = arrow_type(field)
    if field.is_array:
        return pa.array([None if v is None else np.frombuffer(v, NUMBERS[field.datatype]) for v in values], kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        convert = _CONVERSIONS.get(field.datatype, int)
    try:
        return pa.array([None if v is None else convert(v) for v in values], kind)
    except (pa.ArrowInvalid, ValueError, OverflowError) as error:
        raise InvalidError(f"A value of '{field.name}' cannot be given as '{field.datatype}': {error}.") from error


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of which no column is encoded as a dictionary."""
    if not any(pa.types.is_dictionary(kind) for kind in batch.schema.types):
        return batch
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
