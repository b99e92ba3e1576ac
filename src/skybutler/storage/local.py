"""Files below a directory: temporary name, checksum, rename, and one sync for many.  Knows nothing of datasets."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

from skybutler.errors import (
    ButlerError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    InvalidError,
    UnavailableError,
    UnreadableFileError,
)

from . import checksum
from .disk_sync import sync_files
from .storage import Data, FileState, StoredFile, check_path, check_paths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SCRATCH_PREFIX", "LocalStorage"]

SCRATCH_PREFIX = ".tmp-"
"""Start of the name of a file that is being written; a leftover of a killed process may be deleted."""

_scratch_number = itertools.count()
_SCRATCH_SALT = os.urandom(4).hex()  # file systems are shared by machines, so a process number is not enough


class LocalStorage:
    """A directory as `skybutler.storage.Storage`.

    Reading follows symbolic links, because ingesting by link makes them.  Writing and removing refuse a directory
    that is reached through a symbolic link leading out of the root.

    Parameters
    ----------
    root : path-like
        Directory; made on the first write.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._directory = os.path.abspath(os.fspath(root))
        self._prefix = self._directory.rstrip("/") + "/"
        self._inside = {self._directory}

    def __repr__(self) -> str:
        return f"LocalStorage({self._directory!r})"

    @property
    def root(self) -> str:
        """URI of the root, ending in ``/``."""
        return "file://" + quote(self._prefix)

    @property
    def local_root(self) -> str:
        """Absolute directory of the root."""
        return self._directory

    @property
    def settings(self) -> Mapping[str, Any]:
        """Empty: a local path says it all."""
        return {}

    def full_path(self, path: str) -> str:
        """Absolute path of a file below the root."""
        return self._prefix + check_path(path)

    # ---------------------------------------------------------------- reading
    def read(self, path: str) -> bytes:
        """Whole content of a file."""
        try:
            with open(self.full_path(path), "rb", buffering=0) as file:
                return file.read()
        except OSError as error:
            raise self._translated(error, path) from error

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges of one file, in the order asked."""
        try:
            descriptor = os.open(self.full_path(path), os.O_RDONLY)
            try:
                return [os.pread(descriptor, stop - start, start) for start, stop in ranges]
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._translated(error, path) from error

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading; the stream is seekable and buffered."""
        try:
            return open(self.full_path(path), "rb")
        except OSError as error:
            raise self._translated(error, path) from error

    def local_path(self, path: str) -> AbstractContextManager[Path]:
        """The file itself."""
        full = self.full_path(path)
        if not os.path.isfile(full):
            raise FileNotFoundInStoreError(f"There is no file {full}.")
        return nullcontext(Path(full))

    def download(self, path: str, target: Path) -> StoredFile:
        """Copy a file to a new local one; size and checksum of what was copied."""
        with self.open(path) as stream:
            return _fill(str(target), stream)

    def state(self, path: str) -> FileState:
        """Size; inode, size and time of change."""
        try:
            found = os.stat(self.full_path(path))
        except OSError as error:
            raise self._translated(error, path) from error
        return FileState(found.st_size, f"{found.st_ino} {found.st_size} {found.st_mtime_ns}")

    def exists(self, path: str) -> bool:
        """Whether there is a file (not a directory)."""
        return os.path.isfile(self.full_path(path))

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many files, shape (n,); -1 for a missing one, and for a directory."""
        import numpy as np

        check_paths(paths)
        found, prefix, sizes = os.stat, self._prefix, []
        for path in paths:
            try:
                status = found(prefix + path)
                sizes.append(-1 if stat.S_ISDIR(status.st_mode) else status.st_size)
            except (FileNotFoundError, NotADirectoryError):
                sizes.append(-1)
            except OSError as error:
                raise self._translated(error, path) from error
        return np.array(sizes, dtype=np.int64)

    def files(self, prefix: str = "", *, scratch: bool = False) -> Iterator[str]:
        """Paths of all files below a directory; half-written ones are left out unless ``scratch``."""
        top = self.full_path(prefix.rstrip("/")) if prefix.rstrip("/") else self._directory
        for directory, _, names in os.walk(top):
            inner = directory[len(self._prefix) :]
            start = inner + "/" if inner else ""
            yield from (start + name for name in names if scratch or not name.startswith(SCRATCH_PREFIX))

    def modified(self, paths: Sequence[str]) -> NDArray[np.float64]:
        """When files were last written, seconds since 1970 (UTC), shape (n,); NaN for a missing one."""
        import numpy as np

        times = np.full(len(paths), np.nan)
        for i, path in enumerate(paths):
            try:
                times[i] = os.lstat(self.full_path(path)).st_mtime
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise self._translated(error, path) from error
        return times

    def url(self, path: str) -> str:
        """``file:`` URI, percent-encoded."""
        return "file://" + quote(self.full_path(path))

    def signed_url(self, path: str, seconds: int = 3600) -> str:
        """The ``file:`` URI: a local file needs no signature."""
        return self.url(path)

    # ---------------------------------------------------------------- writing
    def write(self, path: str, data: Data, *, overwrite: bool = False, sync: bool = True) -> StoredFile:
        """Write a file so that readers see all of it or nothing; see `skybutler.storage.Storage.write`."""
        full = self.target(path)
        if not overwrite and not isinstance(data, bytes) and os.path.lexists(full):  # bytes are soon written in vain
            raise FileExistsInStoreError(f"There is already a file {full}.")
        scratch = self.scratch(full)
        try:
            if not isinstance(data, bytes):
                os.makedirs(os.path.dirname(full), exist_ok=True)
            stored = _fill(scratch, data)
            _place(scratch, full, overwrite)
        except OSError as error:
            raise self._translated(error, path) from error
        finally:
            _unlink(scratch)
        if sync:
            self.sync([path])
        return stored

    def sync(self, paths: Sequence[str]) -> None:
        """Make files written with ``sync=False`` survive a power cut, with their directory entries."""
        try:
            sync_files([self.full_path(path) for path in paths], self._directory)
        except OSError as error:
            raise self._translated(error, error.filename or self._directory) from error

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files; missing ones are no error.  Directories left empty go too."""
        emptied = set()
        for path in paths:
            full = self.target(path)
            try:
                os.unlink(full)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise self._translated(error, path) from error
            emptied.add(os.path.dirname(full))
        for directory in emptied:
            self._remove_empty(directory)

    def target(self, path: str) -> str:
        """Absolute path of a file to write or remove.

        Raises
        ------
        skybutler.errors.InvalidError
            If a symbolic link on the way leads out of the root.
        """
        full = self.full_path(path)
        self._require_inside(os.path.dirname(full))
        return full

    def _require_inside(self, directory: str) -> None:
        if directory in self._inside:
            return
        self._require_inside(os.path.dirname(directory))
        if os.path.islink(directory):
            real, root = os.path.realpath(directory), os.path.realpath(self._directory)
            if real != root and not real.startswith(root.rstrip("/") + "/"):
                raise InvalidError(
                    f"{directory} leads out of the datastore root {self._directory} through a symbolic link.",
                    hint="Keep such files outside and ingest them with transfer mode 'direct'.",
                )
        self._inside.add(directory)

    def scratch(self, full: str) -> str:
        """Unused name in the same directory, with the same extension."""
        directory, name = os.path.split(full)
        extension = name[name.find(".") :] if "." in name else ""
        number = f"{os.getpid():x}-{next(_scratch_number):x}"
        return f"{directory}/{SCRATCH_PREFIX}{_SCRATCH_SALT}-{number}{extension[-32:]}"

    def _remove_empty(self, directory: str) -> None:
        """Remove a directory and its parents below the root as far as they are empty."""
        while len(directory) > len(self._directory):
            try:
                os.rmdir(directory)
            except OSError:  # not empty, or someone else was faster
                return
            self._inside.discard(directory)
            directory = os.path.dirname(directory)

    def _translated(self, error: OSError, path: str) -> ButlerError:
        full = path if path.startswith("/") else self._prefix + path
        if isinstance(error, ButlerError):
            return error
        if error.errno == errno.ENAMETOOLONG:
            return InvalidError(f"The path {full} is too long for its file system.")
        if isinstance(error, FileExistsError):
            return FileExistsInStoreError(f"There is already a file {full}.")
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return FileNotFoundInStoreError(f"There is no file {error.filename or full}.")
        if isinstance(error, PermissionError):
            return DeniedError(f"No permission for {full}.")
        if isinstance(error, IsADirectoryError):
            return UnreadableFileError(f"{full} is a directory.")
        return UnavailableError(f"{full}: {error.strerror}.")


