"""Conditions between regions and positions that differ from row to row, of tables that are sent along with a query.

Knows no connection: who runs the SQL finds the pairs and stages them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from .shapes import CircleShape, Point, RegionOf, Shape, constant

__all__ = ["ROW", "RegionPairs", "join_pairs", "pairs_of", "test_of_pairs"]

ROW = "relation_of_row_"
"""Column with the number of a row, which no table that is sent along can have itself."""


@dataclass(frozen=True, slots=True)
class RegionPairs:
    """Rows with a position and regions that must be found before the SQL runs.

    Their numbers go into a table ``stage`` with columns ``i`` and ``k``, each pair once.

    Parameters
    ----------
    relation : `str`
        SQL that stands for the table whose regions are meant.
    how : `str`
        The regions ``overlap`` the position or circle of a row, are ``within`` it, or ``contain`` it, as for
        `SpatialCondition`.
    table : `str`
        Schema and name of the table whose rows have the positions.
    numbers : `tuple` of `str` or `float`
        Right ascension, declination and radius in degrees (0 for positions): columns of that table, or numbers.
    stage : `str`
        Name of the table of pairs.
    element : `str`, optional
        Dimension element whose regions are meant, if the relation has those of one: numbers are then its rows.
    """

    relation: str
    how: str
    table: str
    numbers: tuple[str | float, str | float, str | float]
    stage: str
    element: str | None = None


def pairs_of(shape: Shape, held: Mapping[str, str]) -> tuple[str, tuple[str | float, str | float, str | float]] | None:
    """Alias of a table and the numbers of a shape that depends on its rows; `None` for other shapes.

    Parameters
    ----------
    shape : `Point` or `CircleShape`
        Whose coordinates are columns as they are, or numbers.
    held : mapping
        Schema and name of tables that are sent along, by alias.
    """
    match shape:
        case Point():
            parts: list[exp.Expr] = [shape.ra, shape.dec]
        case CircleShape():
            parts = [shape.center.ra, shape.center.dec, shape.radius]
        case _:
            return None
    aliases = {part.table for part in parts if isinstance(part, exp.Column)}
    numbers = [part.name if isinstance(part, exp.Column) else constant(part) for part in parts]
    if len(aliases) != 1 or (alias := aliases.pop()) not in held or any(number is None for number in numbers):
        return None
    ra, dec, radius = [number for number in [*numbers, 0.0] if number is not None][:3]
    return alias, (ra, dec, radius)


def test_of_pairs(alias: str, column: RegionOf, stage: str) -> exp.In:
    """The condition, wherever it stands."""
    both = exp.Tuple(expressions=[exp.column(ROW, alias), exp.column(column.column.key, column.table)])
    return exp.In(this=both, query=exp.Subquery(this=exp.select("i", "k").from_(exp.to_table(stage))))


def join_pairs(select: exp.Select, test: exp.In, stage: str) -> None:
    """Join the pairs to the tables of a SELECT, of which all rows that are taken must be one.

    The condition would be looked at for each row of the one table with each of the other.
    """
    row, key = test.this.expressions
    table = exp.alias_(exp.to_table(stage), stage, table=True)
    select.append("joins", exp.Join(this=table))
    select.where(exp.EQ(this=exp.column("i", stage), expression=row.copy()), copy=False)
    select.where(exp.EQ(this=exp.column("k", stage), expression=key.copy()), copy=False)
