"""Every table of the registry, in one readable file.  Knows no SQL dialect beyond the names of column kinds.

Conventions
-----------
* Every table that others refer to has an integer surrogate ``k``; 16-byte dataset ids stand in ``dataset`` only.
* Dimension values that are text (instrument, band, physical_filter, ...) are interned: tables hold the integer of the
  `name` table, so that rows and indexes stay a few bytes wide.  A dimension's column has its name everywhere.
* A **key table** gives a data ID one integer: the table of the element whose required dimensions are exactly those of
  the data ID (``visit``, ``detector``, ``patch``, ``visit_detector_region``), else a table ``data_id_N``.  The empty
  data ID is 0.
* Regions stand once, in ``footprint``, ordered by size class and HEALPix pixel; timespans are two integer columns of
  TAI nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skybutler.errors import InconsistentUniverseError

from .database import ColumnKind, Database, quoted

if TYPE_CHECKING:
    from skybutler.dimensions import DimensionElement, DimensionUniverse

__all__ = [
    "EMPTY_DATA_ID",
    "SCHEMA_VERSION",
    "STATIC_TABLES",
    "Column",
    "Table",
    "data_id_table",
    "element_key_table",
    "element_table",
    "make_schema",
]

SCHEMA_VERSION = 3
"""Raised whenever a table changes; a repository of a higher version is refused, of a lower one migrated."""

EMPTY_DATA_ID = 0
"""``data_id`` of datasets without dimensions."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, kind and whether NULL is allowed."""

    name: str
    kind: ColumnKind
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table; ``clustered`` asks for rows stored in primary-key order where the database can."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    clustered: bool = False

    def kinds(self, *names: str) -> dict[str, ColumnKind]:
        """Kinds of the named columns (all but ``k`` when none are named), in the order given."""
        known = {c.name: c.kind for c in self.columns}
        return {n: known[n] for n in names or [c.name for c in self.columns if c.kind != "key"]}

    def statements(self, database: Database) -> Iterator[str]:
        """CREATE statements."""
        lines = []
        for column in self.columns:
            null = "" if column.nullable or column.kind == "key" else " NOT NULL"
            lines.append(f"{quoted(column.name)} {database.kinds[column.kind]}{null}")
        if self.primary_key:
            lines.append(f"PRIMARY KEY ({', '.join(map(quoted, self.primary_key))})")
        lines.extend(f"UNIQUE ({', '.join(map(quoted, names))})" for names in self.unique)
        tail = " WITHOUT ROWID" if self.clustered and database.dialect == "sqlite" else ""
        yield f"CREATE TABLE {quoted(self.name)} (\n  " + ",\n  ".join(lines) + f"\n){tail}"
        for names in self.indexes:
            index = quoted(f"{self.name}_{'_'.join(names)}")
            yield f"CREATE INDEX {index} ON {quoted(self.name)} ({', '.join(map(quoted, names))})"


def _table(name: str, columns: str, **options: object) -> Table:
    """A table from a compact text ``name kind, name kind?`` (``?`` allows NULL)."""
    made = []
    for item in columns.split(","):
        column, kind = item.split()
        made.append(Column(column, kind.rstrip("?"), kind.endswith("?")))  # type: ignore[arg-type]
    return Table(name, tuple(made), **options)  # type: ignore[arg-type]


REPOSITORY = _table("repository", "key text, value text", primary_key=("key",))
"""Facts about the repository: ``schema_version``, ``universe`` (JSON), ``created_by``."""

NAME = _table("name", "k key, text text", unique=(("text",),))
"""Interned text: values of text dimensions, formatter names, storage class names."""

DIMENSION_GROUP = _table("dimension_group", "k key, required text", unique=(("required",),))
"""Sets of required dimensions that got a table ``data_id_<k>``; names joined by ``,`` in canonical order."""

COLLECTION = _table(
    "collection", "k key, name text, kind int, doc text, host text?, begin int?, finish int?", unique=(("name",),)
)
"""Collections; ``kind`` is `CollectionType`, the last three are provenance of RUNs."""

COLLECTION_CHAIN = _table(
    "collection_chain", "parent int, position int, child int", primary_key=("parent", "position"), indexes=(("child",),)
)
"""Children of CHAINED collections in search order."""

