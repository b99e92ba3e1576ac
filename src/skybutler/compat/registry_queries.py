"""``butler.registry`` with the methods of lsst.daf.butler that look things up.  Delegates to a Butler; knows no SQL."""

# ruff: noqa: N802, N803 - the names are those of lsst.daf.butler

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from skybutler.butler import Butler as PlainButler
from skybutler.datasets import CollectionType
from skybutler.datasets.collection import match_names
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import InvalidQueryError, nearest
from skybutler.registry.ask import ask_data_ids, ask_datasets, ask_records
from skybutler.registry.query import DatasetSearch

from .data_ids import DataCoordinate, dimension_names
from .dataset_types import DatasetRef, DatasetType, type_name
from .results import DataCoordinateQueryResults, DatasetQueryResults, DimensionRecordQueryResults

if TYPE_CHECKING:
    from skybutler.sky.timespan import Timespan

__all__ = ["RegistryQueries", "wanted_collections"]

Expression = Any
"""A name, a glob, a compiled pattern, a dataset type, ``...`` for everything, or an iterable of these."""


def wanted_names(expression: Expression, known: Iterable[str]) -> tuple[list[str], list[str]]:
    """Known names that an expression means, and its plain names that are not known."""
    names, unknown = sorted(known), []
    found: dict[str, None] = {}
    for item in _items(expression):
        if isinstance(item, EllipsisType):
            found.update(dict.fromkeys(names))
        elif isinstance(item, re.Pattern):
            found.update(dict.fromkeys(n for n in names if item.fullmatch(n)))
        elif _is_glob(item):
            found.update(dict.fromkeys(match_names([item], names)))
        elif item in names:
            found[item] = None
        else:
            unknown.append(str(item))
    return list(found), unknown


def wanted_collections(expression: Expression, known: Iterable[str]) -> list[str] | None:
    """Collections for our own queries: names and globs as they are, ``...`` and patterns as names."""
    if expression is None:
        return None
    chosen: list[str] = []
    for item in _items(expression):
        chosen += [item] if isinstance(item, str) else wanted_names(item, known)[0]
    return chosen


def _items(expression: Expression) -> list[Any]:
    single = expression is ... or isinstance(expression, str | re.Pattern) or hasattr(expression, "name")
    return [type_name(item) for item in ([expression] if single else expression)]


def _is_glob(item: Any) -> bool:
    return isinstance(item, str) and any(c in item for c in "*?[")


