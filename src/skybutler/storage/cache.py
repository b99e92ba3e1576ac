"""Local copies of remote files, bounded, shared by processes, never stale.  Knows nothing of datasets."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from skybutler.errors import ButlerError, ChecksumMismatchError, ParameterError

from .local import LocalStorage
from .storage import Storage, StoredFile

__all__ = ["MODES", "Cache", "CachedFile", "Limit", "extension_of"]

_log = logging.getLogger(__name__)

MODES = ("files", "datasets", "size", "age")
"""What a cache can be limited by: a number of files (or datasets, which have one file each), bytes, or seconds."""

_HELD = ".held-"
"""Start of the names under which files are in use or in the making; who uses one keeps it when it is evicted."""

_LEFT_OVER_SECONDS = 86_400
_number = itertools.count()
_SALT = os.urandom(4).hex()


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a cache may hold.

    Parameters
    ----------
    mode : `str` or `None`
        One of `MODES`; `None` for no limit.
    threshold : `float`
        Files, bytes, or seconds since the file was fetched.

    Raises
    ------
    skybutler.errors.ParameterError
        If the mode is unknown.
    """

    mode: str | None = None
    threshold: float = 0

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in MODES:
            raise ParameterError(f"A cache cannot be limited by {self.mode!r}.", hint=f"Known: {', '.join(MODES)}.")

    def __str__(self) -> str:
        return f"{self.mode}={self.threshold:g}" if self.mode else "none"


class CachedFile(LocalStorage):
    """The one file that was found in a cache, which tells the URI of the original.

    Parameters
    ----------
    file : `~pathlib.Path`
        The copy.
    uri : `str`
        The original.
    """

    def __init__(self, file: Path, uri: str) -> None:
        super().__init__(file.parent)
        self._uri = uri

    def url(self, path: str) -> str:
        """URI of the original."""
        return self._uri


