"""The archive that goes with the pixels of an exposure, and the cards that refer to it.  Writes no pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from skybutler.errors import FormatError
from skybutler.images import CameraDetector, Exposure, Metadata

from .afw import ArchiveWriter
from .afw.classes import writer as find_writer
from .afw.filter_label import fits_into_table
from .afw.unknown import StoredObject
from .afw.wcs import can_write

__all__ = ["archive_of", "in_table"]

_log = logging.getLogger(__name__)

_KEYS = {
    "summary_stats": "SUMMARY_STATS",
    "wcs": "SKYWCS",
    "detector": "DETECTOR",
    "valid_polygon": "VALID_POLYGON",
    "filter_label": "FILTER",
    "transmission_curve": "TRANSMISSION_CURVE",
    "photo_calib": "PHOTOCALIB",
    "coadd_inputs": "COADD_INPUTS",
    "psf": "PSF",
    "aperture_corrections": "AP_CORR_MAP",
}
"""Names in files by attribute, in the order in which the stack writes them."""


def in_table(exposure: Exposure, name: str) -> bool:
    """Whether a part of an exposure goes into the archive; what does not has cards, or is absent."""
    part = getattr(exposure, name)
    if part is None:
        return False
    if name == "detector":
        return isinstance(part, CameraDetector)
    if name == "filter_label":
        return fits_into_table(part)
    return can_write(part) if name == "wcs" else True


def archive_of(exposure: Exposure, first: int) -> tuple[ArchiveWriter, Metadata]:
    """The objects of an exposure, and the cards of its primary header that say where they are.

    Parameters
    ----------
    exposure : `Exposure`
        What is written.  Components that nothing writes are left out and logged.
    first : `int`
        Which HDU will have the index.

    Raises
    ------
    FormatError
        Raised if the PSF or another part is of a class that nothing writes.
    """
    writer, cards = ArchiveWriter(), Metadata({"EXPINFO_V": 2})
    numbers = {key: writer.put(getattr(exposure, name)) for name, key in _KEYS.items() if in_table(exposure, name)}
    for key, part in _others(exposure):
        if key not in numbers:
            numbers[key] = writer.put(part)
    if numbers:
        cards.add("AR_HDU", first + 1, "HDU (1-indexed) containing the archive used to store ancillary objects")
    for key, number in numbers.items():
        for card in (f"{key}_ID", f"ARCHIVE_ID_{key}"):
            cards.add(card, number, f"archive ID for generic component '{key}'")
    return writer, cards


def _others(exposure: Exposure) -> Iterator[tuple[str, Any]]:
    for key, part in exposure.components.items():
        if not key.isidentifier() or not key.isascii() or key.upper() != key:
            raise FormatError(f"'{key}' cannot name a component in a file.", hint="Use A-Z, 0-9 and _.")
        if part is None:
            continue
        if find_writer(type(part)) is None or (isinstance(part, StoredObject) and part.may_refer):
            kind = part.kind if isinstance(part, StoredObject) else type(part).__name__
            _log.warning("Component %s, a %s, cannot be written and is left out.", key, kind)
            continue
        yield key, part
