"""Tables of measurements in columns, with rows as views, aliases and metadata.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import numpy as np

from skybutler.errors import InvalidError, MissingColumnError, nearest
from skybutler.images.metadata import Metadata

from .aliases import Aliases
from .field import Field, field_of
from .objects import ObjectColumn
from .record import Record
from .schema import Schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from astropy.table import Table

__all__ = ["Catalog"]


class Catalog:
    """A table of columns of one length.

    ``catalog["name"]`` is the column itself, an array that can be written to; ``catalog[3]`` a view of one row;
    ``catalog[10:20]`` a catalog that shares its values; ``catalog[mask]`` or ``catalog[numbers]`` one of its own with
    the chosen rows; ``catalog[["id", "x"]]`` one of some columns.

    Parameters
    ----------
    columns : mapping, optional
        Values by column name: arrays, or astropy columns, whose units and descriptions are taken over.
    fields : iterable of `Field`, optional
        What the columns are.  Those without values are blank (NaN, 0, `False`); columns without a field get one that
        fits their values.  Those that every catalog of the class has come first and need not be named.
    length : `int`, optional
        Number of rows, where no column tells.
    aliases : mapping, optional
        Other names for columns, see `Aliases`.
    metadata : mapping, optional
        What is said of the whole table.
    objects : mapping, optional
        `ObjectColumn`, or an object per row, by name, for the names that the class has.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for columns of different lengths or values that do not fit their field.
    """

    fixed: ClassVar[tuple[Field, ...]] = ()
    """Fields that every catalog of the class has."""

    object_names: ClassVar[tuple[str, ...]] = ()
    """Names of its columns of objects."""

    record_type: ClassVar[type[Record]] = Record
    """Class of its rows."""

    def __init__(
        self,
        columns: Mapping[str, Any] | None = None,
        *,
        fields: Iterable[Field] = (),
        length: int | None = None,
        aliases: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        objects: Mapping[str, Any] | None = None,
    ) -> None:
        given, described = dict(columns or {}), {field.name: field for field in fields}
        needed = {field.name: described.get(field.name, field) for field in self.fixed}
        wanted = {**needed, **described}
        for name, values in given.items():
            if name not in wanted:
                wanted[name] = field_of(name, values)
        if length is None:
            sized = (v for v in [*given.values(), *(objects or {}).values()] if hasattr(v, "__len__"))
            length = next((len(v) for v in sized if not isinstance(v, str)), 0)
        names = aliases if isinstance(aliases, Aliases) else Aliases(aliases or {})
        self._columns = {
            name: field.column(given[name], length) if name in given else field.blank(length)
            for name, field in wanted.items()
        }
        if wrong := {name: len(column) for name, column in self._columns.items() if len(column) != length}:
            raise InvalidError(f"Columns of a catalog need one length, {length}, but some have others: {wrong}.")
        self.schema = Schema(wanted.values(), names)
        self.metadata = metadata if isinstance(metadata, Metadata) else Metadata(metadata or {})
        self._objects = self._checked_objects(objects or {}, length)
        self._length = length

    # ------------------------------------------------------------------------------------------------------ reading
    @property
    def aliases(self) -> Aliases:
        """Other names for columns."""
        return self.schema.aliases

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return self.schema.names

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, key: str) -> np.ndarray[Any, Any]: ...
    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> Any: ...  # of the class' record_type
    @overload
    def __getitem__(self, key: slice | np.ndarray[Any, Any] | list[str] | list[int]) -> Self: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            column = self._columns.get(self.aliases.resolve(key))
            return column if column is not None else self._columns[self.schema.find(key).name]
        if isinstance(key, int | np.integer):
            return self.record_type(self, self._row(int(key)))
        if isinstance(key, list | tuple) and key and all(isinstance(name, str) for name in key):
            return self._of_columns([self.schema.find(name).name for name in key])
        return self._of_rows(key)

    def __iter__(self) -> Iterator[Any]:
        return (self.record_type(self, row) for row in range(len(self)))

    def __contains__(self, name: object) -> bool:
        return name in self.schema

    def objects(self, name: str) -> ObjectColumn:
        """A column of objects, such as ``footprint``.

        Raises
        ------
        skybutler.errors.MissingColumnError
            Raised if catalogs of this class have none of this name.
        """
        if name not in self._objects:
            hint = nearest(name, self.object_names) or f"It has {', '.join(self.object_names) or 'none'}."
            raise MissingColumnError(f"A {type(self).__name__} has no objects {name!r}.", hint=hint)
        return self._objects[name]

    def __eq__(self, other: object) -> bool:
        """Whether class, fields, aliases, metadata and values are equal; NaN equals NaN, objects are not compared."""
        if not isinstance(other, Catalog):
            return NotImplemented
        return (
            type(self) is type(other)
            and self.schema == other.schema
            and dict(self.aliases) == dict(other.aliases)
            and self.metadata == other.metadata
            and all(_equal(column, other._columns[name]) for name, column in self._columns.items())
        )

    __hash__ = None  # type: ignore[assignment]

    # ------------------------------------------------------------------------------------------------------ writing
    def __setitem__(self, name: str, values: Any) -> None:
        """Set a column, or add one whose field fits the values."""
        if name in self.schema:
            field = self.schema.find(name)
            self._columns[field.name][...] = field.column(values, len(self))
        else:
            self.add_column(field_of(name, values), values)

    def set_value(self, name: str, row: int, value: Any) -> None:
        """Set one value.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if it does not fit the column.
        """
        field = self.schema.find(name)
        values = [value] if field.has_any_length else np.asarray(value)[np.newaxis]
        self._columns[field.name][self._row(row)] = field.column(values)[0]

    def add_column(self, field: Field, values: Any = None) -> None:
        """Add a column at the end, blank without values; a catalog that this is a part of does not get it.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if there is such a column, or for values that do not fit.
        """
        if field.name in self._columns:
            raise InvalidError(f"The catalog already has a column {field.name!r}.")
        column = field.blank(len(self)) if values is None else field.column(values, len(self))
        if len(column) != len(self):
            raise InvalidError(f"Column {field.name!r} has {len(column)} values for {len(self)} rows.")
        self.schema.add(field.name, field.type, field.doc, field.unit, field.size)
        self._columns[field.name] = column

    def remove_column(self, name: str) -> None:
        """Take a column away.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for one that every catalog of the class has.
        """
        field = self.schema.find(name)
        if field.name in {fixed.name for fixed in self.fixed}:
            raise InvalidError(f"Every {type(self).__name__} has a column {field.name!r}.")
        del self._columns[field.name]
        self.schema = Schema((f for f in self.schema if f is not field), self.aliases)

    def sort(self, by: str = "id") -> None:
        """Bring the rows into ascending order of a column, in place; equal ones keep their order."""
        order = np.argsort(self[by], kind="stable")
        for column in self._columns.values():
            column[...] = column[order]
        self._objects = {name: objects.take(order) for name, objects in self._objects.items()}

    # ------------------------------------------------------------------------------------------------ other catalogs
    def copy(self, deep: bool = False) -> Self:
        """A catalog with columns, aliases and metadata of its own; with ``deep`` also values of its own."""
        columns = {name: _deep(column) if deep else column for name, column in self._columns.items()}
        objects = {name: held.copy() if deep else held for name, held in self._objects.items()}
        return self._like(columns, objects, len(self))

    @classmethod
    def concatenate(cls, catalogs: Iterable[Catalog]) -> Self:
        """The rows of several catalogs of the same fields, one after the other; metadata are those of the first.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for none, or if fields differ.
        """
        found = list(catalogs)
        if not found:
            raise InvalidError("There are no catalogs to concatenate.")
        first = found[0]
        for other in found[1:]:
            if other.schema != first.schema:
                names = sorted({f.name for f in first.schema} ^ {f.name for f in other.schema})
                reason = f"only one has {', '.join(names[:5])}" if names else "types, units or order are different"
                raise InvalidError(f"Catalogs of different columns cannot be concatenated: {reason}.")
        columns = {name: np.concatenate([c._columns[name] for c in found]) for name in first.names}
        objects = {n: ObjectColumn.joined(c.objects(n) for c in found) for n in cls.object_names if n in first._objects}
        return cls(
            columns, fields=first.schema, aliases=first.aliases.copy(), metadata=first.metadata.copy(), objects=objects,
            length=sum(map(len, found)),
        )  # fmt: skip

    @classmethod
    def from_astropy(cls, table: Table) -> Self:
        """A catalog of an astropy table, with its units, descriptions and metadata.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for columns that a catalog cannot have.
        """
        from .conversions import from_astropy

        return from_astropy(cls, table)

    @classmethod
    def from_pandas(cls, frame: pd.DataFrame) -> Self:
        """A catalog of a data frame; a named index is a column.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for columns that a catalog cannot have, or missing values other than of real numbers and texts.
        """
        from .conversions import from_pandas

        return from_pandas(cls, frame)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """A catalog of an Arrow table, with the units and descriptions of its fields.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for columns that a catalog cannot have, or missing values other than of real numbers and texts.
        """
        from .conversions import from_arrow

        return from_arrow(cls, table)

    def to_astropy(self) -> Table:
        """An astropy table with units, descriptions and metadata; values are shared, objects are left out."""
        from .conversions import to_astropy

        return to_astropy(self)

    def to_pandas(self) -> pd.DataFrame:
        """A data frame; array columns hold one array per row, objects are left out."""
        from .conversions import to_pandas

        return to_pandas(self)

    def to_arrow(self) -> pa.Table:
        """An Arrow table with units and descriptions of the fields."""
        from .conversions import to_arrow

        return to_arrow(self)

    # -------------------------------------------------------------------------------------------------- shown
    def __repr__(self) -> str:
        from .display import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from .display import as_html

        return as_html(self)

    # ------------------------------------------------------------------------------------------------------ inside
    def _like(self, columns: dict[str, Any], objects: dict[str, ObjectColumn], length: int) -> Self:
        """A catalog of the same class, fields and metadata around other columns, which are known to fit."""
        made = type(self).__new__(type(self))
        made._columns, made._objects, made._length = columns, objects, length
        made.schema = Schema((self.schema.find(name) for name in columns), self.aliases.copy())
        made.metadata = self.metadata.copy()
        return made

    def _of_rows(self, key: Any) -> Self:
        rows = self._row_selection(key)
        columns = {name: column[rows] for name, column in self._columns.items()}
        length = len(range(*rows.indices(len(self)))) if isinstance(rows, slice) else len(rows)
        return self._like(columns, {name: held.take(rows) for name, held in self._objects.items()}, length)

    def _of_columns(self, names: list[str]) -> Self:
        kept = list(dict.fromkeys([*names, *(f.name for f in self.fixed)]))
        return self._like({name: self._columns[name] for name in kept}, dict(self._objects), len(self))

    def _row_selection(self, key: Any) -> Any:
        if isinstance(key, slice):
            return key
        rows = np.asarray(key)
        if rows.size == 0 and rows.ndim == 1 and rows.dtype.kind == "f":
            rows = rows.astype(int)
        if rows.ndim != 1 or rows.dtype.kind not in "biu":
            raise InvalidError(
                f"Rows of a catalog are chosen by a number, a slice, a mask or numbers, not by {key!r:.80}."
            )
        if rows.dtype.kind == "b":
            if len(rows) != len(self):
                raise InvalidError(f"A mask of {len(rows)} values cannot choose among {len(self)} rows.")
            return np.flatnonzero(rows)  # once, not for each column
        if rows.size and not -len(self) <= rows.min() <= rows.max() < len(self):
            raise InvalidError(f"The catalog has {len(self)} rows; there is no {int(rows.max())} or {int(rows.min())}.")
        return rows

    def _row(self, row: int) -> int:
        if not -len(self) <= row < len(self):
            raise IndexError(f"The catalog has {len(self)} rows; there is no {row}.")
        return row % len(self)

    def _checked_objects(self, given: Mapping[str, Any], length: int) -> dict[str, ObjectColumn]:
        found = {}
        for name in self.object_names:
            held = given.get(name, [None] * length)
            found[name] = held if isinstance(held, ObjectColumn) else ObjectColumn(held)
            if len(found[name]) != length:
                raise InvalidError(f"There are {len(found[name])} objects {name!r} for {length} rows.")
        if unknown := given.keys() - found.keys():
            raise InvalidError(f"A {type(self).__name__} has no objects {sorted(unknown)}.")
        return found


def _equal(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    if a.dtype == object:
        return len(a) == len(b) and all(
            np.array_equal(x, y, equal_nan=getattr(x, "dtype", np.dtype(int)).kind == "f")
            for x, y in zip(a, b, strict=True)
        )
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _deep(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    made = column.copy()
    if made.dtype == object:
        for i, value in enumerate(made):
            made[i] = value.copy() if isinstance(value, np.ndarray) else value
    return made
