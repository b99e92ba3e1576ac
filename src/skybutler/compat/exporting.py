"""What to export, said with the spellings of lsst.daf.butler.  Delegates to ours."""

# ruff: noqa: N802, N803 - the names are those of lsst.daf.butler

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from skybutler.datasets import DatasetRef, FileDataset
from skybutler.dimensions import DataId, DimensionElement, DimensionRecord
from skybutler.transfer.export import Export

__all__ = ["RepoExportContext"]


class RepoExportContext:
    """What is to be exported; see `skybutler.transfer.export.Export`.

    Parameters
    ----------
    export : `Export`
        Ours.
    """

    def __init__(self, export: Export) -> None:
        self._export = export

    def saveCollection(self, name: str) -> None:
        """Export a collection."""
        self._export.save_collection(name)

    def saveDimensionData(
        self, element: str | DimensionElement, records: Iterable[DimensionRecord | Mapping[str, Any]]
    ) -> None:
        """Export dimension records."""
        self._export.save_dimension_data(element, records)

    def saveDataIds(
        self, dataIds: Iterable[DataId], *, elements: Iterable[str | DimensionElement] | None = None
    ) -> None:
        """Export the dimension records behind data IDs."""
        self._export.save_data_ids(dataIds, elements=_names(elements))

    def saveDatasets(
        self,
        refs: Iterable[DatasetRef],
        *,
        elements: Iterable[str | DimensionElement] | None = None,
        rewrite: Callable[[FileDataset], FileDataset] | None = None,
    ) -> None:
        """Export datasets, with all that belongs to them."""
        self._export.save_datasets(refs, elements=_names(elements), rewrite=rewrite)


def _names(elements: Iterable[str | DimensionElement] | None) -> list[str] | None:
    return None if elements is None else [str(element) for element in elements]
