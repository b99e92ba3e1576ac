"""The dimension records of an export: those given, and those that data IDs need, by key.  Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement, DimensionGroup, DimensionRecord
from skybutler.errors import DataIdValueError
from skybutler.registry.record_columns import records_of
from skybutler.sky.timespan import Timespan

from .dimension_records import KeyGatherer, key_columns

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["ExportRecords"]

Values = tuple[Any, ...]
_AT_ONCE = 20_000


class ExportRecords:
    """Keys of dimension records, gathered from data IDs, and records that were given as such.

    Parameters
    ----------
    butler : `Butler`
        Whose records are wanted.
    """

    def __init__(self, butler: Butler) -> None:
        self._registry, self._universe = butler.registry, butler.dimensions
        self._gatherers: dict[frozenset[str] | None, KeyGatherer] = {}
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
        self._gatherer(elements).add(group, columns)

    def _gatherer(self, elements: set[str] | None) -> KeyGatherer:
        """What gathers for these elements."""
        wanted = None if elements is None else frozenset(elements)
        return self._gatherers.setdefault(wanted, KeyGatherer(self._registry))

    def add_populated(self, elements: set[str] | None) -> None:
        """Note the rows that the definition of a visit brings: its exposures, systems and, if none are, detectors."""
        for element in self._universe.elements:
            if element.populated_by is None or not (elements is None or element.name in elements):
                continue
            if self._keys(element.name):
                continue
            if keys := self._keys(element.populated_by):
                self._gatherer(elements).add_populated(element, keys)

    def _keys(self, name: str) -> set[Values]:
        """Keys of an element's records that were gathered where they are wanted."""
        chosen = [g for wanted, g in self._gatherers.items() if wanted is None or name in wanted]
        return set().union(*(g.seen.get(name, ()) for g in chosen))

    # --------------------------------------------------------------- records
    def elements(self) -> Iterator[DimensionElement]:
        """Elements of which there are records, parents first."""
        for element in self._universe.elements:
            if self._given.get(element.name) or self._keys(element.name):
                yield element

    def records(self, element: DimensionElement) -> Iterator[dict[str, list[Any]]]:
        """The records of an element by key, some thousand at a time.

        Returns
        -------
        columns : iterator of `dict` [`str`, `list`]
            By field; ``timespan`` as `Timespan`, ``region`` encoded.

        Raises
        ------
        DataIdValueError
            A data ID refers to a record that does not exist.
        """
        given = self._given.get(element.name, {})
        keys = sorted(self._keys(element.name) | given.keys())
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            found, columns = self._fetched(element, [key for key in part if key not in given])
            if more := [key for key in part if key in given]:
                found += more
                order = sorted(range(len(found)), key=found.__getitem__)
                for field, values in columns.items():
                    own = [given[key].encoded_region if field == "region" else given[key].get(field) for key in more]
                    values += own
                    columns[field] = [values[i] for i in order]
            if found:
                yield columns

    def _fetched(self, element: DimensionElement, keys: list[Values]) -> tuple[list[Values], dict[str, list[Any]]]:
        """Those of some keys that have a record, and the fields of these."""
        if not keys:
            return [], {field: [] for field in element.fields}
        columns = records_of(self._registry, element.name, key_columns(element, keys))
        there = columns.pop("ord")
        if element.is_dimension and len(there) < len(keys):
            lost = keys[min(set(range(len(keys))) - set(there))]
            raise DataIdValueError(
                f"There is no {element.name} record {dict(zip(element.required, lost, strict=True))}."
            )
        return [keys[i] for i in there], _as_fields(element, columns)


def _as_fields(element: DimensionElement, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns of the registry as fields of records."""
    fields: dict[str, list[Any]] = {}
    for field in element.fields:
        if field == "timespan":
            ends = zip(columns["timespan_begin"], columns["timespan_end"], strict=True)
            fields[field] = [None if begin is None else Timespan.from_ns(begin, end) for begin, end in ends]
        elif field in element.columns and element.columns[field].type == "bool":
            fields[field] = [None if value is None else bool(value) for value in columns[field]]
        else:
            fields[field] = columns[field]
    return fields
