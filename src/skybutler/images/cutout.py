"""Cut-outs of exposures: by pixels or by a shape on the sky, clipped or padded.  Knows no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage
from skybutler.images.stencils import Stencil, stencil_of
from skybutler.images.wcs import SkyWcs

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["NO_DATA", "OUTSIDE", "CutOut"]

OUTSIDE = "OUTSIDE_STENCIL"
"""Mask plane of pixels of a cut-out that are not in the shape that was asked for; their values stay."""

NO_DATA = "NO_DATA"
"""Mask plane of pixels of a padded cut-out that the image does not have."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """What is to be cut out.

    Parameters
    ----------
    shape : `Box`, `Stencil` or `lsst.sphgeom.Region`
        Parent pixels, or a shape on the sky.
    pad : `bool`
        Keep the size if the shape reaches out of the image: pixels that are not there are NaN (0 in images of
        integers) and masked as `NO_DATA`.  Otherwise the cut-out ends where the image does.
    mask_outside : `bool`
        Mask pixels whose centres are outside of the shape as `OUTSIDE`.

    Raises
    ------
    InvalidError
        Raised if this is no shape.
    """

    shape: Box | Stencil
    pad: bool = False
    mask_outside: bool = False

    @classmethod
    def of(cls, shape: Box | Stencil | Region, pad: bool = False, mask_outside: bool = False) -> CutOut:
        """That of any shape."""
        return cls(shape if isinstance(shape, Box) else stencil_of(shape), pad, mask_outside)

    def box(self, bbox: Box, wcs: SkyWcs | None, what: str) -> Box:
        """The pixels that an image has of the shape.

        Parameters
        ----------
        bbox : `Box`
            Pixels of the image.
        wcs : `SkyWcs` or `None`
            Its sky coordinates.
        what : `str`
            What to call it in errors.

        Raises
        ------
        InvalidError
            Raised if there are none, or sky coordinates are needed and there are none.
        """
        found = self.asked(bbox, wcs, what).intersection(bbox)
        if found.is_empty:
            raise InvalidError(f"{self.shape} is not in {what}, which covers {self._covered(bbox, wcs)}.")
        return found

    def asked(self, bbox: Box, wcs: SkyWcs | None, what: str) -> Box:
        """The pixels of the shape, whether the image has them or not; arguments and errors as for `box`."""
        if isinstance(self.shape, Box):
            return self.shape
        if wcs is None:
            raise InvalidError(
                f"{what} has no sky coordinates, so {self.shape} cannot be cut out.",
                hint="Cut out pixels: parameters={'bbox': Box((y0, y1), (x0, x1))}.",
            )
        return self.shape.pixel_box(wcs, bbox)

    def _covered(self, bbox: Box, wcs: SkyWcs | None) -> str:
        if wcs is None or isinstance(self.shape, Box):
            return str(bbox)
        ra, dec = (float(v) for v in wcs.pixel_to_sky(*bbox.center))
        size = wcs.pixel_scale_arcsec(*bbox.center) / 3600.0
        return f"{bbox.x.size * size:.3g} x {bbox.y.size * size:.3g} degrees around RA {ra:.6g}, Dec {dec:.6g}"

    def finish(self, masked: MaskedImage, bbox: Box, wcs: SkyWcs | None, what: str) -> MaskedImage:
        """A cut-out as it was asked for, from the pixels there are.

        Parameters
        ----------
        masked : `MaskedImage`
            The pixels of `box`; it is not modified.
        bbox, wcs, what
            As for `box`.
        """
        if self.pad:
            masked = _padded(masked, self.asked(bbox, wcs, what))
        if self.mask_outside and not isinstance(self.shape, Box):
            assert wcs is not None
            mask = masked.mask.copy()
            mask.add_plane(OUTSIDE)
            mask.set(OUTSIDE, ~self.shape.inside(wcs, mask.bbox))
            masked = MaskedImage(masked.image, mask, masked.variance)
        return masked


_LARGEST = 1 << 28
"""Pixels of a padded cut-out; a mistake in a unit should not fill the memory."""


def _padded(masked: MaskedImage, box: Box) -> MaskedImage:
    if box.area > _LARGEST:
        raise InvalidError(f"A cut-out of {box.x.size} x {box.y.size} pixels is too large to be padded.")
    held = masked.bbox
    if box == held:
        return masked
    mask = Mask.zeros(box, masked.mask.planes)
    mask.add_plane(NO_DATA)
    mask.set(NO_DATA)
    mask.array[held.slices(box)] = masked.mask.array
    image, variance = (
        Image(_in_frame(plane.array, held, box), box.xy0, plane.unit) for plane in (masked.image, masked.variance)
    )
    return MaskedImage(image, mask, variance)


def _in_frame(array: npt.NDArray[Any], held: Box, box: Box) -> npt.NDArray[Any]:
    frame = np.full(box.shape, np.nan if array.dtype.kind == "f" else 0, array.dtype)
    frame[held.slices(box)] = array
    return frame
