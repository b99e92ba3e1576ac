"""Members of zip files, read where they are: ``some/file.zip#zip-path=member``.  Knows nothing of datasets."""

from __future__ import annotations

import io
import os
import struct
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn
from urllib.parse import quote

from skybutler.errors import ButlerError, FileNotFoundInStoreError, InvalidError, UnreadableFileError

from . import checksum
from .block_reader import open_blocks
from .places import MARK
from .storage import Data, FileState, Storage, StoredFile, check_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ZippedFiles", "members"]

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")  # APPNOTE.TXT 4.3.7
_KEPT = 8
_directories: OrderedDict[tuple[str, str], dict[str, zipfile.ZipInfo]] = OrderedDict()


def members(storage: Storage, path: str) -> Mapping[str, zipfile.ZipInfo]:
    """What is in a zip file, by name.

    Raises
    ------
    skybutler.errors.UnreadableFileError
        If it is no zip file, or not all of one.
    skybutler.errors.FileNotFoundInStoreError
        If there is no such file.
    """
    url, version = storage.url(path), storage.state(path).version
    known = _directories.get((url, version))
    if known is None:
        try:
            with storage.open(path) as stream, zipfile.ZipFile(stream) as opened:
                known = {info.filename: info for info in opened.infolist()}
        except (zipfile.BadZipFile, struct.error, EOFError, NotImplementedError) as error:
            if isinstance(error.__context__, ButlerError):  # zipfile takes every OSError for a broken file
                raise error.__context__ from None
            raise UnreadableFileError(
                f"{url} is not a whole zip file: {error}.", hint="Was it copied to its end? Fetch it again."
            ) from error
        _directories[url, version] = known
        while len(_directories) > _KEPT:
            _directories.popitem(last=False)
    return known


