"""Which dimension records go along with data IDs: their own, and those of what they join.  Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement, DimensionGroup, DimensionRecord, SkyPixDimension
from skybutler.errors import DataIdValueError

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["NeededRecords"]

Values = tuple[Any, ...]
_AT_ONCE = 20_000


class NeededRecords:
    """Keys of dimension records, gathered from data IDs, and records that were given as such.

    Parameters
    ----------
    butler : `Butler`
        Whose records are wanted.
    """

    def __init__(self, butler: Butler) -> None:
        self._butler, self._universe = butler, butler.dimensions
        self._keys: dict[str, set[Values]] = {}
        self._given: dict[str, dict[Values, DimensionRecord]] = {}

    def give(self, record: DimensionRecord) -> None:
        """Take a record as it is; of several with one key the first counts."""
        element = record.element
        key = tuple(record.data_id[d] for d in element.required)
        self._given.setdefault(element.name, {}).setdefault(key, record)

    def add(self, group: DimensionGroup, columns: Mapping[str, Sequence[Any]], elements: set[str] | None) -> None:
        """Note what data IDs need.

        Parameters
        ----------
        group : `DimensionGroup`
            Dimensions of the data IDs.
        columns : mapping
            Values of the required dimensions, all of one length.
        elements : `set` of `str`, optional
            Elements whose records are wanted; by default all.
        """
        known = dict(columns)
        for element in (*group.lookup_order, *group.joins):
            if isinstance(element, SkyPixDimension):
                continue
            rows = list(zip(*(known[d] for d in element.required), strict=True))
            distinct = set(rows)
            if element.has_table and (elements is None or element.name in elements):
                self._keys.setdefault(element.name, set()).update(distinct)
            if element.implied:
                self._add_implied(element, rows, distinct, known)

    def _add_implied(
        self, element: DimensionElement, rows: list[Values], distinct: set[Values], known: dict[str, Sequence[Any]]
    ) -> None:
        keys = list(distinct)
        records = dict(zip(keys, self._fetched(element, keys), strict=True))
        for name in element.implied:
            values = {key: None if record is None else record.get(name) for key, record in records.items()}
            known[name] = [values[row] for row in rows]

    def _fetched(self, element: DimensionElement, keys: Sequence[Values]) -> list[DimensionRecord | None]:
        if len(keys) == 1:
            return [self._butler.registry.elements.fetch(element.name, keys[0])]
        columns = {d: [key[i] for key in keys] for i, d in enumerate(element.required)}
        return self._butler.registry.elements.fetch_many(element.name, columns)

    # ----------------------------------------------------------------- joins
    def add_populated(self, elements: set[str] | None) -> None:
        """Note the rows that the definition of a visit brings: its exposures, systems and, if none are, detectors."""
        for element in self._universe.elements:
            source = element.populated_by
            if source is None or not (elements is None or element.name in elements) or element.name in self._keys:
                continue
            wanted = self._keys.get(source, set())
            if not wanted:
                continue
            found = self._joined(element, source, wanted)
            self._keys[element.name] = found
            for dimension in element.required:
                position = {d: i for i, d in enumerate(element.required)}
                group = self._universe.conform([dimension])
                columns = {d: [key[position[d]] for key in found] for d in group.required}
                if found:
                    self.add(group, columns, elements)

    def _joined(self, element: DimensionElement, source: str, wanted: set[Values]) -> set[Values]:
        """Keys of rows of a join element that belong to some values of the dimension which populates it."""
        required = self._universe[source].required
        chosen = [element.required.index(d) for d in required]
        found: set[Values] = set()
        for key in _governed(wanted, required, source):
            results = self._butler.query_dimension_records(element.name, where=key[0], bind=key[1])
            for columns in results.column_batches():
                for row in zip(*(columns[d] for d in element.required), strict=True):
                    if tuple(row[i] for i in chosen) in wanted:
                        found.add(row)
        return found

    # --------------------------------------------------------------- records
    def elements(self) -> Iterator[DimensionElement]:
        """Elements of which there are records, parents first."""
        for element in self._universe.elements:
            if self._keys.get(element.name) or self._given.get(element.name):
                yield element

    def records(self, element: DimensionElement) -> Iterator[list[DimensionRecord]]:
        """The records of an element by key, some thousand at a time.

        Raises
        ------
        DataIdValueError
            A data ID refers to a record that does not exist.
        """
        given = self._given.get(element.name, {})
        keys = sorted(self._keys.get(element.name, set()) | given.keys())
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            absent = [key for key in part if key not in given]
            fetched = dict(zip(absent, self._fetched(element, absent), strict=True)) if absent else {}
            if element.is_dimension and (lost := next((k for k, r in fetched.items() if r is None), None)):
                shown = dict(zip(element.required, lost, strict=True))
                raise DataIdValueError(f"There is no {element.name} record {shown}.")
            found = (given.get(key) or fetched.get(key) for key in part)
            yield [record for record in found if record is not None]


def _governed(wanted: Iterable[Values], required: Sequence[str], source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Conditions that find the rows of some values, some hundred values at a time."""
    groups: dict[Values, list[Any]] = {}
    for key in wanted:
        groups.setdefault(key[:-1], []).append(key[-1])
    for parents, values in groups.items():
        head = "".join(f"{d} = :p{i} AND " for i, d in enumerate(required[:-1]))
        for start in range(0, len(values), 500):
            bind = {f"p{i}": v for i, v in enumerate(parents)} | {"values": values[start : start + 500]}
            yield f"{head}{source} IN (:values)", bind
