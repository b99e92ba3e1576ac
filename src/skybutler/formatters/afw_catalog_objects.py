"""Objects of the rows of catalogs in files: footprints, and what belongs to exposures.  Knows no rows of numbers.

A column has the number of each row's object; the objects themselves stand in an archive after the table.
"""

from __future__ import annotations

import gzip
import io
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from skybutler.tables import Catalog, Field
from skybutler.tables.objects import ObjectColumn

from .afw.archive import Archive, ArchiveWriter
from .afw.tables import index_hdu
from .fits_header import reading

if TYPE_CHECKING:
    from .formatter import Source

__all__ = ["COLUMNS", "StoredObjects", "archive_bytes", "object_columns", "take_objects"]

_BLOCK = 2880

COLUMNS: Mapping[str, tuple[Field, str]] = {
    "footprint": (Field("footprint", "I", "archive ID for Footprint"), ""),
    "wcs": (Field("wcs", "I", "archive ID for Wcs object"), ""),
    "psf": (Field("psf", "I", "archive ID for Psf object"), ""),
    "photo_calib": (Field("photoCalib", "I", "archive ID for PhotoCalib object"), "calib"),
    "aperture_corrections": (Field("apCorrMap", "I", "archive ID for ApCorrMap object"), ""),
    "valid_polygon": (Field("validPolygon", "I", "archive ID for Polygon object"), ""),
    "visit_info": (Field("visitInfo", "I", "archive ID for VisitInfo object"), ""),
    "transmission_curve": (Field("transmissionCurve", "I", "archive ID for TransmissionCurve object"), ""),
    "detector": (Field("detector", "I", "archive ID for Detector object"), ""),
}
"""Columns of numbers, and the name that earlier files had for them, by our names of objects."""

_PUT_FIRST = ("psf", "wcs")
"""The order in which objects of an exposure get their numbers."""


class StoredObjects:
    """Reads the objects of a catalog, by number, when they are first asked for.

    Parameters
    ----------
    source : `Source`
        The file.  It must still be there when the first object is asked for.
    offset : `int`
        First byte after the table of rows.
    index : `int`
        Which HDU after that table has the index, 1 for the first.
    """

    def __init__(self, source: Source, offset: int, index: int) -> None:
        self._source, self._offset, self._index = source, offset, index
        self._archive: Archive | None = None
        self._lock = threading.Lock()

    def __call__(self, number: int) -> object:
        """The object of a number.

        Raises
        ------
        UnreadableFileError
            There is none, or the file has no archive.
        """
        with self._lock:
            if self._archive is None:
                self._archive = self._open()
            found: object = self._archive.get(number)
            return found

    def _open(self) -> Archive:
        from astropy.io import fits

        # The end of the file, behind an empty first HDU: nothing stays open, and no rows are read again.
        content = io.BytesIO(fits.PrimaryHDU().header.tostring().encode("ascii") + self._tail())
        with reading(self._source.uri):
            return Archive(fits.open(content, memmap=False), self._source.uri, self._index)

    def _tail(self) -> bytes:
        with self._source.open() as stream:
            zipped = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            with reading(self._source.uri):
                opened: BinaryIO = gzip.GzipFile(fileobj=stream) if zipped else stream  # type: ignore[assignment]
                opened.seek(self._offset)
                return opened.read()


def take_objects(cls: type[Catalog], columns: dict[str, Any], load: StoredObjects) -> dict[str, ObjectColumn]:
    """The objects of a catalog, by name; columns that only have their numbers are taken out of ``columns``."""
    found = {}
    for name in cls.object_names:
        field, former = COLUMNS[name]
        for column in (field.name, former):
            numbers = columns.get(column)
            if numbers is not None and numbers.ndim == 1 and numbers.dtype.kind == "i":
                found[name] = ObjectColumn.stored(columns.pop(column), load)
                break
    return found


def object_columns(catalog: Catalog, writer: ArchiveWriter) -> list[tuple[Field, Sequence[int]]]:
    """Columns of numbers of the objects, which are put into an archive row by row.

    Raises
    ------
    skybutler.errors.FormatError
        Raised for objects that cannot be written.
    """
    names = catalog.object_names
    order = [*(name for name in _PUT_FIRST if name in names), *(name for name in names if name not in _PUT_FIRST)]
    held = {name: catalog.objects(name) for name in order}
    numbers: dict[str, list[int]] = {name: [] for name in order}
    for row in range(len(catalog)):
        for name in order:
            numbers[name].append(writer.put(held[name][row]))
    return [(COLUMNS[name][0], numbers[name]) for name in names]


def archive_bytes(writer: ArchiveWriter) -> bytes:
    """The HDUs of an archive as they stand in a file; without objects the index is empty, but there."""
    from astropy.io import fits

    hdus = list(writer.hdus()) or [index_hdu(defaultdict(list), 1)]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(out)
    return out.getvalue()[_BLOCK:]
