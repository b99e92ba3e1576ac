"""The queries of today's lsst.daf.butler, which give lists.  Delegates to ours."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from skybutler.butler import Butler as PlainButler
from skybutler.errors import EmptyQueryResultError

from .data_ids import DataCoordinate, DimensionRecord, dimension_names
from .dataset_types import DatasetRef, DatasetType, type_name
from .query import Query
from .registry import Registry
from .registry_queries import Expression

if TYPE_CHECKING:
    from skybutler.registry.results import Results

__all__ = ["Lists"]


class Lists:
    """The part of a butler whose names are the newest; it is given the rest by `Butler`."""

    registry: Registry
    _plain: PlainButler

    def find_dataset(
        self,
        dataset_type: Any,
        data_id: Mapping[str, Any] | None = None,
        *,
        collections: Expression = None,
        timespan: Any = None,
        dimension_records: bool = False,
        **kwargs: Any,
    ) -> DatasetRef | None:
        """The first dataset of a type and data ID in the collections, or `None`; records come with it anyway."""
        return self.registry.findDataset(dataset_type, data_id, collections=collections, timespan=timespan, **kwargs)

    def get_dataset(self, id: uuid.UUID | str) -> DatasetRef | None:
        """The dataset with a UUID, or `None`."""
        return self.registry.getDataset(id)

    def get_dataset_type(self, name: str) -> DatasetType:
        """The registered type of a name."""
        return self.registry.getDatasetType(name)

    def get_many_datasets(self, ids: Iterable[uuid.UUID | str]) -> list[DatasetRef]:
        """Those of the datasets with these UUIDs that exist."""
        wanted = [(i if isinstance(i, uuid.UUID) else uuid.UUID(str(i))).bytes for i in ids]
        self._plain.registry.refresh()
        known = self._plain.registry.datasets.get_many(wanted)
        return [DatasetRef.of(known[i][0]) for i in wanted if i in known]

    def query(self) -> Query:
        """A fluent query, to be used in a ``with`` block."""
        return Query(self._plain.query(), self.registry)

    def query_all_datasets(
        self, collections: Expression = None, *, name: str | Iterable[str] = "*", **options: Any
    ) -> list[DatasetRef]:
        """Datasets of all types that match ``name`` as a list; an empty one is no error."""
        return [DatasetRef.of(ref) for ref in self._plain.query_all_datasets(collections, name=name, **options)]

    def query_datasets(
        self, dataset_type: Any, collections: Expression = None, *, explain: bool = True, **options: Any
    ) -> list[DatasetRef]:
        """Datasets as a list; options as for `skybutler.Butler.query_datasets`.

        Raises
        ------
        EmptyQueryResultError
            There are none, and ``explain`` is true.
        """
        found = self._plain.query_datasets(type_name(dataset_type), collections, **options)
        return _explained([DatasetRef.of(ref) for ref in found], found, explain)

    def query_data_ids(self, dimensions: Any, *, explain: bool = True, **options: Any) -> list[DataCoordinate]:
        """Data IDs as a list; see `query_datasets`."""
        found = self._plain.query_data_ids(dimension_names(dimensions), **options)
        return _explained([DataCoordinate.of(data_id) for data_id in found], found, explain)

    def query_dimension_records(self, element: Any, *, explain: bool = True, **options: Any) -> list[DimensionRecord]:
        """Dimension records as a list; see `query_datasets`."""
        found = self._plain.query_dimension_records(element if isinstance(element, str) else element.name, **options)
        return _explained([DimensionRecord.of(record) for record in found], found, explain)


def _explained(found: list[Any], results: Results[Any], explain: bool) -> list[Any]:
    if explain and not found:
        reasons = results.explain()
        raise EmptyQueryResultError("The query found nothing. " + " ".join(reasons), reasons=reasons)
    return found
