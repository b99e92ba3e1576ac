"""The fluent query: conditions gathered step by step, asked at the end.  Each step gives a new object."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from skybutler.errors import InvalidQueryError
from skybutler.registry.query import DatasetSearch

if TYPE_CHECKING:
    from skybutler.registry.results import DataIdResults, DatasetResults, RecordResults, Results

    from .queries import Queries

__all__ = ["ButlerQuery"]

_R = TypeVar("_R", bound="Results[Any]")


class ButlerQuery:
    """Conditions on datasets, data IDs or records.

    Examples
    --------
    ``butler.query().where("tract = 4431 AND patch = 17", skymap="DC2").datasets("calexp").limit(10)``

    Parameters
    ----------
    butler : `Queries`
        Whom to ask.
    """

    def __init__(self, butler: Queries) -> None:
        self._butler = butler
        self._conditions: tuple[str, ...] = ()
        self._bind: dict[str, Any] = {}
        self._data_id: dict[str, Any] = {}
        self._searches: tuple[DatasetSearch, ...] = ()
        self._joined: tuple[str, ...] = ()
        self._order: tuple[str, ...] = ()
        self._limit: int | None = None

    def __enter__(self) -> ButlerQuery:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held between steps."""

    # ------------------------------------------------------------------ steps
    def where(
        self, *conditions: str | Mapping[str, Any], bind: Mapping[str, Any] | None = None, **values: Any
    ) -> ButlerQuery:
        """Add conditions that must hold too.

        Parameters
        ----------
        *conditions : `str` or mapping
            Texts in the ``where`` language, or data IDs.
        bind : mapping, optional
            Values of names in the texts.
        **values
            Dimension values.
        """
        other = copy.copy(self)
        other._data_id = dict(self._data_id)
        for condition in conditions:
            if isinstance(condition, str):
                other._conditions = (*other._conditions, condition) if condition.strip() else other._conditions
            else:
                other._data_id.update(condition)
        other._data_id.update(values)
        other._bind = {**self._bind, **(bind or {})}
        return other

    def join_dataset_search(self, dataset_type: str, collections: str | Iterable[str] | None = None) -> ButlerQuery:
        """Only data IDs for which such a dataset exists."""
        named = None if collections is None else (collections,) if isinstance(collections, str) else tuple(collections)
        searched = tuple(c.name for c in self._butler.registry.collections.resolve(self._butler._searched(named)))
        self._butler.registry.dataset_types.get(dataset_type)
        other = copy.copy(self)
        other._searches = (*self._searches, DatasetSearch(dataset_type, searched, find_first=False))
        return other

    def join_dimensions(self, *names: str) -> ButlerQuery:
        """Let more dimensions take part, spatially where they have regions, without being in the result."""
        other = copy.copy(self)
        other._joined = (*self._joined, *self._butler.dimensions.conform(names).names)
        return other

    def order_by(self, *names: str) -> ButlerQuery:
        """Order of the result: names, ``-`` in front for descending."""
        other = copy.copy(self)
        other._order = names
        return other

    def limit(self, n: int | None) -> ButlerQuery:
        """At most so many results."""
        other = copy.copy(self)
        other._limit = n
        return other

    # ---------------------------------------------------------------- answers
    def _asked(self) -> dict[str, Any]:
        where = (
            " AND ".join(f"({c})" for c in self._conditions) if len(self._conditions) > 1 else "".join(self._conditions)
        )
        return {
            "where": where,
            "bind_values": self._bind,
            "data_id": self._data_id,
            "defaults": self._butler._defaults,
        }

    def _shaped(self, results: _R) -> _R:
        if self._order:
            results = results.order_by(*self._order)
        return results.limit(self._limit) if self._limit is not None else results

    def datasets(
        self,
        dataset_type: str | Iterable[str],
        collections: str | Iterable[str] | None = None,
        *,
        find_first: bool = True,
    ) -> DatasetResults:
        """Datasets of one or several types."""
        if self._searches:
            raise InvalidQueryError(
                "datasets() after join_dataset_search() is not supported.", hint="Ask for data_ids(), then find them."
            )
        named = None if collections is None else (collections,) if isinstance(collections, str) else tuple(collections)
        return self._shaped(
            self._butler.query_datasets(
                dataset_type,
                named,
                find_first=find_first,
                where=self._asked()["where"],
                bind=self._bind,
                data_id=self._data_id,
            )
        )

    def data_ids(self, dimensions: str | Iterable[str]) -> DataIdResults:
        """Data IDs of some dimensions."""
        from skybutler.registry.ask import ask_data_ids

        self._butler.registry.refresh()
        group = self._butler.dimensions.conform(dimensions)
        return self._shaped(
            ask_data_ids(self._butler.registry, group, constraints=self._searches, joined=self._joined, **self._asked())
        )

    def dimension_records(self, element: str) -> RecordResults:
        """Records of a dimension element."""
        from skybutler.registry.ask import ask_records

        self._butler.registry.refresh()
        return self._shaped(ask_records(self._butler.registry, element, constraints=self._searches, **self._asked()))
