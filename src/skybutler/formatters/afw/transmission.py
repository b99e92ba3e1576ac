"""Transmission curves as rows of tables.  Knows no files."""

from __future__ import annotations

import numpy as np

from skybutler.errors import UnreadableFileError
from skybutler.images.point_maps import PointMap
from skybutler.images.transmission import (
    IdentityTransmission,
    ProductTransmission,
    RadialTransmission,
    SpatiallyConstantTransmission,
    TransformedTransmission,
    TransmissionCurve,
)

from .archive import Archive, ArchiveWriter, Column, Rows

__all__ = ["read_curve", "write_curve"]

_MODULE = "lsst.afw.image"
_CONSTANT, _RADIAL = "SpatiallyConstantTransmissionCurve", "RadialTransmissionCurve"
_CONSTANT_COLUMNS = (
    Column("throughputAtMin", "D", "", "throughput below minimum wavelength"),
    Column("throughputAtMax", "D", "", "throughput above minimum wavelength"),
    Column("throughput", "QD", "", "array of known throughput values"),
    Column("wavelengths", "QD", "angstrom", "array of known wavelength values"),
)
# What the column says of itself in real files is not what is in it: wavelengths are fastest.
_FLAT = "flattenned 2-d array of known throughput values, with radius dimension fastest"
_RADIAL_COLUMNS = (
    *_CONSTANT_COLUMNS[:2],
    Column("throughput", "QD", "", _FLAT),
    _CONSTANT_COLUMNS[3],
    Column("radii", "QD", "", "array of known radius values"),
)
_PRODUCT_COLUMNS = (
    Column("a", "J", "", "archive ID of first operand"),
    Column("b", "J", "", "archive ID of second operand"),
)
_TRANSFORMED_COLUMNS = (
    Column("nested", "J", "", "archive ID of the nested TransmissionCurve"),
    Column("transform", "J", "", "archive ID of the coordinate transform"),
)


def read_curve(archive: Archive, number: int) -> TransmissionCurve:
    """A transmission curve of any class."""
    kind = archive.classes[number]
    if kind == "IdentityTransmissionCurve":
        return IdentityTransmission()
    (rows,) = archive.pieces(number, 1)
    if kind == _RADIAL:
        return _radial(rows)
    if kind == "ProductTransmissionCurve":
        return ProductTransmission(_nested(rows, "a"), _nested(rows, "b"))
    if kind == "TransformedTransmissionCurve":
        transform = archive.get(rows.one("transform"), PointMap)  # type: ignore[type-abstract]
        if transform is None:
            raise UnreadableFileError(f"{archive.uri}: a transmission curve has no transform.")
        return TransformedTransmission(_nested(rows, "nested"), transform)
    ends = rows.one("throughputAtMin"), rows.one("throughputAtMax")
    return SpatiallyConstantTransmission(rows.one("throughput"), rows.one("wavelengths"), *ends)


def _nested(rows: Rows, name: str) -> TransmissionCurve:
    found = rows.archive.get(rows.one(name), TransmissionCurve)  # type: ignore[type-abstract]
    if found is None:
        raise UnreadableFileError(f"{rows.archive.uri}: a transmission curve has no {name}.")
    return found


def _radial(rows: Rows) -> RadialTransmission:
    flat, wavelengths, radii = (np.asarray(rows.one(name)) for name in ("throughput", "wavelengths", "radii"))
    if len(flat) != len(wavelengths) * len(radii):
        raise UnreadableFileError(
            f"{rows.archive.uri}: a transmission curve has {len(wavelengths)} wavelengths, {len(radii)} radii and "
            f"{len(flat)} values."
        )
    values = flat.reshape(len(radii), len(wavelengths)).T
    return RadialTransmission(values, wavelengths, radii, rows.one("throughputAtMin"), rows.one("throughputAtMax"))


def write_curve(writer: ArchiveWriter, number: int, curve: TransmissionCurve) -> None:
    """A transmission curve of any class, and those it is made of."""
    if isinstance(curve, ProductTransmission):
        table = writer.table(_PRODUCT_COLUMNS)
        row = {"a": writer.put(curve.a), "b": writer.put(curve.b)}
        writer.add(number, table, "ProductTransmissionCurve", _MODULE, [row])
    elif isinstance(curve, TransformedTransmission):
        table = writer.table(_TRANSFORMED_COLUMNS)
        row = {"nested": writer.put(curve.nested), "transform": writer.put(curve.transform)}
        writer.add(number, table, "TransformedTransmissionCurve", _MODULE, [row])
    elif isinstance(curve, RadialTransmission):
        values = {**_interpolated(curve), "throughput": curve.throughput.T.ravel(), "radii": curve.radii}
        writer.add(number, writer.table(_RADIAL_COLUMNS), _RADIAL, _MODULE, [values])
    elif isinstance(curve, SpatiallyConstantTransmission):
        values = {**_interpolated(curve), "throughput": curve.throughput}
        writer.add(number, writer.table(_CONSTANT_COLUMNS), _CONSTANT, _MODULE, [values])
    else:
        writer.add_empty(number, "IdentityTransmissionCurve", _MODULE)


def _interpolated(curve: SpatiallyConstantTransmission | RadialTransmission) -> dict[str, object]:
    return {"throughputAtMin": curve.below, "throughputAtMax": curve.above, "wavelengths": curve.wavelengths}
