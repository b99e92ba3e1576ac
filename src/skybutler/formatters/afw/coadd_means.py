"""Fields and transmission curves of coadds as rows of tables.  Knows no files.

The columns are those that other software documents; no file of it was at hand to compare with.
"""

from __future__ import annotations

from typing import Any, TypeVar

from skybutler.errors import UnreadableFileError
from skybutler.images.coadd_means import CoaddField, CoaddTerm, CoaddTransmission, bounds_of
from skybutler.images.fields import BoundedField
from skybutler.images.polygon import Polygon
from skybutler.images.transmission import TransmissionCurve
from skybutler.images.wcs import SkyWcs

from .archive import Archive, ArchiveWriter, Column, Rows
from .points import box_row, read_boxes

__all__ = ["read_coadd_field", "read_coadd_transmission", "write_coadd_field", "write_coadd_transmission"]

T = TypeVar("T")

_MODULE, _FIELD, _CURVE = "lsst.meas.algorithms", "CoaddBoundedField", "CoaddTransmissionCurve"
_ENDS = [f"bbox_{end}_{axis}" for end in ("min", "max") for axis in "xy"]
_CORNERS = ("lower-left", "lower-left", "upper-right", "upper-right")
_FIELD_COLUMNS = (
    *(Column(name, "J", "pixel", f"{c} corner of bounding box") for name, c in zip(_ENDS, _CORNERS, strict=True)),
    Column("coaddWcs", "J", "", "archive ID of the coadd's WCS"),
    Column("throwOnMissing", "X", "", "whether to throw an exception on missing data"),
    Column("default", "D", "", "default value to use when throwOnMissing is False"),
)
_FIELD_TERM_COLUMNS = (
    Column("field", "J", "", "archive ID of the BoundedField to be coadded"),
    Column("wcs", "J", "", "archive ID of the Wcs associated with this element"),
    Column("validPolygon", "J", "", "archive ID of the Polygon associated with this element"),
    Column("weight", "D", "", "weight value for this element"),
)
_CURVE_COLUMNS = (
    Column("coaddWcs", "J", "", "archive ID for the coadd's WCS"),
    Column("wavelengthMin", "D", "", "getWavelengthBounds().min"),
    Column("wavelengthMax", "D", "", "getWavelengthBounds().max"),
    Column("throughputAtMin", "D", "", "throughputAtBounds().first"),
    Column("throughputAtMax", "D", "", "throughputAtBounds().second"),
)
_CURVE_TERM_COLUMNS = (
    Column("transmission", "J", "", "archive ID for this sensor's TransmissionCurve"),
    Column("sensorWcs", "J", "", "archive ID for this sensor's WCS"),
    Column("validPolygon", "J", "", "archive ID for this sensor's ValidPolygon"),
    *(Column(name, "D", "pixel", f"bounding box of the sensor ({name[5:8]}imum)") for name in _ENDS),
    Column("weight", "D", "", "relative weight for this sensor in the average"),
)


def _needed(archive: Archive, number: int, kind: type[T]) -> T:
    found = archive.get(number, kind)
    if found is None:
        raise UnreadableFileError(f"{archive.uri}: what a coadd is the mean of lacks a {kind.__name__}.")
    return found


def _lists(rows: Rows, *names: str) -> list[list[Any]]:
    return [rows[name].tolist() if len(rows) else [] for name in names]


def read_coadd_field(archive: Archive, number: int) -> CoaddField:
    """The mean of fields."""
    whole, parts = archive.pieces(number, 2)
    terms = []
    for n, wcs, polygon, weight in zip(*_lists(parts, "field", "wcs", "validPolygon", "weight"), strict=True):
        field = _needed(archive, n, BoundedField)  # type: ignore[type-abstract]
        where = archive.get(polygon, Polygon)
        terms.append(CoaddTerm(field, _needed(archive, wcs, SkyWcs), weight, bounds_of(field.bbox), where))
    wcs = _needed(archive, whole.one("coaddWcs"), SkyWcs)
    return CoaddField(read_boxes(whole)[0], wcs, tuple(terms), whole.one("default"))


def write_coadd_field(writer: ArchiveWriter, number: int, field: CoaddField) -> None:
    """The mean of fields, and the fields."""
    table = writer.table(_FIELD_COLUMNS)
    row = {
        **box_row("bbox", field.bbox), "coaddWcs": writer.put(field.wcs), "throwOnMissing": False,
        "default": field.missing,
    }  # fmt: skip
    writer.add(number, table, _FIELD, _MODULE, [row])
    table = writer.table(_FIELD_TERM_COLUMNS)
    rows = [
        {"field": writer.put(term.value), "wcs": writer.put(term.wcs), "validPolygon": writer.put(term.valid_polygon),
         "weight": term.weight}
        for term in field.terms
    ]  # fmt: skip
    writer.add(number, table, _FIELD, _MODULE, rows)


def read_coadd_transmission(archive: Archive, number: int) -> CoaddTransmission:
    """The mean of transmission curves."""
    whole, parts = archive.pieces(number, 2)
    terms: list[CoaddTerm[TransmissionCurve]] = []
    columns = _lists(parts, "transmission", "sensorWcs", "validPolygon", "weight", *_ENDS)
    for n, wcs, polygon, weight, *ends in zip(*columns, strict=True):
        curve = _needed(archive, n, TransmissionCurve)  # type: ignore[type-abstract]
        x0, y0, x1, y1 = ends
        where = archive.get(polygon, Polygon)
        terms.append(CoaddTerm(curve, _needed(archive, wcs, SkyWcs), weight, (x0, y0, x1, y1), where))
    return CoaddTransmission(
        _needed(archive, whole.one("coaddWcs"), SkyWcs), terms,
        (whole.one("wavelengthMin"), whole.one("wavelengthMax")),
        (whole.one("throughputAtMin"), whole.one("throughputAtMax")),
    )  # fmt: skip


def write_coadd_transmission(writer: ArchiveWriter, number: int, curve: CoaddTransmission) -> None:
    """The mean of transmission curves, and the curves."""
    table = writer.table(_CURVE_COLUMNS)
    low, high = curve.wavelength_bounds
    row = {
        "coaddWcs": writer.put(curve.wcs), "wavelengthMin": low, "wavelengthMax": high,
        "throughputAtMin": curve.ends[0], "throughputAtMax": curve.ends[1],
    }  # fmt: skip
    writer.add(number, table, _CURVE, _MODULE, [row])
    table = writer.table(_CURVE_TERM_COLUMNS)
    rows = [
        {"transmission": writer.put(term.value), "sensorWcs": writer.put(term.wcs),
         "validPolygon": writer.put(term.valid_polygon), "weight": term.weight,
         **dict(zip(_ENDS, term.bounds, strict=True))}
        for term in curve.terms
    ]  # fmt: skip
    writer.add(number, table, _CURVE, _MODULE, rows)
