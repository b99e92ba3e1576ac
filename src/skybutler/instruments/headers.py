"""FITS headers read fast: the needed cards of many files as columns, or every card of one header.

Knows nothing of instruments or of what cards mean; ``cards`` knows how a card is written.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from skybutler.errors import UnreadableFileError
from skybutler.instruments.cards import CARD, CardValue, ascii_text, image_cards, parse_cards, parse_value

__all__ = ["CardValue", "HeaderTable", "read_all_cards", "read_cards", "read_headers"]

BLOCK = 2880
_FIRST_READ = 4 * BLOCK
_LONGEST_HEADER = 4000 * BLOCK
_END = b"END" + b" " * 77
_GZIP = b"\x1f\x8b"
_REMEMBERED = 100_000


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
        Local files, plain or gzipped.
    cards : sequence of `str`
        Names of the cards wanted; long ones are looked for as HIERARCH keywords.
    essential : sequence of `str`, optional
        A file whose primary header has not all of these is also looked at in its first extension, which fills gaps.

    Returns
    -------
    table : `HeaderTable`
        A row per file, in order. Files that cannot be read do not stop the others: see ``errors``.
    """
    table = HeaderTable([os.fspath(f) for f in files], {})
    rows: list[Mapping[str, CardValue]] = []
    reader = _CardReader(cards)
    for i, name in enumerate(table.files):
        try:
            rows.append(_read_one(name, reader, essential))
        except UnreadableFileError as error:
            table.errors[i] = error
            rows.append({})
    table.cards = {card: [row.get(card) for row in rows] for card in reader.names}
    return table


def read_cards(
    file: str | os.PathLike[str], cards: Sequence[str], essential: Sequence[str] = ()
) -> dict[str, CardValue]:
    """Read the needed cards of one FITS file; like `read_headers` but raises.

    Raises
    ------
    UnreadableFileError
        The file is missing, empty, truncated or not FITS.
    """
    return dict(_read_one(os.fspath(file), _CardReader(cards), essential))


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
            offset += _hdu_size(block, path)
            block = _header_at(source, offset, path, f"HDU {index}")
    return image_cards(parse_cards(block, path))


def _read_one(path: str, reader: _CardReader, essential: Sequence[str]) -> Mapping[str, CardValue]:
    with _open(path) as source:
        block = _header_at(source, 0, path, "primary HDU")
        found = reader.read(block, path)
        if any(found.get(card) is None for card in essential):
            extension = _header_at(source, _hdu_size(block, path), path, "HDU 1", optional=True)
            if extension:
                found = {**reader.read(extension, path), **found}
    return found


# ------------------------------------------------------------------ bytes
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


class _GzippedFile(_PlainFile):
    """The same for a gzipped file: decompressed from the start, only as far as asked."""

    def __init__(self, fd: int, path: str) -> None:
        super().__init__(fd, b"")
        self._path, self._offset, self._bytes = path, 0, bytearray()
        self._inflate = zlib.decompressobj(wbits=31)

    def pread(self, size: int, offset: int) -> bytes:
        while len(self._bytes) < offset + size:
            packed = os.pread(self._fd, 65536, self._offset)
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


def _open(path: str) -> _Source:
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}.") from error
    try:
        first = os.pread(fd, _FIRST_READ, 0)
    except OSError as error:
        os.close(fd)
        raise UnreadableFileError(f"{path}: {error.strerror}.") from error
    return _GzippedFile(fd, path) if first.startswith(_GZIP) else _PlainFile(fd, first)


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
    end = _end_of(block)
    while end < 0:
        if len(block) < size:
            raise UnreadableFileError(f"{path}: truncated, the header of the {what} has no END card.")
        if size >= _LONGEST_HEADER:
            raise UnreadableFileError(f"{path}: no END card in the first {size} bytes of the {what}.")
        size *= 4
        block = source.pread(size, offset)
        end = _end_of(block)
    return block[:end]


def _end_of(block: bytes) -> int:
    """Position of the END card, -1 when there is none."""
    end = block.find(_END)
    while end >= 0 and end % CARD:
        end = block.find(_END, end + 1)
    return end


def _hdu_size(block: bytes, path: str) -> int:
    """Bytes of an HDU with this header, padding included (FITS standard, equations 1 and 2)."""
    cards = {key: value for key, value, _ in parse_cards(block, path)}

    def whole(key: str, default: int) -> int:
        value = cards.get(key, default)
        if not isinstance(value, int):
            raise UnreadableFileError(f"{path}: {key} is {value!r}, expected a whole number.")
        return value

    axes = whole("NAXIS", 0)
    pixels = 1 if axes else 0
    for axis in range(1, axes + 1):
        pixels *= whole(f"NAXIS{axis}", 0)
    data = abs(whole("BITPIX", 8)) // 8 * whole("GCOUNT", 1) * (whole("PCOUNT", 0) + pixels)
    header = len(block) + CARD
    return -(-header // BLOCK) * BLOCK + -(-data // BLOCK) * BLOCK


# ------------------------------------------------------------------ cards
class _CardReader:
    """Reads the same few cards from header after header.

    Files of one camera have the same keywords in the same order, and files of one visit the same values: both are
    remembered. A layout is recognised by the keyword columns of the whole header, so that it is never a guess.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._wanted = frozenset(self.names)
        self._layouts: dict[bytes, list[tuple[str, int]] | None] = {}
        self._values: dict[bytes, CardValue] = {}

    def read(self, block: bytes, path: str) -> dict[str, CardValue]:
        signature = b"".join([block[i::CARD] for i in range(8)])
        layout = self._layouts.get(signature, [])
        if layout == []:
            layout = self._layouts[signature] = self._find(block)
        if layout is None:  # long strings or HIERARCH keywords: no shortcut
            return self._read_slowly(block, path)
        values = self._values
        found: dict[str, CardValue] = {}
        for name, start in layout:
            text = block[start : start + 70]
            try:
                found[name] = values[text]
            except KeyError:
                found[name] = self._remember(text, name, path)
        return found

    def _find(self, block: bytes) -> list[tuple[str, int]] | None:
        layout: dict[str, int] = {}
        for start in range(0, len(block), CARD):
            key = block[start : start + 8].rstrip().decode("latin-1")
            if key in ("HIERARCH", "CONTINUE"):
                return None
            if key in self._wanted and block[start + 8 : start + 10] == b"= ":
                layout.setdefault(key, start + 10)
        return list(layout.items())

    def _remember(self, text: bytes, name: str, path: str) -> CardValue:
        value = parse_value(ascii_text(text, path), name, path)[0]
        if len(self._values) > _REMEMBERED:
            self._values.clear()
        self._values[text] = value
        return value

    def _read_slowly(self, block: bytes, path: str) -> dict[str, CardValue]:
        found: dict[str, CardValue] = {}
        for key, value, _ in parse_cards(block, path):
            if key in self._wanted:
                found.setdefault(key, value)
        return found
