"""From what users name to datasets: types, data IDs and collections looked up, and where the files are.  Reads none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, DatasetRef, DatasetType, FileRecord
from skybutler.dimensions import DataId, DimensionRecord, DimensionUniverse
from skybutler.errors import DataIdValueError, DatasetNotFoundError, FileNotFoundInStoreError, NoDefaultCollectionError
from skybutler.registry.registry import Registry

from .collections import ButlerCollections
from .config import RepositoryConfig

if TYPE_CHECKING:
    from skybutler.datastore import Datastore
    from skybutler.sky.timespan import Timespan

__all__ = ["Collections", "Lookup", "listed"]

Collections = str | Sequence[str] | None
"""What users may give as ``collections``."""


class Lookup:
    """The part of a butler that finds datasets; it is given the rest by `Butler`."""

    config: RepositoryConfig
    registry: Registry
    collections: ButlerCollections
    run: str | None
    _defaults: Mapping[str, Any]

    @cached_property
    def datastore(self) -> Datastore:
        """Where the files are; opened when a file is first asked for."""
        return self.config.open_datastore()

    @property
    def dimensions(self) -> DimensionUniverse:
        """The repository's dimension universe."""
        return self.registry.universe

    def _searched(self, collections: Collections) -> tuple[str, ...]:
        named = listed(collections) if collections is not None else self.collections.defaults
        if not named:
            raise NoDefaultCollectionError(
                "No collections were given, and this butler has no default ones.",
                hint="Pass collections=..., or open it with Butler(repo, collections=...).",
            )
        return named

    def _require_run(self, run: str | None) -> str:
        chosen = run or self.run
        if chosen is None:
            raise NoDefaultCollectionError(
                "No run was given, and this butler has no default one.",
                hint="Pass run=..., or open it with Butler(repo, run=...).",
            )
        return chosen

    def _dataset_type(self, given: str | DatasetType | DatasetRef) -> DatasetType:
        """The registered type meant (of a component: of the whole)."""
        if isinstance(given, DatasetRef):
            given = given.dataset_type
        name = DatasetType.split(given if isinstance(given, str) else given.name)[0]
        return self.registry.dataset_types.get(name).dataset_type

    def _standardize(self, kind: DatasetType, data_id: Mapping[str, Any] | None, values: Mapping[str, Any]) -> DataId:
        return self.registry.data_ids.standardize(data_id, kind.dimensions, defaults=self._defaults, **values)

    def _sought(self, kind: DatasetType, data_id: Mapping[str, Any] | None, values: Mapping[str, Any]) -> DataId:
        """The data ID to look for; of a calibration, what a given exposure or visit implies need not be said."""
        given = {**(data_id or {}), **values}
        missing = [d for d in kind.dimensions.required if given.get(d) is None and not self.dimensions[d].is_governor]
        if kind.is_calibration and missing and (record := self._observation(given)) is not None:
            implied = self.registry.data_ids.expand(record.data_id).mapping
            values = {**{d: implied[d] for d in missing if d in implied}, **values}
        return self._standardize(kind, data_id, values)

    def _find(
        self,
        dataset_type: str | DatasetType,
        data_id: Mapping[str, Any] | None,
        collections: Collections,
        timespan: Timespan | None,
        values: Mapping[str, Any],
    ) -> tuple[DatasetRef, int, FileRecord | None] | None:
        self.registry.refresh()
        searched = self._searched(collections)
        kind = self._dataset_type(dataset_type)
        standard = self._sought(kind, data_id, values)
        if len(standard) > len(standard.group.required) and not standard.has_records:
            self.registry.data_ids.expand(standard)  # given implied values must be right
        if kind.is_calibration and timespan is None:
            record = self._observation({**(data_id or {}), **values})
            timespan = record.timespan if record is not None else None
        return self.registry.find_dataset(kind.name, standard, searched, timespan=timespan)

    def _observation(self, given: Mapping[str, Any]) -> DimensionRecord | None:
        """The record of a data ID's exposure, visit or day, which says when and in which filter it was."""
        for name in ("exposure", "visit", "day_obs"):
            if given.get(name) is None:
                continue
            group = self.dimensions.conform([name])
            wanted = {d: given[d] for d in group.required if d in given}
            standard = self.registry.data_ids.standardize(wanted, group, defaults=self._defaults)
            record = self.registry.elements.fetch(name, standard.required_values)
            if record is None:
                raise DataIdValueError(
                    f"There is no {name} {standard[name]} in this repository, so nothing says when it was.",
                    hint="Define it first, or give the time itself: timespan=.",
                )
            return record
        return None

    def _locate(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None,
        collections: Collections,
        timespan: Timespan | None,
        values: Mapping[str, Any],
    ) -> tuple[DatasetRef, FileRecord]:
        """Ref and file record, or an error that says what is missing."""
        if isinstance(dataset_type, DatasetRef):
            return dataset_type, self._record_of(dataset_type)
        found = self._find(dataset_type, data_id, collections, timespan, values)
        if found is None:
            kind = self._dataset_type(dataset_type)
            given = self._sought(kind, data_id, values)
            searched = self._searched(collections)
            raise DatasetNotFoundError(
                f"Dataset {kind.name} with data ID {given} could not be found in collections {searched}.",
                hint=self._validity(kind, given, searched) or self._whereabouts(kind, given, searched),
            )
        if found[2] is None:
            raise FileNotFoundInStoreError(
                f"Nothing is stored for {found[0]}.", hint="It was unstored, or never written."
            )
        return found[0], found[2]

    def _validity(self, kind: DatasetType, data_id: DataId, searched: Sequence[str]) -> str:
        """When there would be a calibration: it was looked for at a time when none is valid."""
        if not kind.is_calibration:
            return ""
        registered, values = self.registry.dataset_types.get(kind.name), tuple(data_id.required_values)
        told = []
        for holder in self.registry.datasets.holders(registered, searched):
            if holder.type is CollectionType.CALIBRATION:
                spans = list(map(str, self.registry.calibrations.spans(kind.name, values, holder)))
                more = ", ..." if len(spans) > 4 else ""
                told += [f"'{holder.name}' has one for {', '.join(spans[:4])}{more}"] if spans else []
        return f"None is valid at that time; {'; '.join(told)}." if told else ""

    def _whereabouts(self, kind: DatasetType, data_id: DataId, searched: Sequence[str]) -> str:
        """Where else the dataset is."""
        from skybutler.registry.ask import ask_datasets

        registered = self.registry.dataset_types.get(kind.name)
        everywhere = self.registry.collections.names()
        refs = ask_datasets(self.registry, [registered], everywhere, find_first=False, data_id=data_id.required).limit(
            3
        )
        runs = [r.run for r in refs]
        if runs:
            return f"It exists in {', '.join(map(repr, runs))}: pass collections=..."
        holders = self.registry.datasets.holders(registered, searched)
        return "" if holders else f"None of them ever held a '{kind.name}'."

    def _record_of(self, ref: DatasetRef) -> FileRecord:
        found = self.registry.datasets.file_records([ref.id.bytes]).get(ref.id.bytes)
        if found is None:
            raise DatasetNotFoundError(f"Dataset {ref} is not in this repository.")
        if found[1] is None:
            raise FileNotFoundInStoreError(f"Nothing is stored for {ref}.", hint="It was unstored, or never written.")
        return found[1]


def listed(collections: Collections | Iterable[str]) -> tuple[str, ...]:
    """Collections as a tuple of names."""
    return (collections,) if isinstance(collections, str) else tuple(collections or ())