class ZippedFiles:
    """The members of one zip file as `skybutler.storage.Storage`, to be read only.

    Members that are not compressed are read by ranges of the zip file, wherever that is.

    Parameters
    ----------
    storage : `Storage`
        Where the zip file is.
    path : `str`
        Its path there.
    """

    def __init__(self, storage: Storage, path: str) -> None:
        self._storage, self._zip = storage, path

    def __repr__(self) -> str:
        return f"ZippedFiles({self._storage.url(self._zip)!r})"

    @property
    def root(self) -> str:
        """URI before the names of members."""
        return self._storage.url(self._zip) + MARK

    @property
    def local_root(self) -> None:
        """`None`: members are no files."""
        return None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of the storage that the zip file is in."""
        return self._storage.settings

    # ---------------------------------------------------------------- reading
    def _info(self, path: str) -> zipfile.ZipInfo:
        found = members(self._storage, self._zip).get(path)
        if found is None:
            raise FileNotFoundInStoreError(f"There is no {path} in {self._storage.url(self._zip)}.")
        if found.flag_bits & 1:
            raise UnreadableFileError(f"{path} in {self._storage.url(self._zip)} is encrypted.",
                                      hint="Write the zip file anew without a password.")  # fmt: skip
        return found

    def read(self, path: str) -> bytes:
        """Whole content of a member; its CRC is checked."""
        info = self._info(path)
        if info.compress_type == zipfile.ZIP_STORED:
            (data,) = self.read_ranges(path, [(0, info.file_size)])
            if zlib.crc32(data) != info.CRC:
                raise UnreadableFileError(f"{self.url(path)} cannot be read: its CRC is not that of the zip file.")
            return data
        try:
            with self._storage.open(self._zip) as stream, zipfile.ZipFile(stream) as opened:
                return opened.read(info)
        except FileNotFoundInStoreError:
            raise
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, zlib.error) as error:
            raise UnreadableFileError(f"{self.url(path)} cannot be read: {error}.") from error

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where the bytes of a member that is not compressed begin."""
        begin = info.header_offset
        (head,) = self._storage.read_ranges(self._zip, [(begin, begin + _LOCAL_HEADER.size)])
        if len(head) < _LOCAL_HEADER.size or head[:4] != b"PK\x03\x04":
            raise UnreadableFileError(f"{self._storage.url(self._zip)} is not a whole zip file.")
        *_, name, extra = _LOCAL_HEADER.unpack(head)
        return begin + _LOCAL_HEADER.size + int(name) + int(extra)

    def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges of one member, in the order asked."""
        info = self._info(path)
        if info.compress_type != zipfile.ZIP_STORED:
            data = self.read(path)
            return [data[start:stop] for start, stop in ranges]
        begin, size = self._start(info), info.file_size
        moved = [(begin + min(start, size), begin + min(stop, size)) for start, stop in ranges]
        found = iter(self._storage.read_ranges(self._zip, [r for r in moved if r[1] > r[0]]))
        return [next(found) if stop > start else b"" for start, stop in moved]

    def open(self, path: str) -> BinaryIO:
        """Open a member for reading; the stream is seekable and buffered."""
        info = self._info(path)
        if info.compress_type != zipfile.ZIP_STORED:
            return io.BytesIO(self.read(path))
        begin = self._start(info)

        def fetch(start: int, stop: int) -> bytes:
            (piece,) = self._storage.read_ranges(self._zip, [(begin + start, begin + stop)])
            return piece

        return open_blocks(fetch, info.file_size)

    @contextmanager
    def local_path(self, path: str) -> Iterator[Path]:
        """A temporary copy with the same extension, deleted after the ``with`` block."""
        name = os.path.basename(path)
        with tempfile.NamedTemporaryFile(suffix=name[name.find(".") :] if "." in name else "") as file:
            self.download(path, Path(file.name))
            yield Path(file.name)

    def download(self, path: str, target: Path) -> StoredFile:
        """Write a member to a local file, whose directory is there."""
        with self.open(path) as stream, open(target, "wb") as out:
            passing = checksum.Hashing(stream)
            out.writelines(passing)
        return passing.stored

    def state(self, path: str) -> FileState:
        """Size; and what changes when the member does: its CRC and the version of the zip file."""
        info = self._info(path)
        return FileState(info.file_size, f"{info.CRC:08x}-{self._storage.state(self._zip).version}")

    def exists(self, path: str) -> bool:
        """Whether there is such a member."""
        return bool(self.sizes([path])[0] >= 0)

    def sizes(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of many members, shape (n,); -1 for a missing one."""
        import numpy as np

        try:
            known = members(self._storage, self._zip)
        except FileNotFoundInStoreError:
            known = {}
        return np.array([known[p].file_size if p in known else -1 for p in paths], dtype=np.int64)

    def modified(self, paths: Sequence[str]) -> NDArray[np.float64]:
        """When the zip file was written, seconds since 1970 (UTC), shape (n,); NaN for a missing member."""
        import numpy as np

        return np.where(self.sizes(paths) >= 0, self._storage.modified([self._zip])[0], np.nan)

    def files(self, prefix: str = "", *, scratch: bool = False) -> Iterator[str]:
        """Names of all members that begin with ``prefix``."""
        return (name for name in members(self._storage, self._zip) if name.startswith(prefix))

    def url(self, path: str) -> str:
        """URI of a member: that of the zip file with the name as its fragment, percent-encoded."""
        return self.root + quote(check_path(path))

    def signed_url(self, path: str, seconds: int = 3600) -> NoReturn:
        """There is none: a member has no address of its own."""
        raise InvalidError(
            f"{self.url(path)} is a member of a zip file and has no address of its own.",
            hint="Read it through the butler, or fetch the zip file.",
        )

    # ---------------------------------------------------------------- writing
    def write(self, path: str, data: Data, *, overwrite: bool = False, sync: bool = True) -> StoredFile:
        """Refused: members of zip files are only read."""
        self._refuse()

    def sync(self, paths: Sequence[str]) -> None:
        """Nothing to do."""

    def remove(self, paths: Iterable[str]) -> None:
        """Refused: a zip file goes as a whole."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise InvalidError(f"{self._storage.url(self._zip)} is a zip file, whose members are only read.")
