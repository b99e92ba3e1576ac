"""Records of exposures as rows of tables: what coadds, and PSFs of coadds, were made of.  Knows no files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skybutler.errors import FormatError
from skybutler.images.coadd_inputs import ExposureRecord

from .archive import ArchiveWriter, Column, Rows
from .points import box_columns, box_row, read_boxes

__all__ = ["read_exposure_rows", "write_exposure_rows"]

_PARTS = {
    "wcs": "wcs",
    "psf": "psf",
    "photoCalib": "photo_calib",
    "apCorrMap": "aperture_corrections",
    "validPolygon": "valid_polygon",
    "visitInfo": "visit_info",
    "transmissionCurve": "transmission_curve",
    "detector": "detector",
}
"""Our names of parts by the columns that refer to them."""
_FORMER = {"photo_calib": "calib"}
"""Columns of earlier files."""
_WRITTEN_FIRST = ("psf", "wcs")
_WORDS = {"wcs": "Wcs", "psf": "Psf", "photoCalib": "PhotoCalib", "validPolygon": "Polygon"}
_COLUMNS = (
    *(
        Column(name, "J", "", f"archive ID for {_WORDS.get(name, name[0].upper() + name[1:])} object")
        for name in _PARTS
    ),
    Column("id", "K", "", "unique ID"),
    *box_columns("bbox", "bounding box"),
)
_DOCS = {
    "ccd": "cameraGeom CCD serial number",
    "filter": "Physical filter name",
    "goodpix": "Number of good pixels in this CCD",
    "visit": "Foreign key for the visits (coaddTempExp) catalog",
    "weight": "Weight for this visit in the coadd",
}
_FORMS = {"b": "X", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}


def read_exposure_rows(rows: Rows) -> list[ExposureRecord]:
    """Records, whose objects are read when they are needed."""
    if not len(rows):
        return []
    archive = rows.archive
    archive.hold()
    known = {*(column.name for column in _COLUMNS), *_FORMER.values(), "bbox_min", "bbox_max", "bbox.min", "bbox.max"}
    references = {}
    for column, part in _PARTS.items():
        name = column if column in rows else _FORMER.get(part, "")
        if name in rows:
            references[part] = rows[name].tolist()
    others = {column.name: rows[column.name] for column in rows.columns() if column.name not in known}
    made = []
    for i, (number, box) in enumerate(zip(rows["id"].tolist(), read_boxes(rows), strict=True)):
        numbers = {part: values[i] for part, values in references.items()}
        fields = {name: values[i] for name, values in others.items()}
        made.append(ExposureRecord(number, box, fields=fields, load=_Loader(archive, numbers)))
    return made


class _Loader:
    """Gets objects of one record from its archive."""

    def __init__(self, archive: Any, numbers: dict[str, int]) -> None:
        self._archive, self._numbers = archive, numbers

    def __call__(self, part: str) -> Any:
        return self._archive.get(self._numbers.get(part, 0))


def write_exposure_rows(
    writer: ArchiveWriter, number: int, kind: str, module: str, records: Sequence[ExposureRecord]
) -> None:
    """Records as the next piece of an object, and their objects.

    Raises
    ------
    FormatError
        Their further values differ in name or type, or are no numbers, texts or truth values.
    """
    extra = {name: _column(name, [r.fields.get(name) for r in records]) for record in records for name in record.fields}
    table = writer.table((*_COLUMNS, *extra.values()))
    rows = []
    for record in records:
        written = {part: writer.put(record.part(part)) for part in (*_WRITTEN_FIRST, *_PARTS.values())}
        references = {column: written[part] for column, part in _PARTS.items()}
        rows.append({**references, "id": record.id, **box_row("bbox", record.bbox), **record.fields})
    writer.add(number, table, kind, module, rows)


def _column(name: str, values: Sequence[Any]) -> Column:
    array = np.array(values)
    if None in values or array.ndim != 1:
        raise FormatError(f"Not all records of exposures have a plain '{name}', so they cannot be written together.")
    doc = _DOCS.get(name, "")
    if array.dtype.kind == "U":
        return Column(name, f"{max(array.dtype.itemsize // 4, 1)}A", "", doc)
    form = _FORMS.get(array.dtype.str[1:]) or _FORMS.get(array.dtype.kind)
    if form is None:
        raise FormatError(f"'{name}' of the records of exposures is of a type that cannot be written: {array.dtype}.")
    return Column(name, form, "", doc)
