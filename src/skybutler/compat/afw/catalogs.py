"""Catalogs with the spellings of lsst.afw.table.  Knows no files and no butler."""

# ruff: noqa: N802 - the names are those of lsst.afw

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.errors import InvalidError
from skybutler.tables import Catalog as PlainCatalog
from skybutler.tables import ExposureCatalog as PlainExposureCatalog
from skybutler.tables import PeakCatalog as PlainPeakCatalog
from skybutler.tables import SimpleCatalog as PlainSimpleCatalog
from skybutler.tables import SourceCatalog as PlainSourceCatalog

from .pixels import Place
from .records import ExposureRecord, PeakRecord, Record, SimpleRecord, SourceRecord, with_slots
from .schema import Key, Schema, name_of

__all__ = [
    "Catalog",
    "ExposureCatalog",
    "PeakCatalog",
    "SimpleCatalog",
    "SimpleTable",
    "SourceCatalog",
    "SourceTable",
    "Table",
    "catalog_of",
]


class Catalog(Wrapped):
    """A table of columns.

    Parameters
    ----------
    of : `Schema`, table or catalog
        Fields of an empty catalog, or a catalog whose rows to share (or copy, if ``deep``).
    deep : `bool`
        Whether values of a catalog are copied.
    """

    __slots__ = ()
    plain_type: ClassVar[type[PlainCatalog]] = PlainCatalog
    record: ClassVar[type[Record]] = Record
    storage_class: ClassVar[str] = "Catalog"

    def __init__(self, of: Any = None, deep: bool = False) -> None:
        if isinstance(of, Catalog | PlainCatalog):
            self.plain = to_plain(of).copy(deep=deep)
            return
        schema = of.schema if isinstance(of, Table) else of
        if schema is not None and not isinstance(schema, Schema):
            raise InvalidError(f"{type(self).__name__} cannot be made of {of!r}.", hint="Give a schema or a catalog.")
        plain = None if schema is None else schema.plain
        self.plain = self.plain_type() if plain is None else self.plain_type(fields=plain, aliases=plain.aliases.copy())

    @classmethod
    def readFits(cls, filename: Place, *_: Any, **__: Any) -> Self:
        """Read a file: a path or a URL."""
        from .files import read_file

        found = read_file(filename, cls.storage_class)
        return cls.of(found)

    def writeFits(self, filename: str | os.PathLike[str], *_: Any, **__: Any) -> None:
        """Write a file."""
        from .files import write_file

        write_file(self.plain, filename, self.storage_class)

    # ------------------------------------------------------------------ columns
    def getSchema(self) -> Schema:
        """Fields."""
        return Schema.of(self.plain.schema)

    @property
    def schema(self) -> Schema:
        """Fields."""
        return self.getSchema()

    @property
    def table(self) -> Table:
        """What makes records of these fields."""
        return _TABLES[type(self)](self.schema)

    def getTable(self) -> Table:
        """What makes records of these fields."""
        return self.table

    @property
    def columns(self) -> Self:
        """The columns: the catalog itself."""
        return self

    def getColumnView(self) -> Self:
        """The columns: the catalog itself."""
        return self

    def get(self, key: Any) -> Any:
        """A column."""
        return self[key]

    def extract(self, *patterns: str, **_: Any) -> dict[str, Any]:
        """Columns whose names match patterns with wildcards (``base_*``), by name."""
        return {name: self.plain[field.name] for name, field in self.plain.schema.extract(*patterns).items()}

    def getMetadata(self) -> Any:
        """What is said of the whole table."""
        return to_compat(self.plain.metadata)

    metadata = property(getMetadata)

    # --------------------------------------------------------------------- rows
    def __getitem__(self, key: Any) -> Any:
        key = name_of(key)
        if isinstance(key, int | np.integer):
            return self.record.of(self.plain[key])
        found = self.plain[key]
        return self.of(found) if isinstance(found, PlainCatalog) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        key = name_of(key)
        if isinstance(key, int | np.integer):
            self[key].assign(value)
        else:
            self.plain[key] = value

    def __iter__(self) -> Iterator[Any]:
        return map(self.record.of, self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def __contains__(self, item: object) -> bool:
        return name_of(item) in self.plain

    def subset(self, *rows: Any) -> Self:
        """Rows chosen by a mask, or by start, stop and step."""
        return self.of(self.plain[np.asarray(rows[0]) if len(rows) == 1 else slice(*rows)])

    def copy(self, deep: bool = False) -> Self:
        """Another catalog of the same rows, with values of its own if ``deep``."""
        return self.of(self.plain.copy(deep=deep))

    def isContiguous(self) -> bool:
        """Whether columns are arrays; they always are."""
        return True

    def addNew(self) -> Any:
        """Add a blank row at the end and give it; to add many, `resize` once."""
        self.resize(len(self) + 1)
        return self[len(self) - 1]

    def append(self, record: Record) -> None:
        """Add a row with the values of another."""
        self.addNew().assign(record)

    def resize(self, n: int) -> None:
        """Make it some rows long: blank ones are added, or last ones dropped."""
        have = len(self)
        if n <= have:
            self.plain = self.plain[:n]
            return
        schema = self.plain.schema
        more = self.plain_type(fields=schema, length=n - have, aliases=schema.aliases.copy())
        self.plain = self.plain_type.concatenate([self.plain, more])

    def reserve(self, n: int) -> None:
        """Nothing; accepted."""

    def extend(self, iterable: Iterable[Any], deep: bool = False, mapper: Any = None) -> None:
        """Add the rows of a catalog, or several rows."""
        if isinstance(iterable, Catalog) and iterable.plain.schema == self.plain.schema:
            self.plain = self.plain_type.concatenate([self.plain, iterable.plain])
            return
        rows = list(iterable)
        first = len(self)
        self.resize(first + len(rows))
        for i, row in enumerate(rows):
            self[first + i].assign(row)

    def sort(self, key: Any = "id") -> None:
        """Bring the rows into ascending order."""
        self.plain.sort(name_of(key))

    # -------------------------------------------------------------------- other
    def asAstropy(self, cls: Any = None, copy: bool = False, unviewable: str = "copy") -> Any:
        """An astropy table, with units and descriptions."""
        table = self.plain.to_astropy()
        table = table.copy() if copy else table
        return table if cls is None or isinstance(table, cls) else cls(table)

    def __eq__(self, other: object) -> bool:
        return bool(self.plain == other.plain) if isinstance(other, Catalog) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class SimpleCatalog(Catalog):
    """Things with an id and a place on the sky."""

    __slots__ = ()
    plain_type = PlainSimpleCatalog
    record = SimpleRecord
    storage_class = "SimpleCatalog"

    def find(self, value: Any, key: Any = None) -> Any:
        """The row of an id (or with a value of another column), or `None`."""
        found = np.flatnonzero(self.plain["id" if key is None else name_of(key)] == value)
        return self[int(found[0])] if len(found) else None

    def getId(self) -> npt.NDArray[np.int64]:
        """Ids."""
        return self.plain["id"]  # type: ignore[no-any-return]

    def getRa(self) -> npt.NDArray[np.float64]:
        """Right ascensions, radians."""
        return self.plain["coord_ra"]  # type: ignore[no-any-return]

    def getDec(self) -> npt.NDArray[np.float64]:
        """Declinations, radians."""
        return self.plain["coord_dec"]  # type: ignore[no-any-return]

    def isSorted(self, key: Any = "id") -> bool:
        """Whether rows are in ascending order."""
        column = self.plain[name_of(key)]
        return bool((column[1:] >= column[:-1]).all())


class SourceCatalog(SimpleCatalog):
    """Sources measured on an image."""

    __slots__ = ()
    plain_type = PlainSourceCatalog
    record = SourceRecord
    storage_class = "SourceCatalog"

    def getParent(self) -> npt.NDArray[np.int64]:
        """Ids of the blends that sources were a part of."""
        return self.plain["parent"]  # type: ignore[no-any-return]

    def getChildren(self, parent: int, *_: Any) -> Self:
        """Sources that were parts of a blend; 0 gives those that were part of none."""
        return self.of(self.plain.children(parent))

    def definePsfFlux(self, measurement: str) -> None:
        """Say which measurement `getPsfInstFlux` means."""
        self.plain.define_slot("PsfFlux", measurement)

    def defineCentroid(self, measurement: str) -> None:
        """Say which measurement `getX` means."""
        self.plain.define_slot("Centroid", measurement)

    def defineShape(self, measurement: str) -> None:
        """Say which measurement `getIxx` means."""
        self.plain.define_slot("Shape", measurement)


with_slots(SourceCatalog)


class Table:
    """Makes records of some fields.

    Parameters
    ----------
    schema : `Schema`
        The fields.
    """

    catalog: ClassVar[type[Catalog]] = Catalog

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    @classmethod
    def make(cls, schema: Schema, *_: Any) -> Self:
        """A table of some fields."""
        return cls(schema)

    @classmethod
    def makeMinimalSchema(cls) -> Schema:
        """The fields that every table of the kind has."""
        return Schema.of(cls.catalog.plain_type().schema.copy())

    def getSchema(self) -> Schema:
        """The fields."""
        return self.schema

    def makeRecord(self) -> Any:
        """A blank row of a catalog of its own."""
        return self.catalog(self.schema).addNew()


class SimpleTable(Table):
    """Makes records of things with an id and a place on the sky."""

    catalog = SimpleCatalog

    @staticmethod
    def getIdKey() -> Key:
        """Key of ids."""
        return Key("id")

    @staticmethod
    def getCoordKey() -> tuple[Key, Key]:
        """Keys of right ascension and declination."""
        return Key("coord_ra"), Key("coord_dec")


class SourceTable(SimpleTable):
    """Makes records of sources."""

    catalog = SourceCatalog

    @staticmethod
    def getParentKey() -> Key:
        """Key of parents."""
        return Key("parent")


_TABLES: dict[type[Catalog], type[Table]] = {
    Catalog: Table,
    SimpleCatalog: SimpleTable,
    SourceCatalog: SourceTable,
}


class ExposureCatalog(Catalog):
    """Exposures, their boxes and what belongs to them."""

    __slots__ = ()
    plain_type = PlainExposureCatalog
    record = ExposureRecord
    storage_class = "ExposureCatalog"

    def find(self, value: int) -> Any:
        """The row of an id, or `None`."""
        found = self.plain.find(value)
        return None if found is None else self.record.of(found)

    def subsetContaining(self, place: Any, *_: Any) -> Self:
        """The exposures that saw a place on the sky."""
        return self.of(self.plain.containing(*place.get_position()))


class _ExposureTable(Table):
    catalog = ExposureCatalog


_TABLES[ExposureCatalog] = _ExposureTable


class PeakCatalog(Catalog):
    """Peaks of detections."""

    __slots__ = ()
    record = PeakRecord
    plain_type = PlainPeakCatalog
    storage_class = "PeakCatalog"


class _PeakTable(Table):
    catalog = PeakCatalog


_TABLES[PeakCatalog] = _PeakTable
_CLASSES: dict[type[PlainCatalog], type[Catalog]] = {
    kind.plain_type: kind for kind in (Catalog, SimpleCatalog, SourceCatalog, ExposureCatalog, PeakCatalog)
}


def catalog_of(plain: PlainCatalog) -> Catalog:
    """A catalog of the class for it."""
    kind = next(_CLASSES[parent] for parent in type(plain).__mro__ if parent in _CLASSES)
    return kind.of(plain)
