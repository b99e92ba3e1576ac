"""A plane of pixels with its place in a parent frame.  Knows nothing of files, masks or the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.arithmetic import Operand, computed, into, is_operand
from skybutler.images.box import Box, BoxIndex, PixelIndex, is_pixel
from skybutler.images.units import common_unit, conversion_factor, divided, multiplied

if TYPE_CHECKING:
    from skybutler.images.statistics import Statistics

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

    ``image[x0:x1, y0:y1]`` and ``image[box]`` are views, ``image[x, y]`` is one value, all in parent coordinates; each
    can be assigned to.  ``+ - * /`` work with images of the same box, arrays of the same shape and numbers; units are
    checked by sums and combined by products.

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
    __array_ufunc__ = None  # so that numpy leaves `number * image` to us

    def __init__(self, array: npt.NDArray[Any], xy0: tuple[int, int] = (0, 0), unit: str | None = None) -> None:
        if array.ndim != 2:
            raise InvalidError(f"An image has two axes (y, x), not {array.ndim}.")
        self.array = array.astype(KINDS[kind_of(array.dtype)], copy=False)
        self.xy0 = (int(xy0[0]), int(xy0[1]))
        self.unit = unit

    @classmethod
    def zeros(cls, box: Box, kind: str = "F", unit: str | None = None) -> Self:
        """An image of zeros covering ``box``; memory is taken only as pixels are written.

        Raises
        ------
        InvalidError
            Raised if ``kind`` is not a letter of `KINDS`.
        """
        return cls(np.zeros(box.shape, _dtype_of(kind)), box.xy0, unit)

    @classmethod
    def full(cls, box: Box, value: float, kind: str = "F", unit: str | None = None) -> Self:
        """An image of one value covering ``box``."""
        return cls(np.full(box.shape, value, _dtype_of(kind)), box.xy0, unit)

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

    @overload
    def __getitem__(self, index: BoxIndex) -> Image: ...
    @overload
    def __getitem__(self, index: tuple[SupportsIndex, SupportsIndex]) -> float: ...
    def __getitem__(self, index: PixelIndex) -> Image | float:
        """The value of one pixel ``[x, y]``, or a view of the pixels of a box: writing to it writes to this image.

        Raises
        ------
        InvalidError
            Raised if the pixels are not inside `bbox`.
        """
        box = self.bbox.select(index)
        pixels = self.array[box.slices(self.bbox)]
        return pixels[0, 0].item() if is_pixel(index) else Image(pixels, box.xy0, self.unit)

    def __setitem__(self, index: PixelIndex, value: Image | Operand) -> None:
        """Write a number, an array (ny, nx) or an image of the same size to a box or pixel.

        Raises
        ------
        InvalidError
            Raised if sizes or units differ, or the pixels cannot hold the values.
        """
        box = self.bbox.select(index)
        if isinstance(value, Image):
            common_unit(self.unit, value.unit)
            value = value.array
        elif not is_operand(value):
            raise InvalidError(f"A {type(value).__name__} cannot be written to pixels.")
        if isinstance(value, np.ndarray) and value.ndim and value.shape != box.shape:
            raise InvalidError(f"Pixels of shape (ny, nx) = {value.shape} do not fit into {box}.")
        into(self.array[box.slices(self.bbox)], np.asarray(value))

    # ----------------------------------------------------------------------------------------------------- arithmetic
    def _operand(self, other: object) -> tuple[Operand, str | None] | None:
        """Values and unit of the other side, `None` if it is nothing to calculate with."""
        if isinstance(other, Image):
            if other.bbox != self.bbox:
                raise InvalidError(
                    f"The images cover {self.bbox} and {other.bbox}.",
                    hint="Take the shared part of both, image[a.bbox.intersection(b.bbox)], or calculate with .array.",
                )
            return other.array, other.unit
        if not is_operand(other):
            return None
        if isinstance(other, np.ndarray) and other.ndim:
            if other.shape != self.array.shape:
                raise InvalidError(f"The array has shape {other.shape}, the image (ny, nx) = {self.array.shape}.")
            return other, None
        number: Any = other
        return (number.item() if isinstance(number, np.ndarray | np.generic) else number), None

    def _unit(self, symbol: str, unit: str | None, swapped: bool) -> str | None:
        if symbol in "+-":
            return common_unit(self.unit, unit)
        a, b = (unit, self.unit) if swapped else (self.unit, unit)
        return multiplied(a, b) if symbol == "*" else divided(a, b)

    def _result(self, symbol: str, other: object, swapped: bool = False) -> Any:
        if (operand := self._operand(other)) is None:
            return NotImplemented
        unit = self._unit(symbol, operand[1], swapped)
        a, b = (operand[0], self.array) if swapped else (self.array, operand[0])
        return Image(computed(symbol, a, b), self.xy0, unit)

    def _in_place(self, symbol: str, other: object) -> Any:
        result = self._result(symbol, other)
        if result is not NotImplemented:
            into(self.array, result.array)
            self.unit = result.unit
            return self
        return result

    def __add__(self, other: object) -> Any:
        return self._result("+", other)

    def __radd__(self, other: object) -> Any:
        return self._result("+", other, swapped=True)

    def __iadd__(self, other: object) -> Self:
        return self._in_place("+", other)  # type: ignore[no-any-return]

    def __sub__(self, other: object) -> Any:
        return self._result("-", other)

    def __rsub__(self, other: object) -> Any:
        return self._result("-", other, swapped=True)

    def __isub__(self, other: object) -> Self:
        return self._in_place("-", other)  # type: ignore[no-any-return]

    def __mul__(self, other: object) -> Any:
        return self._result("*", other)

    def __rmul__(self, other: object) -> Any:
        return self._result("*", other, swapped=True)

    def __imul__(self, other: object) -> Self:
        return self._in_place("*", other)  # type: ignore[no-any-return]

    def __truediv__(self, other: object) -> Any:
        return self._result("/", other)

    def __rtruediv__(self, other: object) -> Any:
        return self._result("/", other, swapped=True)

    def __itruediv__(self, other: object) -> Self:
        return self._in_place("/", other)  # type: ignore[no-any-return]

    def __neg__(self) -> Any:
        return self._result("-", 0, swapped=True)

    # ---------------------------------------------------------------------------------------------------- conversions
    def to_kind(self, kind: str) -> Image:
        """A copy with pixels of another type.

        Raises
        ------
        InvalidError
            Raised if the type cannot hold the values: none is cut off or rounded.
        """
        array = np.empty(self.array.shape, _dtype_of(kind))
        into(array, self.array)
        return Image(array, self.xy0, self.unit)

    def unit_factor(self, unit: str) -> float:
        """What the values are multiplied by to be in ``unit``, in FITS notation."""
        return conversion_factor(self.unit, unit)

    def to_unit(self, unit: str) -> Image:
        """A copy with values in another unit of the same quantity, floating-point."""
        return Image(computed("*", self.array, self.unit_factor(unit)), self.xy0, unit)

    def statistics(self, where: npt.NDArray[np.bool_] | None = None) -> Statistics:
        """Mean, median, scatter and more of the finite values, of those chosen by a bool array (ny, nx) or of all."""
        from skybutler.images.statistics import statistics_of

        return statistics_of(self.array if where is None else self.array[where])

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

    def _repr_html_(self) -> str:
        from skybutler.images.representation import image_html

        return image_html(self)


def _dtype_of(kind: str) -> np.dtype[Any]:
    if kind not in KINDS:
        raise InvalidError(f"'{kind}' is not an image kind.", hint=f"Known kinds: {', '.join(KINDS)}.")
    return KINDS[kind]
