"""Transfers between repositories with the other side's spellings and URIs.  The work is the plain butler's."""

# ruff: noqa: N802 - the names are those of lsst.daf.butler
from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetRef

if TYPE_CHECKING:
    from lsst.resources import ResourcePath

    from skybutler.butler import Butler as PlainButler

__all__ = ["Transfers"]


class Transfers:
    """The part of a butler that exchanges files and datasets; it is given the rest by `Butler`."""

    _plain: PlainButler

    def transfer_from(self, source_butler: Any, source_refs: Iterable[DatasetRef], *args: Any, **options: Any) -> Any:
        """Copy datasets of another repository; see `skybutler.Butler.transfer_from`."""
        return self._plain.transfer_from(_plain_of(source_butler), source_refs, *args, **options)

    def transfer_dimension_records_from(self, source_butler: Any, source_refs: Iterable[Any]) -> None:
        """Copy the dimension records that datasets or data IDs of another repository need."""
        self._plain.transfer_dimension_records_from(_plain_of(source_butler), source_refs)

    def retrieveArtifacts(
        self,
        refs: Iterable[DatasetRef],
        destination: Any,
        transfer: str = "auto",
        preserve_path: bool = True,
        overwrite: bool = False,
    ) -> list[ResourcePath]:
        """Copy files of datasets out of the repository."""
        from lsst.resources import ResourcePath

        found = self._plain.retrieve_artifacts(
            refs, _local(destination), transfer=transfer, preserve_path=preserve_path, overwrite=overwrite
        )
        return [ResourcePath(uri) for uri in found]

    def retrieve_artifacts_zip(
        self, refs: Iterable[DatasetRef], destination: Any, overwrite: bool = True
    ) -> ResourcePath:
        """Write files of datasets into one zip file."""
        from lsst.resources import ResourcePath

        return ResourcePath(self._plain.retrieve_artifacts_zip(refs, _local(destination), overwrite=overwrite))

    def ingest_zip(self, zip_file: Any, transfer: str | None = "auto", **options: bool) -> None:
        """Take in a zip file of datasets."""
        self._plain.ingest_zip(_local(zip_file), transfer, **options)


def _plain_of(butler: Any) -> Any:
    return getattr(butler, "_plain", butler)


def _local(place: Any) -> str:
    """A path, or the URI of something far away."""
    if hasattr(place, "ospath"):
        return str(place.ospath if place.scheme in ("", "file") else place)
    return str(os.fspath(place))
