"""The fluent query of lsst.daf.butler, whose results have its spellings.  Delegates to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .data_ids import dimension_names
from .dataset_types import type_name
from .registry_queries import RegistryQueries
from .results import DataCoordinateQueryResults, DatasetQueryResults, DimensionRecordQueryResults

if TYPE_CHECKING:
    from skybutler.butler.query import ButlerQuery

__all__ = ["Query"]


class Query:
    """Conditions gathered step by step; each step gives a new object.

    Parameters
    ----------
    query : `ButlerQuery`
        Ours.
    registry : `RegistryQueries`
        Finds the datasets of data IDs.
    """

    def __init__(self, query: ButlerQuery, registry: RegistryQueries) -> None:
        self._query, self._registry = query, registry

    def __enter__(self) -> Query:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held between steps."""

    def where(
        self, *conditions: str | Mapping[str, Any], bind: Mapping[str, Any] | None = None, **values: Any
    ) -> Query:
        """Add conditions that must hold too: texts, data IDs, and values by name."""
        return Query(self._query.where(*conditions, bind=bind, **values), self._registry)

    def join_dataset_search(self, dataset_type: Any, collections: Any = None) -> Query:
        """Only data IDs for which such a dataset exists."""
        return Query(self._query.join_dataset_search(type_name(dataset_type), collections), self._registry)

    def join_dimensions(self, dimensions: Any) -> Query:
        """Let more dimensions take part."""
        return Query(self._query.join_dimensions(*dimension_names(dimensions)), self._registry)

    def datasets(self, dataset_type: Any, collections: Any = None, *, find_first: bool = True) -> DatasetQueryResults:
        """Datasets of a type."""
        found = self._query.datasets(type_name(dataset_type), collections, find_first=find_first)
        return DatasetQueryResults([found])

    def data_ids(self, dimensions: Any) -> DataCoordinateQueryResults:
        """Data IDs of some dimensions."""
        group = self._registry.dimensions.conform(dimension_names(dimensions))
        return DataCoordinateQueryResults([self._query.data_ids(group.names)], (), group, self._registry.find_datasets)

    def dimension_records(self, element: Any) -> DimensionRecordQueryResults:
        """Records of a dimension element."""
        definition = self._registry.dimensions[element if isinstance(element, str) else element.name]
        return DimensionRecordQueryResults([self._query.dimension_records(definition.name)], (), definition)
