"""Files of datasets taken out of a repository into a directory, with an index of what they hold.  Writes no rows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from skybutler.datasets import DatasetRef, FileRecord
from skybutler.errors import ConflictError, FormatError, ParameterError
from skybutler.registry.attachments import attached
from skybutler.registry.rows import DatasetRows, rows_of
from skybutler.storage import MARK, LocalStorage, Stage, StoredFile, container
from skybutler.storage.transfer import check_mode

from .artifact_index import INDEX_NAME, Artifact, ArtifactIndex, read_index
from .datasets import packed
from .dimension_records import RecordGatherer
from .files import Job, bring_files

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.butler.transfers import HasIds

__all__ = ["collect", "retrieve_artifacts"]

_log = logging.getLogger(__name__)
_AT_ONCE = 2_000


def retrieve_artifacts(
    butler: Butler,
    refs: Iterable[DatasetRef] | HasIds,
    destination: str | os.PathLike[str],
    *,
    transfer: str = "auto",
    preserve_path: bool = True,
    overwrite: bool = False,
) -> list[str]:
    """Copy (or link) the files of datasets into a directory, with an index beside them; all or nothing.

    A file that is there already with the same content is kept, so an interrupted retrieval goes on where it was.
    Members of zip files become files.

    Parameters
    ----------
    butler : `Butler`
    refs : iterable of `DatasetRef`
    destination : path
        Directory, made when needed.
    transfer : `str`
        ``auto`` (copy), ``copy`` or a kind of link.
    preserve_path : `bool`
        Keep the directories below the datastore root; otherwise all files go side by side.
    overwrite : `bool`
        Replace other files that are there.

    Returns
    -------
    uris : `list` [`str`]
        The files.

    Raises
    ------
    ConflictError
        Two files would get the same name, or another one is there already.
    DatasetNotFoundError, FileNotFoundInStoreError
        A dataset is not in the repository, or nothing is stored of it.
    ChecksumMismatchError
        A file is not as it was recorded.
    MissingFileError
        A file is gone.
    """
    check_mode(transfer)
    if transfer in ("move", "direct", "split"):
        raise ParameterError(f"Artifacts cannot be retrieved with transfer '{transfer}'.", hint="Use copy or a link.")
    index = ArtifactIndex.of(butler.dimensions)

    def path_of(record: FileRecord, first: bytes) -> str:
        path = _inner_path(record.path)
        return path if preserve_path else path.rpartition("/")[2]

    found = collect(butler, refs, index, path_of)
    os.makedirs(destination, exist_ok=True)
    target = LocalStorage(destination)
    jobs = [Job(artifact.record, path) for path, artifact in found.items()]
    with Stage(target) as stage:
        mode = "copy" if transfer == "auto" else transfer
        stored = bring_files(butler.datastore, target, jobs, mode, stage, in_use=lambda path: True, overwrite=overwrite)
        measure(found, stored)
        index.artifacts = found
        if found:
            _keep_older(index, target)
            stage.write(INDEX_NAME, index.text().encode(), overwrite=True)
        stage.sync()
    return [target.url(path) for path in found]


def _keep_older(index: ArtifactIndex, target: LocalStorage) -> None:
    """What was retrieved to the same place before stays in the index."""
    if not target.exists(INDEX_NAME):
        return
    try:
        older = read_index(target.read(INDEX_NAME), target.url(INDEX_NAME))
    except FormatError as error:
        _log.warning("The index is written anew: %s", error)
        return
    index.keep(older, target.exists)


def measure(found: dict[str, Artifact], stored: Iterable[StoredFile | None]) -> None:
    """Note sizes and checksums of files, where none are recorded, as they were measured."""
    for (path, artifact), seen in zip(list(found.items()), stored, strict=True):
        record = artifact.record
        if seen is not None and (record.size < 0 or record.checksum is None):
            checksum = record.checksum or seen.checksum or None
            known = FileRecord(
                record.path, record.formatter, record.storage_class, seen.size, checksum, record.component
            )
            found[path] = Artifact(known, artifact.ids)


def _inner_path(path: str) -> str:
    """Where a file goes below the destination: without scheme and root; members beside their zip file."""
    file = container(path)
    if file != path:
        return f"{file.split('://', 1)[-1].lstrip('/').rpartition('/')[0]}/{path[len(file) + len(MARK) :]}".lstrip("/")
    return path.split("://", 1)[-1].lstrip("/")


def collect(
    butler: Butler,
    refs: Iterable[DatasetRef] | HasIds,
    index: ArtifactIndex,
    path_of: Callable[[FileRecord, bytes], str],
) -> dict[str, Artifact]:
    """Files of datasets by the path they shall get; datasets and their dimension records are entered in an index.

    Parameters
    ----------
    butler : `Butler`
    refs : iterable of `DatasetRef`
    index : `ArtifactIndex`
        To which datasets are added.
    path_of : callable
        Gives the path for a file and the id of the first dataset in it.

    Raises
    ------
    ConflictError
        Two files would get the same path.
    DatasetNotFoundError, FileNotFoundInStoreError
        A dataset is not in the repository, or nothing is stored of it.
    """
    butler.registry.refresh()
    found: dict[str, Artifact] = {}
    places: dict[str, str] = {}
    gatherer = RecordGatherer(butler.registry)
    ids = iter(packed(refs))
    while part := list(islice(ids, _AT_ONCE)):
        for rows in _known(butler, part):
            index.add(rows)
            index.add_records(butler.dimensions, gatherer.gather(rows.dataset_type.dimensions, rows.columns))
            for identifier, record in _records(butler, rows):
                path = places.get(record.path)
                if path is None:
                    path = places[record.path] = path_of(record, identifier)
                    if path in found:
                        raise ConflictError(f"Two files would become {path}.", hint="Use preserve_path=True.")
                    found[path] = Artifact(record, (identifier,))
                elif identifier not in found[path].ids:
                    found[path] = Artifact(found[path].record, (*found[path].ids, identifier))
    return found


def _known(butler: Butler, ids: list[bytes]) -> list[DatasetRows]:
    from uuid import UUID

    from skybutler.errors import DatasetNotFoundError

    found = rows_of(butler.registry, ids)
    known = {identifier for rows in found for identifier in rows.ids}
    for identifier in ids:
        if identifier not in known:
            raise DatasetNotFoundError(f"Dataset {UUID(bytes=identifier)} is not in this repository.")
    return found


def _records(butler: Butler, rows: DatasetRows) -> Iterator[tuple[bytes, FileRecord]]:
    """Id and file record of every file of some datasets."""
    from skybutler.errors import FileNotFoundInStoreError

    parts = attached(butler.registry, "artifact", rows.ids)
    by_parts = set(parts["dataset"])
    for i, path in enumerate(rows.path):
        if path is not None:
            size = rows.size[i]
            yield (
                rows.ids[i],
                FileRecord(
                    path,
                    str(rows.formatter[i]),
                    str(rows.storage_class[i]),
                    -1 if size is None else size,
                    rows.checksum[i],
                ),
            )
        elif rows.ids[i] not in by_parts:
            raise FileNotFoundInStoreError(
                f"Nothing is stored for {rows.described(i)}.", hint="It was unstored, or never written."
            )
    names = ("dataset", "path", "formatter", "storage_class", "size", "checksum", "component")
    for identifier, *values in zip(*(parts[name] for name in names), strict=True):
        yield identifier, FileRecord(*values)
