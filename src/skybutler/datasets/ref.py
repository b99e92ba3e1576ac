"""References to datasets.  They name a dataset; what and where it is, registry and datastore know."""

from __future__ import annotations

import enum
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skybutler.dimensions import DataId

from .dataset_type import DatasetType
from .identity import new_uuid, to_uuid

if TYPE_CHECKING:
    from .provenance import DatasetProvenance

__all__ = ["DatasetExistence", "DatasetRef", "FileDataset"]


class DatasetRef:
    """One dataset: type, data ID, run and UUID.

    Two refs are equal when UUID and dataset type name are.

    Parameters
    ----------
    dataset_type : `DatasetType`
    data_id : `DataId`
    run : `str`
    id : `uuid.UUID`, optional
        By default a new, time-ordered one.
    """

    __slots__ = ("_id", "data_id", "dataset_type", "run")

    _id: uuid.UUID | bytes  # bytes until somebody asks: making one takes as long as the rest of a ref

    def __init__(self, dataset_type: DatasetType, data_id: DataId, run: str, id: uuid.UUID | None = None) -> None:
        self.dataset_type = dataset_type
        self.data_id = data_id
        self.run = run
        self._id = id if id is not None else new_uuid()

    @classmethod
    def from_columns(
        cls, dataset_type: DatasetType, data_ids: Iterable[DataId], runs: Iterable[str], identifiers: Iterable[bytes]
    ) -> list[DatasetRef]:
        """Many refs of one type, with ids of 16 bytes each, unchecked."""
        new, made = cls.__new__, []
        for data_id, run, identifier in zip(data_ids, runs, identifiers, strict=True):
            ref = new(cls)
            ref.dataset_type, ref.data_id, ref.run, ref._id = dataset_type, data_id, run, identifier
            made.append(ref)
        return made

    @property
    def id(self) -> uuid.UUID:
        """UUID."""
        identifier = self._id
        if isinstance(identifier, bytes):
            identifier = self._id = to_uuid(identifier)
        return identifier

    @property
    def component(self) -> str | None:
        """Component name, or `None` for a whole dataset."""
        return self.dataset_type.component

    @property
    def is_component(self) -> bool:
        """Whether this refers to a part of a dataset."""
        return self.component is not None

    def make_component_ref(self, component: str, storage_class: str) -> DatasetRef:
        """A ref to one component."""
        name = self.dataset_type.component_name(component)
        kind = DatasetType(name, self.dataset_type.dimensions, storage_class, self.dataset_type.is_calibration)
        return DatasetRef(kind, self.data_id, self.run, self.id)

    def expanded(self, data_id: DataId) -> DatasetRef:
        """The same dataset with a data ID that carries records."""
        return DatasetRef(self.dataset_type, data_id, self.run, self.id)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DatasetRef):
            return NotImplemented
        return self.id == other.id and self.dataset_type.name == other.dataset_type.name

    def __hash__(self) -> int:
        return hash(self.id)

    def __lt__(self, other: DatasetRef) -> bool:
        mine = (self.run, self.dataset_type.name, self.data_id.required_values)
        return mine < (other.run, other.dataset_type.name, other.data_id.required_values)

    def __str__(self) -> str:
        kind = self.dataset_type
        return f"{kind.name}@{self.data_id} [sc={kind.storage_class}] (run={self.run} id={self.id})"

    def __repr__(self) -> str:
        kind = self.dataset_type
        return f"DatasetRef({kind!r}, {self.data_id}, run='{self.run}', id={self.id})"

    def __getstate__(self) -> tuple[DatasetType, DataId, str, uuid.UUID]:
        return self.dataset_type, self.data_id, self.run, self.id

    def __setstate__(self, state: tuple[DatasetType, DataId, str, uuid.UUID | bytes]) -> None:
        self.dataset_type, self.data_id, self.run, self._id = state

    def _repr_html_(self) -> str:
        from skybutler.notebook import facts

        rows = [("storage class", self.dataset_type.storage_class)]
        rows += [(name, repr(self.data_id[name])) for name in self.data_id]
        return facts([*rows, ("run", self.run), ("id", self.id)], self.dataset_type.name)


@dataclass(slots=True, init=False)
class FileDataset:
    """A file to be ingested and the datasets it holds.

    Parameters
    ----------
    path : `str` or path
        Where the file is now.
    refs : `DatasetRef` or sequence of them
        What is in it.
    formatter : `str`, optional
        Name of the formatter that reads it; by default the one configured for the dataset type.
    provenance : `DatasetProvenance`, optional
        How the datasets in it were made.
    """

    path: str | os.PathLike[str]
    refs: list[DatasetRef]
    formatter: str | None
    provenance: DatasetProvenance | None

    def __init__(
        self,
        path: str | os.PathLike[str],
        refs: Sequence[DatasetRef] | DatasetRef,
        formatter: str | None = None,
        provenance: DatasetProvenance | None = None,
    ) -> None:
        self.path, self.formatter, self.provenance = path, formatter, provenance
        self.refs = [refs] if isinstance(refs, DatasetRef) else list(refs)


class DatasetExistence(enum.Flag):
    """What is known of a dataset; true when it can be read as far as was checked."""

    UNRECOGNIZED = 0
    RECORDED = enum.auto()
    """The registry knows it."""
    DATASTORE = enum.auto()
    """The datastore has a record of it."""
    _ARTIFACT = enum.auto()
    KNOWN = RECORDED | DATASTORE
    """Both know it; the file was not looked at."""
    VERIFIED = RECORDED | DATASTORE | _ARTIFACT
    """The file is there."""
    _LOOKED = enum.auto()
    MISSING = RECORDED | DATASTORE | _LOOKED
    """Both know it, but the file is gone."""

    def __bool__(self) -> bool:
        return self in (DatasetExistence.KNOWN, DatasetExistence.VERIFIED)
