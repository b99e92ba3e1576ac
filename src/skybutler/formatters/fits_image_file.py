"""Parts of one image as FITS files of their own, pixels alone, many and fast.  Knows neither where they go nor shapes.

What is the same in all of them is written once.  The FITS library is not used: to make and write its objects takes ten
times as long as all that is left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.images import Exposure, Image, Metadata, SkyWcs
from skybutler.images.metadata import MetadataCard

from . import fits_layout as layout
from .fits_cards import CARD, padded
from .fits_header import header_text
from .fits_image_cards import hdu_cards, primary_cards

__all__ = ["ImageFiles"]

_PRIMARY = (
    MetadataCard("SIMPLE", True, "conforms to FITS standard"),
    MetadataCard("BITPIX", 8, "array data type"),
    MetadataCard("NAXIS", 0, "number of array dimensions"),
    MetadataCard("EXTEND", True),
)
_REFERENCE = ("CRPIX1", "CRPIX2")
_ORIGIN = frozenset((*layout.origin_cards((0, 0)), "SB_CRPX1", "SB_CRPX2"))
"""Cards that say where the pixels are in the image."""


class ImageFiles:
    """Writes parts of an image, each with its sky coordinates and the cards of the whole, as other software does.

    Without mask and variance such a file is no exposure of ours; who reads it as one finds them zero.

    Parameters
    ----------
    exposure : `Exposure`
        Its metadata, visit, labels and WCS become cards; its pixels do not matter.  A WCS that cards cannot represent
        is replaced by the tangent plane at the centre of each part.

    Raises
    ------
    FormatError
        Raised if metadata cannot stand in a FITS header.
    """

    def __init__(self, exposure: Exposure) -> None:
        cards = primary_cards(exposure, ("IMAGE",), Metadata(), None).without((layout.PARTS,))
        self._primary = _header(header_text([*_PRIMARY, *cards.cards()]))
        self._wcs, self._as_cards = exposure.wcs, exposure.wcs is None or exposure.wcs.has_fits_cards()
        self._fixed: dict[str | None, _Fixed] = {}  # by unit

    def file(self, image: Image) -> bytes:
        """The content of a file with these pixels, which are in the parent frame of the whole image."""
        pixels, fixed = _stored(image.array), self._fixed.get(image.unit)
        if self._wcs is not None and not self._as_cards:
            fixed = _Fixed.of(image.unit, self._wcs.tangent_at(*image.bbox.center))
        elif fixed is None:
            fixed = self._fixed[image.unit] = _Fixed.of(image.unit, self._wcs)
        header = _structure(image.array.dtype, image.array.shape) + fixed.moved(image.xy0)
        return b"".join((self._primary, _header(header), pixels.data, bytes(padded(pixels.nbytes) - pixels.nbytes)))


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Cards of a plane that are the same for all parts, among them the reference pixel, which moves."""

    texts: tuple[str, ...]
    reference: tuple[tuple[str, int, float], ...]
    """Key, place among the texts, and value in the parent frame."""

    @classmethod
    def of(cls, unit: str | None, wcs: SkyWcs | None) -> _Fixed:
        cards = [
            card
            for card in hdu_cards("IMAGE", Image(np.zeros((1, 1), "f4"), unit=unit), wcs).cards()
            if card.key not in _ORIGIN
        ]
        keys = [card.key for card in cards]
        places = [] if wcs is None else [(key, keys.index(key)) for key in _REFERENCE]
        reference = tuple((key, place, float(cards[place].value or 0.0)) for key, place in places)
        return cls(tuple(header_text([card]) for card in cards), reference)

    def moved(self, xy0: tuple[int, int]) -> str:
        texts, exact = list(self.texts), []
        for (key, place, parent), offset in zip(self.reference, xy0, strict=False):
            stored = parent - offset
            texts[place] = header_text([(key, stored)])
            if stored + offset != parent:  # rounding has taken digits from it
                exact.append((f"SB_CRPX{key[-1]}", parent))
        return "".join(texts) + header_text(exact) + header_text(layout.origin_cards(xy0).cards())


@lru_cache(maxsize=256)
def _structure(dtype: np.dtype[Any], shape: tuple[int, ...]) -> str:
    """Cards that say how an array is stored (FITS standard 4.0, section 7.1)."""
    bits, (ny, nx) = 8 * dtype.itemsize, shape
    cards = [
        MetadataCard("XTENSION", "IMAGE", "Image extension"),
        MetadataCard("BITPIX", -bits if dtype.kind == "f" else bits, "array data type"),
        MetadataCard("NAXIS", 2, "number of array dimensions"),
        MetadataCard("NAXIS1", nx),
        MetadataCard("NAXIS2", ny),
        MetadataCard("PCOUNT", 0, "number of parameters"),
        MetadataCard("GCOUNT", 1, "number of groups"),
    ]
    if dtype.kind == "u":  # which FITS has not: signed, moved by half of what there is (section 5.2.5)
        cards += [MetadataCard("BSCALE", 1), MetadataCard("BZERO", 1 << (bits - 1))]
    return header_text(cards)


def _stored(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Pixels as a file has them: big end first, signed."""
    if array.dtype.kind == "u":
        array = array ^ array.dtype.type(1 << (8 * array.itemsize - 1))
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder(">"))


def _header(text: str) -> bytes:
    text = f"{text}{'END':<{CARD}}"
    return text.ljust(padded(len(text))).encode("ascii")
