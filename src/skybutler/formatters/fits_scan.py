"""Headers of a FITS file by a few byte ranges; only cards that are asked for are parsed.  Knows no layout of planes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from skybutler.errors import UnreadableFileError
from skybutler.storage.ranged_stream import RangedStream

from .fits_cards import BLOCK, CARD, CardValue, ascii_text, data_size, end_of_header, padded, parse_value
from .formatter import Source

__all__ = ["HeldFile", "ScannedHdu", "ScannedHeader", "read_merged"]

_COMMENTARY = ("COMMENT", "HISTORY", "")
_LONGEST_HEADER = 4000 * BLOCK
_PIECE = 256 << 10


class ScannedHeader(Mapping[str, CardValue]):
    """Cards of a header by keyword, parsed when asked for; of a repeated keyword the first one.

    Parameters
    ----------
    block : `bytes`
        The header up to, not including, its END card.
    uri : `str`
        The file, for messages.

    Notes
    -----
    Cards that nobody asks for may be anything.  Strings that are continued are cut off.
    """

    __slots__ = ("_places", "_text", "_uri", "_values")

    def __init__(self, block: bytes, uri: str) -> None:
        self._text, self._uri = ascii_text(block, uri), uri
        self._places: dict[str, int] = {}
        self._values: dict[str, CardValue] = {}
        text, places = self._text, self._places
        for start in range(0, len(text) - CARD + 1, CARD):
            key = text[start : start + 8].rstrip()
            if key == "HIERARCH":
                key = text[start + 9 : start + CARD].partition("=")[0].strip()
            places.setdefault(key, start)

    def __getitem__(self, key: str) -> CardValue:
        if key not in self._values:
            self._values[key] = self._parsed(key, self._places[key])
        return self._values[key]

    def _parsed(self, key: str, start: int) -> CardValue:
        card = self._text[start : start + CARD]
        hierarch, equals = card.startswith("HIERARCH"), card.find("=")
        if equals < 0 or (not hierarch and equals != 8) or key in _COMMENTARY:
            return None
        return parse_value(card[equals + 1 :], key, self._uri)[0]

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, key: str) -> int | None:
        """Byte of the header at which a card begins, `None` if there is none."""
        return self._places.get(key)

    def whole(self, key: str, default: int | None = None) -> int:
        """Value of a card that must be a whole number.

        Raises
        ------
        UnreadableFileError
            Raised if it is not, or missing without a default.
        """
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnreadableFileError(f"{self._uri} has {key} = {value!r} in a header, where a whole number belongs.")
        return value


class ScannedHdu:
    """One HDU: its cards and where it is.

    Parameters
    ----------
    header : `ScannedHeader`
        Cards.
    start, data : `int`
        Bytes of the file at which it and its data begin.
    uri : `str`
        The file, for messages.
    """

    __slots__ = ("data", "end", "header", "start")

    def __init__(self, header: ScannedHeader, start: int, data: int, uri: str) -> None:
        self.header, self.start, self.data = header, start, data
        self.end = data + padded(data_size(header, uri))

    @property
    def is_tiled(self) -> bool:
        """Whether this is a binary table that holds an image in compressed tiles."""
        return self.header.get("ZIMAGE") is True and self.header.get("XTENSION") == "BINTABLE"

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(..., ny, nx) of the image it holds; () if it holds none."""
        cards = self.header
        if not self.is_tiled and cards.get("XTENSION", "IMAGE") != "IMAGE":
            return ()
        prefix = "Z" if self.is_tiled else ""
        axes = range(cards.whole(f"{prefix}NAXIS", 0), 0, -1)
        return tuple(cards.whole(f"{prefix}NAXIS{axis}") for axis in axes)


