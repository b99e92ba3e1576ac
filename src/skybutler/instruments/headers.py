"""FITS headers read fast: the needed cards of many files as columns, or every card of one header.

Knows nothing of instruments or of what cards mean; ``fits_cards`` knows how a card is written.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from skybutler.errors import ButlerError, UnavailableError, UnreadableFileError
from skybutler.formatters.fits_cards import BLOCK, CardValue, end_of_header, hdu_size, image_cards, parse_cards

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["CardValue", "HeaderTable", "read_all_cards", "read_cards", "read_headers"]

_FIRST_READ = 4 * BLOCK
_LONGEST_HEADER = 4000 * BLOCK
_GZIP = b"\x1f\x8b"
_READ_ONLY = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)  # no wait for a pipe
_AT_ONCE = 64
_REQUESTS_AT_ONCE = 16
_LONGEST_BEGIN = 32 * BLOCK


@dataclass
class HeaderTable:
    """Cards of many files as columns.

    Parameters
    ----------
    files : `list` [`str`]
        One per row.
    cards : `dict` [`str`, `list`]
        Card name to one value per row, `None` where the file has no such card.
    errors : `dict` [`int`, `UnreadableFileError`]
        Row to what is wrong with its file; the row's cards are all `None`.
    """

    files: list[str]
    cards: dict[str, list[CardValue]]
    errors: dict[int, UnreadableFileError] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.files)

    def column(self, name: str) -> list[CardValue]:
        """Values of a card; all `None` when it was not read."""
        return self.cards.get(name) or [None] * len(self.files)

    def take(self, rows: Sequence[int]) -> HeaderTable:
        """The table of some rows, in the given order."""
        return HeaderTable(
            [self.files[i] for i in rows],
            {name: [values[i] for i in rows] for name, values in self.cards.items()},
            {new: self.errors[old] for new, old in enumerate(rows) if old in self.errors},
        )


def read_headers(
    files: Sequence[str | os.PathLike[str]], cards: Sequence[str], essential: Sequence[str] = ()
) -> HeaderTable:
    """Read the needed cards of many FITS files.

    Parameters
    ----------
    files : sequence of path
        Local files, or URIs in object stores, plain or gzipped.
    cards : sequence of `str`
        Names of the cards wanted; long ones are looked for as HIERARCH keywords.
    essential : sequence of `str`, optional
        A file whose primary header has not all of these is also looked at in its first extension, which fills gaps.

    Returns
    -------
    table : `HeaderTable`
        A row per file, in order. Files that cannot be read do not stop the others: see ``errors``.
    """
    from skybutler.instruments.card_columns import CardColumns

    table = HeaderTable([os.fspath(f) for f in files], {})
    reader = CardColumns(tuple(dict.fromkeys(cards)), len(table))
    table.cards = reader.columns
    begins = _Begins(min(len(table), _AT_ONCE))
    for first in range(0, len(table), _AT_ONCE):
        paths = table.files[first : first + _AT_ONCE]
        left = reader.take(*begins.read(paths), first)
        _read_alone(table, [first + i for i in left], essential)
        begins.grow_for(left)
    lacking = {i for name in essential for i, value in enumerate(table.column(name)) if value is None}
    _read_alone(table, sorted(lacking - table.errors.keys()), essential)
    return table


def _read_alone(table: HeaderTable, rows: Sequence[int], essential: Sequence[str]) -> None:
    """Fill rows of a table, or note what is wrong with their files."""
    for i in rows:
        try:
            found = _read_one(table.files[i], table.cards, essential)
        except UnreadableFileError as error:
            table.errors[i] = error
        else:
            for name, value in found.items():
                table.cards[name][i] = value


def read_cards(
    file: str | os.PathLike[str], cards: Sequence[str], essential: Sequence[str] = ()
) -> dict[str, CardValue]:
    """Read the needed cards of one FITS file; like `read_headers` but raises.

    Raises
    ------
    UnreadableFileError
        The file is missing, empty, truncated or not FITS.
    """
    return _read_one(os.fspath(file), frozenset(cards), essential)


def read_all_cards(file: str | os.PathLike[str], hdu: int = 0) -> list[tuple[str, CardValue, str]]:
    """Read every card of one header.

    Parameters
    ----------
    file : path
        Local FITS file, plain or gzipped.
    hdu : `int`
        0 for the primary header. A tile-compressed image is described as the image it holds.

    Returns
    -------
    cards : `list` [`tuple` [`str`, value, `str`]]
        Keyword (as written, without ``HIERARCH``), value and comment in file order; commentary cards have their text
        as value.

    Raises
    ------
    UnreadableFileError
        The file is missing, truncated or not FITS, or has no such HDU.
    """
    path = os.fspath(file)
    with _open(path) as source:
        offset = 0
        block = _header_at(source, offset, path, "HDU 0")
        for index in range(1, hdu + 1):
            offset += hdu_size(block, path)
            block = _header_at(source, offset, path, f"HDU {index}")
    return image_cards(parse_cards(block, path))


def _read_one(path: str, names: Container[str], essential: Sequence[str]) -> dict[str, CardValue]:
    with _open(path) as source:
        block = _header_at(source, 0, path, "primary HDU")
        found = _needed(block, names, path)
        if any(found.get(card) is None for card in essential):
            extension = _header_at(source, hdu_size(block, path), path, "HDU 1", optional=True)
            if extension:
                found = {**_needed(extension, names, path), **found}
    return found


def _needed(block: bytes, names: Container[str], path: str) -> dict[str, CardValue]:
    found: dict[str, CardValue] = {}
    for key, value, _ in parse_cards(block, path):
        if key in names:
            found.setdefault(key, value)
    return found


# ------------------------------------------------------------------ bytes
class _Begins:
    """The first bytes of files, many files at a time in one array.

    Parameters
    ----------
    n : `int`
        How many at a time.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._make(_FIRST_READ)

    def _make(self, size: int) -> None:
        import numpy as np

        self._size = size
        self._bytes = np.zeros((self._n, size), np.uint8)
        whole = self._bytes.reshape(-1).data
        self._rows = [[whole[i * size : (i + 1) * size]] for i in range(self._n)]

    def read(self, paths: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """The array and how many bytes of each file are in it; none of what cannot be read."""
        import numpy as np

        sizes = np.array(_read_all_into(self._rows, paths), np.int64)
        begins = self._bytes[: len(paths)]
        begins[sizes == 0] = 0
        for i in np.flatnonzero((begins[:, 0] == _GZIP[0]) & (begins[:, 1] == _GZIP[1])).tolist():
            content = _unpacked(paths[i], self._size)
            self._rows[i][0][: len(content)] = content
            sizes[i] = len(content)
        return begins, sizes

    def grow_for(self, rows: Sequence[int]) -> None:
        """Read more of each file from now on if the headers of some of these were longer."""
        if self._size < _LONGEST_BEGIN and any(_is_begun(self._bytes[i].tobytes()) for i in rows):
            self._make(2 * self._size)


def _is_begun(begin: bytes) -> bool:
    return begin[-1] != 0 and begin.startswith(b"SIMPLE  =") and end_of_header(begin) < 0


def _read_all_into(rows: list[list[memoryview]], paths: Sequence[str]) -> list[int]:
    if not any("://" in path for path in paths):
        return [_read_into(row, path) for row, path in zip(rows, paths, strict=False)]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
        return list(pool.map(_read_into, rows[: len(paths)], paths))


def _read_into(row: list[memoryview], path: str) -> int:
    """How many bytes could be read; why not is found out when the file is read alone."""
    if "://" in path:
        try:
            begin = _RemoteFile(path).pread(len(row[0]), 0)
        except UnreadableFileError:
            return 0
        row[0][: len(begin)] = begin
        return len(begin)
    try:
        fd = os.open(path, _READ_ONLY)
    except OSError:
        return 0
    try:
        return os.readv(fd, row)
    except OSError:
        return 0
    finally:
        os.close(fd)


def _unpacked(path: str, size: int) -> bytes:
    try:
        with _open(path) as source:
            return source.pread(size, 0)
    except UnreadableFileError:
        return b""


class _Source(Protocol):
    def pread(self, size: int, offset: int) -> bytes: ...

    def __enter__(self) -> _Source: ...

    def __exit__(self, *exc: object) -> None: ...


class _PlainFile:
    """A file read by position; plain calls of the operating system are four times faster than a Python file here."""

    def __init__(self, fd: int, first: bytes) -> None:
        self._fd, self._first = fd, first

    def pread(self, size: int, offset: int) -> bytes:
        if offset == 0 and size <= len(self._first):
            return self._first
        return os.pread(self._fd, size, offset)

    def __enter__(self) -> _PlainFile:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._fd)


