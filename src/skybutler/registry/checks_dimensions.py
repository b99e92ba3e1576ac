"""Whether dimension records have the records that they refer to.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from skybutler.dimensions import DimensionUniverse

from .checks import RowCheck
from .database import Database, Row, quoted
from .keys import Keys

__all__ = ["dimension_checks"]


def dimension_checks(database: Database, universe: DimensionUniverse, keys: Keys) -> Iterator[RowCheck]:
    """One rule per table and dimension that its rows refer to, and one per column of interned text."""
    tables = [(e.name, (*e.required, *e.implied)) for e in universe.elements if e.has_table]
    groups = database.query("SELECT k, required FROM dimension_group ORDER BY k")
    tables += [(f"data_id_{k}", tuple(required.split(","))) for k, required in groups]
    for table, columns in tables:
        for dimension in columns:
            element = universe[dimension]
            parent = element.view_of or dimension
            if keys.is_text(dimension):
                yield _interned(database, table, dimension)
            if parent != table and (element.has_table or element.view_of):
                yield _parent(database, keys, table, dimension, parent, element.required)


def _parent(
    database: Database, keys: Keys, table: str, dimension: str, parent: str, required: Sequence[str]
) -> RowCheck:
    same = " AND ".join(f"p.{quoted(d)} = r.{quoted(d)}" for d in required)
    sql = (
        f"SELECT r.k, {', '.join(f'r.{quoted(d)}' for d in required)} FROM {quoted(table)} r "
        f"WHERE r.{quoted(dimension)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {quoted(parent)} p WHERE {same})"
    )

    def find() -> Iterator[list[Row]]:
        for rows in database.stream(sql):
            yield [(k, *map(partial(_decoded, keys), required, values)) for k, *values in rows]

    what = f"{table} rows whose {dimension} has no record"
    return RowCheck("missing-record", what, ("k", *required), find)


def _decoded(keys: Keys, dimension: str, value: int) -> object:
    try:
        return keys.decode(dimension, value)
    except KeyError:  # the text itself is lost, which another rule tells
        return f"#{value}"


def _interned(database: Database, table: str, column: str) -> RowCheck:
    sql = (
        f"SELECT r.k, r.{quoted(column)} FROM {quoted(table)} r WHERE r.{quoted(column)} IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM name n WHERE n.k = r.{quoted(column)})"
    )
    what = f"{table} rows whose {column} is no known text"
    return RowCheck("dangling-row", what, ("k", column), partial(database.stream, sql))
