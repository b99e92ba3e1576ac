"""Bringing files of datasets to an export's directory.  Knows neither the export file nor what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.butler.files import template_columns
from skybutler.datastore.ingest import source_extension
from skybutler.errors import ConflictError, FileNotFoundInStoreError, MissingFileError
from skybutler.storage import Stage, Storage, is_absolute
from skybutler.storage.transfer import check_mode
from skybutler.storage.transfer import transfer as bring

from .members import Members

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import FileRecord
    from skybutler.datastore import FileTemplate

__all__ = ["Carrier"]


class Carrier:
    """Brings files, and tells the paths under which an export file names them.

    Parameters
    ----------
    butler : `Butler`
        Whose files they are.
    storage : `skybutler.storage.Storage`
        Where to.
    stage : `skybutler.storage.Stage`
        Its stage, which takes charge of the new files.
    transfer : `str` or `None`
        How; ``direct`` and `None` bring none.
    template : `FileTemplate`, optional
        Names of the files; by default those that they have in the datastore.
    """

    def __init__(
        self, butler: Butler, storage: Storage, stage: Stage, transfer: str | None, template: FileTemplate | None = None
    ) -> None:
        check_mode(transfer)
        self._template = template
        self._butler, self._storage, self._stage = butler, storage, stage
        self._transfer = "copy" if transfer == "auto" else transfer
        self._outside: dict[str, str] = {}
        self._last = ""

    def bring(
        self, members: Members, columns: Mapping[str, Sequence[Any]], records: Sequence[FileRecord | None]
    ) -> list[str | None]:
        """Bring the files of some datasets of one type and run.

        Parameters
        ----------
        members : `Members`
            Their type and run.
        columns : mapping
            Values of their required dimensions.
        records : sequence of `FileRecord` or `None`
            Where they are; `None` for one that nothing is stored of.

        Returns
        -------
        paths : `list` [`str` or `None`]
            For the export file.

        Raises
        ------
        FileNotFoundInStoreError
            A file is gone.
        ConflictError
            Two files would get the same name.
        """
        datastore = self._butler.datastore
        if self._transfer is None:
            return [None if r is None else r.path for r in records]
        if self._transfer == "direct":
            return [None if r is None else datastore.uri(r) for r in records]
        paths = self._names(members, columns, records)
        for path, record in zip(paths, records, strict=True):
            if path is not None and record is not None:
                self._bring_one(record, path)
        return paths

    def _names(
        self, members: Members, columns: Mapping[str, Sequence[Any]], records: Sequence[FileRecord | None]
    ) -> list[str | None]:
        """The paths in the datastore, for files outside of it those that they would get there; or what is asked for."""
        if self._template is not None:
            self._template.validate(members.kind)
            fields = template_columns(self._butler, members.kind, columns, members.run)
            stems = self._template.render_many({**fields, "datasetType": members.kind.name}, len(records))
            return [
                None if r is None else stem + source_extension(r.path) for r, stem in zip(records, stems, strict=True)
            ]
        if not any(r is not None and is_absolute(r.path) for r in records):
            return [None if r is None else r.path for r in records]
        fields = template_columns(self._butler, members.kind, columns, members.run)
        stems = self._butler.datastore.stems(members.kind, fields, len(records))
        return [
            None if r is None else stem + source_extension(r.path) if is_absolute(r.path) else r.path
            for r, stem in zip(records, stems, strict=True)
        ]

    def _bring_one(self, record: FileRecord, path: str) -> None:
        uri = self._butler.datastore.uri(record)
        if self._template is not None:
            if self._outside.setdefault(path, uri) != uri:
                raise ConflictError(
                    f"Two files would become {path}: {uri} and {self._outside[path]}.",
                    hint="Give the template a field that tells them apart, such as {datasetType}.",
                )
        elif path == self._last or (is_absolute(record.path) and self._outside.setdefault(path, uri) != uri):
            if path == self._last == record.path:  # one file of several datasets
                return
            raise ConflictError(f"Two files would become {path}, one of them {uri}.")
        elif path in self._outside and not is_absolute(record.path):
            raise ConflictError(f"Two files would become {path}: {uri} and {self._outside[path]}.")
        try:
            bring(uri, self._storage, path, str(self._transfer), self._stage)
        except (MissingFileError, FileNotFoundInStoreError) as error:
            raise FileNotFoundInStoreError(
                f"The file {uri} is gone; nothing was exported.", hint="Find all that is missing: butler verify REPO"
            ) from error
        self._last = path