class _RemoteFile:
    """The same of an object in an object store."""

    def __init__(self, path: str) -> None:
        from skybutler.storage import locate

        self._path = path
        self._storage, self._inner = locate(path)

    def pread(self, size: int, offset: int) -> bytes:
        try:
            return self._storage.read_ranges(self._inner, [(offset, offset + size)])[0]
        except UnreadableFileError:  # it ends before
            return b""
        except UnavailableError:
            raise
        except ButlerError as error:
            raise UnreadableFileError(f"{self._path}: {error}") from error

    def __enter__(self) -> _RemoteFile:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class _GzippedFile:
    """The same of a gzipped file: decompressed from the start, only as far as asked."""

    def __init__(self, packed: _Source, path: str) -> None:
        self._packed = packed
        self._path, self._offset, self._bytes = path, 0, bytearray()
        self._inflate = zlib.decompressobj(wbits=31)

    def pread(self, size: int, offset: int) -> bytes:
        while len(self._bytes) < offset + size:
            packed = self._packed.pread(65536, self._offset)
            if not packed:
                if not self._bytes:
                    raise UnreadableFileError(f"{self._path}: damaged gzip data, nothing can be unpacked.")
                break
            self._offset += len(packed)
            try:
                self._bytes += self._inflate.decompress(packed)
            except zlib.error as error:
                raise UnreadableFileError(f"{self._path}: damaged gzip data ({error}).") from error
        return bytes(self._bytes[offset : offset + size])

    def __enter__(self) -> _GzippedFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self._packed.__exit__(*exc)


