"""Compressed tiles of images to pixels (FITS standard 4.0, section 10).  Knows neither files nor tables of tiles.

RICE and the undoing of quantization are done by compiled code that astropy keeps to itself, and may move.  `compiled`
tells whether it is still there and does what it did; if not, callers read through astropy's public, slower, door.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["DITHERS", "PixelCodec", "compiled", "gunzipped", "stored_type"]

Pixels: TypeAlias = npt.NDArray[Any]

DITHERS = {"NONE": 0, "NO_DITHER": -1, "SUBTRACTIVE_DITHER_1": 1, "SUBTRACTIVE_DITHER_2": 2}
"""How quantized tiles were made, and the number the compiled code knows that by."""

_GZIP = 31  # wbits of zlib for gzip streams


@functools.cache
def compiled() -> Any:
    """The module with the compiled codecs, `None` if it is not where and what it was."""
    try:
        from astropy.io.fits.hdu.compressed import _compression as codecs

        failure = codecs.CfitsioException
    except (ImportError, AttributeError):
        return None
    try:
        return codecs if _does_what_it_did(codecs) else None
    except (failure, AttributeError, TypeError, ValueError):
        return None


def _does_what_it_did(codecs: Any) -> bool:
    sample = np.arange(1, 101, dtype=np.int32) * 7 % 31
    packed = codecs.compress_rice_1_c(sample.tobytes(), 32, 4)
    unpacked = np.frombuffer(codecs.decompress_rice_1_c(packed, 32, 4, sample.size), np.int32)
    floats = codecs.unquantize_float_c(sample.tobytes(), 3, sample.size, 0.5, 2.0, 1, 0, 0, 0.0, 4)
    doubles = codecs.unquantize_double_c(sample.tobytes(), 3, sample.size, 0.5, 2.0, 1, 0, 0, 0.0, 4)
    plain = sample * 0.5 + 2.0  # dithering moves values by less than half a step
    return bool(
        np.array_equal(unpacked, sample)
        and np.abs(np.frombuffer(floats, np.float32) - plain).max() <= 0.25
        and np.abs(np.frombuffer(doubles, np.float64) - plain).max() <= 0.25
    )


@dataclass(frozen=True, slots=True)
class PixelCodec:
    """How the tiles of one image are compressed.

    Parameters
    ----------
    algorithm : `str`
        RICE_1, GZIP_1, GZIP_2 or NOCOMPRESS.
    bitpix : `int`
        Pixel type of the image in FITS notation.
    quantized : `bool`
        Whether compressed tiles hold integers that stand for floats.
    dither : `int`
        Of `DITHERS`.
    seed : `int`
        ZDITHER0.
    block, bytepix : `int`
        Parameters of RICE: pixels per block, bytes per pixel.
    blank : `float`, optional
        Value of a pixel without a value in an image of integers.
    """

    algorithm: str
    bitpix: int
    quantized: bool = False
    dither: int = -1
    seed: int = 0
    block: int = 32
    bytepix: int = 4
    blank: float | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Pixel type of the image."""
        return np.dtype({8: "u1", 16: "i2", 32: "i4", 64: "i8", -32: "f4", -64: "f8"}[self.bitpix])

    def pixels(
        self,
        data: bytes | memoryview,
        shape: tuple[int, int],
        part: tuple[slice, slice],
        row: int,
        scale: Any = None,
        zero: Any = None,
        blank: Any = None,
    ) -> Pixels:
        """A part of a tile.

        Parameters
        ----------
        data : `bytes`
            The compressed tile.
        shape : pair of `int`
            (ny, nx) of the whole tile.
        part : pair of `slice`
            Rows and columns of the tile that are wanted.
        row : `int`
            Number of the tile, which dithering starts from.
        scale, zero : `numpy.floating`, optional
            Of the tile, if it is quantized.
        blank : `int`, optional
            Stored value that says there is none.

        Raises
        ------
        ValueError
            Raised if the tile is corrupt, saying how.
        """
        if self.quantized and self.dither >= 0:  # the sequence of random numbers starts at the first pixel
            whole = slice(0, part[0].stop), slice(0, shape[1])
            stored = self._stored(data, shape, whole)
            found, stored = self._undithered(stored, row, scale, zero)[part], stored[part]
        else:
            found = stored = self._stored(data, shape, part)
            if self.quantized:
                found = stored * scale + zero
        instead = np.nan if self.bitpix < 0 else self.blank
        if blank is not None and instead is not None and (blanks := stored == blank).any():
            found = np.where(blanks, instead, found)
        return found

    def _undithered(self, stored: Pixels, row: int, scale: Any, zero: Any) -> Pixels:
        undo = compiled().unquantize_float_c if self.bitpix == -32 else compiled().unquantize_double_c
        native = np.ascontiguousarray(stored, stored.dtype.newbyteorder("="))
        made = undo(
            native.tobytes(), row + self.seed, native.size, scale, zero, self.dither, 0, 0, 0.0, native.dtype.itemsize
        )
        return np.frombuffer(made, self.dtype).reshape(native.shape)

    def _stored(self, data: bytes | memoryview, shape: tuple[int, int], part: tuple[slice, slice]) -> Pixels:
        """What the compression kept: integers if the image is quantized, else its pixels."""
        if self.algorithm == "RICE_1":
            return self._rice(bytes(data), shape)[part]
        unpacked = bytes(data) if self.algorithm == "NOCOMPRESS" else gunzipped(data, 8 * shape[0] * shape[1])
        dtype = stored_type(len(unpacked), shape, self.bitpix if not self.quantized else 32)
        if self.algorithm == "GZIP_2":
            return _unshuffled(unpacked, dtype, shape, part)
        return np.frombuffer(unpacked, dtype).reshape(shape)[part]

    def _rice(self, data: bytes, shape: tuple[int, int]) -> Pixels:
        codecs, n = compiled(), shape[0] * shape[1]
        if n > len(data) * 8 * self.block:  # no block takes less than a bit
            raise ValueError(f"{len(data)} bytes cannot hold {n} pixels")
        try:
            made = codecs.decompress_rice_1_c(data, self.block, self.bytepix, n)
        except codecs.CfitsioException as error:
            raise ValueError(str(error)) from error
        pixels = np.frombuffer(made, f"i{self.bytepix}" if self.bytepix > 1 else "u1")
        return pixels[:n].reshape(shape)


