"""``butler.registry`` with the methods of lsst.daf.butler that change things.  Delegates to a Butler; knows no SQL."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.daf.butler

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from skybutler.datasets import CollectionType
from skybutler.datasets import DatasetRef as PlainRef
from skybutler.dimensions import DimensionRecord as PlainRecord
from skybutler.errors import MissingDatasetTypeError
from skybutler.registry.ask import ask_datasets
from skybutler.sky.timespan import Timespan as PlainTimespan

from .dataset_types import DatasetRef, DatasetType, plain_type, type_name
from .registry_queries import Expression, RegistryQueries
from .timespans import Timespan

__all__ = ["CollectionSummary", "DatasetAssociation", "Registry", "RegistryDefaults"]


@dataclass(frozen=True)
class RegistryDefaults:
    """What is used where a call says nothing.

    Parameters
    ----------
    collections : `tuple` [`str`]
        Collections searched.
    run : `str`, optional
        RUN that is written to.
    dataId : mapping
        Values of governor dimensions.
    """

    collections: tuple[str, ...] = ()
    run: str | None = None
    dataId: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CollectionSummary:
    """What a collection holds.

    Parameters
    ----------
    dataset_types : `tuple` [`DatasetType`]
        Types that are, or once were, in it.
    governors : mapping
        Values of instrument and skymap that its datasets have, or had, by dimension.
    """

    dataset_types: tuple[DatasetType, ...]
    governors: Mapping[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetAssociation:
    """Membership of a dataset in a collection.

    Parameters
    ----------
    ref : `DatasetRef`
    collection : `str`
    timespan : `Timespan`, optional
        Validity range; of CALIBRATION collections.
    """

    ref: DatasetRef
    collection: str
    timespan: Timespan | None = None


class Registry(RegistryQueries):
    """What exists and how it relates.

    Parameters
    ----------
    butler : `skybutler.Butler`
        Does the work.
    """

    @property
    def defaults(self) -> RegistryDefaults:
        """What is used where a call says nothing; can be replaced."""
        return RegistryDefaults(self._butler.collections.defaults, self._butler.run, dict(self._butler._defaults))

    @defaults.setter
    def defaults(self, value: RegistryDefaults) -> None:
        self._butler._set_defaults(value.collections, value.run, value.dataId)

    def isWriteable(self) -> bool:
        """Whether writes are allowed."""
        return self._butler.writeable

    def transaction(self, *, savepoint: bool = False) -> AbstractContextManager[None]:
        """All or nothing; nested blocks can fail on their own, whatever ``savepoint`` says."""
        return self._butler.transaction()

    # ------------------------------------------------------------- collections
    def registerCollection(
        self, name: str, type: CollectionType = CollectionType.TAGGED, doc: str | None = None
    ) -> bool:
        """Make a collection unless it exists; tell whether it was made."""
        return self._butler.collections.register(name, type, doc)

    def registerRun(self, name: str, doc: str | None = None) -> bool:
        """Make a RUN unless it exists; tell whether it was made."""
        return self._butler.collections.register(name, CollectionType.RUN, doc)

    def removeCollection(self, name: str) -> None:
        """Remove a collection (a RUN must be empty)."""
        self._butler.collections.remove(name)

    def setCollectionChain(self, parent: str, children: Any, *, flatten: bool = False) -> None:
        """Replace the children of a chain."""
        self._butler.collections.redefine_chain(parent, children, flatten=flatten)

    def getCollectionChain(self, parent: str) -> tuple[str, ...]:
        """Children of a chain in search order."""
        return self._butler.collections.get_info(parent).children

    def getCollectionParentChains(self, collection: str) -> set[str]:
        """Chains that hold a collection directly."""
        return set(self._butler.collections.get_info(collection).parents)

    def getCollectionType(self, name: str) -> CollectionType:
        """Kind of a collection."""
        return self._butler.collections.get_info(name).type

    def getCollectionSummary(self, collection: str) -> CollectionSummary:
        """What a collection holds, or held."""
        names = self._butler.collections.get_info(collection).dataset_types
        members = self._registry.collections.flatten(self._registry.collections.resolve([collection]))
        governors = self._registry.datasets.summaries.governors(members)
        return CollectionSummary(tuple(self.getDatasetType(name) for name in names), governors)

    def getCollectionDocumentation(self, collection: str) -> str | None:
        """Documentation text, or `None`."""
        return self._butler.collections.get_info(collection).doc or None

    def setCollectionDocumentation(self, collection: str, doc: str | None) -> None:
        """Replace the documentation text."""
        self._butler.collections.set_doc(collection, doc or "")

    def refresh_collection_summaries(self) -> None:
        """Forget dataset types that collections hold no more."""
        self._butler.collections.refresh_summaries()

    # ------------------------------------------------------------- definitions
    def registerDatasetType(self, datasetType: DatasetType) -> bool:
        """Register a dataset type; tell whether it is new."""
        kind = plain_type(datasetType)
        return self._butler.register_dataset_type(
            kind.name, kind.dimensions.names, kind.storage_class, is_calibration=kind.is_calibration
        )

    def removeDatasetType(self, name: str | tuple[str, ...]) -> None:
        """Remove dataset types that no dataset has; unknown names are no error."""
        for wanted in [name] if isinstance(name, str) else name:
            try:
                self._registry.dataset_types.remove(wanted)
            except MissingDatasetTypeError:
                continue

    def insertDimensionData(
        self,
        element: Any,
        *data: Mapping[str, Any] | PlainRecord,
        conform: bool = True,
        replace: bool = False,
        skip_existing: bool = False,
    ) -> None:
        """Insert dimension records."""
        self._butler.insert_dimension_data(_name(element), *data, replace=replace, skip_existing=skip_existing)

    def syncDimensionData(
        self, element: Any, row: Mapping[str, Any] | PlainRecord, conform: bool = True, update: bool = False
    ) -> bool | dict[str, Any]:
        """Make sure a record exists: `False` it did, `True` inserted, a `dict` of old values when updated."""
        values = row.to_dict() if isinstance(row, PlainRecord) else row
        return self._butler.sync_dimension_data(_name(element), values, update=update)

    # ------------------------------------------------------------- memberships
    def associate(self, collection: str, refs: Iterable[PlainRef]) -> None:
        """Add datasets to a TAGGED collection."""
        self._registry.datasets.associate(collection, [ref.id.bytes for ref in refs])

    def disassociate(self, collection: str, refs: Iterable[PlainRef]) -> None:
        """Take datasets out of a TAGGED collection."""
        self._registry.datasets.disassociate(collection, [ref.id.bytes for ref in refs])

    def certify(self, collection: str, refs: Iterable[PlainRef], timespan: PlainTimespan) -> None:
        """Make datasets valid over a time span in a CALIBRATION collection."""
        self._butler.calibrations.certify(collection, refs, timespan)

    def decertify(
        self,
        collection: str,
        datasetType: Any,
        timespan: PlainTimespan,
        *,
        dataIds: Iterable[Mapping[str, Any]] | None = None,
    ) -> None:
        """Take a time span out of validity ranges."""
        self._butler.calibrations.decertify(collection, type_name(datasetType), timespan, data_ids=dataIds)

    def queryDatasetAssociations(
        self,
        datasetType: Any,
        collections: Expression = ...,
        *,
        collectionTypes: CollectionType | Iterable[CollectionType] | None = None,
        flattenChains: bool = False,
    ) -> Iterator[DatasetAssociation]:
        """Memberships of the datasets of a type, with validity ranges where they have some."""
        registered = self._registry.dataset_types.get(type_name(datasetType))
        names = self.queryCollections(collections, datasetType, collectionTypes, flattenChains=flattenChains)
        for name in names:
            kind = self._registry.collections.get(name).type
            if kind is CollectionType.CALIBRATION:
                yield from self._certified(name, registered.dataset_type.name)
            elif kind is not CollectionType.CHAINED:
                for ref in ask_datasets(self._registry, [registered], [name], find_first=False):
                    yield DatasetAssociation(DatasetRef.of(ref), name)

    def _certified(self, collection: str, dataset_type: str) -> Iterator[DatasetAssociation]:
        for valid in self._butler.calibrations.validity(collection, dataset_type):
            yield DatasetAssociation(DatasetRef.of(valid.ref), collection, Timespan.of(valid.timespan))


def _name(element: Any) -> str:
    return element if isinstance(element, str) else str(element.name)
