"""Whether the rows of a registry agree with each other: what refers to nothing, what is missing, what overlaps.

Knows no files.  Dimension records and regions have modules of their own: `checks_dimensions`, `checks_sky`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from skybutler.datasets.collection import CollectionType

from .database import Database, Row, quoted
from .dataset_types import RegisteredType

__all__ = ["RowCheck", "collection_checks", "dataset_checks", "reference_checks"]


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A rule that rows must obey.

    Parameters
    ----------
    kind : `str`
        Short name: ``dangling-row``.
    what : `str`
        What is wrong with rows that break it, in words.
    names : `tuple` [`str`]
        Columns of what ``find`` gives.
    find : callable
        Gives the rows that break it, some thousand at a time.
    remedy : `str`
        What ``repair`` does, in words; empty where nothing can be done without knowing what was meant.
    repair : callable, optional
        Mends all of them (inside a transaction); returns how many rows it changed.
    """

    kind: str
    what: str
    names: tuple[str, ...]
    find: Callable[[], Iterable[list[Row]]]
    remedy: str = ""
    repair: Callable[[], int] | None = None

    @classmethod
    def of_extra_rows(cls, database: Database, kind: str, what: str, names: tuple[str, ...], rows: str) -> RowCheck:
        """A rule that rows of one table break by being there (``rows`` is SQL from its FROM on): they are deleted."""
        find = partial(database.stream, f"SELECT {', '.join(names)} {rows}")
        return cls(kind, what, names, find, "delete them", partial(database.execute, f"DELETE {rows}"))


_REFERENCES = (
    "dataset.run collection",
    "dataset.dataset_type dataset_type",
    "dataset.formatter name",
    "dataset.storage_class name",
    "artifact.dataset dataset",
    "artifact.formatter name",
    "artifact.storage_class name",
    "shared_file.dataset dataset",
    "provenance.dataset dataset",
    "lineage.dataset dataset",
    "tag.collection collection",
    "tag.dataset dataset",
    "calibration.collection collection",
    "calibration.dataset dataset",
    "collection_chain.parent collection",
    "collection_chain.child collection",
    "collection_summary.collection collection",
    "collection_summary.dataset_type dataset_type",
    "collection_governor.collection collection",
    "collection_governor.value name",
    "footprint_class.footprint_set footprint_set",
    "footprint.footprint_set footprint_set",
)
"""Table and column, and the table in whose ``k`` its value must be.  Inputs of lineage may be elsewhere."""

_KEYS = {
    "dataset": ("id", "run", "dataset_type"),
    "artifact": ("dataset", "component", "path"),
    "lineage": ("dataset", "position"),
    "tag": ("collection", "dataset"),
    "calibration": ("collection", "dataset", "begin", "finish"),
    "collection_chain": ("parent", "position", "child"),
    "collection_summary": ("collection", "dataset_type"),
    "collection_governor": ("collection", "dimension", "value"),
    "footprint_class": ("footprint_set", "size_class"),
    "footprint": ("footprint_set", "k"),
}
"""What to show of a row."""

_KEPT = ("dataset", "artifact.formatter", "artifact.storage_class")
"""Rows that say too much to be deleted for a reference that leads nowhere."""


def reference_checks(database: Database) -> Iterator[RowCheck]:
    """Rows that refer to rows that do not exist."""
    for reference in _REFERENCES:
        place, target = reference.split()
        table, column = place.split(".")
        names = _KEYS.get(table, (column,))
        lost = (
            f"FROM {table} WHERE {column} IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM {target} t WHERE t.k = {table}.{column})"
        )
        what = f"{table} rows whose {column} does not exist"
        check = RowCheck.of_extra_rows(database, "dangling-row", what, names, lost)
        yield replace(check, remedy="", repair=None) if table in _KEPT or place in _KEPT else check


# ------------------------------------------------------------------- datasets
def dataset_checks(database: Database, types: Iterable[RegisteredType]) -> Iterator[RowCheck]:
    """Datasets without a data ID, half a file record, or a file that others are in without anybody knowing."""
    for registered in types:
        lost = "d.data_id <> 0"
        if registered.key_table:
            lost = f"NOT EXISTS (SELECT 1 FROM {quoted(registered.key_table)} t WHERE t.k = d.data_id)"
        sql = f"SELECT d.id, d.data_id FROM dataset d WHERE d.dataset_type = ? AND {lost}"
        what = f"'{registered.dataset_type.name}' datasets without a data ID"
        yield RowCheck("lost-data-id", what, ("id", "data_id"), partial(database.stream, sql, (registered.k,)))
    half = (
        "SELECT id, path FROM dataset WHERE (path IS NULL) <> (formatter IS NULL) "
        "OR (path IS NULL) <> (storage_class IS NULL) OR (path IS NULL) <> (size IS NULL)"
    )
    yield RowCheck(
        "broken-file-record", "datasets with half a file record", ("id", "path"), partial(database.stream, half)
    )
    yield _shared(database)


def _shared(database: Database) -> RowCheck:
    several = (
        "SELECT d.path, count(*) AS n FROM dataset d LEFT JOIN shared_file f ON f.dataset = d.k "
        "WHERE d.path IS NOT NULL AND d.path NOT LIKE '%://%' GROUP BY d.path HAVING count(*) - count(f.dataset) > 1"
    )
    mend = (
        f"INSERT INTO shared_file (dataset, path) SELECT d.k, d.path FROM dataset d "
        f"JOIN ({several}) s ON s.path = d.path WHERE NOT EXISTS (SELECT 1 FROM shared_file f WHERE f.dataset = d.k)"
    )
    return RowCheck(
        "unshared-file",
        "files that hold several datasets, and would be deleted with the first of them",
        ("path", "datasets"),
        partial(database.stream, several),
        "note that they are shared",
        partial(database.execute, mend),
    )