def gunzipped(data: bytes | memoryview, most: int) -> bytes:
    """The content of a gzip stream that has at most so many bytes.

    Raises
    ------
    ValueError
        Raised if it is corrupt, cut short or longer.
    """
    inflate = zlib.decompressobj(_GZIP)
    try:
        unpacked = inflate.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(unpacked) > most or not inflate.eof:
        raise ValueError("it is longer than its pixels" if len(unpacked) > most else "it is cut short")
    return unpacked


def stored_type(size: int, shape: tuple[int, int], bitpix: int) -> np.dtype[Any]:
    """Type of so many bytes of pixels, which tells its width.

    Raises
    ------
    ValueError
        Raised if there is none.
    """
    width, over = divmod(size, shape[0] * shape[1])
    if over or width not in (1, 2, 4, 8):
        raise ValueError(f"{size} bytes are not {shape[0]} x {shape[1]} pixels")
    if width == 1:
        return np.dtype("u1")
    return np.dtype(f">f{width}" if bitpix < 0 and width > 2 else f">i{width}")


def _unshuffled(data: bytes, dtype: np.dtype[Any], shape: tuple[int, int], part: tuple[slice, slice]) -> Pixels:
    """Pixels whose bytes are ordered by significance first."""
    planes = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, *shape)[:, part[0], part[1]]
    pixels = np.empty((*planes.shape[1:], dtype.itemsize), np.uint8)
    for significance, plane in enumerate(planes):  # three times as fast as a transposed copy
        pixels[..., significance] = plane
    return pixels.view(dtype)[..., 0]
