"""Small pictures of images as PNG, without axes.  Knows no notebook."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from .blocks import block_mean, block_or
from .display import Showable, layers
from .figures import require_matplotlib
from .mask_colours import MaskColours
from .scaling import Scaling

__all__ = ["thumbnail"]

_TRANSPARENCY = 60.0


def thumbnail(image: Showable, size: int = 220) -> bytes:
    """A picture of an image as PNG: grey values between zscale limits, mask planes over them.

    Parameters
    ----------
    image : `Exposure`, `MaskedImage`, `Image`, `Mask` or `numpy.ndarray`
        What to show.
    size : `int`
        Dots along its longer side, about.

    Raises
    ------
    InvalidError
        Raised if it is nothing that can be shown.
    MissingExtraError
        Raised if matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.image import imsave

    pixels, mask = layers(image)
    ny, nx = (pixels.array if pixels is not None else mask.array).shape  # type: ignore[union-attr]
    n, repeat = max(1, -(-max(ny, nx) // size)), max(1, size // max(ny, nx))
    grey = np.ones((-(-ny // n), -(-nx // n)))
    if pixels is not None:
        low, high = Scaling().limits(pixels, mask)
        values = block_mean(pixels.array, n) if n > 1 else pixels.array
        grey = np.nan_to_num(Scaling().curve((values.astype(np.float64) - low) / (high - low)), nan=0.0)
        grey = np.minimum(grey * 1.4, 1.0)  # small pictures have few bright dots
    coloured: npt.NDArray[Any] = np.repeat(grey[..., None], 3, axis=2)
    if mask is not None:
        colours = MaskColours()
        colours.set_transparency(0 if pixels is None else _TRANSPARENCY)
        painted = colours.paint(block_or(mask.array, n) if n > 1 else mask.array, mask.planes) / 255.0
        coloured = painted[..., :3] * painted[..., 3:] + coloured * (1 - painted[..., 3:])
    coloured = np.repeat(np.repeat(coloured, repeat, axis=0), repeat, axis=1)
    written = io.BytesIO()
    imsave(written, np.ascontiguousarray(coloured), format="png", origin="lower")
    return written.getvalue()
