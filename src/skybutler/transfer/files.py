"""Files of one datastore brought into another: checked on the way, several at once where far away.  Knows no rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from skybutler.datasets import FileRecord
from skybutler.datastore import Datastore
from skybutler.errors import (
    ChecksumMismatchError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    InvalidError,
    MissingFileError,
    ParameterError,
    nearest,
)
from skybutler.storage import MARK, Stage, Storage, StoredFile, is_absolute
from skybutler.storage.checksum import of_stream
from skybutler.storage.places import local_file
from skybutler.storage.storage import check_path
from skybutler.storage.transfer import transfer

__all__ = ["MODES", "Job", "bring_files", "check_mode", "stored_as"]

MODES = ("auto", "copy", "link", "hardlink", "symlink", "relsymlink")
"""How files of one repository get into another; ``auto`` is a hard link within a file system, and else a copy."""

_AT_ONCE = 16
"""Files under way at the same time where one side is an object store."""


def check_mode(mode: str | None) -> str:
    """The transfer mode, if it leaves the other repository as it is.

    Raises
    ------
    skybutler.errors.ParameterError
        It would take its files away, or record files that are not ours; or there is no such mode.
    """
    if mode in MODES:
        return str(mode)
    if mode in ("move", "direct", "split"):
        why = "would take them away from it" if mode == "move" else "would record files that it may delete at any time"
        raise ParameterError(f"Files of another repository cannot be transferred by '{mode}': that {why}.",
                             hint="Use 'auto', 'copy' or a link.")  # fmt: skip
    raise ParameterError(f"Unknown transfer mode {mode!r}.", hint=nearest(str(mode), MODES) or f"Known: {MODES}.")


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be brought.

    Parameters
    ----------
    record : `FileRecord`
        Where it is in the source, and what is recorded of it.
    path : `str`
        Where it shall be.
    """

    record: FileRecord
    path: str


def bring_files(
    source: Datastore,
    storage: Storage,
    jobs: Sequence[Job],
    mode: str,
    stage: Stage,
    *,
    in_use: Callable[[str], bool],
    overwrite: bool = False,
) -> list[StoredFile | None]:
    """Bring files into a storage and check them against what is recorded of them.

    A file that is in its place already, with the same content, is kept: an interrupted transfer goes on where it was.

    Parameters
    ----------
    source : `skybutler.datastore.Datastore`
        Where the files are.
    storage : `skybutler.storage.Storage`
        Where they go.
    jobs : sequence of `Job`
    mode : `str`
        One of `MODES`.
    stage : `skybutler.storage.Stage`
        Stage of ``storage``.
    in_use : callable
        Tells whether another dataset owns a file that is in the place and has other content.
    overwrite : `bool`
        Replace such files, whoever owns them.

    Returns
    -------
    stored : `list` [`StoredFile` or `None`]
        Sizes and checksums as far as the bytes were read, in the order of ``jobs``.

    Raises
    ------
    skybutler.errors.ChecksumMismatchError
        A file is not as it was recorded.
    skybutler.errors.FileExistsInStoreError
        Another file is in the place.
    skybutler.errors.MissingFileError
        A file is gone.
    """
    bringer = _Bringer(source, storage, mode, stage)
    if storage.local_root is not None and source.storage.local_root is not None:
        tried = [bringer.try_one(job) for job in jobs]
    else:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tried = list(pool.map(bringer.try_one, jobs))
    # the database is asked by this thread only
    for i, job in enumerate(jobs):
        if isinstance(found := tried[i], FileExistsInStoreError):
            if not overwrite and in_use(job.path):
                found.hint = "Another dataset has the same path, with other content."
                raise found
            tried[i] = bringer.bring(job, overwrite=True)
    stored = [found for found in tried if not isinstance(found, FileExistsInStoreError)]
    unread = [i for i, found in enumerate(stored) if found is None]  # links without a checksum to compare
    for i, size in zip(unread, storage.sizes([jobs[i].path for i in unread]).tolist() if unread else (), strict=True):
        record = jobs[i].record
        stored[i] = _checked(record, source.uri(record), StoredFile(size, b"")) if size >= 0 else None
    return stored


