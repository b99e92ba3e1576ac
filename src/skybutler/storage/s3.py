"""Objects in an S3 bucket through obstore.  Knows nothing of datasets."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import quote, unquote, urlsplit

from skybutler.errors import (
    ButlerError,
    ConfigError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    MissingExtraError,
    UnavailableError,
)

from . import checksum
from .storage import Data, StoredFile, check_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["S3Storage"]

MULTIPART_FROM = 16 << 20
"""Bytes from which an upload goes in parts; smaller objects go in one request, which alone can refuse to overwrite."""

REQUESTS_AT_ONCE = 16

_Result = TypeVar("_Result")


class S3Storage:
    """The objects of a bucket below a prefix as `skybutler.storage.Storage`.

    An object appears whole or not at all, so no temporary names are needed, and once written it is durable.

    Parameters
    ----------
    uri : `str`
        ``s3://bucket/prefix``.
    options : mapping of `str`, optional
        Settings as `obstore.store.S3Store` names them (``endpoint``, ``access_key_id``, ``secret_access_key``,
        ``region``, ...); the rest comes from the ``AWS_...`` variables, the endpoint also from ``S3_ENDPOINT_URL``.

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
        self._bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
        self._prefix = prefix + "/" if prefix else ""
        self._store = _connect(self._bucket, dict(options or {}))

    def __repr__(self) -> str:
        return f"S3Storage({self.root!r})"

    @property
    def root(self) -> str:
        """URI of the root, ending in ``/``."""
        return f"s3://{self._bucket}/{quote(self._prefix)}"

    @property
    def local_root(self) -> None:
        """`None`: objects are not on a mounted file system."""
        return None

    # ---------------------------------------------------------------- reading
    def read(self, path: str) -> bytes:
        """Whole content of an object."""
        import obstore

        return bytes(self._call(path, lambda key: obstore.get(self._store, key).bytes()))

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges of one object, neighbours fetched together."""
        import obstore

        if not ranges:
            return []
        starts, ends = [r[0] for r in ranges], [r[1] for r in ranges]
        found = self._call(path, lambda key: obstore.get_ranges(self._store, key, starts=starts, ends=ends))
        return [bytes(piece) for piece in found]

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading by ranges; the stream is seekable and buffered."""
        size = int(self._head(path)["size"])
        return io.BufferedReader(_ObjectReader(self, path, size), buffer_size=256 << 10)

    @contextmanager
    def local_path(self, path: str) -> Iterator[Path]:
        """A temporary download with the same extension, deleted after the ``with`` block."""
        import obstore

        response = self._call(path, lambda key: obstore.get(self._store, key))
        with tempfile.NamedTemporaryFile(suffix=_extension(path)) as file:
            for chunk in response:
                file.write(chunk)
            file.flush()
            yield Path(file.name)

    def exists(self, path: str) -> bool:
        """Whether there is such an object."""
        try:
            self._head(path)
        except FileNotFoundInStoreError:
            return False
        return True

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many objects, shape (n,); -1 for a missing one.  Requests run side by side."""
        import numpy as np

        def size(path: str) -> int:
            try:
                return int(self._head(path)["size"])
            except FileNotFoundInStoreError:
                return -1

        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            return np.fromiter(pool.map(size, paths), dtype=np.int64, count=len(paths))

    def files(self, prefix: str = "") -> Iterator[str]:
        """Paths of all objects below a prefix."""
        import obstore

        below = self._prefix + (check_path(prefix.rstrip("/")) if prefix.rstrip("/") else "")
        for chunk in self._translating(lambda: obstore.list(self._store, below.rstrip("/") or None), below):
            yield from (item["path"][len(self._prefix) :] for item in chunk)

    def url(self, path: str) -> str:
        """``s3:`` URI, percent-encoded."""
        return f"s3://{self._bucket}/{quote(self._key(path))}"

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
            head = data.read(MULTIPART_FROM)
            if len(head) == MULTIPART_FROM:
                return self._write_parts(path, cast(BinaryIO, _Chained(head, data)), overwrite)
            data = head
        self._put(path, data, mode="overwrite" if overwrite else "create")
        return checksum.of_bytes(data)

    def _write_parts(self, path: str, stream: BinaryIO, overwrite: bool) -> StoredFile:
        if not overwrite and self.exists(path):
            raise FileExistsInStoreError(f"There is already an object {self.url(path)}.")
        passing = checksum.Hashing(stream)
        self._put(path, iter(passing), use_multipart=True)
        return passing.stored

    def _put(self, path: str, data: bytes | Iterator[bytes], **how: Any) -> None:
        import obstore

        self._call(path, lambda key: obstore.put(self._store, key, data, **how))

    def sync(self, paths: Sequence[str]) -> None:
        """Nothing to do: an object is durable once written."""

    def remove(self, paths: Iterable[str]) -> None:
        """Delete objects, a thousand to a request; missing ones are no error."""
        import obstore

        keys = [self._key(path) for path in paths]
        if keys:
            self._translating(lambda: obstore.delete(self._store, keys), keys[0])

    # ------------------------------------------------------------------ inner
    def _key(self, path: str) -> str:
        return self._prefix + check_path(path)

    def _head(self, path: str) -> Mapping[str, Any]:
        import obstore

        return self._call(path, lambda key: obstore.head(self._store, key))

    def _call(self, path: str, request: Callable[[str], _Result]) -> _Result:
        key = self._key(path)
        return self._translating(lambda: request(key), key)

    def _translating(self, request: Callable[[], _Result], key: str) -> _Result:
        from obstore.exceptions import BaseError

        try:
            return request()
        except (BaseError, FileNotFoundError) as error:
            raise _translated(error, f"s3://{self._bucket}/{key}") from error


def _connect(bucket: str, options: dict[str, Any]) -> Any:
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as error:
        raise MissingExtraError(
            "S3 needs the package obstore.", hint="Install it with: pip install 'skybutler[s3]'"
        ) from error
    endpoint = options.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("S3_ENDPOINT_URL")
    if endpoint:
        options["endpoint"] = endpoint
        options.setdefault("virtual_hosted_style_request", False)
        if endpoint.startswith("http://"):
            options.setdefault("client_options", {"allow_http": True})
    try:
        return S3Store(bucket, **options)
    except BaseError as error:
        raise ConfigError(f"The S3 settings for bucket {bucket!r} are wrong: {error}") from error


def _translated(error: Exception, uri: str) -> ButlerError:
    from obstore import exceptions

    if isinstance(error, (exceptions.NotFoundError, FileNotFoundError)):
        return FileNotFoundInStoreError(f"There is no object {uri}.")
    if isinstance(error, (exceptions.AlreadyExistsError, exceptions.PreconditionError)):
        return FileExistsInStoreError(f"There is already an object {uri}.")
    if isinstance(error, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)):
        return DeniedError(f"The object store refuses access to {uri}.", hint="Check the AWS_... credentials.")
    return UnavailableError(f"The object store failed for {uri}: {str(error).splitlines()[0]}")


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


class _ObjectReader(io.RawIOBase):
    """An object as a seekable raw stream; every read is one range request."""

    def __init__(self, storage: S3Storage, path: str, size: int) -> None:
        self._storage, self._path, self._size, self._position = storage, path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        stop = min(self._position + len(buffer), self._size)
        if stop <= self._position:
            return 0
        (piece,) = self._storage.read_ranges(self._path, [(self._position, stop)])
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
