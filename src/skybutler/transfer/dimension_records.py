"""Dimension records carried from one repository to another: which are needed, which are new.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skybutler.dimensions import DimensionElement, DimensionGroup, DimensionUniverse, SkyPixDimension
from skybutler.errors import ConflictingDefinitionError, InconsistentUniverseError
from skybutler.registry.record_columns import field_columns, records_matching, records_of
from skybutler.registry.registry import Registry

__all__ = ["KeyGatherer", "RecordGatherer", "insert_new", "key_columns", "new_records", "require_same_universe"]

Columns = dict[str, list[Any]]
Keys = Iterable[tuple[Any, ...]]

_SHOWN = 3


def require_same_universe(source: DimensionUniverse, target: DimensionUniverse) -> None:
    """Refuse universes whose dimensions have nothing to do with each other.

    Raises
    ------
    InconsistentUniverseError
        They have different namespaces; both are named.
    """
    if source.namespace != target.namespace:
        raise InconsistentUniverseError(
            f"The dimensions do not fit together: they are {_named(source)} there and {_named(target)} here."
        )


def _named(universe: DimensionUniverse) -> str:
    return f"version {universe.version} of '{universe.namespace}'"


class KeyGatherer:
    """Collects the keys of the records that data IDs need, with those they refer to.

    Records are read only where they tell what else is needed.

    Parameters
    ----------
    registry : `Registry`
        Where the records are.

    Attributes
    ----------
    seen : `dict` [`str`, `set` [`tuple`]]
        Keys by element.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.seen: dict[str, set[tuple[Any, ...]]] = {}

    def add(self, group: DimensionGroup, columns: Mapping[str, Sequence[Any]]) -> None:
        """Note what some data IDs need: one sequence of plain values per required dimension."""
        known = {name: columns[name] for name in group.required}
        for element in (*(self._registry.universe[name] for name in group.required), *group.joins):
            if set(element.required) <= set(known):
                self._need(element, known)

    def add_populated(self, element: DimensionElement, keys: Keys) -> None:
        """Note the records of an element that come with those of the dimension which populates it."""
        source = self._registry.universe[str(element.populated_by)]
        asked = key_columns(source, keys)
        self._need(element, records_matching(self._registry, element.name, asked))

    def _need(self, element: DimensionElement, known: Mapping[str, Sequence[Any]]) -> None:
        """Note the records of an element for all combinations of known values, and what they refer to."""
        if isinstance(element, SkyPixDimension) or not element.has_table:
            return
        seen = self.seen.setdefault(element.name, set())
        keys = set(zip(*(known[d] for d in element.required), strict=True)) - seen
        wanted = sorted(key for key in keys if None not in key)
        if wanted:
            seen.update(wanted)
            self._follow(element, key_columns(element, wanted))

    def _follow(self, element: DimensionElement, asked: Columns) -> None:
        """Note what new records refer to."""
        known = asked
        if element.implied:
            known = _by_dimension(element, records_of(self._registry, element.name, asked))
        self._need_referred(element, known)

    def _need_referred(self, element: DimensionElement, known: Mapping[str, Sequence[Any]]) -> None:
        for name in (*element.required, *element.implied):
            if name != element.name:
                self._need(self._registry.universe[name], known)


class RecordGatherer(KeyGatherer):
    """Collects the records that data IDs need, with those they refer to and those that define them.

    What was gathered once is not gathered again, so one gatherer serves all batches of a transfer.

    Parameters
    ----------
    registry : `Registry`
        Where the records are.
    """

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry)
        self._found: dict[str, Columns] = {}
        self._brought: dict[str, list[DimensionElement]] = {}
        for element in registry.universe.elements:
            if element.populated_by:
                self._brought.setdefault(element.populated_by, []).append(element)

    def gather(self, group: DimensionGroup, columns: Mapping[str, Sequence[Any]]) -> dict[str, Columns]:
        """Records that some data IDs need and that were not gathered before.

        Parameters
        ----------
        group : `DimensionGroup`
        columns : mapping
            One sequence of plain values per required dimension.

        Returns
        -------
        records : `dict` [`str`, `dict`]
            Columns by element, in an order in which they can be inserted.
        """
        self._found = {}
        self.add(group, columns)
        order = [element.name for element in self._registry.universe.elements if element.name in self._found]
        return {name: self._found[name] for name in order}

    def _follow(self, element: DimensionElement, asked: Columns) -> None:
        self._keep(element, records_of(self._registry, element.name, asked))
        for brought in self._brought.get(element.name, ()):
            self._keep_brought(brought, asked)

    def _keep_brought(self, element: DimensionElement, asked: Mapping[str, list[Any]]) -> None:
        """Keep the records that come with others: which exposures a visit has, and where its detectors look."""
        columns = records_matching(self._registry, element.name, asked)
        seen = self.seen.setdefault(element.name, set())
        keys = list(zip(*(columns[d] for d in element.required), strict=True))
        fresh = [i for i, key in enumerate(keys) if key not in seen]
        seen.update(keys)
        self._keep(element, {name: [values[i] for i in fresh] for name, values in columns.items()})

    def _keep(self, element: DimensionElement, columns: Columns) -> None:
        columns.pop("ord")
        kept = self._found.setdefault(element.name, {name: [] for name in columns})
        for name, values in columns.items():
            kept[name] += values
        self._need_referred(element, _by_dimension(element, columns))


