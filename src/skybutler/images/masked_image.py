"""Image, mask and variance of the same pixels, kept together.  Knows nothing of files or the sky."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.arithmetic import into, variance_of
from skybutler.images.box import Box, BoxIndex, PixelIndex, is_pixel
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.units import raised

if TYPE_CHECKING:
    from skybutler.images.statistics import Statistics

__all__ = ["MaskedImage", "MaskedPixel"]


class MaskedPixel(NamedTuple):
    """One pixel: its value, the planes that flag it, and the variance of the value."""

    value: float
    planes: tuple[str, ...]
    variance: float


class MaskedImage:
    """Three planes with the same box.

    ``masked_image[x0:x1, y0:y1]`` and ``masked_image[box]`` are views, ``masked_image[x, y]`` is a `MaskedPixel`, all
    in parent coordinates.  ``+ - * /`` work with masked images, images, arrays and numbers: variances follow as those
    of independent values, images and numbers being exact, and a pixel is flagged where either side is.

    Parameters
    ----------
    image : `Image`
        Pixel values.
    mask : `Mask`, optional
        Flags; no bit set if not given.
    variance : `Image`, optional
        Variance of the values, kind F or D; zeros of kind F if not given.

    Raises
    ------
    InvalidError
        Raised if the boxes differ or the variance is not floating-point.
    """

    __slots__ = ("image", "mask", "variance")

    def __init__(self, image: Image, mask: Mask | None = None, variance: Image | None = None) -> None:
        self.image = image
        self.mask = Mask.zeros(image.bbox) if mask is None else mask
        self.variance = Image.zeros(image.bbox) if variance is None else variance
        for name, box in (("mask", self.mask.bbox), ("variance", self.variance.bbox)):
            if box != image.bbox:
                raise InvalidError(f"The {name} covers {box}, the image {image.bbox}.")
        if self.variance.kind not in "FD":
            raise InvalidError(f"A variance is of kind F or D, not {self.variance.kind}.")

    @property
    def bbox(self) -> Box:
        """The pixels held, in parent coordinates."""
        return self.image.bbox

    @property
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny)."""
        return self.image.dimensions

    @property
    def xy0(self) -> tuple[int, int]:
        """(x, y) of the first pixel."""
        return self.image.xy0

    @overload
    def __getitem__(self, index: BoxIndex) -> MaskedImage: ...
    @overload
    def __getitem__(self, index: tuple[SupportsIndex, SupportsIndex]) -> MaskedPixel: ...
    def __getitem__(self, index: PixelIndex) -> MaskedImage | MaskedPixel:
        """One pixel ``[x, y]``, or a view of the pixels of a box.

        Raises
        ------
        InvalidError
            Raised if the pixels are not inside `bbox`.
        """
        box = self.bbox.select(index)
        view = MaskedImage(self.image[box], self.mask[box], self.variance[box])
        if not is_pixel(index):
            return view
        (value,), (flags,), (variance,) = (
            plane.array.ravel().tolist() for plane in (view.image, view.mask, view.variance)
        )
        return MaskedPixel(value, self.mask.names(flags), variance)

    def __setitem__(self, index: PixelIndex, value: MaskedImage) -> None:
        """Write all three planes of a masked image of the same size.

        Raises
        ------
        InvalidError
            Raised if sizes or units differ, or this is no masked image.
        """
        if not isinstance(value, MaskedImage):
            raise InvalidError(
                "Only a masked image can be written to a masked image.", hint="Write to .image, .mask or .variance."
            )
        self.image[index] = value.image
        self.mask[index] = value.mask
        self.variance[index] = value.variance

    # ----------------------------------------------------------------------------------------------------- arithmetic
    def _result(self, symbol: str, other: object, swapped: bool = False) -> Any:
        masked = other if isinstance(other, MaskedImage) else None
        plain = other if masked is None else masked.image
        image = self.image._result(symbol, plain, swapped)
        if image is NotImplemented:
            return image
        theirs = None if masked is None else masked.variance
        sides = [(self.image.array, self.variance.array), (_values(plain), None if theirs is None else theirs.array)]
        (a, va), (b, vb) = reversed(sides) if swapped else sides
        known = self.variance.unit or (theirs is not None and theirs.unit)
        variance = Image(
            variance_of(symbol, a, b, va, vb),
            self.xy0,
            raised(image.unit, 2) if known else None,
        )
        return MaskedImage(image, self.mask.copy() if masked is None else self.mask | masked.mask, variance)

    def _in_place(self, symbol: str, other: object) -> Any:
        result = self._result(symbol, other)
        if result is NotImplemented:
            return result
        into(self.image.array, result.image.array)
        into(self.variance.array, result.variance.array)
        self.image.unit, self.variance.unit = result.image.unit, result.variance.unit
        if isinstance(other, MaskedImage):
            self.mask |= other.mask
        return self

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
    def to_kind(self, kind: str) -> MaskedImage:
        """A copy whose image has pixels of another type; see `Image.to_kind`."""
        return MaskedImage(self.image.to_kind(kind), self.mask.copy(), self.variance.copy())

    def to_unit(self, unit: str) -> MaskedImage:
        """A copy with values and variances in another unit of the same quantity; see `Image.to_unit`."""
        image = self.image.to_unit(unit)
        factor = self.image.unit_factor(unit)
        variance = Image(
            (self.variance.array * factor**2).astype(self.variance.array.dtype, copy=False),
            self.xy0,
            raised(unit, 2) if self.variance.unit else None,
        )
        return MaskedImage(image, self.mask.copy(), variance)

    def filled(self, planes: str | Iterable[str], value: float = float("nan")) -> Image:
        """A copy of the image with ``value`` in all pixels that any of these planes flags."""
        image = self.image.copy()
        into(image.array, np.where(self.mask.where(planes), value, image.array))
        return image

    def statistics(self, ignore: str | Iterable[str] = ()) -> Statistics:
        """Statistics of the finite values that none of the planes in ``ignore`` flags."""
        return self.image.statistics(~self.mask.where(ignore))

    def copy(self) -> MaskedImage:
        """A masked image with its own pixels."""
        return MaskedImage(self.image.copy(), self.mask.copy(), self.variance.copy())

    def same_as(self, other: MaskedImage) -> bool:
        """Whether all three planes are equal (NaN equals NaN)."""
        return (
            self.image.same_as(other.image) and self.mask.same_as(other.mask) and self.variance.same_as(other.variance)
        )

    def __repr__(self) -> str:
        return f"MaskedImage{self.image.kind}({self.bbox})"

    def _repr_html_(self) -> str:
        from skybutler.images.representation import masked_image_html

        return masked_image_html(self)


def _values(operand: Any) -> npt.NDArray[Any] | float:
    """Values of what `Image` has already accepted as the other side."""
    return operand.array if isinstance(operand, Image) else operand