def _fill(scratch: str, data: Data) -> StoredFile:
    """Write a new file and tell its size and checksum."""
    if callable(data):
        data(Path(scratch))
        with open(scratch, "rb") as written:
            return checksum.of_stream(written)
    if isinstance(data, bytes):
        descriptor = _create(scratch)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        return checksum.of_bytes(data)
    if isinstance(data, Path):
        with open(data, "rb") as source:
            return _fill(scratch, source)
    passing = checksum.Hashing(data)
    with open(scratch, "xb") as out:
        out.writelines(passing)
    return passing.stored


def _create(scratch: str) -> int:
    """Open a new file for writing, in a directory that is made when it is not there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(scratch, flags, 0o666)
    except (FileNotFoundError, NotADirectoryError):
        os.makedirs(os.path.dirname(scratch), exist_ok=True)
        return os.open(scratch, flags, 0o666)


def _place(scratch: str, full: str, overwrite: bool) -> None:
    """Give the finished file its name; a hard link, unlike a rename, fails when the name is taken meanwhile."""
    if overwrite:
        os.replace(scratch, full)
        return
    try:
        os.link(scratch, full)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the check before must do
        if os.path.lexists(full):
            raise FileExistsError(errno.EEXIST, "File exists", full) from None
        os.replace(scratch, full)


def _unlink(scratch: str) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(scratch)
