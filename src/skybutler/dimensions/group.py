"""Dimensions that identify something together, closed under dependency, in canonical order.  Knows no values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

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
    """

    __slots__ = ("__dict__", "_required_set", "implied", "names", "required", "universe")

    def __init__(self, universe: DimensionUniverse, names: Iterable[str]) -> None:
        self.universe = universe
        self.names = universe.sorted(names)
        elements = [universe[n] for n in self.names]
        implied = {i for e in elements for i in e.implied}
        self.implied = tuple(n for n in self.names if n in implied)
        self.required = tuple(n for n in self.names if n not in implied)
        self._required_set = frozenset(self.required)

    @property
    def data_id_keys(self) -> tuple[str, ...]:
        """Required names, then implied ones: the order in which data IDs are printed."""
        return self.required + self.implied

    @cached_property
    def elements(self) -> tuple[DimensionElement, ...]:
        """Every element, join elements too, whose required dimensions are all in the group."""
        names = set(self.names)
        joins = [e for e in self.universe.elements if not e.is_dimension and set(e.required) <= names]
        return (*(self.universe[n] for n in self.names), *joins)

    @cached_property
    def governors(self) -> tuple[str, ...]:
        """Governor dimensions of the group."""
        return tuple(n for n in self.names if self.universe[n].is_governor)

    @cached_property
    def skypix(self) -> tuple[str, ...]:
        """Sky pixel dimensions of the group."""
        from .element import SkyPixDimension

        return tuple(n for n in self.names if isinstance(self.universe[n], SkyPixDimension))

    def spatial_elements(self) -> tuple[DimensionElement, ...]:
        """The most precise region-bearing element of each family."""
        return self._most_precise([(e, e.spatial_family) for e in self.elements if e.spatial_family])

    def temporal_elements(self) -> tuple[DimensionElement, ...]:
        """The most precise timespan-bearing element of each family (exposure before visit before day_obs)."""
        rank = {"exposure": 2, "visit": 1}
        best: dict[str, DimensionElement] = {}
        for element in self.elements:
            family = element.temporal_family
            if family and (family not in best or rank.get(element.name, 0) > rank.get(best[family].name, 0)):
                best[family] = element
        return tuple(best.values())

    @staticmethod
    def _most_precise(candidates: list[tuple[DimensionElement, str | None]]) -> tuple[DimensionElement, ...]:
        best: dict[str, DimensionElement] = {}
        for element, family in candidates:
            assert family is not None
            if family not in best or len(element.required) > len(best[family].required):
                best[family] = element
        return tuple(best.values())

    def union(self, *others: DimensionGroup) -> DimensionGroup:
        """The group of all dimensions of these groups."""
        return self.universe.conform({*self.names, *(n for o in others for n in o.names)})

    def intersection(self, *others: DimensionGroup) -> DimensionGroup:
        """The group of the dimensions that all these groups have."""
        common = set(self.names).intersection(*(o.names for o in others))
        return self.universe.conform(common)

    def __contains__(self, name: object) -> bool:
        return name in self.names

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
        return hash(self.names)

    def __str__(self) -> str:
        return "{" + ", ".join(self.names) + "}"

    def __repr__(self) -> str:
        return f"DimensionGroup({self})"
