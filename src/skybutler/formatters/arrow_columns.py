"""Arrow tables from and to numpy columns and astropy tables.  Knows neither files nor datasets.

What Arrow cannot say itself stands in the schema's metadata under the keys that LSST software uses: shapes of
multi-dimensional columns (``lsst::arrow::shape::NAME``), lengths of strings (``lsst::arrow::len::NAME``), number of
rows (``lsst::arrow::rowcount``), units, descriptions and table metadata (``table_meta_yaml``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skybutler.errors import FormatError

from .plain_yaml import load_yaml

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = [
    "TABLE_META",
    "arrow_to_astropy",
    "arrow_to_dict",
    "arrow_to_numpy",
    "astropy_to_arrow",
    "dict_to_arrow",
    "dict_to_numpy",
    "numpy_to_arrow",
    "numpy_to_dict",
]

Columns = Mapping[str, Any]

ROW_COUNT = b"lsst::arrow::rowcount"
TABLE_META = b"table_meta_yaml"


# ------------------------------------------------------------------ to arrow
def dict_to_arrow(columns: Columns) -> pa.Table:
    """Arrow table of named arrays of one length.

    Raises
    ------
    skybutler.errors.FormatError
        If lengths differ or a column has a type that Arrow does not know.
    """
    arrays = {name: np.ma.asanyarray(column) for name, column in columns.items()}
    lengths = {name: len(array) if array.ndim else None for name, array in arrays.items()}
    if len(set(lengths.values())) > 1 or None in lengths.values():
        raise FormatError(f"Columns of a table need one length, not {lengths}.")
    metadata = {ROW_COUNT: str(next(iter(lengths.values()), 0)).encode()}
    fields, data = [], []
    for name, array in arrays.items():
        metadata |= _column_metadata(name, array)
        column = _to_arrow(name, array)
        fields.append(pa.field(name, column.type))
        data.append(column)
    return pa.Table.from_arrays(data, schema=pa.schema(fields, metadata=metadata))


def numpy_to_arrow(array: np.ndarray[Any, Any]) -> pa.Table:
    """Arrow table of a structured array."""
    return dict_to_arrow(_fields(array))


def astropy_to_arrow(table: Table) -> pa.Table:
    """Arrow table of an astropy table, with its units, descriptions and metadata."""
    from astropy.table import Table
    from astropy.table.meta import get_yaml_from_table
    from astropy.table.serialize import represent_mixins_as_columns

    plain = represent_mixins_as_columns(Table(table, copy=False) if not table.has_mixin_columns else table)
    converted = dict_to_arrow({name: plain[name] for name in plain.colnames})
    fields = []
    for name in plain.colnames:
        described = {"description": plain[name].description or "", "unit": str(plain[name].unit or "")}
        notes = {key: text for key, text in described.items() if text}
        fields.append(converted.schema.field(name).with_metadata(notes or None))
    metadata = {**converted.schema.metadata, TABLE_META: "\n".join(get_yaml_from_table(plain)).encode()}
    return pa.Table.from_arrays(converted.columns, schema=pa.schema(fields, metadata=metadata))


def _column_metadata(name: str, array: np.ndarray[Any, Any]) -> dict[bytes, bytes]:
    metadata = {}
    if array.ndim > 2:
        metadata[f"lsst::arrow::shape::{name}".encode()] = str(array.shape[1:]).encode()
    if array.dtype.kind in "US":
        length = array.dtype.itemsize // (4 if array.dtype.kind == "U" else 1)
        metadata[f"lsst::arrow::len::{name}".encode()] = str(length).encode()
    return metadata


def _to_arrow(name: str, array: np.ndarray[Any, Any]) -> pa.Array:
    mask = np.ma.getmaskarray(array) if np.ma.is_masked(array) else None
    plain = np.asarray(array)
    if not plain.dtype.isnative:  # FITS tables are big-endian
        plain = plain.astype(plain.dtype.newbyteorder("="))
    try:
        if plain.ndim == 1:
            texts = plain.dtype.kind == "U"
            return pa.array(plain.tolist(), pa.string(), mask=mask) if texts else pa.array(plain, mask=mask)
        flat = pa.array(plain.reshape(-1), mask=None if mask is None else mask.reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, int(np.prod(plain.shape[1:])))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise FormatError(f"Column {name!r} of dtype {array.dtype} cannot be stored: {error}") from error


def _fields(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    if array.dtype.names is None:
        raise FormatError(f"An array of dtype {array.dtype} has no columns; a table needs a structured array.")
    return {name: array[name] for name in array.dtype.names}


# ---------------------------------------------------------------- from arrow
def arrow_to_dict(table: pa.Table) -> dict[str, Any]:
    """Arrays by column name; columns with nulls are masked arrays."""
    metadata = table.schema.metadata or {}
    return {name: _to_numpy(name, table[name], metadata) for name in table.column_names}


def arrow_to_numpy(table: pa.Table) -> np.ndarray[Any, Any]:
    """Structured array, masked if any column has nulls."""
    return dict_to_numpy(arrow_to_dict(table))


def dict_to_numpy(columns: Columns) -> np.ndarray[Any, Any]:
    """Structured array of named arrays of one length."""
    arrays = {name: np.ma.asanyarray(column) for name, column in columns.items()}
    dtype = [(name, array.dtype, array.shape[1:]) for name, array in arrays.items()]
    n = len(next(iter(arrays.values()), ()))
    masked = any(isinstance(columns[name], np.ma.MaskedArray) for name in arrays)
    result: Any = np.ma.zeros(n, dtype=dtype) if masked else np.zeros(n, dtype=dtype)
    for name, array in arrays.items():
        if array.shape[:1] != (n,):
            raise FormatError(
                f"Columns of a table need one length, but {name!r} has shape {array.shape}, not {n} rows."
            )
        result[name] = array if masked else np.asarray(array)
    return result  # type: ignore[no-any-return]


def numpy_to_dict(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Arrays by field name of a structured array."""
    return _fields(array)