DATASET_TYPE = _table(
    "dataset_type",
    "k key, name text, dimensions text, storage_class text, is_calibration bool, key_table text",
    unique=(("name",),),
)
"""Dataset types; ``dimensions`` are the required names joined by ``,``; ``dataset.data_id`` points to ``key_table``."""

DATASET = _table(
    "dataset",
    "k key, id id, dataset_type int, run int, data_id int, ingested int, "
    "path text?, formatter int?, storage_class int?, size int?, checksum bytes?",
    unique=(("id",), ("run", "dataset_type", "data_id")),
)
"""One row per dataset, its first artifact inline: ``path`` as the datastore gave it, names interned, size in bytes
(-1 not recorded), ``ingested`` in TAI nanoseconds.  A NULL path: nothing stored."""

ARTIFACT = _table(
    "artifact",
    "dataset int, component text, path text, formatter int, storage_class int, size int, checksum bytes?",
    primary_key=("dataset", "component"),
    clustered=True,
)
"""Further artifacts of a dataset: components written as files of their own."""

SHARED_FILE = _table("shared_file", "dataset int, path text", primary_key=("dataset",), indexes=(("path",),))
"""Datasets whose file was in the repository before them, so that others may be in it; it goes with the last of them."""

TRASH = _table("trash", "path text", primary_key=("path",))
"""Files to be removed: entered by the transaction that removed their rows, deleted after it."""

PROVENANCE = _table("provenance", "dataset int, quantum id?, extras text?", primary_key=("dataset",), clustered=True)
"""How a dataset was made: the quantum that made it, and flat names and values (JSON).  Its inputs are in `LINEAGE`."""

LINEAGE = _table(
    "lineage", "dataset int, position int, input id", primary_key=("dataset", "position"), indexes=(("input",),)
)
"""Inputs of datasets in their order, by id: they may be gone, or be in another repository."""

JOURNAL = _table("journal", "k key, time int, who text, action text, subject text, count int, details text?")
"""What was changed, when (TAI nanoseconds) and by whom: one row per transaction, action and subject.  It is written
with every change and seldom read, and so has no index but its order."""

TAG = _table(
    "tag",
    "collection int, dataset_type int, data_id int, dataset int",
    primary_key=("collection", "dataset_type", "data_id"),
    indexes=(("dataset",),),
    clustered=True,
)
"""Members of TAGGED collections: one dataset per type and data ID."""

CALIBRATION = _table(
    "calibration",
    "collection int, dataset_type int, data_id int, begin int, finish int, dataset int",
    primary_key=("collection", "dataset_type", "data_id", "begin"),
    indexes=(("dataset",),),
    clustered=True,
)
"""Members of CALIBRATION collections with half-open validity ranges, which never overlap for one type and data ID."""

COLLECTION_SUMMARY = _table(
    "collection_summary", "collection int, dataset_type int", primary_key=("collection", "dataset_type"), clustered=True
)
"""Dataset types that a collection holds or once held: searches skip collections without the type."""

COLLECTION_GOVERNOR = _table(
    "collection_governor",
    "collection int, dimension text, value int",
    primary_key=("collection", "dimension", "value"),
    clustered=True,
)
"""Instruments and sky maps of a collection's datasets (or once of them)."""

FOOTPRINT_SET = _table("footprint_set", "k key, element text, governor int", unique=(("element", "governor"),))
"""Regions are kept apart by element and instrument or sky map (interned; 0 where there is none)."""

FOOTPRINT_CLASS = _table(
    "footprint_class",
    "footprint_set int, size_class int, radius float",
    primary_key=("footprint_set", "size_class"),
    clustered=True,
)
"""The largest true radius (radians) in each size class: how far a search must look beyond its own edge."""

FOOTPRINT = _table(
    "footprint",
    "footprint_set int, size_class int, pixel int, k int, region bytes, ra float, dec float, radius float",
    primary_key=("footprint_set", "size_class", "pixel", "k"),
    unique=(("footprint_set", "k"),),
    clustered=True,
)
"""One row per region, in the order of its place on the sky: ``pixel`` is the nested order-29 HEALPix pixel of the
centre, ``k`` the row of the element's key table, ``region`` the sphgeom encoding; the last three are the circle around
it in degrees, for those who ask in SQL."""

