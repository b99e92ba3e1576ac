"""What every store of bytes can do, and which paths it accepts.  Knows nothing of datasets or formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from skybutler.errors import InvalidError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CHECKSUM_SIZE", "Data", "FileState", "Storage", "StoredFile", "check_path", "check_paths"]

CHECKSUM_SIZE = 16
"""Bytes of the blake2b checksum of a file."""


Data = bytes | BinaryIO | Path | Callable[[Path], object]
"""What can be written: bytes, an open binary stream, a local file, or a function that fills a local path."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size in bytes and blake2b-128 checksum of a file as it was written."""

    size: int
    checksum: bytes


class FileState(NamedTuple):
    """Size in bytes of a file, and a text that is another one when its content has changed."""

    size: int
    version: str


class Storage(Protocol):
    """A tree of files under one root, addressed by relative paths with ``/`` between their parts.

    Every method that takes a path raises `skybutler.errors.InvalidError` for one that would leave the root,
    `skybutler.errors.FileNotFoundInStoreError` for a missing file, `skybutler.errors.DeniedError` when access is
    refused and `skybutler.errors.UnavailableError` when the store does not answer.
    """

    @property
    def root(self) -> str:
        """URI of the root, ending in ``/``."""

    @property
    def local_root(self) -> str | None:
        """Absolute directory of the root, or `None` when files are not on a mounted file system."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How places of the same kind are reached: what `skybutler.storage.open_storage` needs beside a URI."""

    def read(self, path: str) -> bytes:
        """Whole content of a file."""

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges ``(start, stop)`` of one file, in the order asked."""

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading; the stream is seekable and buffered."""

    def write(self, path: str, data: Data, *, overwrite: bool = False, sync: bool = True) -> StoredFile:
        """Write a file so that readers see all of it or nothing.

        Parameters
        ----------
        path : `str`
            Where.
        data : `bytes`, binary stream, `~pathlib.Path` or callable
            What; a callable gets a local path with the same extension and must create that file.
        overwrite : `bool`
            Replace an existing file; otherwise one raises `skybutler.errors.FileExistsInStoreError`.
        sync : `bool`
            Return only when the bytes survive a power cut.  With `False` the caller calls `sync` later.
        """

    def sync(self, paths: Sequence[str]) -> None:
        """Make files written with ``sync=False`` survive a power cut, with their directory entries."""

    def exists(self, path: str) -> bool:
        """Whether there is a file (not a directory)."""

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many files, shape (n,); -1 for a missing one."""

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files; missing ones are no error.  Directories left empty go too."""

    def files(self, prefix: str = "", *, scratch: bool = False) -> Iterator[str]:
        """Paths of all files below a directory, in no particular order; with ``scratch`` half-written ones too."""

    def modified(self, paths: Sequence[str]) -> NDArray[np.float64]:
        """When files were last written, seconds since 1970 (UTC), shape (n,); NaN for a missing one."""

    def local_path(self, path: str) -> AbstractContextManager[Path]:
        """A local file with the content, valid inside the ``with`` block; not to be modified."""

    def download(self, path: str, target: Path) -> StoredFile:
        """Copy a file to a new local one; size and checksum of what was copied."""

    def state(self, path: str) -> FileState:
        """Size and version of a file."""

    def url(self, path: str) -> str:
        """Absolute URI of a file, percent-encoded."""

    def signed_url(self, path: str, seconds: int = 3600) -> str:
        """URL through which anyone can read the file for some time; a local store answers with its ``file:`` URI."""


def check_paths(paths: Sequence[str]) -> None:
    """`check_path` of many.

    Raises
    ------
    skybutler.errors.InvalidError
        As there.
    """
    text = "\n".join(["", *paths, ""])
    if ".." in text or "://" in text or "\0" in text or "\n/" in text or "\n\n" in text:
        for path in paths:
            check_path(path)


def check_path(path: str) -> str:
    """Return ``path`` unchanged when it stays below a root.

    Raises
    ------
    skybutler.errors.InvalidError
        If the path is empty, absolute, a URI, or has ``..`` or NUL in it.
    """
    if not path or path[0] == "/" or "\0" in path or "://" in path:
        raise InvalidError(f"{path!r} is not a relative path inside a datastore.")
    if ".." in path and ".." in path.split("/"):
        raise InvalidError(f"The path {path!r} would leave its datastore root.")
    return path
