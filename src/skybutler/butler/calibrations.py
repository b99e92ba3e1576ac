"""``butler.calibrations``: which calibrations are valid when.  Knows no files and no instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, DatasetRef
from skybutler.datasets.packed_ids import PackedIds
from skybutler.errors import InvalidError
from skybutler.registry.ask import ask_datasets

if TYPE_CHECKING:
    from skybutler.registry.dataset_types import RegisteredType
    from skybutler.sky.timespan import Timespan

    from .lookup import Lookup

__all__ = ["ButlerCalibrations", "ValidityRange"]


@dataclass(frozen=True, slots=True)
class ValidityRange:
    """One range over which a dataset is valid; a dataset may have several.

    Parameters
    ----------
    collection : `str`
        The CALIBRATION collection.
    ref : `DatasetRef`
        The dataset.
    timespan : `Timespan`
        When it is valid: begin included, end excluded.
    """

    collection: str
    ref: DatasetRef
    timespan: Timespan


class ButlerCalibrations:
    """Validity ranges in the CALIBRATION collections of a repository.

    At any time a collection has at most one valid dataset of a type and data ID.

    Parameters
    ----------
    butler : `Butler`
        Whose repository it is.
    """

    def __init__(self, butler: Lookup) -> None:
        self._butler = butler

    def certify(self, collection: str, refs: Iterable[DatasetRef], timespan: Timespan) -> int:
        """Make datasets valid over a time span.

        Repeating a call changes nothing: a dataset that has exactly this range keeps it.

        Parameters
        ----------
        collection : `str`
            A CALIBRATION collection; ``butler.collections.register`` makes one.
        refs : iterable of `DatasetRef`
            Datasets of calibration types.
        timespan : `Timespan`
            When they are valid: begin included, end excluded.

        Returns
        -------
        count : `int`
            How many ranges are new.

        Raises
        ------
        ConflictingDefinitionError
            Another range of the same type and data ID overlaps; both are named, and nothing is changed.
        DatasetTypeError
            A dataset is not of a calibration type.
        """
        self._butler.registry.refresh()
        ids = PackedIds(dict.fromkeys(ref.id.bytes for ref in refs))  # the same one twice is meant once
        return self._butler.registry.calibrations.certify(collection, ids, timespan)

    def decertify(
        self,
        collection: str,
        dataset_type: str,
        timespan: Timespan,
        *,
        data_ids: Iterable[Mapping[str, Any]] | None = None,
    ) -> int:
        """Take a time span out of validity ranges; ranges that stick out are shortened or split.

        Parameters
        ----------
        collection, dataset_type : `str`
            Where, and of what.
        timespan : `Timespan`
            What is taken out; ``Timespan(None, None)`` is all.
        data_ids : iterable of mapping, optional
            Only these data IDs; all by default.

        Returns
        -------
        count : `int`
            How many ranges were removed or changed.
        """
        registry = self._butler.registry
        registry.refresh()
        if timespan.is_empty:
            raise InvalidError("An empty time span takes nothing out.", hint="Its begin must be before its end.")
        kind = self._butler._dataset_type(dataset_type)
        chosen = None if data_ids is None else [self._butler._standardize(kind, given, {}) for given in data_ids]
        return registry.calibrations.decertify(collection, kind.name, timespan, data_ids=chosen)

    def validity(
        self, collections: str | Iterable[str], dataset_types: str | Iterable[str] = "*"
    ) -> list[ValidityRange]:
        """Validity ranges, by collection, dataset type, data ID and time.

        Parameters
        ----------
        collections : `str` or iterable of `str`
            Names and globs; of chains the CALIBRATION collections in them.
        dataset_types : `str` or iterable of `str`
            Names and globs.

        Raises
        ------
        MissingCollectionError, MissingDatasetTypeError
            A plain name is unknown.
        """
        registry = self._butler.registry
        registry.refresh()
        kinds = [r for r in registry.dataset_types.resolve(dataset_types) if r.dataset_type.is_calibration]
        found = []
        for collection in registry.collections.flatten(registry.collections.resolve(collections)):
            if collection.type is CollectionType.CALIBRATION:
                for kind in sorted(kinds, key=lambda k: k.dataset_type.name):
                    found += self._of_type(collection.name, kind)
        return found

    def _of_type(self, collection: str, kind: RegisteredType) -> list[ValidityRange]:
        registry = self._butler.registry
        ranges = registry.calibrations.ranges(collection, kind.dataset_type.name)
        if not ranges:
            return []
        refs = {ref.id.bytes: ref for ref in ask_datasets(registry, [kind], [collection], find_first=False)}
        made = [ValidityRange(collection, refs[identifier], span) for _, identifier, span in ranges]
        return sorted(made, key=lambda r: (r.ref.data_id.required_values, r.timespan.begin_ns))
