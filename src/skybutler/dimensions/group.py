"""Dimensions that identify something together, closed under dependency, in canonical order.  Knows no values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .element import SkyPixDimension

if TYPE_CHECKING:
    from .element import DimensionElement
    from .universe import DimensionUniverse

__all__ = ["DimensionGroup"]


class DimensionGroup:
    """A closed set of dimensions; made by `DimensionUniverse.conform`, one object per set.

    Attributes
    ----------
    universe : `DimensionUniverse`
    names : `tuple` [`str`]
        All dimensions, parents first, then alphabetical.
    required : `tuple` [`str`]
        Those whose values identify a data ID, in canonical order.
    implied : `tuple` [`str`]
        Those whose values follow from records.
    data_id_keys : `tuple` [`str`]
        Required names, then implied ones: the order in which data IDs are printed.
    positions : `dict`
        Place of each name in ``data_id_keys``.
    """

    __slots__ = ("__dict__", "_hash", "data_id_keys", "implied", "names", "positions", "required", "universe")

    def __init__(self, universe: DimensionUniverse, names: Iterable[str]) -> None:
        self.universe = universe
        self.names = universe.sorted(names)
        elements = [universe[n] for n in self.names]
        implied = {i for e in elements for i in e.implied}
        self.implied = tuple(n for n in self.names if n in implied)
        self.required = tuple(n for n in self.names if n not in implied)
        self.data_id_keys = self.required + self.implied
        self.positions = {name: i for i, name in enumerate(self.data_id_keys)}
        self._hash = hash(self.names)

    @cached_property
    def elements(self) -> tuple[DimensionElement, ...]:
        """Every element, join elements too, whose required dimensions are all in the group."""
        names = set(self.names)
        joins = [e for e in self.universe.elements if not e.is_dimension and set(e.required) <= names]
        return (*(self.universe[n] for n in self.names), *joins)

    @cached_property
    def joins(self) -> tuple[DimensionElement, ...]:
        """The elements that are no dimensions and have records."""
        return tuple(e for e in self.elements if not e.is_dimension and e.has_table)

    @cached_property
    def lookup_order(self) -> tuple[DimensionElement, ...]:
        """The dimensions in an order in which records tell the implied values of a data ID before they are needed."""
        known = set(self.required)
        ordered: dict[str, None] = {}
        while len(ordered) < len(self.names):
            ready = [n for n in self.data_id_keys if n not in ordered and known.issuperset(self.universe[n].required)]
            ordered |= dict.fromkeys(ready)
            known |= {i for n in ready for i in self.universe[n].implied}
        return tuple(self.universe[n] for n in ordered)

    @cached_property
    def required_elements(self) -> tuple[DimensionElement, ...]:
        """The required dimensions themselves."""
        return tuple(self.universe[n] for n in self.required)

    @cached_property
    def governors(self) -> tuple[str, ...]:
        """Governor dimensions of the group."""
        return tuple(n for n in self.names if self.universe[n].is_governor)

    @cached_property
    def skypix(self) -> tuple[str, ...]:
        """Sky pixel dimensions of the group."""
        return tuple(n for n in self.names if isinstance(self.universe[n], SkyPixDimension))

    def spatial_elements(self) -> tuple[DimensionElement, ...]:
        """The most precise region-bearing element of each family (of sky pixels: the deepest level)."""
        levels = {e.system: e for e in map(self.universe.__getitem__, self.skypix) if isinstance(e, SkyPixDimension)}
        return (*self._most_precise("spatial"), *levels.values())  # the deepest comes last in the group

    def temporal_elements(self) -> tuple[DimensionElement, ...]:
        """The most precise timespan-bearing element of each family (exposure before visit before day_obs)."""
        return self._most_precise("temporal")

    def _most_precise(self, kind: str) -> tuple[DimensionElement, ...]:
        here = {e.name: e for e in self.elements}
        chosen = (next((here[m] for m in ms if m in here), None) for ms in self.universe.topology[kind].values())
        return tuple(e for e in chosen if e is not None)

    def union(self, *others: DimensionGroup) -> DimensionGroup:
        """The group of all dimensions of these groups."""
        return self.universe.conform({*self.names, *(n for o in others for n in o.names)})

    def intersection(self, *others: DimensionGroup) -> DimensionGroup:
        """The group of the dimensions that all these groups have."""
        common = set(self.names).intersection(*(o.names for o in others))
        return self.universe.conform(common)

    def __contains__(self, name: object) -> bool:
        return name in self.positions

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __le__(self, other: DimensionGroup) -> bool:
        return set(self.names) <= set(other.names)

    def __lt__(self, other: DimensionGroup) -> bool:
        return set(self.names) < set(other.names)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, DimensionGroup):
            return NotImplemented
        return self.names == other.names and self.universe == other.universe

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self.universe).conform, (self.universe, self.names)

    def __str__(self) -> str:
        return "{" + ", ".join(self.names) + "}"

    def __repr__(self) -> str:
        return f"DimensionGroup({self})"