# ---------------------------------------------------------------- collections
def collection_checks(database: Database, types: Iterable[RegisteredType]) -> Iterator[RowCheck]:
    """Members that do not fit, overlapping validity, summaries that lack something, chains that never end."""
    for table, kind in (("tag", CollectionType.TAGGED), ("calibration", CollectionType.CALIBRATION)):
        yield from _member_checks(database, table, kind)
    overlapping = (
        "SELECT c.name, t.name, o.data_id, o.begin, o.finish, o.next FROM (SELECT collection, dataset_type, data_id, "
        "begin, finish, lead(begin) OVER (PARTITION BY collection, dataset_type, data_id ORDER BY begin) AS next "
        "FROM calibration) o JOIN collection c ON c.k = o.collection JOIN dataset_type t ON t.k = o.dataset_type "
        "WHERE o.next < o.finish OR o.begin >= o.finish"
    )
    yield RowCheck(
        "overlapping-validity",
        "validity ranges that are empty, or that the next one of the same type and data ID overlaps",
        ("collection", "dataset_type", "data_id", "begin", "finish", "next_begin"),
        partial(database.stream, overlapping),
    )
    yield _types_lacking(database)
    for registered in types:
        for governor in registered.dataset_type.dimensions.governors:
            yield _governors_lacking(database, registered, governor)
    yield RowCheck("endless-chain", "chains that hold themselves", ("chain",), partial(_endless, database))


def _member_checks(database: Database, table: str, kind: CollectionType) -> Iterator[RowCheck]:
    unlike = (
        f"FROM {table} WHERE EXISTS (SELECT 1 FROM dataset d WHERE d.k = {table}.dataset "
        f"AND (d.dataset_type <> {table}.dataset_type OR d.data_id <> {table}.data_id))"
    )
    what = f"{table} rows with another type or data ID than their dataset"
    yield RowCheck.of_extra_rows(database, "unlike-member", what, ("collection", "dataset"), unlike)
    wrong = f"SELECT DISTINCT c.name FROM {table} m JOIN collection c ON c.k = m.collection WHERE c.kind <> {int(kind)}"
    what = f"collections with {table} rows that are not {kind.name}"
    yield RowCheck("wrong-kind", what, ("collection",), partial(database.stream, wrong))


_HELD = """(SELECT DISTINCT run AS collection, dataset_type FROM dataset
UNION SELECT DISTINCT collection, dataset_type FROM tag
UNION SELECT DISTINCT collection, dataset_type FROM calibration)"""


def _types_lacking(database: Database) -> RowCheck:
    lacking = (
        f"FROM {_HELD} h JOIN collection c ON c.k = h.collection JOIN dataset_type t ON t.k = h.dataset_type "
        "WHERE NOT EXISTS (SELECT 1 FROM collection_summary s "
        "WHERE s.collection = h.collection AND s.dataset_type = h.dataset_type)"
    )
    mend = f"INSERT INTO collection_summary (collection, dataset_type) SELECT h.collection, h.dataset_type {lacking}"
    return RowCheck(
        "missing-summary",
        "collections whose summary lacks a dataset type, so that searches skip it",
        ("collection", "dataset_type"),
        partial(database.stream, f"SELECT c.name, t.name {lacking}"),
        "enter it",
        partial(database.execute, mend),
    )


def _governors_lacking(database: Database, registered: RegisteredType, governor: str) -> RowCheck:
    value, number = f"t.{quoted(governor)}", registered.k
    members = " UNION ".join(
        f"SELECT DISTINCT m.{column} AS collection, {value} AS value FROM {table} m "
        f"JOIN {quoted(registered.key_table)} t ON t.k = m.data_id WHERE m.dataset_type = {number}"
        for table, column in (("dataset", "run"), ("tag", "collection"), ("calibration", "collection"))
    )
    lacking = (
        f"FROM ({members}) h WHERE NOT EXISTS (SELECT 1 FROM collection_governor g "
        f"WHERE g.collection = h.collection AND g.dimension = '{governor}' AND g.value = h.value)"
    )
    return RowCheck(
        "missing-summary",
        f"collections whose summary lacks the {governor} of their '{registered.dataset_type.name}' datasets",
        ("collection", governor),
        partial(
            database.stream,
            "SELECT c.name, n.text FROM (SELECT h.collection, h.value "
            f"{lacking}) x LEFT JOIN collection c ON c.k = x.collection LEFT JOIN name n ON n.k = x.value",
        ),
        "enter it",
        partial(
            database.execute,
            "INSERT INTO collection_governor (collection, dimension, value) "
            f"SELECT h.collection, '{governor}', h.value {lacking}",
        ),
    )


def _endless(database: Database) -> Iterator[list[Row]]:
    """Names of chains from which a way leads back to them."""
    rows = database.query(
        "SELECT h.parent, h.child, c.name FROM collection_chain h JOIN collection c ON c.k = h.parent ORDER BY h.parent"
    )
    children: dict[int, list[int]] = {}
    for parent, child, _ in rows:
        children.setdefault(parent, []).append(child)
    names = {parent: name for parent, _, name in rows}
    found = [(names[parent],) for parent in children if _reaches(parent, children)]
    if found:
        yield found


def _reaches(start: int, children: dict[int, list[int]]) -> bool:
    waiting, seen = list(children[start]), set[int]()
    while waiting:
        item = waiting.pop()
        if item == start:
            return True
        if item not in seen:
            seen.add(item)
            waiting += children.get(item, [])
    return False