class HeldFile:
    """Pieces of a file that have been read, and the HDUs in them.

    Parameters
    ----------
    source : `Source`
        The file.
    """

    __slots__ = ("_pieces", "source", "uri")

    def __init__(self, source: Source) -> None:
        self.source, self.uri = source, source.uri
        self._pieces: list[tuple[int, bytes]] = []

    def fetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Read what is not held of some ranges, in one round trip."""
        missing = self.missing(ranges)
        if missing:
            self.hold(missing, self.source.read_ranges(missing))

    def missing(self, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those of some ranges that are not held."""
        return [piece for piece in ranges if self.get(*piece) is None]

    def hold(self, ranges: Sequence[tuple[int, int]], pieces: Sequence[bytes | memoryview]) -> None:
        """Keep what has been read elsewhere."""
        for (start, _), data in zip(ranges, pieces, strict=True):
            self._pieces.append((start, bytes(data)))

    def open(self) -> BinaryIO:
        """The file as a stream, which reads only what is not held."""
        return io.BufferedReader(_HeldStream(self), buffer_size=4 * BLOCK)

    def get(self, start: int, stop: int) -> bytes | None:
        """A range of bytes, `None` if it is not held."""
        for begin, data in self._pieces:
            if begin <= start and stop <= begin + len(data):
                return data[start - begin : stop - begin]
        return None

    def rest(self, start: int) -> memoryview:
        """What is held from a byte on in one piece; empty if nothing."""
        held = [(b + len(d), b, d) for b, d in self._pieces if b <= start < b + len(d)]
        if not held:
            return memoryview(b"")
        _, begin, data = max(held, key=lambda piece: piece[0])
        return memoryview(data)[start - begin :]

    def hdu(self, start: int, size: int) -> ScannedHdu | None:
        """The HDU that begins at a byte, `None` if there is none: the file has ended, or is not FITS, or special
        records follow, which the standard allows.


        Parameters
        ----------
        start : `int`
            Where it begins.
        size : `int`
            How many bytes to read first if they are not held.

        Raises
        ------
        UnreadableFileError
            Raised if its header has no end, or the HDU ends after the file.
        """
        if start >= self.source.state().size:
            return None
        block = bytes(self.rest(start)[: max(size, BLOCK)])
        while (end := end_of_header(block)) < 0:
            if len(block) > _LONGEST_HEADER or (block and not _begins_hdu(block, start)):
                break
            known = len(block)
            wanted = max(size, BLOCK, 4 * known)
            self.fetch([(start, start + wanted)])
            block = bytes(self.rest(start)[:wanted])
            if len(block) == known:
                break
        if not _begins_hdu(block, start):
            return None
        if end < 0:
            raise UnreadableFileError(f"{self.uri} cannot be read as FITS: the header at byte {start} has no END card.")
        found = ScannedHdu(ScannedHeader(block[:end], self.uri), start, start + padded(end + CARD), self.uri)
        if found.end > (size := self.source.state().size):
            raise UnreadableFileError(
                f"{self.uri} cannot be read as FITS: the HDU at byte {start} ends at byte {found.end}, the file at "
                f"{size}; is it cut short?"
            )
        return found


class _HeldStream(RangedStream):
    """A file some pieces of which are held."""

    def __init__(self, held: HeldFile) -> None:
        super().__init__(held.source.state().size)
        self._held = held

    def range(self, start: int, stop: int) -> memoryview:
        if not (data := self._held.rest(start)):
            self._held.fetch([(start, min(self.size, max(start + _PIECE, stop)))])
            data = self._held.rest(start)
        return data[: stop - start]


def _begins_hdu(block: bytes, start: int) -> bool:
    return block.startswith(b"XTENSION=" if start else b"SIMPLE  =")


def read_merged(source: Source, ranges: Sequence[tuple[int, int]], gap: int) -> Sequence[bytes | memoryview]:
    """Several half-open ranges of a file; those with less than ``gap`` bytes between them in one trip."""
    if source.is_local:  # where a trip is half a microsecond, and to look for neighbours takes longer
        return source.read_ranges(ranges)
    merged: list[tuple[int, int]] = []
    places = []
    for start, stop in ranges:
        if merged and 0 <= start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
        places.append((len(merged) - 1, start - merged[-1][0], stop - merged[-1][0]))
    pieces = [memoryview(piece) for piece in source.read_ranges(merged)]
    return [pieces[number][start:stop] for number, start, stop in places]