def key_columns(element: DimensionElement, keys: Keys) -> Columns:
    """Keys of an element's records as columns by dimension."""
    return dict(zip(element.required, map(list, zip(*keys, strict=True)), strict=True))


def _by_dimension(element: DimensionElement, columns: Columns) -> Columns:
    return {_dimension(element, name): values for name, values in columns.items()}


def _dimension(element: DimensionElement, column: str) -> str:
    """The dimension of a record column, or the column itself."""
    return element.dimension_of_field(column) or column


def new_records(registry: Registry, name: str, columns: Mapping[str, Sequence[Any]]) -> Columns:
    """Those of some records that a repository has not; equal ones are left out.

    Raises
    ------
    ConflictingDefinitionError
        Records are there with other values; the first are named, with what differs.
    InconsistentUniverseError
        The element has other fields there.
    """
    element = _element(registry.universe, name, columns)
    own = {_dimension(element, c): list(values) for c, values in columns.items()}
    keys = {d: own[d] for d in element.required}
    known = records_of(registry, name, keys)
    there = known.pop("ord")
    fields = field_columns(element)
    differing = [(j, i) for j, i in enumerate(there) if any(columns[c][i] != known[c][j] for c in fields)]
    if differing:
        raise _contradiction(element, columns, known, differing)
    present = set(there)
    fresh = [i for i in range(len(next(iter(keys.values())))) if i not in present]
    return {c: [values[i] for i in fresh] for c, values in columns.items()}


def insert_new(registry: Registry, records: Mapping[str, Mapping[str, Sequence[Any]]]) -> int:
    """Insert the records that are new (inside a transaction), in the order given; tell how many.

    Raises
    ------
    ConflictingDefinitionError, InconsistentUniverseError
        As from `new_records`.
    """
    count = 0
    for name, columns in records.items():
        fresh = new_records(registry, name, columns)
        if next(iter(fresh.values()), ()):
            count += registry.elements.insert(name, fresh, skip_existing=True)
    return count


def _element(universe: DimensionUniverse, name: str, columns: Mapping[str, Sequence[Any]]) -> DimensionElement:
    if name not in universe:
        raise InconsistentUniverseError(f"There are no {name} records in {_named(universe)}.")
    element = universe[name]
    if set(field_columns(element)) != set(columns):
        raise InconsistentUniverseError(
            f"{name} records with the fields {', '.join(columns)} do not fit into {_named(universe)}, "
            f"where they have {', '.join(field_columns(element))}."
        )
    return element


def _contradiction(
    element: DimensionElement,
    given: Mapping[str, Sequence[Any]],
    known: Columns,
    differing: Sequence[tuple[int, int]],
) -> ConflictingDefinitionError:
    shown = []
    for place, i in differing[:_SHOWN]:
        key = ", ".join(f"{c}: {given[c][i]!r}" for c in given if element.dimension_of_field(c) in element.required)
        fields = [c for c in field_columns(element) if given[c][i] != known[c][place]]
        what = ", ".join(f"{c} is {_short(known[c][place])}, not {_short(given[c][i])}" for c in fields)
        shown.append(f"{element.name} {{{key}}}: {what}")
    more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return ConflictingDefinitionError(
        f"Dimension records are here with other values: {'; '.join(shown)}{more}.",
        hint="Correct one of the two, for instance with: butler register-instrument REPO NAME --update",
    )


def _short(value: Any) -> str:
    if isinstance(value, bytes):
        return f"a region of {len(value)} bytes ({value[-4:].hex()})"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
