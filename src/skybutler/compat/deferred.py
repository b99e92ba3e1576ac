"""Datasets found now and read later, with the spellings of lsst.daf.butler.  Knows no repository."""

# ruff: noqa: N802, N803 - the names are those of lsst.daf.butler

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler.butler.deferred import DeferredDataset

from .data_ids import DataCoordinate
from .dataset_types import DatasetRef, storage_class_name
from .wrapping import plain_parameters, to_compat

__all__ = ["DeferredDatasetHandle"]


class DeferredDatasetHandle:
    """A dataset that was looked up, but not read yet.

    Parameters
    ----------
    found : `DeferredDataset`
        Ours.
    """

    def __init__(self, found: DeferredDataset) -> None:
        self._found = found

    @property
    def ref(self) -> DatasetRef:
        """What was found."""
        return DatasetRef.of(self._found.ref)

    @property
    def dataId(self) -> DataCoordinate:
        """Data ID of the dataset."""
        return self.ref.dataId

    def get(
        self, *, component: str | None = None, parameters: Mapping[str, Any] | None = None, storageClass: Any = None
    ) -> Any:
        """Read it, or one component; parameters given here are added to those given before."""
        kind = storage_class_name(storageClass)
        found = self._found.get(component=component, parameters=plain_parameters(parameters), storage_class=kind)
        return to_compat(found, component or self._found.ref.component)

    def __repr__(self) -> str:
        return f"DeferredDatasetHandle({self.ref})"
