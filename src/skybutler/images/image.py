"""A plane of pixels with its place in a parent frame.  Knows nothing of files, masks or the sky."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box

__all__ = ["KINDS", "Image", "kind_of"]

KINDS: dict[str, np.dtype[Any]] = {
    "F": np.dtype(np.float32),
    "D": np.dtype(np.float64),
    "I": np.dtype(np.int32),
    "U": np.dtype(np.uint16),
    "L": np.dtype(np.uint64),
}
"""Pixel types by the letter that ends storage class names such as ``ExposureF``."""

_KIND_OF = {dtype: kind for kind, dtype in KINDS.items()}
_WIDENED = {"int8": "I", "uint8": "I", "int16": "I", "uint32": "L", "float16": "F"}


def kind_of(dtype: npt.DTypeLike) -> str:
    """Letter of the pixel type that holds all values of ``dtype``, in either byte order.

    Raises
    ------
    InvalidError
        Raised if there is none.
    """
    dtype = np.dtype(dtype).newbyteorder("=")
    kind = _KIND_OF.get(dtype) or _WIDENED.get(dtype.name)
    if kind is None:
        known = ", ".join(f"{dtype} ({kind})" for kind, dtype in KINDS.items())
        raise InvalidError(f"No image kind for pixels of type {dtype}.", hint=f"Convert them to {known}.")
    return kind


class Image:
    """Pixels in parent coordinates.

    Parameters
    ----------
    array : `numpy.ndarray`, (ny, nx)
        Pixel values; not copied if of a type in `KINDS` in the machine's byte order, else converted to the one that
        holds all values.
    xy0 : pair of `int`
        (x, y) of ``array[0, 0]`` in the parent frame.
    unit : `str`, optional
        Unit of the values in FITS notation, e.g. ``adu`` or ``nJy``.

    Raises
    ------
    InvalidError
        Raised if the array is not two-dimensional or of a type no kind can hold.
    """

    __slots__ = ("array", "unit", "xy0")

    def __init__(self, array: npt.NDArray[Any], xy0: tuple[int, int] = (0, 0), unit: str | None = None) -> None:
        if array.ndim != 2:
            raise InvalidError(f"An image has two axes (y, x), not {array.ndim}.")
        self.array = array.astype(KINDS[kind_of(array.dtype)], copy=False)
        self.xy0 = (int(xy0[0]), int(xy0[1]))
        self.unit = unit

    @classmethod
    def zeros(cls, box: Box, kind: str = "F", unit: str | None = None) -> Image:
        """An image of zeros covering ``box``; memory is taken only as pixels are written.

        Raises
        ------
        InvalidError
            Raised if ``kind`` is not a letter of `KINDS`.
        """
        if kind not in KINDS:
            raise InvalidError(f"'{kind}' is not an image kind.", hint=f"Known kinds: {', '.join(KINDS)}.")
        return cls(np.zeros(box.shape, KINDS[kind]), box.xy0, unit)

    @property
    def kind(self) -> str:
        """Letter of the pixel type, a key of `KINDS`."""
        return _KIND_OF[self.array.dtype]

    @property
    def bbox(self) -> Box:
        """The pixels held, in parent coordinates."""
        return Box.from_shape(self.array.shape, self.xy0)

    @property
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny)."""
        return self.bbox.dimensions

    def __getitem__(self, box: Box) -> Image:
        """A view of the pixels of ``box`` (parent coordinates): writing to it writes to this image.

        Raises
        ------
        InvalidError
            Raised if ``box`` is not inside `bbox`.
        """
        return Image(self.array[box.slices(self.bbox)], box.xy0, self.unit)

    def copy(self) -> Image:
        """An image with its own pixels."""
        return Image(self.array.copy(), self.xy0, self.unit)

    def same_as(self, other: Image) -> bool:
        """Whether place, unit, pixel type and every value are equal (NaN equals NaN)."""
        return (
            self.xy0 == other.xy0
            and self.unit == other.unit
            and self.array.dtype == other.array.dtype
            and np.array_equal(self.array, other.array, equal_nan=self.array.dtype.kind == "f")
        )

    def __repr__(self) -> str:
        return f"Image{self.kind}({self.bbox}{f', unit={self.unit}' if self.unit else ''})"