STATIC_TABLES: tuple[Table, ...] = (
    REPOSITORY,
    NAME,
    DIMENSION_GROUP,
    COLLECTION,
    COLLECTION_CHAIN,
    DATASET_TYPE,
    DATASET,
    ARTIFACT,
    SHARED_FILE,
    TRASH,
    PROVENANCE,
    LINEAGE,
    JOURNAL,
    TAG,
    CALIBRATION,
    COLLECTION_SUMMARY,
    COLLECTION_GOVERNOR,
    FOOTPRINT_SET,
    FOOTPRINT_CLASS,
    FOOTPRINT,
)


_FEW_VALUES = ("detector", "band", "physical_filter", "subfilter")
"""Dimensions with few values; a question for one of them reads a good part of a table anyway."""

_METADATA_KINDS: dict[str, ColumnKind] = {
    "string": "text",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "hash": "bytes",
}


def _dimension_column(dimension: str, *, nullable: bool = False) -> Column:
    """The column that holds values of a dimension: integers, interned where the key is text."""
    return Column(dimension, "int", nullable)


def element_table(universe: DimensionUniverse, element: DimensionElement) -> Table:
    """The table of a dimension element's records (without its region, which is a `FOOTPRINT` row)."""
    columns = [Column("k", "key")]
    columns += [_dimension_column(d) for d in element.required]
    columns += [_dimension_column(d, nullable=True) for d in element.implied]
    columns += [Column(c.name, _METADATA_KINDS[c.type], True) for c in element.alternate_keys]
    columns += [Column(c.name, _METADATA_KINDS[c.type], True) for c in element.metadata]
    indexes: list[tuple[str, ...]] = []
    if element.has_timespan:
        columns += [Column("timespan_begin", "int", True), Column("timespan_end", "int", True)]
        indexes.append(("timespan_begin", "timespan_end"))  # the end as well: half of them may begin before
    indexes += [(d,) for d in element.implied if d not in _FEW_VALUES]
    parents = element.required[:-1] if element.is_dimension else element.required
    unique = [_key_order(universe, element.required)] + [(*parents, c.name) for c in element.alternate_keys]
    if not element.is_dimension and not element.has_region and len(element.required) > 1:
        indexes.append(tuple(reversed(unique[0])))  # join tables are entered from either side
    names = [c.name for c in columns]
    if len(set(names)) != len(names):
        raise InconsistentUniverseError(f"Element '{element.name}' names a column twice: {', '.join(sorted(names))}.")
    return Table(element.name, tuple(columns), unique=tuple(unique), indexes=tuple(indexes))


def element_key_table(universe: DimensionUniverse, required: tuple[str, ...]) -> str | None:
    """The element whose table serves as key table of data IDs with exactly these required dimensions.

    Join elements serve only when they hold nothing but a region: a row without a footprint is then no record, so data
    IDs without a region can stand there as well.
    """
    for element in universe.elements:
        if element.required != required or not element.has_table:
            continue
        if element.is_dimension or (element.has_region and not element.metadata and not element.implied):
            return str(element.name)
    return None


def data_id_table(universe: DimensionUniverse, number: int, required: tuple[str, ...]) -> Table:
    """The key table ``data_id_<number>`` of a set of required dimensions that no element serves."""
    columns = [Column("k", "key"), *(_dimension_column(d) for d in required)]
    return Table(f"data_id_{number}", tuple(columns), unique=(_key_order(universe, required),))


def _key_order(universe: DimensionUniverse, required: tuple[str, ...]) -> tuple[str, ...]:
    """Required dimensions in the order of a key index: governors first, those of few values last.

    All detectors of an exposure then stand side by side, and one B-tree serves both the whole key and that question.
    """
    return tuple(sorted(required, key=lambda d: (not universe[d].is_governor, d in _FEW_VALUES)))


def make_schema(database: Database, universe: DimensionUniverse) -> None:
    """Create all static tables and one per dimension element; call inside a transaction.

    Raises
    ------
    InconsistentUniverseError
        An element has the name of a static table.
    """
    taken = {t.name for t in STATIC_TABLES}
    tables = list(STATIC_TABLES)
    for element in universe.elements:
        if element.name in taken:
            raise InconsistentUniverseError(
                f"'{element.name}' is a registry table; no dimension element may have that name."
            )
        if element.has_table:
            tables.append(element_table(universe, element))
    for table in tables:
        for statement in table.statements(database):
            database.execute(statement)
