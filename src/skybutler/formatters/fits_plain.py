"""Images whose pixels stand in a FITS file as they are, and how stored values become pixels.  Knows no tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import UnreadableFileError
from skybutler.images import Box

from .fits_scan import ScannedHdu, ScannedHeader

__all__ = ["PlainImage", "Range", "Scaling"]

Pixels: TypeAlias = npt.NDArray[Any]
Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scaling:
    """BSCALE and BZERO of an image; unsigned integers are stored as signed ones that are shifted."""

    bitpix: int
    scale: float
    zero: float

    @classmethod
    def of(cls, header: ScannedHeader) -> Scaling | None:
        """That of a header; `None` if it is none that is known here."""
        bitpix = header.get("ZBITPIX", header.get("BITPIX"))
        scale, zero = header.get("BSCALE", 1), header.get("BZERO", 0)
        if bitpix not in (8, 16, 32, 64, -32, -64) or not isinstance(bitpix, int):
            return None
        if not isinstance(scale, int | float) or not isinstance(zero, int | float):
            return None
        found = cls(bitpix, scale, zero)
        return None if "BLANK" in header and not (found.is_nothing or found.shifted) else found

    @property
    def is_nothing(self) -> bool:
        """Whether stored values are the pixels."""
        return self.scale == 1 and self.zero == 0

    @property
    def shifted(self) -> np.dtype[Any] | None:
        """The type of integers that are stored shifted by half their range; `None` for others."""
        if self.scale != 1 or self.bitpix < 8 or self.zero != (-128 if self.bitpix == 8 else 1 << (self.bitpix - 1)):
            return None
        return np.dtype("i1" if self.bitpix == 8 else f"u{self.bitpix // 8}")

    def apply(self, stored: Pixels) -> Pixels:
        """Pixels, in the machine's byte order, from a stored array, which may be overwritten."""
        if self.is_nothing:
            return stored.astype(stored.dtype.newbyteorder("="), copy=False)
        if (dtype := self.shifted) is not None and dtype.kind == "u":
            unsigned = stored.astype(dtype)
            unsigned -= dtype.type(1 << (self.bitpix - 1))
            return unsigned
        pixels = stored.astype(dtype or ("f8" if self.bitpix in (32, 64, -64) else "f4"))
        if self.scale != 1:
            pixels *= self.scale
        if self.zero != 0:
            pixels += pixels.dtype.type(self.zero)
        return pixels


@dataclass(frozen=True, slots=True)
class PlainImage:
    """An image whose pixels are stored as they are."""

    shape: tuple[int, int]
    data: int
    scaling: Scaling
    what: str

    table: None = None

    @classmethod
    def of(cls, hdu: ScannedHdu, what: str) -> PlainImage:
        """That of an HDU."""
        scaling = Scaling.of(hdu.header)
        assert scaling is not None
        ny, nx = hdu.image_shape
        return cls((ny, nx), hdu.data, scaling, what)

    def ranges(self, box: Box, tiles: object = None) -> list[Range]:
        """Where the pixels of a box (of the stored array) are in the file: one range per row, or all rows in one."""
        width, nx = abs(self.scaling.bitpix) // 8, self.shape[1]
        first = self.data + box.x.start * width
        if box.x.size == nx:
            return [(first + box.y.start * nx * width, first + box.y.stop * nx * width)]
        row, size = nx * width, box.x.size * width
        starts = range(first + box.y.start * row, first + box.y.stop * row, row)
        return [(start, start + size) for start in starts]

    def pixels(self, box: Box, pieces: Sequence[bytes | memoryview], tiles: object = None) -> Pixels:
        """The pixels of a box from the bytes of its `ranges`.

        Raises
        ------
        UnreadableFileError
            Raised if there are too few bytes.
        """
        kind = "u1" if self.scaling.bitpix == 8 else f">{'f' if self.scaling.bitpix < 0 else 'i'}"
        dtype = np.dtype(kind if self.scaling.bitpix == 8 else f"{kind}{abs(self.scaling.bitpix) // 8}")
        data = bytearray().join(pieces)
        if len(data) != box.area * dtype.itemsize:
            raise UnreadableFileError(f"{self.what} is cut short: {len(data)} bytes of {box.area} pixels are there.")
        return self.scaling.apply(np.frombuffer(data, dtype).reshape(box.shape))
