"""Objects in an S3 bucket through obstore.  Knows nothing of datasets."""

from __future__ import annotations

import io
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import quote, unquote, urlsplit

from skybutler.errors import ConfigError, FileExistsInStoreError, FileNotFoundInStoreError

from . import checksum
from .block_reader import open_blocks
from .s3_connection import connect
from .s3_errors import Patience, is_unsupported, translated
from .storage import Data, FileState, StoredFile, check_path, check_paths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["S3Storage"]

MULTIPART_FROM = 16 << 20
"""Bytes from which an upload goes in parts; smaller objects go in one request, which alone can refuse to overwrite."""

REQUESTS_AT_ONCE = 16

_GAP = 4 << 10
"""Bytes between two ranges that are rather read than asked around."""

_PART = 8 << 20
"""Bytes of a part of an upload; there can be 10,000."""

_LISTED_FROM, _LISTED_MORE = 200, 20
"""From so many objects on their sizes are looked up in a listing, which may hold so many times more: a listing tells of
20 objects in the time of one request."""

_Result = TypeVar("_Result")


class S3Storage:
    """The objects of a bucket below a prefix as `skybutler.storage.Storage`.

    An object appears whole or not at all, so no temporary names are needed, and once written it is durable.

    Parameters
    ----------
    uri : `str`
        ``s3://bucket/prefix``.
    options : mapping of `str`, optional
        Settings, see `skybutler.storage.s3_connection.connect`; the rest comes from environment and profiles.

    Raises
    ------
    skybutler.errors.ConfigError
        If the URI has no bucket or an option is unknown.
    skybutler.errors.MissingExtraError
        If obstore is not installed.
    """

    def __init__(self, uri: str, options: Mapping[str, Any] | None = None) -> None:
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc:
            raise ConfigError(f"{uri!r} is not of the form s3://bucket/prefix.")
        self.bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
        self._prefix = prefix + "/" if prefix else ""
        self._settings = dict(options or {})
        self.connection = connect(self.bucket, self._settings)
        self._has_conditions = True
        self._store, self._patiently = self.connection.store, Patience(self.connection)

    def __repr__(self) -> str:
        return f"S3Storage({self.root!r})"

    @property
    def root(self) -> str:
        """URI of the root, ending in ``/``."""
        return f"s3://{self.bucket}/{quote(self._prefix)}"

    @property
    def local_root(self) -> None:
        """`None`: objects are not on a mounted file system."""
        return None

    @property
    def settings(self) -> Mapping[str, Any]:
        """The ``options``."""
        return self._settings

    # ---------------------------------------------------------------- reading
    def read(self, path: str) -> bytes:
        """Whole content of an object."""
        import obstore

        return bytes(self._call(path, lambda key: obstore.get(self._store, key).bytes()))

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges of one object, asked for at the same time, close neighbours as one."""
        import obstore

        if not ranges:
            return []
        starts, ends = [r[0] for r in ranges], [r[1] for r in ranges]
        found = self._call(
            path, lambda key: obstore.get_ranges(self._store, key, starts=starts, ends=ends, coalesce=_GAP)
        )
        return [bytes(piece) for piece in found]

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading by ranges; the stream is seekable and buffered."""
        size = int(self._head(path)["size"])
        return open_blocks(lambda start, stop: self.read_ranges(path, [(start, stop)])[0], size)

    @contextmanager
    def local_path(self, path: str) -> Iterator[Path]:
        """A temporary download with the same extension, deleted after the ``with`` block."""
        with tempfile.NamedTemporaryFile(suffix=_extension(path)) as file:
            self.download(path, Path(file.name))
            yield Path(file.name)

    def download(self, path: str, target: Path) -> StoredFile:
        """Copy an object to a local file; size and checksum of what was copied."""
        import obstore

        def fetch(key: str) -> StoredFile:
            passing = checksum.Passing(obstore.get(self._store, key))
            with target.open("wb") as file:
                file.writelines(passing)
            return passing.stored

        return self._call(path, fetch)

    def state(self, path: str) -> FileState:
        """The size of the object, and its ETag with the size."""
        head = self._head(path)
        return FileState(int(head["size"]), f"{head['e_tag']} {head['size']}")

    def exists(self, path: str) -> bool:
        """Whether there is such an object."""
        try:
            self._head(path)
        except FileNotFoundInStoreError:
            return False
        return True

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many objects, shape (n,); -1 for a missing one.

        Many are looked up in listings while these do not hold much else; requests for the others run side by side.
        """
        import numpy as np

        known = self._listed_sizes(paths) if len(paths) >= _LISTED_FROM else {}

        def size(path: str) -> int:
            if (found := known.get(path)) is not None:
                return found
            try:
                return int(self._head(path)["size"])
            except FileNotFoundInStoreError:
                return -1

        if len(known) == len(paths):
            return np.fromiter((known[path] for path in paths), dtype=np.int64, count=len(paths))
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            return np.fromiter(pool.map(size, paths), dtype=np.int64, count=len(paths))

    def _listed_sizes(self, paths: Sequence[str]) -> dict[str, int]:
        """What a listing of the folder of all paths tells, given up when it becomes too long."""
        check_paths(paths)
        folder = os.path.commonpath([min(paths), max(paths)])
        wanted, found, seen = set(paths), dict[str, int](), 0
        for page in self._pages(self._prefix + folder):
            names = {item["path"][len(self._prefix) :]: int(item["size"]) for item in page}
            found.update((name, names[name]) for name in wanted & names.keys())
            seen += len(page)
            if seen > _LISTED_MORE * len(wanted):
                break
        return found

    def modified(self, paths: Sequence[str]) -> NDArray[np.float64]:
        """When objects were written, seconds since 1970 (UTC), shape (n,); NaN for a missing one."""
        import numpy as np

        def time(path: str) -> float:
            try:
                return float(self._head(path)["last_modified"].timestamp())
            except FileNotFoundInStoreError:
                return math.nan

        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            return np.fromiter(pool.map(time, paths), dtype=np.float64, count=len(paths))

    def files(self, prefix: str = "", *, scratch: bool = False) -> Iterator[str]:
        """Paths of all objects below a prefix; none is ever half-written."""
        below = self._prefix + (check_path(prefix.rstrip("/")) if prefix.rstrip("/") else "")
        for page in self._pages(below):
            yield from (item["path"][len(self._prefix) :] for item in page)

    def _pages(self, below: str) -> Iterator[Sequence[Any]]:
        """Listing of all keys below a prefix; one that breaks off is taken up after the last key that came."""
        import obstore

        state: dict[str, Any] = {"pages": None, "last": None}

        def page(again: bool) -> Any:
            if again or state["pages"] is None:
                state["pages"] = iter(obstore.list(self._store, below.rstrip("/") or None, offset=state["last"]))
            return next(state["pages"], None)

        while (found := self._patiently(page, self._uri(below))) is not None:
            if found:
                state["last"] = found[-1]["path"]
                yield found

    def url(self, path: str) -> str:
        """``s3:`` URI, percent-encoded."""
        return f"s3://{self.bucket}/{quote(self.key(path))}"

    def signed_url(self, path: str, seconds: int = 3600) -> str:
        """Presigned ``http(s)`` URL that reads the object for ``seconds``."""
        import obstore

        return str(self._call(path, lambda key: obstore.sign(self._store, "GET", key, timedelta(seconds=seconds))))

    # ---------------------------------------------------------------- writing
    def write(self, path: str, data: Data, *, overwrite: bool = False, sync: bool = True) -> StoredFile:
        """Write an object; see `skybutler.storage.Storage.write`.  It is always durable on return."""
        if callable(data):
            with tempfile.TemporaryDirectory() as scratch:
                local = Path(scratch, "object" + _extension(path))
                data(local)
                return self.write(path, local, overwrite=overwrite)
        if isinstance(data, Path):
            with open(data, "rb") as stream:
                return self.write(path, stream, overwrite=overwrite)
        if not isinstance(data, bytes):
            head = _begin(data, MULTIPART_FROM)
            if len(head) == MULTIPART_FROM:
                return self._write_parts(path, cast(BinaryIO, _Chained(head, data)), overwrite)
            data = head
        self._put(path, data, overwrite)
        return checksum.of_bytes(data)

    def _put(self, path: str, data: bytes, overwrite: bool) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError

        def put(again: bool) -> None:
            create = not overwrite and self._has_conditions
            if not overwrite and not create and self.exists(path):
                raise FileExistsInStoreError(f"There is already an object {self._uri(key)}.")
            try:
                obstore.put(self._store, key, data, mode="create" if create else "overwrite", use_multipart=False)
            except AlreadyExistsError:  # by ourselves, if it was done and only the answer was lost
                if not again or bytes(obstore.get(self._store, key).bytes()) != data:
                    raise
            except (BaseError, NotImplementedError) as error:
                if not create or not is_unsupported(error):
                    raise
                self._has_conditions = False  # looking first is nearly as good
                put(again)

        key = self.key(path)
        self._patiently(put, self._uri(key))

    def _write_parts(self, path: str, stream: BinaryIO, overwrite: bool) -> StoredFile:
        """Upload in parts, each repeated when it fails; what fails for good is given up, parts and all."""
        import obstore
        from obstore.exceptions import BaseError

        if not overwrite and self.exists(path):
            raise FileExistsInStoreError(f"There is already an object {self.url(path)}.")
        passing = checksum.Hashing(stream)
        key = self.key(path)
        try:
            obstore.put(self._store, key, iter(passing), use_multipart=True, chunk_size=_PART, max_concurrency=4)
        except BaseError as error:  # the stream cannot be read twice
            raise translated(error, self._uri(key), self.connection) from error
        return passing.stored

    def sync(self, paths: Sequence[str]) -> None:
        """Nothing to do: an object is durable once written."""

    def remove(self, paths: Iterable[str]) -> None:
        """Delete objects, a thousand to a request; missing ones are no error."""
        import obstore

        keys = [self.key(path) for path in paths]
        if keys:
            self._patiently(lambda again: obstore.delete(self._store, keys), self._uri(keys[0]))

    # ------------------------------------------------------------------ inner
    def key(self, path: str) -> str:
        """Key of the object of a path."""
        return self._prefix + check_path(path)

    def _head(self, path: str) -> Mapping[str, Any]:
        import obstore

        return self._call(path, lambda key: obstore.head(self._store, key))

    def _call(self, path: str, request: Callable[[str], _Result]) -> _Result:
        key = self.key(path)
        return self._patiently(lambda again: request(key), self._uri(key))

    def _uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def _begin(stream: BinaryIO, size: int) -> bytes:
    """The first bytes of a stream, which may give fewer at a time than are asked for; fewer only if it ends."""
    pieces, left = [], size
    while left and (piece := stream.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _extension(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name[name.find(".") :] if "." in name else ""


class _Chained(io.RawIOBase):
    """Bytes already read, then the rest of their stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._rest.read(size)