class _Bringer:
    """Brings single files."""

    def __init__(self, source: Datastore, storage: Storage, mode: str, stage: Stage) -> None:
        self._source, self._storage, self._mode, self._stage = source, storage, mode, stage

    def try_one(self, job: Job) -> StoredFile | FileExistsInStoreError | None:
        """Bring a file, unless another is in the place, which is told; one that is equal is kept."""
        try:
            return self.bring(job, overwrite=False)
        except FileExistsInStoreError as error:
            return self._kept(job) or error

    def bring(self, job: Job, *, overwrite: bool) -> StoredFile | None:
        """Bring a file and check it."""
        try:
            stored = self._brought(job, overwrite)
        except (MissingFileError, FileNotFoundInStoreError) as error:
            raise MissingFileError(
                f"{self._source.uri(job.record)} is gone from its repository.",
                hint="Find such files with: butler verify REPO",
            ) from error
        if stored is None and job.record.checksum is None:
            return None
        return _checked(job.record, self._source.uri(job.record), stored or stored_as(self._storage, job.path))

    def _local(self, path: str) -> str | None:
        """The local file of a recorded path, if it is one; members of zip files are no files of their own."""
        if MARK in path:
            return None
        if is_absolute(path):
            return local_file(path) if path.startswith("file://") else None
        root = self._source.storage.local_root
        return None if root is None else os.path.join(root, check_path(path))

    def _brought(self, job: Job, overwrite: bool) -> StoredFile | None:
        local = self._local(job.record.path)
        if local is None:
            if self._mode not in ("auto", "copy"):
                uri = self._source.uri(job.record)
                raise InvalidError(f"{uri} cannot be linked into {self._storage.root}.", hint="Use 'copy' or 'auto'.")
            with self._source.source(job.record).open() as stream:
                return self._stage.write(job.path, stream, overwrite=overwrite, storage=self._storage)
        if self._mode != "auto":
            return transfer(local, self._storage, job.path, self._mode, self._stage, overwrite=overwrite)
        if self._storage.local_root is not None:
            try:
                return transfer(local, self._storage, job.path, "hardlink", self._stage, overwrite=overwrite)
            except (InvalidError, DeniedError):  # another file system, or one without links
                pass
        return transfer(local, self._storage, job.path, "copy", self._stage, overwrite=overwrite)

    def _kept(self, job: Job) -> StoredFile | None:
        """What is in the place already, if it is what would be brought."""
        size = int(self._storage.sizes([job.path])[0])
        wanted = job.record.size
        if size < 0 or wanted not in (-1, size):
            return None
        there = stored_as(self._storage, job.path)
        if job.record.checksum is not None:
            return there if there.checksum == job.record.checksum else None
        with self._source.source(job.record).open() as stream:
            return there if of_stream(stream) == there else None


def stored_as(storage: Storage, path: str) -> StoredFile:
    """Size and checksum of a file, which is read."""
    with storage.open(path) as stream:
        return of_stream(stream)


def _checked(record: FileRecord, uri: str, found: StoredFile | None) -> StoredFile | None:
    """What has arrived, if it is what was recorded."""
    if found is None:
        return None
    if record.size not in (-1, found.size):
        raise ChecksumMismatchError(
            f"{uri} has {found.size} bytes, but {record.size} were recorded when it was stored.",
            hint="Find such files with: butler verify REPO",
        )
    if record.checksum is not None and found.checksum and record.checksum != found.checksum:
        raise ChecksumMismatchError(
            f"The content of {os.path.basename(uri)} has changed: the checksum of {uri} is {found.checksum.hex()}, "
            f"recorded was {record.checksum.hex()}.",
            hint="Find such files with: butler verify REPO",
        )
    return StoredFile(found.size, found.checksum or record.checksum or b"")
