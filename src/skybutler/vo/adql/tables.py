"""Tables that can be asked for in ADQL, and what stands for them in SQL.  Knows neither queries nor databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skybutler.errors import InvalidQueryError, nearest
from skybutler.vo.field import Field

__all__ = ["Cone", "ForeignKey", "RegionColumn", "RowSource", "TapTable", "TapTables"]


@dataclass(frozen=True, slots=True)
class RegionColumn:
    """What stands in SQL for a column of regions.

    Parameters
    ----------
    key : `str`
        Column with the number of the region, by which the rows with certain regions are found.
    ra, dec : `str`
        Columns with its centre, ICRS degrees.
    area : `str`, optional
        Column with its area in square degrees.
    element : `str`, optional
        Dimension element whose regions they are, if `key` is the row of its record.
    """

    key: str
    ra: str
    dec: str
    area: str | None = None
    element: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose values are those of columns of another table.

    Parameters
    ----------
    target : `str`
        Schema and name of the other table.
    columns : `tuple` of (`str`, `str`)
        Names of columns here and there.
    description : `str`
        What it tells.
    """

    target: str
    columns: tuple[tuple[str, str], ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Cone:
    """A circle on the sky: centre, ICRS, and radius in degrees."""

    ra: float
    dec: float
    radius: float


class RowSource(Protocol):
    """Where rows of a table come from that are in no database and too many to be held."""

    def rows(self, cones: Sequence[Cone], most: int | None) -> Iterable[tuple[Any, ...]]:
        """Rows in the order of the fields.

        Parameters
        ----------
        cones : sequence of `Cone`
            In all of which positions must be.
        most : `int` or `None`
            As many as are wanted, whichever.

        Raises
        ------
        InvalidQueryError
            There are too many.
        """


@dataclass(frozen=True, slots=True)
class TapTable:
    """A table.

    Parameters
    ----------
    schema, name : `str`
        As users write them, ``ivoa`` and ``ObsCore``.
    fields : `tuple` [`Field`]
        Columns; those that only `regions` name are not among them.
    relation : `str`
        SQL that stands for the table in a FROM clause; of no account if there are `rows`.
    regions : mapping
        Columns of regions by name.
    identifiers : mapping
        Columns whose text ends with the UUID of a dataset, and the column with that UUID alone: a condition on the one
        is answered through the index of the other.
    description, utype : `str`
        For ``tap_schema``.
    kind, constants : `str`, `frozenset` [`str`]
        Column with the kind of row, and the columns that follow from it; a result need not carry them for each row.
    rows_of_kind : `str`
        Column that its SQL has if it is asked for: then there is one row for each kind, and it says how many there are.
    rows : sequence of `tuple`, optional
        All rows, where no database has them: values in the order of the fields, arrays as the bytes of their numbers in
        the machine's byte order.
    keys : `tuple` [`ForeignKey`]
        Other tables that this one refers to.
    source : `RowSource`, optional
        Where rows come from instead, by position.
    position : `tuple` of (`str`, `str`), optional
        Columns with right ascension and declination by which `source`, or who composes the table, finds rows.
    """

    schema: str
    name: str
    fields: tuple[Field, ...]
    relation: str
    regions: Mapping[str, RegionColumn] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    utype: str = ""
    rows: Sequence[tuple[Any, ...]] | None = None
    keys: tuple[ForeignKey, ...] = ()
    kind: str = ""
    constants: frozenset[str] = frozenset()
    rows_of_kind: str = ""
    source: RowSource | None = None
    position: tuple[str, str] | None = None

    @property
    def full_name(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    def field(self, name: str) -> Field | None:
        """The column of a name, in any case."""
        return next((f for f in self.fields if f.name.lower() == name.lower()), None)


class TapTables:
    """All tables of a service.

    Parameters
    ----------
    tables : iterable of `TapTable`
        Names are looked up in any case.
    """

    def __init__(self, tables: Iterable[TapTable]) -> None:
        self._tables = {table.full_name.lower(): table for table in tables}
        self.translations: dict[Any, Any] = {}
        """Those of queries to these tables, kept by `translate`."""

    def __iter__(self) -> Iterator[TapTable]:
        return iter(self._tables.values())

    def find(self, schema: str, name: str) -> TapTable:
        """The table of a name; the schema may be empty if no other schema has such a table.

        Raises
        ------
        InvalidQueryError
            There is none, or there are several; the nearest names are offered.
        """
        wanted = f"{schema}.{name}".lower() if schema else name.lower()
        if schema:
            found = [self._tables[wanted]] if wanted in self._tables else []
        else:
            found = [table for table in self if table.name.lower() == wanted]
        if len(found) == 1:
            return found[0]
        names = [table.full_name for table in self]
        if found:
            several = " and ".join(table.full_name for table in found)
            raise InvalidQueryError(f"There are several tables '{name}': {several}.", hint="Say which schema.")
        hint = nearest(wanted, names) or f"Tables are {', '.join(sorted(names))}."
        raise InvalidQueryError(f"There is no table '{f'{schema}.{name}' if schema else name}'.", hint=hint)
