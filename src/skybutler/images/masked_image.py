"""Image, mask and variance of the same pixels, kept together.  Knows nothing of files or the sky."""

from __future__ import annotations

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.image import Image
from skybutler.images.mask import Mask

__all__ = ["MaskedImage"]


class MaskedImage:
    """Three planes with the same box.

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

    def __getitem__(self, box: Box) -> MaskedImage:
        """A view of the pixels of ``box`` (parent coordinates).

        Raises
        ------
        InvalidError
            Raised if ``box`` is not inside `bbox`.
        """
        return MaskedImage(self.image[box], self.mask[box], self.variance[box])

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
