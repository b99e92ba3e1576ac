"""Three images as one in colours, after Lupton et al. 2004.  Knows no axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.exposure import Exposure
from skybutler.images.image import Image
from skybutler.images.masked_image import MaskedImage

from .blocks import block_mean

__all__ = ["ColourComposite"]

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Coloured: TypeAlias = Exposure | MaskedImage | Image

_FAINTEST, _STRETCH = -1.0, 12.0
"""Black, and where brightness turns from linear to logarithmic; standard deviations of the sky."""


@dataclass(frozen=True)
class ColourComposite:
    """Pixels that three images share, and how they become colours.

    Parameters
    ----------
    pixels : `numpy.ndarray`, (ny, nx, 3)
        Red, green, blue, each without its sky; 0 where one of them has no value.
    box : `Box`
        Where they are.
    minimum : `float`
        What is black.
    stretch : `float`
        Of the linear part.
    q : `float`
        Of asinh.
    """

    pixels: Floats
    box: Box
    minimum: float
    stretch: float
    q: float

    @classmethod
    def of(
        cls,
        red: Coloured,
        green: Coloured,
        blue: Coloured,
        *,
        balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
        stretch: float | None = None,
        q: float = 8.0,
    ) -> ColourComposite:
        """Bring three images together.

        Parameters
        ----------
        red, green, blue : `Exposure`, `MaskedImage` or `Image`
            Of one pixel grid, the longest wavelength first; their medians are taken off.
        balance : three of `float`
            Factors of the images.
        stretch : `float`, optional
            Width of the linear part, in the unit of the images; twelve standard deviations of the sky if not given.
        q : `float`
            How soon brightness turns logarithmic.

        Raises
        ------
        InvalidError
            Raised if the images share no pixel.
        """
        images = [i.image if isinstance(i, Exposure | MaskedImage) else i for i in (red, green, blue)]
        box = images[0].bbox.intersection(images[1].bbox).intersection(images[2].bbox)
        if box.is_empty:
            boxes = ", ".join(str(i.bbox) for i in images)
            raise InvalidError(f"The three images share no pixel: {boxes}.", hint="Show images of one patch.")
        planes = []
        for image, factor in zip(images, balance, strict=True):
            array = image[box].array.astype(np.float32)
            sky = float(np.nanmedian(array[:: 1 + box.shape[0] // 500, :: 1 + box.shape[1] // 500]))
            planes.append((array - sky) * factor)
        pixels = np.stack(planes, axis=-1)
        pixels[~np.isfinite(pixels).all(axis=-1)] = 0.0  # without a colour where one image has no value
        some = pixels[:: 1 + box.shape[0] // 500, :: 1 + box.shape[1] // 500]
        brightness = some[some.any(axis=-1)].mean(axis=-1) if some.any() else np.zeros(1, np.float32)
        sigma = 1.4826 * float(np.median(np.abs(brightness - np.median(brightness)))) or float(brightness.std()) or 1.0
        return cls(pixels, box, _FAINTEST * sigma, stretch or _STRETCH * sigma, q)

    @staticmethod
    def reduce(pixels: Floats, n: int) -> Floats:
        """Means of blocks, colour by colour."""
        return np.stack([block_mean(pixels[..., i], n) for i in range(3)], axis=-1)

    def paint(self, pixels: Floats) -> npt.NDArray[np.uint8]:
        """Colours of pixels (or blocks), (ny, nx, 3)."""
        from astropy.visualization import make_lupton_rgb

        red, green, blue = (pixels[..., i] for i in range(3))
        made: npt.NDArray[np.uint8] = make_lupton_rgb(
            red, green, blue, minimum=self.minimum, stretch=self.stretch, Q=self.q
        )
        return made
