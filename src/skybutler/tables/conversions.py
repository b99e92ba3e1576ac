"""Catalogs as astropy tables, data frames and Arrow tables, and back.  Knows no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from skybutler.errors import InvalidError
from skybutler.images.metadata import Metadata

from .catalog import Catalog
from .field import Field, field_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from astropy.table import Table

__all__ = ["from_arrow", "from_astropy", "from_pandas", "to_arrow", "to_astropy", "to_pandas"]

_Kind = TypeVar("_Kind", bound=Catalog)


def from_astropy(cls: type[_Kind], table: Table) -> _Kind:
    """A catalog of an astropy table; values are shared where types allow."""
    columns: dict[str, Any] = {name: table[name] for name in table.colnames}
    metadata = Metadata()
    for key, value in table.meta.items():
        for element in value if isinstance(value, list | tuple) else (value,):
            kept = element.item() if isinstance(element, np.generic) else element
            metadata.add(str(key), kept if isinstance(kept, bool | int | float | str | None) else str(kept))
    fixed = {field.name: field for field in cls.fixed}
    fields = []
    for name, column in columns.items():
        field = _described(fixed[name], column) if name in fixed else field_of(name, column)
        if field.type == "Angle" and str(column.unit) == "deg":
            columns[name] = np.radians(column.data)
        fields.append(field)
    return cls(columns, fields=fields, length=len(table), metadata=metadata)


def _described(fixed: Field, column: Any) -> Field:
    """A field that the class has, with what the column says of itself."""
    own = field_of(fixed.name, column)
    kind = own.type if fixed.type in ("D", "F") and own.type in ("D", "F") else fixed.type
    return Field(fixed.name, kind, own.doc or fixed.doc, own.unit or fixed.unit)


def from_pandas(cls: type[_Kind], frame: pd.DataFrame) -> _Kind:
    """A catalog of a data frame; a named index is a column."""
    import pyarrow as pa

    named = any(name is not None for name in frame.index.names)
    return from_arrow(cls, pa.Table.from_pandas(frame.reset_index() if named else frame, preserve_index=False))


def from_arrow(cls: type[_Kind], table: pa.Table) -> _Kind:
    """A catalog of an Arrow table, with the units and descriptions of its fields."""
    columns, fields = {}, []
    fixed = {field.name: field for field in cls.fixed}
    for described in table.schema:
        notes = {key.decode(): text.decode() for key, text in (described.metadata or {}).items()}
        values = _of_arrow(described.name, table[described.name])
        found = fixed.get(described.name) or field_of(described.name, values)
        unit = notes.get("unit", found.unit)
        if found.type == "Angle" and unit == "deg":
            values = np.radians(values)
        columns[described.name] = values
        fields.append(Field(found.name, found.type, notes.get("description", found.doc), unit, found.size))
    return cls(columns, fields=fields, length=table.num_rows)


def _of_arrow(name: str, column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        none = np.zeros(0, kind.value_type.to_pandas_dtype())
        flat = np.concatenate([none, *(np.asarray(chunk.flatten()) for chunk in column.chunks)])
        return flat.reshape(-1, kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ragged = np.empty(len(column), dtype=object)
        for i, values in enumerate(column.to_pylist()):
            ragged[i] = np.array(values or (), kind.value_type.to_pandas_dtype())
        return ragged
    if column.null_count and not (pa.types.is_floating(kind) or pa.types.is_string(kind)):
        raise InvalidError(
            f"Column {name!r} has missing values, which catalogs do not have for {kind}.",
            hint="Fill them first, or store the table with storage class ArrowTable.",
        )
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array([text or "" for text in column.to_pylist()], dtype=np.str_)
    plain: np.ndarray[Any, Any] = column.to_numpy()
    return plain


def to_astropy(catalog: Catalog) -> Table:
    """An astropy table of the same arrays, flags and other columns in their order."""
    import astropy.units as u
    from astropy.table import Column, Table

    columns = []
    for field in catalog.schema:
        unit = u.Unit(field.unit, parse_strict="silent") if field.unit else None
        values = catalog[field.name]
        columns.append(Column(values, name=field.name, unit=unit, description=field.doc or None, copy=False))
    return Table(columns, meta=_plain_metadata(catalog.metadata), copy=False)


def to_pandas(catalog: Catalog) -> pd.DataFrame:
    """A data frame of the columns."""
    import pandas as pd

    arrays = {name: catalog[name] for name in catalog.names}
    plain = {name: array if array.ndim == 1 else _per_row(array) for name, array in arrays.items()}
    return pd.DataFrame(plain, index=pd.RangeIndex(len(catalog)))


def to_arrow(catalog: Catalog) -> pa.Table:
    """An Arrow table; arrays of one length are lists of fixed size."""
    import pyarrow as pa

    fields, arrays = [], []
    for field in catalog.schema:
        values = catalog[field.name]
        if values.ndim == 2:
            array = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).reshape(-1)), field.size)
        else:
            array = pa.array(values.tolist(), pa.string()) if field.type == "String" else pa.array(values)
        notes = {key: text for key, text in (("description", field.doc), ("unit", field.unit)) if text}
        fields.append(pa.field(field.name, array.type, metadata=notes or None))
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _per_row(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = np.empty(len(array), dtype=object)
    for i, row in enumerate(array):
        rows[i] = row
    return rows


def _plain_metadata(metadata: Metadata) -> Mapping[str, Any]:
    values = {key: metadata.all_values(key) for key in metadata}
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}
