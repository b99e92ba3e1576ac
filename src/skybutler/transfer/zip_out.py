"""Files of datasets taken out of a repository into one zip file, which `zip_in` and lsst.daf.butler take back."""

from __future__ import annotations

import os
import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from skybutler.datasets import DatasetRef, FileRecord
from skybutler.errors import (
    ChecksumMismatchError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    InvalidError,
    MissingFileError,
)
from skybutler.storage import LocalStorage, StoredFile
from skybutler.storage.checksum import Hashing

from .artifact_index import INDEX_NAME, Artifact, ArtifactIndex, zip_name
from .artifacts import collect, measure

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.butler.transfers import HasIds

__all__ = ["retrieve_artifacts_zip"]


def retrieve_artifacts_zip(
    butler: Butler, refs: Iterable[DatasetRef] | HasIds, destination: str | os.PathLike[str], *, overwrite: bool = True
) -> str:
    """Write the files of datasets into one zip file with an index; the file appears whole or not at all.

    Members are not compressed, so that they can be read by ranges where they are.

    Parameters
    ----------
    butler : `Butler`
    refs : iterable of `DatasetRef`
    destination : path
        Directory of the zip file, whose name follows from its content.
    overwrite : `bool`
        Replace a zip file of the same name.

    Returns
    -------
    path : `str`
        The zip file.

    Raises
    ------
    InvalidError
        There are no datasets.
    FileExistsInStoreError
        There is a file of that name, and ``overwrite`` is false.
    ChecksumMismatchError, MissingFileError
        A file is not as it was recorded, or gone.
    """
    index = ArtifactIndex.of(butler.dimensions)
    taken: set[str] = set()

    def path_of(record: FileRecord, first: bytes) -> str:
        name = record.path.rpartition("/")[2].rpartition("#zip-path=")[2]
        text = str(uuid.UUID(bytes=first))
        # members of a zip of ours have such a prefix already
        path = name if name.startswith(text[:8] + "-") else f"{text[:8]}-{name}"
        path = path if path not in taken else f"{text}-{name}"
        taken.add(path)
        return path

    found = collect(butler, refs, index, path_of)
    if not found:
        raise InvalidError("There are no datasets to be written into a zip file.")
    storage, name = LocalStorage(destination), zip_name(found)
    try:
        storage.write(name, lambda path: _write(butler, path, found, index), overwrite=overwrite)
    except FileExistsInStoreError as error:
        error.hint = "Pass overwrite=True (--clobber)."
        raise
    return storage.full_path(name)


def _write(butler: Butler, draft: Path, found: dict[str, Artifact], index: ArtifactIndex) -> None:
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as made:
        stored = [_add(butler, made, path, artifact.record) for path, artifact in found.items()]
        measure(found, stored)
        index.artifacts = found
        made.writestr(zipfile.ZipInfo(INDEX_NAME), index.text(), zipfile.ZIP_DEFLATED)


def _add(butler: Butler, made: zipfile.ZipFile, path: str, record: FileRecord) -> StoredFile:
    """Copy a file into the zip file, and check it on the way."""
    source = butler.datastore.source(record)
    try:
        with source.open() as stream, made.open(zipfile.ZipInfo(path), "w", force_zip64=True) as member:
            passing = Hashing(stream)
            for chunk in passing:
                member.write(chunk)
    except FileNotFoundInStoreError as error:
        raise MissingFileError(
            f"{source.uri} is gone from its repository.", hint="Find such files with: butler verify REPO"
        ) from error
    found = passing.stored
    if record.size not in (-1, found.size) or (record.checksum or found.checksum) != found.checksum:
        raise ChecksumMismatchError(
            f"{source.uri} has changed since it was stored.", hint="Find such files with: butler verify REPO"
        )
    return found
