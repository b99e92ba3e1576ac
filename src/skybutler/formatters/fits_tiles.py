"""Which bytes of a FITS file a box of pixels is in, and the pixels from these bytes.  Knows no planes and no sources.

Images in compressed tiles are binary tables with a row per tile (FITS standard 4.0, section 10): the tables are read
whole, then only the tiles that are needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import UnreadableFileError
from skybutler.images import Box

from .fits_codecs import DITHERS, PixelCodec, compiled, gunzipped, stored_type
from .fits_plain import PlainImage, Range, Scaling
from .fits_scan import ScannedHdu, ScannedHeader

__all__ = ["TileTable", "TiledImage", "pixel_reader"]

Pixels: TypeAlias = npt.NDArray[Any]

_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])([BIJKED]?)")
_WIDTHS = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_NUMBERS = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_HEAPS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA")
_VALUES = ("ZSCALE", "ZZERO", "ZBLANK")
_ALGORITHMS = {"RICE_1": "RICE_1", "RICE_ONE": "RICE_1", "GZIP_1": "GZIP_1", "GZIP_2": "GZIP_2"}
_ALGORITHMS["NOCOMPRESS"] = "NOCOMPRESS"
_LARGEST = 1 << 40  # pixels of an image: more is a corrupt header


def pixel_reader(hdu: ScannedHdu, what: str) -> TiledImage | PlainImage | None:
    """What reads boxes of the image of an HDU, `None` if it is made in a way that only astropy knows.

    Parameters
    ----------
    hdu : `ScannedHdu`
        An HDU with an image of two axes.
    what : `str`
        What to call it in errors.

    Raises
    ------
    UnreadableFileError
        Raised if its cards contradict each other.
    """
    if Scaling.of(hdu.header) is None:
        return None
    return TiledImage.of(hdu, what) if hdu.is_tiled else PlainImage.of(hdu, what)


@dataclass(frozen=True, slots=True)
class TileTable:
    """What the rows of a table say of n tiles.

    Parameters
    ----------
    sizes, offsets : `dict` of `numpy.ndarray`, (n,)
        Bytes of a tile and where they begin in the heap, by name of the column.
    values : `dict` of `numpy.ndarray`, (n,)
        ZSCALE, ZZERO and ZBLANK, as far as they are columns.
    """

    sizes: dict[str, npt.NDArray[np.int64]]
    offsets: dict[str, npt.NDArray[np.int64]]
    values: dict[str, Pixels]

    @property
    def n_bytes(self) -> int:
        """Memory it takes."""
        return sum(a.nbytes for part in (self.sizes, self.offsets, self.values) for a in part.values())


@dataclass(frozen=True, slots=True)
class TiledImage:
    """An image in compressed tiles.

    Parameters
    ----------
    shape, tile : pair of `int`
        (ny, nx) of the image and of a tile; those at its ends are cut off.
    table : pair of `int`
        Where in the file its rows are.
    heap : pair of `int`
        Where in the file its tiles are.
    columns : `dict`
        Place in a row, letters of type and of the elements of the columns that matter.
    codec : `PixelCodec`
        How tiles are compressed.
    constants : `dict`
        ZSCALE, ZZERO and ZBLANK, as far as they are cards.
    scaling : `Scaling`
        BSCALE and BZERO.
    what : `str`
        What to call it in errors.
    """

    shape: tuple[int, int]
    tile: tuple[int, int]
    table: Range
    heap: Range
    columns: dict[str, tuple[int, str, str]]
    codec: PixelCodec
    constants: dict[str, Any]
    scaling: Scaling
    what: str

    @classmethod
    def of(cls, hdu: ScannedHdu, what: str) -> TiledImage | None:
        """That of an HDU; `None` if only astropy can read it.

        Raises
        ------
        UnreadableFileError
            Raised if its cards contradict each other.
        """
        header, (ny, nx) = hdu.header, hdu.image_shape
        columns, width = _columns(header, what)
        tile = header.whole("ZTILE2", 1), header.whole("ZTILE1", nx)
        rows = header.whole("NAXIS2")
        if min(ny, nx, *tile) < 1 or ny * nx > _LARGEST or width > header.whole("NAXIS1"):
            raise UnreadableFileError(f"{what} is corrupt: {nx} x {ny} pixels in tiles of {tile[1]} x {tile[0]}.")
        if rows != -(-ny // tile[0]) * -(-nx // tile[1]):
            raise UnreadableFileError(
                f"{what} is corrupt: {nx} x {ny} pixels in {rows} tiles of {tile[1]} x {tile[0]}."
            )
        codec, scaling = _codec(header, columns), Scaling.of(header)
        if codec is None or scaling is None:
            return None
        size = rows * header.whole("NAXIS1")
        start = header.whole("THEAP", size)
        end = size + header.whole("PCOUNT", 0)
        if not size <= start <= end:
            raise UnreadableFileError(f"{what} is corrupt: its heap is from byte {start} to {end} of its data.")
        blank = header.get("ZBLANK", header.get("BLANK"))
        constants = {"ZSCALE": header.get("ZSCALE"), "ZZERO": header.get("ZZERO"), "ZBLANK": blank}
        table, heap = (hdu.data, hdu.data + size), (hdu.data + start, hdu.data + end)
        return cls((ny, nx), tile, table, heap, columns, codec, constants, scaling, what)

    def tiles(self, rows: bytes) -> TileTable:
        """What the bytes of its table say.

        Raises
        ------
        UnreadableFileError
            Raised if there are too few.
        """
        n = -(-self.shape[0] // self.tile[0]) * -(-self.shape[1] // self.tile[1])
        if len(rows) != self.table[1] - self.table[0]:
            raise UnreadableFileError(f"{self.what} is cut short: its table of tiles ends early.")
        cells = np.frombuffer(rows, np.uint8).reshape(n, -1)
        sizes, offsets, values = {}, {}, {}
        for name, (place, letter, element) in self.columns.items():
            width = _WIDTHS[letter]
            cell = np.ascontiguousarray(cells[:, place : place + width])
            if name in _HEAPS:
                pair = cell.view(">i4" if letter == "P" else ">i8").astype(np.int64)
                sizes[name], offsets[name] = pair[:, 0] * _WIDTHS[element], pair[:, 1]
            else:
                values[name] = cell.view(_NUMBERS[letter])[:, 0].astype(_NUMBERS[letter].replace(">", "="))
        return TileTable(sizes, offsets, values)

    def ranges(self, box: Box, tiles: TileTable | None) -> list[Range]:
        """Where the tiles that a box (of the stored array) needs are in the file.

        Raises
        ------
        UnreadableFileError
            Raised if there is no such tile, or it is not where the heap is.
        """
        assert tiles is not None
        found, length = [], self.heap[1] - self.heap[0]
        for number, _ in self._needed(box):
            name = self._holder(number, tiles)
            start, size = int(tiles.offsets[name][number]), int(tiles.sizes[name][number])
            if start < 0 or size < 0 or start + size > length:
                raise UnreadableFileError(
                    f"{self.what} is corrupt: its tile {number} is at bytes {start} to {start + size} of {length}."
                )
            found.append((self.heap[0] + start, self.heap[0] + start + size))
        return found

    def pixels(self, box: Box, pieces: Sequence[bytes | memoryview], tiles: TileTable | None) -> Pixels:
        """The pixels of a box from the bytes of its `ranges`.

        Raises
        ------
        UnreadableFileError
            Raised if a tile is corrupt.
        """
        assert tiles is not None
        pixels = np.empty(box.shape, self.codec.dtype)
        (y0, y1), (x0, x1) = box.y, box.x
        for (number, (left, bottom)), piece in zip(self._needed(box), pieces, strict=True):
            right, top = min(left + self.tile[1], self.shape[1]), min(bottom + self.tile[0], self.shape[0])
            rows, columns = (max(bottom, y0), min(top, y1)), (max(left, x0), min(right, x1))
            part = slice(rows[0] - bottom, rows[1] - bottom), slice(columns[0] - left, columns[1] - left)
            try:
                found = self._decoded(number, piece, (top - bottom, right - left), part, tiles)
            except ValueError as error:
                raise UnreadableFileError(f"{self.what}: tile {number} is corrupt: {error}.") from error
            pixels[rows[0] - y0 : rows[1] - y0, columns[0] - x0 : columns[1] - x0] = found
        return self.scaling.apply(pixels)

    def _needed(self, box: Box) -> list[tuple[int, tuple[int, int]]]:
        """Numbers of tiles and their first pixels (x, y)."""
        (height, width), across = self.tile, -(-self.shape[1] // self.tile[1])
        rows = range(box.y.start // height, -(-box.y.stop // height))
        columns = range(box.x.start // width, -(-box.x.stop // width))
        return [(row * across + column, (column * width, row * height)) for row in rows for column in columns]

    def _holder(self, number: int, tiles: TileTable) -> str:
        """The column that has a tile: those that do not compress well are in other ones."""
        for name in _HEAPS:
            if name in tiles.sizes and tiles.sizes[name][number]:
                return name
        raise UnreadableFileError(f"{self.what}: tile {number} is empty.")

    def _decoded(
        self, number: int, data: bytes | memoryview, shape: tuple[int, int], part: tuple[slice, slice], tiles: TileTable
    ) -> Pixels:
        match self._holder(number, tiles):
            case "COMPRESSED_DATA":
                values = (
                    tiles.values[name][number] if name in tiles.values else self.constants[name] for name in _VALUES
                )
                return self.codec.pixels(data, shape, part, number, *values)
            case "GZIP_COMPRESSED_DATA":
                unpacked = gunzipped(data, 8 * shape[0] * shape[1])
                dtype = stored_type(len(unpacked), shape, self.codec.bitpix)
                return np.frombuffer(unpacked, dtype).reshape(shape)[part]
            case name:
                plain: Pixels = np.frombuffer(data, _NUMBERS[self.columns[name][2]]).reshape(shape)
                return plain[part]


def _columns(header: ScannedHeader, what: str) -> tuple[dict[str, tuple[int, str, str]], int]:
    """The columns that matter, and the bytes of a row."""
    columns, place = {}, 0
    for number in range(1, header.whole("TFIELDS") + 1):
        name, form = str(header.get(f"TTYPE{number}", "")).upper(), str(header.get(f"TFORM{number}", ""))
        match = _FORM.match(form.strip())
        if match is None:
            raise UnreadableFileError(f"{what} is corrupt: its column {number} is of the form {form!r}.")
        repeat, letter, element = int(match[1] or 1), match[2], match[3]
        if name in _HEAPS and (letter not in "PQ" or repeat != 1 or not element):
            raise UnreadableFileError(f"{what} is corrupt: column {name} is of the form {form!r}.")
        if name in _VALUES and (letter not in _NUMBERS or repeat != 1):
            raise UnreadableFileError(f"{what} is corrupt: column {name} is of the form {form!r}.")
        if name in _HEAPS or name in _VALUES:
            columns[name] = (place, letter, element)
        place += -(-repeat // 8) if letter == "X" else repeat * _WIDTHS[letter]
    if "COMPRESSED_DATA" not in columns:
        raise UnreadableFileError(f"{what} is corrupt: it has no column COMPRESSED_DATA.")
    return columns, place


def _codec(header: ScannedHeader, columns: dict[str, tuple[int, str, str]]) -> PixelCodec | None:
    """How tiles are compressed; `None` if that is not known here, or the compiled codecs are not."""
    algorithm = _ALGORITHMS.get(str(header.get("ZCMPTYPE", "")).strip())
    dither = DITHERS.get(str(header.get("ZQUANTIZ", "NO_DITHER")).strip())
    bitpix = header.whole("ZBITPIX")
    scales = [name in columns or name in header for name in ("ZSCALE", "ZZERO")]
    if algorithm is None or dither is None or (bitpix > 0 and any(scales)) or any(scales) != all(scales):
        return None
    settings = {}
    for number in range(1, 1000):
        if f"ZNAME{number}" not in header:
            break
        settings[str(header[f"ZNAME{number}"]).upper()] = header.get(f"ZVAL{number}")
    block, bytepix = settings.get("BLOCKSIZE", 32), settings.get("BYTEPIX", 4)
    is_rice, quantized = algorithm == "RICE_1", all(scales)
    if is_rice and (columns["COMPRESSED_DATA"][2] != "B" or block not in (16, 32) or bytepix not in (1, 2, 4)):
        return None
    if (is_rice or (quantized and dither >= 0)) and compiled() is None:
        return None
    blank = header.get("ZBLANK", header.get("BLANK"))
    assert isinstance(block, int)
    assert isinstance(bytepix, int)
    return PixelCodec(
        algorithm,
        bitpix,
        quantized,
        dither,
        header.whole("ZDITHER0", 0),
        block,
        bytepix,
        blank if isinstance(blank, int) else None,
    )
