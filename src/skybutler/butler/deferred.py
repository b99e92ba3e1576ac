"""A dataset found now and read later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetRef
from skybutler.dimensions import DataId

if TYPE_CHECKING:
    from .butler import Butler

__all__ = ["DeferredDataset"]


class DeferredDataset:
    """A dataset that was looked up, but not read yet.

    Parameters
    ----------
    butler : `Butler`
        Reads it.
    ref : `DatasetRef`
        What was found.
    parameters : mapping, optional
        Read parameters.
    storage_class : `str`, optional
        Read as this.
    """

    def __init__(
        self, butler: Butler, ref: DatasetRef, parameters: Mapping[str, Any] | None, storage_class: str | None
    ) -> None:
        self._butler, self.ref = butler, ref
        self._parameters, self._storage_class = dict(parameters or {}), storage_class

    @property
    def data_id(self) -> DataId:
        """Data ID of the dataset."""
        return self.ref.data_id

    def get(
        self,
        *,
        component: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        storage_class: str | None = None,
    ) -> Any:
        """Read it, or one component; parameters given here are added to those given before."""
        return self._butler._read(
            self.ref,
            self._butler._record_of(self.ref),
            component=component or self.ref.component,
            parameters={**self._parameters, **(parameters or {})},
            storage_class=storage_class or self._storage_class,
        )

    def __repr__(self) -> str:
        return f"DeferredDataset({self.ref})"
