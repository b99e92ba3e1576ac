"""What belongs to the pixels of an exposure file: objects of its archive and of its cards.  Reads no pixels.

An object is read when it is asked for.  One that is broken, or of an unknown version or class, is an error when it is
asked for alone; a whole exposure is read without it, with a warning in the log.  A file cut short is always an error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skybutler.errors import ButlerError, UnknownComponentError, UnreadableFileError, nearest
from skybutler.images import (
    ApertureCorrections,
    CameraDetector,
    CoaddInputs,
    FilterLabel,
    Metadata,
    PhotoCalib,
    Polygon,
    Psf,
    SkyWcs,
    SummaryStats,
    TransmissionCurve,
)

from . import fits_layout as layout
from .afw import Archive
from .afw.unknown import StoredObject
from .fits_header import header_metadata, reading
from .fits_pixels import header_wcs

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["COMPONENTS", "ExposureParts"]

_log = logging.getLogger(__name__)

COMPONENTS: Mapping[str, str] = {
    "apCorrMap": "aperture_corrections",
    "coaddInputs": "coadd_inputs",
    "detector": "detector",
    "filter": "filter_label",
    "id": "id",
    "metadata": "metadata",
    "photoCalib": "photo_calib",
    "psf": "psf",
    "summaryStats": "summary_stats",
    "transmissionCurve": "transmission_curve",
    "validPolygon": "valid_polygon",
    "visitInfo": "visit_info",
    "wcs": "wcs",
}
"""Attributes of an `Exposure` by the names that components have in repositories."""

_ARCHIVED: Mapping[str, tuple[tuple[str, ...], type[Any]]] = {
    "aperture_corrections": (("AP_CORR_MAP",), ApertureCorrections),
    "coadd_inputs": (("COADD_INPUTS",), CoaddInputs),
    "detector": (("DETECTOR",), CameraDetector),
    "filter_label": (("FILTER",), FilterLabel),
    "photo_calib": (("PHOTOCALIB",), PhotoCalib),
    "psf": (("PSF",), Psf),
    "summary_stats": (("SUMMARY_STATS",), SummaryStats),
    "transmission_curve": (("TRANSMISSION_CURVE",), TransmissionCurve),
    "valid_polygon": (("VALID_POLYGON",), Polygon),
    "wcs": (("SKYWCS", "WCS"), SkyWcs),
}
"""Names that files have for attributes, the newest first, and the class that they must be of."""

_GENERIC = re.compile(r"ARCHIVE_ID_(\w+)")


class ExposureParts:
    """Everything of an exposure but its pixels.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    uri : `str`
        The file, for messages.
    first : `int`
        Which HDU has the image.
    xy0 : pair of `int`
        (x, y) of the first pixel in the parent frame.
    """

    def __init__(self, hdus: fits.HDUList, uri: str, first: int, xy0: tuple[int, int]) -> None:
        self._hdus, self._uri, self._first, self._xy0 = hdus, uri, first, xy0
        with reading(uri):
            self._primary = header_metadata(hdus[0].header)

    def get(self, name: str) -> Any:
        """One attribute of the exposure, `None` if the file has none.

        Raises
        ------
        UnreadableFileError, FormatError, SchemaVersionError
            It is broken, cannot be evaluated, or is of a version that is not known.
        UnknownComponentError
            There is no such attribute, or it is of a class that is not known.
        """
        if name not in COMPONENTS.values():
            raise UnknownComponentError(f"An exposure has no part '{name}'.", hint=nearest(name, COMPONENTS.values()))
        with reading(self._uri):
            return self._get(name)

    def _get(self, name: str) -> Any:
        if name in ("metadata", "visit_info", "id"):
            return self._described[name]
        if name == "wcs" and layout.WCS_CARDS in self._primary:
            return self._header_wcs()  # equal to the one in the archive, and at hand
        found = self._archived(name) if name in _ARCHIVED else None
        if isinstance(found, StoredObject):
            raise UnknownComponentError(
                f"The {name} of {self._uri} is a {found.kind}, which skybutler does not know.",
                hint="Exposure.components keeps it when the whole exposure is read.",
            )
        if name == "wcs":
            return self._wcs(found)
        return self._described.get(name) if found is None else found

    def all(self) -> dict[str, Any]:
        """All that there is, as `Exposure` takes it; what cannot be read is left out and logged.

        Raises
        ------
        UnreadableFileError
            The file is cut short.
        """
        if "AR_HDU" in self._primary:
            self._archive.check_whole()
        found: dict[str, Any] = {"components": {}}
        for name in COMPONENTS.values():
            try:
                noted = name == "wcs" and layout.WCS_CARDS in self._primary
                found[name] = self._archived(name) if noted else self.get(name)
            except UnknownComponentError as error:
                _log.warning("%s", error)
                found["components"][_ARCHIVED[name][0][0]] = self._archived(name)
            except ButlerError as error:
                _log.warning("The %s of %s cannot be read and is left out: %s", name, self._uri, error)
        found["components"].update(self._others())
        return found

    # ------------------------------------------------------------------------------------------------------- from rows
    @cached_property
    def _archive(self) -> Archive:
        place = self._primary.get("AR_HDU")
        if type(place) is not int or place < 2:
            raise UnreadableFileError(f"{self._uri} refers to persisted objects, but AR_HDU is {place!r}.")
        return Archive(self._hdus, self._uri, place - 1)

    def _number(self, names: tuple[str, ...]) -> int:
        """Number of an archived object, 0 if there is none."""
        for name in names:
            for key in (f"ARCHIVE_ID_{name}", f"{name}_ID"):
                number = self._primary.get(key)
                if type(number) is int and number != 0:
                    return number
        return 0

    def _archived(self, name: str) -> Any:
        names, kind = _ARCHIVED[name]
        number = self._number(names)
        if not number:
            return None
        found = self._archive.get(number)
        return found if isinstance(found, StoredObject) else self._archive.get(number, kind)

    def _others(self) -> Iterator[tuple[str, Any]]:
        """Objects of names that have no attribute."""
        known = {name for names, _ in _ARCHIVED.values() for name in names}
        for key in self._primary:
            match = _GENERIC.fullmatch(key)
            if match is None or match[1] in known or not self._number((match[1],)):
                continue
            try:
                yield match[1], self._archive.get(self._number((match[1],)))
            except ButlerError as error:
                _log.warning("Component %s of %s cannot be read and is left out: %s", match[1], self._uri, error)
            else:
                _log.warning("%s has a component %s that skybutler does not know; it is kept.", self._uri, match[1])

    # ------------------------------------------------------------------------------------------------------ from cards
    @cached_property
    def _parts(self) -> list[str] | None:
        """What the file says it has, `None` if other software wrote it."""
        return str(self._primary[layout.PARTS]).split(",") if layout.PARTS in self._primary else None

    def _header_wcs(self) -> SkyWcs | None:
        return header_wcs(self._hdus[self._first].header, self._xy0, self._uri)

    def _wcs(self, archived: SkyWcs | None) -> SkyWcs | None:
        if archived is None:
            return self._header_wcs()
        if archived.ast_text is None:
            return archived
        try:
            fits_wcs = self._header_wcs()
        except ButlerError:
            fits_wcs = None  # they would be an approximation at best
        return SkyWcs.from_ast(archived.ast_text, fits=fits_wcs, approximation=archived.approximation)

    @cached_property
    def _described(self) -> dict[str, Any]:
        """Everything that cards say, and the metadata that remain."""
        plane = header_metadata(self._hdus[self._first].header)
        inherit = self._first == 1 and self._hdus[1].header.get("INHERIT")
        cards = Metadata(card for card in plane.cards() if not layout.is_plane_key(card.key))
        if inherit:
            # Dates in the plane belong to its WCS.  Before INHERIT was written, the plane's header was all there was.
            cards = Metadata([*self._primary.cards(), *cards.without(layout.WCS_DATES).cards()])
        generic = {f"{match[1]}_ID" for key in self._primary if (match := _GENERIC.fullmatch(key))}
        metadata = Metadata(c for c in cards.cards() if not (layout.is_reserved(c.key) or c.key in generic))
        parts = self._parts
        if parts is None and "AR_HDU" in self._primary:
            metadata = metadata.without(layout.WCS_DATES)
        visit_info = layout.take_visit_info(metadata) if parts is None or "visit" in parts else None
        filter_label, detector = layout.take_labels(self._primary, metadata)
        has_id = "id" in parts if parts is not None else "AR_HDU" in self._primary
        if self._number(("DETECTOR",)):
            metadata = metadata.without(("DETNAME", "DETSER"))
        return {
            "visit_info": visit_info,
            "filter_label": filter_label,
            "detector": detector,
            "photo_calib": self._old_calibration(metadata),
            "id": metadata.pop("EXPID", None) if has_id else None,
            "metadata": metadata,
        }

    def _old_calibration(self, metadata: Metadata) -> PhotoCalib | None:
        """That of files from before there were objects of it: counts of a star of magnitude 0."""
        if self._parts is not None or "AR_HDU" not in self._primary or self._primary.get("EXPINFO_V", 0):
            return None
        counts, error = (metadata.pop(key, None) for key in ("FLUXMAG0", "FLUXMAG0ERR"))
        if not isinstance(counts, int | float) or counts <= 0:
            return None
        return PhotoCalib.from_inst_flux_at_zero_magnitude(counts, error if isinstance(error, int | float) else 0.0)
