"""Several storages that hold the same files at the same paths: the first that can serves, all are written to.

Knows nothing of datasets, nor why a file goes to some members only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from skybutler.errors import (
    ButlerError,
    ChecksumMismatchError,
    DeniedError,
    FileNotFoundInStoreError,
    InvalidError,
    UnavailableError,
    UnreadableFileError,
)

from .storage import Data, FileState, Storage, StoredFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Chain"]

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

AWAY_SECONDS = 60.0
"""How long a member that did not answer is asked last."""

_BAD = (UnavailableError, DeniedError, ChecksumMismatchError, UnreadableFileError)
"""What another member may do better."""


class Chain:
    """Storages in the order in which they are asked, as one `skybutler.storage.Storage`.

    Nothing records which member has a file: it is looked for.  So members can be filled, emptied, added and taken out
    with any tool that copies files.

    Parameters
    ----------
    members : mapping
        Storages by name, at least one.
    """

    def __init__(self, members: Mapping[str, Storage]) -> None:
        self.members = dict(members)
        self._first = next(iter(self.members.values()))
        self._away: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"Chain({self.members!r})"

    def only(self, names: Sequence[str]) -> Storage:
        """The members with some names, as a storage."""
        if len(names) == 1:
            return self.members[names[0]]
        return self if len(names) == len(self.members) else Chain({name: self.members[name] for name in names})

    @property
    def root(self) -> str:
        """URI of the root of the first member, ending in ``/``."""
        return self._first.root

    @property
    def local_root(self) -> None:
        """`None`: there is not one directory."""
        return None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of the first member that has any."""
        return next((member.settings for member in self.members.values() if member.settings), {})

    # ---------------------------------------------------------------- reading
    def serve(self, path: str, read: Callable[[Storage], _Result]) -> _Result:
        """Result of reading from the first member that can do it.

        Parameters
        ----------
        path : `str`
            What is read, for messages.
        read : callable
            Reads it from a member.

        Raises
        ------
        skybutler.errors.FileNotFoundInStoreError
            If all members answer that there is no such file.
        skybutler.errors.ButlerError
            If none could serve it: what was wrong with the first that should have.
        """
        trouble: ButlerError | None = None
        for name, member in self._ordered():
            try:
                return read(member)
            except FileNotFoundInStoreError:
                continue
            except _BAD as error:
                if isinstance(error, UnavailableError):
                    self._away[name] = time.monotonic() + AWAY_SECONDS
                _log.warning("Store '%s' cannot serve %s: %s", name, path, error)
                trouble = trouble or error
        if trouble is not None:
            raise trouble
        raise FileNotFoundInStoreError(f"There is no file {path} in any of the stores {', '.join(self.members)}.")

    def _ordered(self) -> list[tuple[str, Storage]]:
        """Members, those that did not answer lately behind the others."""
        if not self._away:
            return list(self.members.items())
        now = time.monotonic()
        self._away = {name: until for name, until in self._away.items() if until > now}
        return sorted(self.members.items(), key=lambda item: item[0] in self._away)

    def read(self, path: str) -> bytes:
        """Whole content of a file."""
        return self.serve(path, lambda member: member.read(path))

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges of one file, in the order asked."""
        return self.serve(path, lambda member: member.read_ranges(path, ranges))

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading; the stream is seekable and buffered."""
        return self.serve(path, lambda member: member.open(path))

    @contextmanager
    def local_path(self, path: str) -> Iterator[Path]:
        """A local file with the content."""
        with ExitStack() as stack:
            yield self.serve(path, lambda member: stack.enter_context(member.local_path(path)))

    def download(self, path: str, target: Path) -> StoredFile:
        """Copy a file to a new local one; size and checksum of what was copied."""
        return self.serve(path, lambda member: member.download(path, target))

    def state(self, path: str) -> FileState:
        """That of the first member that has it."""
        return self.serve(path, lambda member: member.state(path))

    def exists(self, path: str) -> bool:
        """Whether some member has the file."""
        return self._holder(path) is not None

    def _holder(self, path: str) -> Storage | None:
        def found(member: Storage) -> Storage:
            if not member.exists(path):
                raise FileNotFoundInStoreError("")
            return member

        try:
            return self.serve(path, found)
        except FileNotFoundInStoreError:
            return None

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many files in the first member that has them, shape (n,); -1 for a missing one."""
        import numpy as np

        sizes = np.full(len(paths), -1, dtype=np.int64)
        trouble: ButlerError | None = None
        for _, member in self._ordered():
            missing = np.flatnonzero(sizes < 0)
            if not len(missing):
                return sizes
            try:
                sizes[missing] = member.sizes([paths[i] for i in missing.tolist()])
            except (UnavailableError, DeniedError) as error:
                trouble = trouble or error
        if trouble is not None and (sizes < 0).any():  # those may be where nobody answers
            raise trouble
        return sizes

    def modified(self, paths: Sequence[str]) -> NDArray[np.float64]:
        """When the latest copies of files were written, seconds since 1970 (UTC), shape (n,); NaN for missing ones."""
        import numpy as np

        latest = np.full(len(paths), np.nan)
        for member in self.members.values():
            latest = np.fmax(latest, member.modified(paths))
        return latest

    def files(self, prefix: str = "", *, scratch: bool = False) -> Iterator[str]:
        """Paths of all files that some member has below a directory, each once."""
        seen: set[str] = set()
        for member in self.members.values():
            new = [path for path in member.files(prefix, scratch=scratch) if path not in seen]
            seen.update(new)
            yield from new

    def url(self, path: str) -> str:
        """URI of the file in the first member that has it, or that it would have in the first."""
        return (self._holder(path) or self._first).url(path)

    def signed_url(self, path: str, seconds: int = 3600) -> str:
        """URL through which anyone can read the file, of a member that can make one for other machines if there is."""
        remote = {name: member for name, member in self.members.items() if member.local_root is None}
        holder = (Chain(remote)._holder(path) if remote else None) or self._holder(path) or self._first
        return holder.signed_url(path, seconds)

    # ---------------------------------------------------------------- writing
    def write(self, path: str, data: Data, *, overwrite: bool = False, sync: bool = True) -> StoredFile:
        """Write a file to all members, or to none; see `skybutler.storage.Storage.write`."""
        with _repeatable(path, data) as content:
            created, found = list[Storage](), dict[str, StoredFile]()
            try:
                for name, member in self.members.items():
                    replaces = overwrite and member.exists(path)
                    found[name] = member.write(path, content, overwrite=overwrite, sync=sync)
                    if not replaces:
                        created.append(member)
            except BaseException:
                for member in created:
                    member.remove([path])
                raise
            return next(iter(found.values()))

    def sync(self, paths: Sequence[str]) -> None:
        """Make files written with ``sync=False`` survive a power cut, in all members."""
        for member in self.members.values():
            member.sync(paths)

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files in all members; one that does not answer keeps the others from nothing, and is told then."""
        paths = list(paths)
        trouble: ButlerError | None = None
        for member in self.members.values():
            try:
                member.remove(paths)
            except InvalidError:
                raise
            except ButlerError as error:
                trouble = trouble or error
        if trouble is not None:
            raise trouble


@contextmanager
def _repeatable(path: str, data: Data) -> Iterator[bytes | Path]:
    """Content that can be written several times."""
    if isinstance(data, bytes | Path):
        yield data
        return
    import shutil
    import tempfile

    name = path.rsplit("/", 1)[-1]
    with tempfile.TemporaryDirectory() as scratch:
        local = Path(scratch, "content" + (name[name.find(".") :] if "." in name else ""))
        if callable(data):
            data(local)
        else:
            with local.open("xb") as out:
                shutil.copyfileobj(data, out, 1 << 20)
        yield local