class Cache:
    """A directory of copies.

    A copy is found by URI, size and checksum of the original (or what its store says of its version), so one of
    something else is never taken for it.  Least recently used ones are deleted first.

    Parameters
    ----------
    directory : path-like
        Where; made when the first file is kept.
    limit : `Limit`
        How much is kept.
    """

    def __init__(self, directory: str | os.PathLike[str], limit: Limit) -> None:
        self.directory, self.limit = os.path.abspath(os.fspath(directory)), limit
        self._fills_before_scan = 0
        self._works = True

    # ------------------------------------------------------------------------------------------------------------ use
    @contextmanager
    def file(
        self, storage: Storage, path: str, recorded: StoredFile | None, *, size: int = -1, fetch: bool = True
    ) -> Iterator[Path | None]:
        """A local copy of a remote file, for the duration of a ``with`` block; not to be modified.

        Parameters
        ----------
        storage : `Storage`
            Where the original is.
        path : `str`
            Its path there.
        recorded : `StoredFile`, optional
            Size and checksum it must have; without, its version is asked for.
        size : `int`
            Size it must have, if that is all that is known; else -1.
        fetch : `bool`
            Fetch what is not there.

        Yields
        ------
        copy : `~pathlib.Path` or `None`
            `None` where there is none and none was to be fetched, or the directory cannot be used.

        Raises
        ------
        skybutler.errors.ChecksumMismatchError
            If the original has not the recorded size or checksum.
        skybutler.errors.ButlerError
            What `Storage.download` raises.
        """
        held = None
        if self._works:
            key = self._key(storage, path, recorded)
            held = self._held(key) or (self._fetched(key, storage, path, recorded, size) if fetch else None)
        try:
            yield held
        finally:
            if held is not None:
                _unlink(held)

    def keep(self, storage: Storage, path: str, stored: StoredFile, copy: Path, data: bytes | None = None) -> None:
        """Keep a copy of what was just written to a storage, if it is possible.

        Parameters
        ----------
        storage, path
            Where it was written to.
        stored : `StoredFile`
            What was written.
        copy : `~pathlib.Path`
            A name from `new_file`, which stays.
        data : `bytes`, optional
            The content, if it is not yet in that file.
        """
        try:
            if data is not None:
                copy.write_bytes(data)
            self._place(copy, self._key(storage, path, stored), stored.size)
        except OSError as error:
            self._give_up(error)

    def new_file(self, extension: str) -> Path | None:
        """Name for a file that is to be made and perhaps kept; `None` if the directory cannot be used."""
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
        except OSError as error:
            self._give_up(error)
            return None
        return Path(self.directory, f"{_HELD}{_SALT}-{os.getpid():x}-{next(_number):x}{extension}")

    @staticmethod
    def _key(storage: Storage, path: str, recorded: StoredFile | None) -> str:
        version = f"{recorded.size} {recorded.checksum.hex()}" if recorded is not None else storage.state(path).version
        text = f"{storage.url(path)}\0{version}".encode()
        return hashlib.blake2b(text, digest_size=16).hexdigest() + extension_of(path)

    def _held(self, key: str) -> Path | None:
        """A copy under a name of our own, which survives its eviction."""
        full = os.path.join(self.directory, key)
        mine = f"{self.directory}/{_HELD}{_SALT}-{os.getpid():x}-{next(_number):x}{key[32:]}"
        try:
            os.link(full, mine)
            stat = os.stat(mine)
            os.utime(mine, ns=(time.time_ns(), stat.st_mtime_ns))
        except OSError:  # most often it is not there
            return None
        return Path(mine)

    def _fetched(self, key: str, storage: Storage, path: str, recorded: StoredFile | None, size: int) -> Path | None:
        copy = self.new_file(key[32:])
        if copy is None:
            return None
        try:
            found = storage.download(path, copy)
            _check(found, recorded, size, storage.url(path))
            self._place(copy, key, found.size)
        except OSError as error:
            _unlink(copy)
            if isinstance(error, ButlerError):  # of the original, not of the cache
                raise
            self._give_up(error)
            return None
        except BaseException:
            _unlink(copy)
            raise
        return copy

    def _give_up(self, error: OSError) -> None:
        _log.warning("The cache %s is not used: %s.", self.directory, error.strerror or error)
        self._works = False

    # ---------------------------------------------------------------------------------------------------------- limit
    def _place(self, copy: Path, key: str, size: int) -> None:
        """Give a finished copy its name, and make room."""
        if self.limit.mode == "size" and size > self.limit.threshold:
            return
        with suppress(FileExistsError):  # another process fetched it too
            os.link(copy, os.path.join(self.directory, key))
        self._fills_before_scan -= 1
        if self._fills_before_scan < 0:
            self._fills_before_scan = self.expire() // 100

    def expire(self) -> int:
        """Delete what is beyond the limit, least recently used first.

        Returns
        -------
        files : `int`
            How many are left.
        """
        entries = sorted(self._entries())
        excess: Callable[[int, int, float], bool] = {
            "files": lambda n, size, age: n > self.limit.threshold,
            "datasets": lambda n, size, age: n > self.limit.threshold,
            "size": lambda n, size, age: size > self.limit.threshold,
            "age": lambda n, size, age: age > self.limit.threshold,
            None: lambda n, size, age: False,
        }[self.limit.mode]
        now, n, total = time.time(), len(entries), sum(size for _, size, _, _ in entries)
        for _, size, fetched, path in entries:
            if excess(n, total, now - fetched):
                _unlink(Path(path))
                n, total = n - 1, total - size
            elif self.limit.mode != "age":
                break
        return n

    def _entries(self) -> Iterator[tuple[float, int, float, str]]:
        """Time of last use, size, time of fetching, and path of each file; old leftovers are deleted on the way."""
        try:
            found = list(os.scandir(self.directory))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in found:
            with suppress(FileNotFoundError):  # evicted by another process
                stat = entry.stat(follow_symlinks=False)
                if not entry.name.startswith(_HELD):
                    yield stat.st_atime, stat.st_size, stat.st_mtime, entry.path
                elif time.time() - stat.st_ctime > _LEFT_OVER_SECONDS:
                    _unlink(Path(entry.path))

    def content(self) -> tuple[int, int]:
        """Number of files and of bytes."""
        sizes = [size for _, size, _, _ in self._entries()]
        return len(sizes), sum(sizes)

    def clear(self) -> tuple[int, int]:
        """Delete everything that is not in use; number of files and of bytes that went."""
        n = total = 0
        for _, size, _, path in self._entries():
            _unlink(Path(path))
            n, total = n + 1, total + size
        return n, total


def extension_of(path: str) -> str:
    """Extension of a file from the first point of its name on, not too long."""
    name = path.rsplit("/", 1)[-1]
    return name[name.find(".") :][-32:] if "." in name else ""


def _check(found: StoredFile, recorded: StoredFile | None, size: int, uri: str) -> None:
    expected = recorded.size if recorded is not None else size
    if expected not in (-1, found.size):
        raise ChecksumMismatchError(f"{uri} has {found.size} bytes, but {expected} were recorded when it was stored.")
    if recorded is not None and recorded.checksum != found.checksum:
        raise ChecksumMismatchError(
            f"The content of {uri} has changed: its checksum is {found.checksum.hex()}, "
            f"recorded was {recorded.checksum.hex()}."
        )


def _unlink(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
