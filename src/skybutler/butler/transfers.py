"""The butler's ways out of a repository and into another.  The work is done above, by ``skybutler.transfer``.

That package uses butlers, so it is reached by name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from skybutler.datasets import DatasetRef

from .lookup import Lookup

if TYPE_CHECKING:
    from skybutler.dimensions import DataId

    from .butler import Butler

__all__ = ["HasIds", "Transfers"]


class HasIds(Protocol):
    """What tells the ids of datasets without an object for each, as the answer to a query does."""

    def ids(self) -> Iterator[bytes]:
        """Ids of 16 bytes each."""


class Transfers(Lookup):
    """The part of a butler that exports, imports, and copies from other repositories."""

    def export(
        self,
        *,
        directory: str | os.PathLike[str] | None = None,
        filename: str | os.PathLike[str] | None = None,
        format: str | None = None,
        transfer: str | None = None,
        template: str | None = None,
    ) -> AbstractContextManager[Any]:
        """Export datasets, collections and dimension records; see `skybutler.transfer.export.open_export`.

        Returns
        -------
        context : context manager
            Gives a `skybutler.transfer.export.Export`, to which one says what to save; at the end of the block the
            export file and the files of datasets are written.
        """
        opened: AbstractContextManager[Any] = import_module("skybutler.transfer.export").open_export(
            self, directory=directory, filename=filename, format=format, transfer=transfer, template=template
        )
        return opened

    def import_(
        self,
        *,
        directory: str | os.PathLike[str] | None = None,
        filename: str | os.PathLike[str] | TextIO | None = None,
        format: str | None = None,
        transfer: str | None = "auto",
        skip_dimensions: Iterable[str] = (),
        record_validation_info: bool = True,
        without_datastore: bool = False,
    ) -> Any:
        """Import what was exported, here or by lsst.daf.butler; see `skybutler.transfer.importing.import_export`.

        Returns
        -------
        report : `skybutler.transfer.report.ImportReport`
            How many of each kind are new, and how many were there.
        """
        return import_module("skybutler.transfer.importing").import_export(
            self,
            directory=directory,
            filename=filename,
            format=format,
            transfer=transfer,
            skip_dimensions=skip_dimensions,
            track=record_validation_info,
            without_datastore=without_datastore,
        )

    def transfer_from(
        self,
        source_butler: Butler,
        source_refs: Iterable[DatasetRef] | HasIds,
        transfer: str = "auto",
        skip_missing: bool = True,
        register_dataset_types: bool = False,
        transfer_dimensions: bool = False,
        dry_run: bool = False,
    ) -> Any:
        """Copy datasets of another repository, with ids and RUNs; see `skybutler.transfer.datasets.transfer_from`."""
        return import_module("skybutler.transfer.datasets").transfer_from(
            self,
            source_butler,
            source_refs,
            transfer=transfer,
            skip_missing=skip_missing,
            register_dataset_types=register_dataset_types,
            transfer_dimensions=transfer_dimensions,
            dry_run=dry_run,
        )

    def transfer_dimension_records_from(self, source_butler: Butler, source_refs: Iterable[DatasetRef | DataId]) -> int:
        """Copy the dimension records that datasets or data IDs of another repository need; tell how many are new.

        See `skybutler.transfer.datasets.transfer_dimension_records_from`.
        """
        count: int = import_module("skybutler.transfer.datasets").transfer_dimension_records_from(
            self, source_butler, source_refs
        )
        return count

    def retrieve_artifacts(
        self,
        refs: Iterable[DatasetRef] | HasIds,
        destination: str | os.PathLike[str],
        *,
        transfer: str = "auto",
        preserve_path: bool = True,
        overwrite: bool = False,
    ) -> list[str]:
        """Copy files of datasets out of the repository; see `skybutler.transfer.artifacts.retrieve_artifacts`."""
        uris: list[str] = import_module("skybutler.transfer.artifacts").retrieve_artifacts(
            self, refs, destination, transfer=transfer, preserve_path=preserve_path, overwrite=overwrite
        )
        return uris

    def retrieve_artifacts_zip(
        self, refs: Iterable[DatasetRef] | HasIds, destination: str | os.PathLike[str], overwrite: bool = True
    ) -> str:
        """Write files of datasets into one zip file in a directory, and tell its path.

        See `skybutler.transfer.zip_out.retrieve_artifacts_zip`.
        """
        path: str = import_module("skybutler.transfer.zip_out").retrieve_artifacts_zip(
            self, refs, destination, overwrite=overwrite
        )
        return path

    def ingest_zip(
        self,
        zip_file: str | os.PathLike[str],
        transfer: str | None = "auto",
        *,
        transfer_dimensions: bool = False,
        dry_run: bool = False,
        skip_existing: bool = False,
    ) -> int:
        """Take in a zip file of datasets, and tell how many are new; see `skybutler.transfer.zip_in.ingest_zip`."""
        count: int = import_module("skybutler.transfer.zip_in").ingest_zip(
            self,
            zip_file,
            transfer=transfer,
            transfer_dimensions=transfer_dimensions,
            dry_run=dry_run,
            skip_existing=skip_existing,
        )
        return count

    def export_bundle(
        self,
        destination: str | os.PathLike[str],
        refs: Iterable[DatasetRef] | HasIds | None = None,
        *,
        collections: Sequence[str] = (),
        transfer: str | None = None,
    ) -> Any:
        """Write the repository, or some of its datasets, as Parquet tables with a manifest, for large sets.

        See `skybutler.transfer.bundle_out.export_bundle`.

        Returns
        -------
        manifest : `skybutler.transfer.bundle_manifest.Manifest`
            What was written.
        """
        return import_module("skybutler.transfer.bundle_out").export_bundle(
            self, destination, refs, collections=collections, transfer=transfer
        )

    def import_bundle(
        self,
        source: str | os.PathLike[str],
        *,
        directory: str | os.PathLike[str] | None = None,
        transfer: str = "auto",
        without_datastore: bool = False,
    ) -> Any:
        """Take in what `export_bundle` has written; see `skybutler.transfer.bundle_in.import_bundle`.

        Returns
        -------
        report : `skybutler.transfer.report.ImportReport`
            How many of each kind are new, and how many were there.
        """
        return import_module("skybutler.transfer.bundle_in").import_bundle(
            self, source, directory=directory, transfer=transfer, without_datastore=without_datastore
        )
