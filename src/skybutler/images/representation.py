"""What a notebook shows of an image, a mask or an exposure: a picture and a table of facts.  Draws nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.errors import ButlerError
from skybutler.notebook import facts, picture

if TYPE_CHECKING:
    from skybutler.images.exposure import Exposure
    from skybutler.images.image import Image
    from skybutler.images.mask import Mask
    from skybutler.images.masked_image import MaskedImage
    from skybutler.images.psf import Psf

__all__ = ["exposure_html", "image_html", "mask_html", "masked_image_html"]


def image_html(image: Image) -> str:
    """HTML of an image."""
    rows = [*_size(image), *_values(image)]
    return facts(rows, f"Image{image.kind}", _drawn(image))


def mask_html(mask: Mask) -> str:
    """HTML of a mask."""
    return facts([*_size(mask), *_planes(mask)], "Mask", _drawn(mask))


def masked_image_html(image: MaskedImage) -> str:
    """HTML of a masked image."""
    rows = [*_size(image), *_values(image.image), *_planes(image.mask)]
    return facts(rows, f"MaskedImage{image.image.kind}", _drawn(image))


def exposure_html(exposure: Exposure) -> str:
    """HTML of an exposure."""
    rows = [
        *_size(exposure),
        *_circumstances(exposure),
        *_sky(exposure),
        *_values(exposure.image),
        *_planes(exposure.mask),
    ]
    return facts(rows, f"Exposure{exposure.image.kind}", _drawn(exposure))


def _drawn(image: Any) -> str:
    return "" if image.bbox.is_empty else picture(image)


def _size(image: Any) -> Iterator[tuple[str, Any]]:
    nx, ny = image.dimensions
    yield "pixels", f"{nx} x {ny}"
    yield "box", image.bbox if image.bbox.xy0 != (0, 0) else None


def _values(image: Image) -> Iterator[tuple[str, Any]]:
    step = 1 + max(image.array.shape) // 500
    some = image.array[::step, ::step]
    some = some[np.isfinite(some)]
    if some.size:
        low, middle, high = np.percentile(some, [1, 50, 99])
        yield "values", f"{middle:.5g}, 98 per cent in {low:.5g} .. {high:.5g}{f' {image.unit}' if image.unit else ''}"


def _planes(mask: Mask) -> Iterator[tuple[str, Any]]:
    if mask.array.size:
        present = int(np.bitwise_or.reduce(mask.array, axis=None))
        yield "mask planes", ", ".join(mask.names(present)) or "none set"


def _circumstances(exposure: Exposure) -> Iterator[tuple[str, Any]]:
    yield "id", exposure.id
    label, info, detector = exposure.filter_label, exposure.visit_info, exposure.detector
    if label is not None:
        yield "filter", " ".join(p for p in (label.band, f"({label.physical})" if label.physical else "") if p) or None
    if detector is not None:
        yield "detector", " ".join(str(p) for p in (detector.id, detector.name) if p is not None) or None
    if info is not None:
        yield "instrument", info.instrument
        yield "visit", info.id
        yield "date", None if info.date_ns is None else f"{np.datetime64(info.date_ns // 10**9, 's')} TAI"
        yield "exposure time", None if info.exposure_time is None else f"{info.exposure_time:g} s"
        yield "airmass", None if info.airmass is None else f"{info.airmass:.3f}"


def _sky(exposure: Exposure) -> Iterator[tuple[str, Any]]:
    if exposure.wcs is not None and not exposure.bbox.is_empty:
        x, y = exposure.bbox.center
        ra, dec = exposure.wcs.pixel_to_sky(x, y)
        yield "centre", f"RA {float(ra):.5f}°, Dec {float(dec):+.5f}°"
        yield "pixel scale", f"{exposure.wcs.pixel_scale_arcsec(x, y):.4f}″"
    yield "PSF", _said(lambda: _psf(exposure.psf))
    yield (
        "zero point",
        _said(lambda: None if exposure.photo_calib is None else f"{exposure.photo_calib.zero_point:.3f}"),
    )


def _psf(psf: Psf | None) -> str | None:
    return None if psf is None else f"{type(psf).__name__}, FWHM {psf.fwhm():.2f} pixels"


def _said(what: Callable[[], str | None]) -> str | None:
    """What is said of a part of an exposure, which is read when it is first looked at, or why it cannot be."""
    try:
        return what()
    except ButlerError as error:
        return f"cannot be read: {error}"
