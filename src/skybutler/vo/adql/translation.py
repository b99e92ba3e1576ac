"""What becomes of a query: SQL, what it needs first, and how both serve queries that differ only in some literals.

Knows neither text nor trees of queries, but for the shapes that regions are made of.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from sqlglot import exp

from skybutler.vo.field import Field

from .geometry import Geometry, SpatialCondition
from .literals import Slot, slot_of, slots_in
from .pairs import RegionPairs
from .shapes import Shape, coordinates, refilled, region_of
from .tables import Cone

__all__ = ["Pattern", "RelationUse", "Translation", "Value", "open_shapes"]

Value = str | int | float | uuid.UUID


@dataclass(frozen=True, slots=True)
class RelationUse:
    """A place in the SQL where a table stands that is composed for each query, or has rows that are in no database.

    Parameters
    ----------
    mark : `str`
        What stands there instead; its SQL has to be put in, in parentheses.
    relation : `str`
        Which table: its relation, or the name of one that has rows.
    conditions : `tuple` [`SpatialCondition`]
        Conditions that all of its rows must fulfil; they are in the SQL nowhere else.
    columns : `frozenset` [`str`]
        Its columns that stand in the SQL; no others are needed.
    values : mapping
        Values by column, one of which each row has to have; only of columns that follow from the kind of row, and they
        are in the SQL nowhere else.
    cones : `tuple` [`Cone`]
        Circles in which positions are in all rows that matter; the SQL has conditions that are more exact.
    pairs : `tuple` [`RegionPairs`]
        Pairs of one of which its region must be in all rows that matter; the SQL joins them.
    most : `int` or `None`
        So many rows are enough, whichever.
    """

    mark: str
    relation: str
    conditions: tuple[SpatialCondition, ...]
    columns: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str | float]] = field(default_factory=dict)
    cones: tuple[Cone, ...] = ()
    most: int | None = None
    pairs: tuple[RegionPairs, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """A query that can be run.

    Parameters
    ----------
    sql : `str`
        One SELECT, with a question mark for each value that is bound.
    parameters : `tuple`
        Texts and numbers, and identifiers of datasets.
    fields : `tuple` [`Field`]
        Columns of the result.
    conditions : `tuple` [`SpatialCondition`]
        What must be staged before: the names of their stages stand in the SQL, unless a relation has them.
    relations : `tuple` [`RelationUse`]
        Tables to be composed, by the order of their marks in the SQL.
    regions : `frozenset` [`int`]
        Which columns of the result are regions, in the encoding of the registry.
    identifiers : mapping
        Columns of the result that come as the identifier of a dataset in place of a text that ends with it: their
        number, and the column of the table.
    constants : mapping
        Columns of the result that follow from the kind of row: their number, and the column of the table. The SQL does
        not give them, but the kind as its last column.
    shown : `tuple` [`str`]
        The columns of the result, if they are columns of one table and nothing else.
    pairs : `tuple` [`RegionPairs`]
        What must be staged before, too.
    """

    sql: str
    parameters: tuple[Value, ...]
    fields: tuple[Field, ...]
    conditions: tuple[SpatialCondition, ...]
    relations: tuple[RelationUse, ...]
    regions: frozenset[int]
    identifiers: Mapping[int, str] = field(default_factory=dict)
    constants: Mapping[int, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    pairs: tuple[RegionPairs, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """The translation of queries that differ only in some of their literals.

    Parameters
    ----------
    made : `Translation`
        That of the first one.
    parameters : `tuple`
        Its parameters, or where they come from.
    shapes : mapping
        What regions of conditions are made of, by stage, if that is left open.
    fixed : `tuple` [`int`]
        Literals that are as in the first one.
    """

    made: Translation
    parameters: tuple[Value | Slot, ...]
    shapes: Mapping[str, Shape]
    fixed: tuple[int, ...]

    def filled(self, texts: tuple[str, ...]) -> Translation:
        """The translation of a query with these literals.

        Raises
        ------
        InvalidError
            A shape is none.
        """
        made = self.made
        parameters = tuple(p.value(texts) if isinstance(p, Slot) else p for p in self.parameters)
        if not self.shapes:
            return replace(made, parameters=parameters)

        def other(condition: SpatialCondition) -> SpatialCondition:
            shape = self.shapes.get(condition.stage)
            region = None if shape is None else region_of(refilled(shape, lambda node: _of_other(node, texts)))
            return condition if region is None else replace(condition, region=region)

        conditions = {c.stage: other(c) for c in made.conditions}
        relations = tuple(
            replace(use, conditions=tuple(conditions[c.stage] for c in use.conditions)) if use.conditions else use
            for use in made.relations
        )
        return replace(made, parameters=parameters, conditions=tuple(conditions.values()), relations=relations)


def _of_other(node: exp.Expr, texts: tuple[str, ...]) -> exp.Expr:
    """A coordinate with the literal of another query."""
    if isinstance(node, exp.Neg) and slot_of(node.this) is not None:
        return exp.Neg(this=_of_other(node.this, texts))
    number = slot_of(node)
    return node if number is None else exp.Literal.number(texts[number])


def open_shapes(geometry: Geometry, once: Set[int]) -> tuple[dict[str, Shape], set[int]]:
    """Shapes of conditions by stage, all of whose literals are coordinates of no other use, and these literals."""
    shapes: dict[str, Shape] = {}
    found: set[int] = set()
    for condition, shape in zip(geometry.conditions, geometry.shapes, strict=True):
        nodes = [node.this if isinstance(node, exp.Neg) else node for node in coordinates(shape)]
        slots = {slot for node in nodes if (slot := slot_of(node)) is not None}
        if slots and slots <= once and all(slots_in(node) <= Counter(slots) for node in nodes):
            shapes[condition.stage] = refilled(shape, lambda node: node.copy())  # without the tree around it
            found |= slots
    return shapes, found