def arrow_to_astropy(table: pa.Table) -> Table:
    """Astropy table with the units, descriptions and metadata that the schema has."""
    from astropy.table import Table

    result = Table(arrow_to_dict(table), copy=False)
    for name in table.column_names:
        for key, value in (table.schema.field(name).metadata or {}).items():
            if key in (b"description", b"unit"):
                setattr(result[name], key.decode(), value.decode())
    text = (table.schema.metadata or {}).get(TABLE_META)
    if text is not None:
        _apply_header(result, load_yaml(text, "the table metadata"))
    return result


def _apply_header(table: Table, header: Any) -> None:
    for column in header.get("datatype", []):
        if column.get("name") in table.colnames:
            for key in ("unit", "description", "format"):
                if isinstance(column.get(key), str):
                    setattr(table[column["name"]], key, column[key])
    meta = header.get("meta", {})  # a mapping, or an ordered one as pairs
    table.meta.update(dict(meta))


def _to_numpy(name: str, column: pa.ChunkedArray, metadata: Mapping[bytes, bytes]) -> np.ndarray[Any, Any]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_fixed_size_list(kind):
        flat = pa.chunked_array([chunk.flatten() for chunk in column.chunks], type=kind.value_type)
        shape = _shape(metadata.get(f"lsst::arrow::shape::{name}".encode()), kind.list_size)
        return _to_numpy(name, flat, metadata).reshape(-1, *shape)
    nulls = column.null_count > 0
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _texts(column, "U", metadata.get(f"lsst::arrow::len::{name}".encode()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _texts(column, "S", metadata.get(f"lsst::arrow::len::{name}".encode()))
    if not nulls or pa.types.is_nested(kind) or pa.types.is_temporal(kind):  # a missing time is NaT
        return column.to_numpy()  # type: ignore[no-any-return]
    if pa.types.is_null(kind):
        return np.ma.MaskedArray(np.zeros(len(column)), mask=True)
    filling = float("nan") if pa.types.is_floating(kind) else 0
    filled = pc.fill_null(column, pa.scalar(filling).cast(kind))
    return np.ma.MaskedArray(filled.to_numpy(), mask=column.is_null().to_numpy())


def _texts(column: pa.ChunkedArray, kind: str, length: bytes | None) -> np.ndarray[Any, Any]:
    values = column.to_pylist()
    empty: Any = "" if kind == "U" else b""
    width = int(length) if length is not None else 0
    plain = [empty if value is None else value for value in values]
    longest = max([width, 1, *map(len, plain)])  # a stored length may be stale, and numpy would cut
    array = np.array(plain, dtype=f"{kind}{longest}")
    if column.null_count:
        return np.ma.MaskedArray(array, mask=[value is None for value in values])
    return array


def _shape(text: bytes | None, size: int) -> tuple[int, ...]:
    shape = ast.literal_eval(text.decode()) if text is not None else (size,)
    if not isinstance(shape, tuple) or int(np.prod(shape)) != size:
        raise FormatError(f"The recorded shape {shape} does not fit a list of {size} values.")
    return shape