class RegistryQueries:
    """The part of the registry that answers.

    Parameters
    ----------
    butler : `skybutler.Butler`
        Whom to ask.
    """

    def __init__(self, butler: PlainButler) -> None:
        self._butler = butler
        self._registry = butler.registry

    @property
    def dimensions(self) -> DimensionUniverse:
        """The repository's dimension universe."""
        return self._butler.dimensions

    def refresh(self) -> None:
        """Notice definitions changed by other processes."""
        self._registry.refresh()

    # ---------------------------------------------------------------- look-ups
    def findDataset(
        self,
        datasetType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        collections: Expression = None,
        timespan: Timespan | None = None,
        datastore_records: bool = False,
        **kwargs: Any,
    ) -> DatasetRef | None:
        """First dataset of a type and data ID in the collections, or `None`; its data ID has all implied values."""
        found = self._butler.find_dataset(
            type_name(datasetType),
            dataId,
            collections=self._searched(collections),
            timespan=timespan,
            dimension_records=True,
            **kwargs,
        )
        return None if found is None else DatasetRef.of(found)

    def getDataset(self, id: uuid.UUID | str) -> DatasetRef | None:
        """The dataset with a UUID, or `None`."""
        found = self._butler.get_dataset(id)
        return None if found is None else DatasetRef.of(found)

    def getDatasetType(self, name: str) -> DatasetType:
        """The registered type of a name."""
        return DatasetType.of(self._butler.get_dataset_type(name))

    def expandDataId(
        self,
        dataId: Mapping[str, Any] | None = None,
        *,
        dimensions: Any = None,
        graph: Any = None,
        withDefaults: bool = True,
        **kwargs: Any,
    ) -> DataCoordinate:
        """A data ID with records and implied values, everything given checked against them."""
        wanted = dimensions if dimensions is not None else graph
        names = None if wanted is None else dimension_names(wanted)
        return DataCoordinate.of(self._butler.expand_data_id(dataId, dimensions=names, **kwargs))

    # ----------------------------------------------------------------- queries
    def queryDatasets(
        self,
        datasetType: Expression,
        *,
        collections: Expression = None,
        dimensions: Any = None,
        dataId: Mapping[str, Any] | None = None,
        where: str = "",
        findFirst: bool = False,
        components: bool = False,
        bind: Mapping[str, Any] | None = None,
        check: bool = True,
        **kwargs: Any,
    ) -> DatasetQueryResults:
        """Datasets of one or several types.

        Parameters
        ----------
        datasetType : `str`, `DatasetType`, pattern, ``...`` or iterable
            Types; unknown ones are no error, but an explanation of emptiness.
        collections : `str`, pattern, ``...`` or iterable, optional
            Where to search; by default the butler's.
        dimensions : iterable, optional
            Further dimensions to take part.
        dataId, **kwargs
            Values that must hold; dimensions that the type lacks are joined.
        where : `str`
            Condition.
        findFirst : `bool`
            Only the first dataset per type and data ID.
        bind : mapping, optional
            Values of names in the condition.
        """
        searched = self._searched(collections)
        if findFirst and _has_wildcard(collections):
            raise InvalidQueryError("findFirst=True needs an order, so collections must be names, not patterns.")
        names, unknown = wanted_names(datasetType, self._type_names())
        parts = [
            ask_datasets(
                self._registry,
                [self._registry.dataset_types.get(name)],
                self._butler._searched(searched),
                find_first=findFirst,
                where=where,
                bind_values=bind,
                data_id={**(dataId or {}), **kwargs},
                defaults=self._butler._defaults,
            )
            for name in names
        ]
        reasons = [f"Dataset type '{n}' does not exist. {nearest(n, self._type_names())}".strip() for n in unknown]
        return DatasetQueryResults(parts, reasons)

    def queryDataIds(
        self,
        dimensions: Any,
        *,
        dataId: Mapping[str, Any] | None = None,
        datasets: Expression = None,
        collections: Expression = None,
        where: str = "",
        components: bool = False,
        bind: Mapping[str, Any] | None = None,
        check: bool = True,
        **kwargs: Any,
    ) -> DataCoordinateQueryResults:
        """Data IDs of some dimensions, if asked only those for which datasets exist."""
        group = self.dimensions.conform(dimension_names(dimensions))
        searches, reasons = self._searches(datasets, collections)
        results = ask_data_ids(
            self._registry,
            group,
            constraints=searches,
            where=where,
            bind_values=bind,
            data_id={**(dataId or {}), **kwargs},
            defaults=self._butler._defaults,
        )
        return DataCoordinateQueryResults(
            [results] if not reasons else [results.limit(0)], reasons, group, self.find_datasets
        )

    def queryDimensionRecords(
        self,
        element: Any,
        *,
        dataId: Mapping[str, Any] | None = None,
        datasets: Expression = None,
        collections: Expression = None,
        where: str = "",
        components: bool = False,
        bind: Mapping[str, Any] | None = None,
        check: bool = True,
        **kwargs: Any,
    ) -> DimensionRecordQueryResults:
        """Records of a dimension element; a data ID of other dimensions is joined, spatially where both are places."""
        definition = self.dimensions[element if isinstance(element, str) else element.name]
        searches, reasons = self._searches(datasets, collections)
        results = ask_records(
            self._registry,
            definition.name,
            constraints=searches,
            where=where,
            bind_values=bind,
            data_id={**(dataId or {}), **kwargs},
            defaults=self._butler._defaults,
        )
        return DimensionRecordQueryResults([results] if not reasons else [results.limit(0)], reasons, definition)

    def queryDatasetTypes(
        self, expression: Expression = ..., *, components: bool = False, missing: list[str] | None = None
    ) -> list[DatasetType]:
        """Registered types; names that do not exist are left out, and appended to ``missing``."""
        names, unknown = wanted_names(expression, self._type_names())
        if missing is not None:
            missing += unknown
        return [DatasetType.of(self._registry.dataset_types.get(name).dataset_type) for name in names]

    def queryCollections(
        self,
        expression: Expression = ...,
        datasetType: Any = None,
        collectionTypes: CollectionType | Iterable[CollectionType] | None = None,
        flattenChains: bool = False,
        includeChains: bool | None = None,
    ) -> list[str]:
        """Names of collections, if asked only of those that ever held a dataset type."""
        self.refresh()
        names = self._butler.collections.query(
            wanted_collections(expression, self._registry.collections.names()) or [],
            collection_types=collectionTypes,
            flatten_chains=flattenChains,
            include_chains=includeChains,
        )
        if datasetType is None:
            return names
        wanted = type_name(datasetType)
        return [n for n in names if wanted in self._butler.collections.get_info(n).dataset_types]

    def getAllCollections(self) -> list[str]:
        """Names of all collections (a name of 2020)."""
        return self.queryCollections()

    def getAllDatasetTypes(self) -> list[DatasetType]:
        """All registered types (a name of 2020)."""
        return self.queryDatasetTypes()

    # ------------------------------------------------------------------ within
    def _type_names(self) -> list[str]:
        self.refresh()
        return [r.dataset_type.name for r in self._registry.dataset_types.all()]

    def _searched(self, collections: Expression) -> list[str] | None:
        return wanted_collections(collections, self._registry.collections.names())

    def _searches(self, datasets: Expression, collections: Expression) -> tuple[list[DatasetSearch], list[str]]:
        """Datasets that must exist, and what cannot because its type does not."""
        if datasets is None:
            return [], []
        searched = self._butler._searched(self._searched(collections))
        resolved = tuple(c.name for c in self._registry.collections.resolve(searched))
        names, unknown = wanted_names(datasets, self._type_names())
        reasons = [f"Dataset type '{n}' does not exist. {nearest(n, self._type_names())}".strip() for n in unknown]
        return [DatasetSearch(name, resolved, find_first=False) for name in names], reasons

    def find_datasets(self, datasetType: Expression, collections: Expression, findFirst: bool) -> Iterator[DatasetRef]:
        """Datasets for results of data IDs; see `queryDatasets`."""
        return iter(self.queryDatasets(datasetType, collections=collections, findFirst=findFirst))


def _has_wildcard(expression: Expression) -> bool:
    if expression is None:
        return False
    return any(not isinstance(item, str) or _is_glob(item) for item in _items(expression))