def _open(path: str) -> _Source:
    if "://" in path:
        remote = _RemoteFile(path)
        return _GzippedFile(remote, path) if remote.pread(len(_GZIP), 0) == _GZIP else remote
    try:
        fd = os.open(path, _READ_ONLY)
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}.") from error
    try:
        first = os.pread(fd, _FIRST_READ, 0)
    except OSError as error:
        os.close(fd)
        reason = "not a regular file" if error.errno == errno.ESPIPE else error.strerror
        raise UnreadableFileError(f"{path}: {reason}.") from error
    plain = _PlainFile(fd, first)
    return _GzippedFile(plain, path) if first.startswith(_GZIP) else plain


def _header_at(source: _Source, offset: int, path: str, what: str, optional: bool = False) -> bytes:
    """Bytes of a header up to, not including, its END card."""
    size = _FIRST_READ
    block = source.pread(size, offset)
    if not block:
        if optional:
            return b""
        raise UnreadableFileError(f"{path}: {'empty file' if offset == 0 else f'there is no {what}'}.")
    if not block.startswith(b"SIMPLE  =" if offset == 0 else b"XTENSION="):
        raise UnreadableFileError(f"{path}: not FITS, {what} begins with {block[:9]!r}.")
    end = end_of_header(block)
    while end < 0:
        if len(block) < size:
            raise UnreadableFileError(f"{path}: truncated, the header of the {what} has no END card.")
        if size >= _LONGEST_HEADER:
            raise UnreadableFileError(f"{path}: no END card in the first {size} bytes of the {what}.")
        size *= 4
        block = source.pread(size, offset)
        end = end_of_header(block)
    return block[:end]
