"""Data IDs that nothing but the sky decides: overlapping pairs become rows without another join in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionGroup, DimensionUniverse, SkyPixDimension
from skybutler.expressions import bound
from skybutler.expressions.analysis import allowed_values, conjuncts, datasets_of, dimensions_of
from skybutler.expressions.bound import Predicate

from .database import quoted
from .query import Query
from .registry import Registry
from .spatial import Side, SpatialPlanner, is_spatial, sides_of

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Listing", "sides_that_decide"]

_GAP = 4
"""Rows that nobody asked for and that are read to have fewer ranges."""


def sides_that_decide(query: Query, group: DimensionGroup) -> tuple[Side, Side] | None:
    """The two kinds of regions whose overlaps are the answer; `None` where something else takes part.

    Parameters
    ----------
    query : `Query`
        What is asked.
    group : `DimensionGroup`
        All dimensions that take part.
    """
    plain = query.kind == "data_ids" and not (query.constraints or query.order_by or query.offset)
    if not plain or query.limit is not None:
        return None
    universe = group.universe
    sides = sides_of(group, universe)
    if len(sides) != 2 or any(s.through or isinstance(universe[s.element], SkyPixDimension) for s in sides):
        return None
    a, b = (set(universe[side.element].required) for side in sides)
    if a & b or a | b != set(group.required):
        return None
    names = set(group.names) | {s.element for s in sides}
    for element in universe.elements:
        if element.always_join and element.name not in names and set(element.required) <= names:
            return None
    if any(is_spatial(part) or datasets_of(part) for part in conjuncts(query.where)):
        return None
    return sides[0], sides[1]


class Listing:
    """The data IDs of overlapping regions.

    Parameters
    ----------
    registry : `Registry`
        Where they are.
    query : `Query`
        A question for which `sides_that_decide` names two sides.
    pinned : mapping
        Dimension values that must hold.
    constants : mapping
        Those of them that are written as data IDs have them.
    """

    def __init__(
        self, registry: Registry, query: Query, pinned: Mapping[str, Any], constants: Mapping[str, Any]
    ) -> None:
        self._registry, self._query, self._pinned, self.constants = registry, query, pinned, constants
        self._universe: DimensionUniverse = registry.universe

    def columns(self, planner: SpatialPlanner, a: Side, b: Side) -> tuple[dict[str, Any], int] | None:
        """Columns as they are stored, and how many rows; `None` if conditions ask for more than the sky knows."""
        small, large = planner.ordered(a, b)
        shown = {side: self._shown(side) for side in (small, large)}
        if None in shown.values() or not self._is_met_by_pairs(small, large):
            return None
        keys = dict(zip((small, large), planner.matches(small, large), strict=True))
        return self._joined(keys, {side: names or () for side, names in shown.items()})

    def _shown(self, side: Side) -> tuple[str, ...] | None:
        """Dimensions of a side that tell its rows apart, if they are in the result; `None` if only some are."""
        varying = [d for d in self._universe[side.element].required if d not in self.constants]
        shown = [d for d in varying if d in self._query.dimensions.required]
        return None if shown and shown != varying else tuple(shown)

    def _is_met_by_pairs(self, small: Side, large: Side) -> bool:
        """Whether all conditions are about the smaller side, which was read with them, or give values of the other."""
        read = set(self._universe.conform(self._universe[small.element].required).names)
        fixed = set(self._universe[large.element].required)
        if not set(self._query.data_id) <= read | fixed:
            return False
        return all(
            set() < dimensions_of(part) <= read or self._is_pin(part, fixed) for part in conjuncts(self._query.where)
        )

    def _is_pin(self, part: Predicate, fixed: set[str]) -> bool:
        if not isinstance(part, bound.Comparison):
            return False
        return any(
            name in fixed and values == {self._pinned.get(name)} for name, values in allowed_values(part).items()
        )

    def _joined(
        self, keys: Mapping[Side, np.ndarray[Any, Any]], shown: Mapping[Side, tuple[str, ...]]
    ) -> tuple[dict[str, Any], int]:
        """Rows of key tables, pair by pair, as dimension values."""
        import numpy as np

        kept = np.ones(len(next(iter(keys.values()))), bool)
        places, values = {}, {}
        for side, rows in keys.items():
            known, values[side] = self._values(side, np.unique(rows), shown[side])
            places[side] = np.searchsorted(known, rows)
            kept &= known[np.minimum(places[side], len(known) - 1)] == rows if len(known) else False
        chosen = [side for side in keys if shown[side]]
        if not chosen:
            return {}, int(kept.any())
        if len(chosen) == 1:
            rows = np.unique(places[chosen[0]][kept])
            return {d: column[rows] for d, column in values[chosen[0]].items()}, len(rows)
        columns = {d: column[places[side][kept]] for side in chosen for d, column in values[side].items()}
        return columns, int(kept.sum())

    def _values(
        self, side: Side, keys: np.ndarray[Any, Any], dimensions: tuple[str, ...]
    ) -> tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]:
        """Rows of a key table, ascending, and their dimension values; those without the pinned values are left out."""
        import numpy as np

        breaks = np.flatnonzero(np.diff(keys) > _GAP)
        first = keys[np.concatenate([[0], breaks + 1])].tolist() if len(keys) else []
        last = keys[np.concatenate([breaks, [len(keys) - 1]])].tolist() if len(keys) else []
        pins = {d: self._pinned[d] for d in self._universe[side.element].required if d in self._pinned}
        codes = [self._registry.keys.encode(d, value) for d, value in pins.items()]
        # the plus keeps a database from reading all of an instrument by its index, range after range
        conditions = ["e.k BETWEEN r.lo AND r.hi", *(f"+e.{quoted(d)} = ?" for d in pins)]
        database = self._registry.database
        join = database.looked_up(quoted(side.element), "e", " AND ".join(conditions))
        columns = ", ".join(["e.k", *(f"e.{quoted(d)}" for d in dimensions)])
        with database.staged({"lo": "int", "hi": "int"}, zip(first, last, strict=True)) as stage:
            rows = database.query(f"SELECT {columns} FROM {stage} r {join}", codes)
        found = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
        found = found or [np.empty(0, np.int64)] * (1 + len(dimensions))
        if (np.diff(found[0]) < 0).any():  # a database need not keep the order of the ranges
            order = np.argsort(found[0])
            found = [column[order] for column in found]
        return found[0], dict(zip(dimensions, found[1:], strict=True))
