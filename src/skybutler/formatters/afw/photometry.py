"""Calibrations and aperture corrections as rows of tables.  Knows no files."""

from __future__ import annotations

from skybutler.errors import FormatError, SchemaVersionError, UnreadableFileError
from skybutler.images.aperture_corrections import ApertureCorrections
from skybutler.images.box import Box
from skybutler.images.fields import BoundedField, ChebyshevField
from skybutler.images.photo_calib import PhotoCalib

from .archive import Archive, ArchiveWriter, Column

__all__ = [
    "read_aperture_corrections",
    "read_calib",
    "read_photo_calib",
    "write_aperture_corrections",
    "write_photo_calib",
]

_CALIBRATION, _CORRECTIONS = "PhotoCalib", "ApCorrMap"
_VERSION = 1
"""That whose unit is the nanojansky."""
_LONGEST = 64
"""Letters of the name of a correction."""
_CALIBRATION_COLUMNS = (
    Column("isConstant", "X", "", "Is this spatially-constant?"),
    Column("calibrationMean", "D", "count", "mean calibration on this PhotoCalib's domain"),
    Column("calibrationErr", "D", "count", "1-sigma error on calibrationMean"),
    Column("field", "J", "", "archive ID of the BoundedField object"),
    Column("version", "J", "", "version of this PhotoCalib"),
)
_CORRECTION_COLUMNS = (
    Column("name", f"{_LONGEST}A", "", "name of the aperture correction"),
    Column("field", "J", "", "archive ID of the BoundedField object"),
)


def read_photo_calib(archive: Archive, number: int) -> PhotoCalib:
    """A calibration.

    Raises
    ------
    SchemaVersionError
        It is of version 0, whose unit was the maggy, or of one that is not known.
    """
    (rows,) = archive.pieces(number, 1)
    version = rows.one("version", 0)
    if version != _VERSION:
        why = "its fluxes are in maggies, not nanojanskys" if version == 0 else "only version 1 is known"
        raise SchemaVersionError(f"{archive.uri}: the {_CALIBRATION} is of version {version}: {why}.")
    field = None
    if not rows.one("isConstant"):
        field = archive.get(rows.one("field"), BoundedField)  # type: ignore[type-abstract]
        if field is None:
            raise UnreadableFileError(f"{archive.uri}: the {_CALIBRATION} varies with position, but does not say how.")
    return PhotoCalib(rows.one("calibrationMean"), rows.one("calibrationErr"), field)


def write_photo_calib(writer: ArchiveWriter, number: int, calib: PhotoCalib) -> None:
    """A calibration and its field; one that is the same everywhere has a constant field with an empty box."""
    table = writer.table(_CALIBRATION_COLUMNS)
    field = ChebyshevField(Box((0, 0), (0, 0)), [[calib.mean]]) if calib.field is None else calib.field
    row = {
        "isConstant": calib.is_constant, "calibrationMean": calib.mean, "calibrationErr": calib.error,
        "field": writer.put(field), "version": _VERSION,
    }  # fmt: skip
    writer.add(number, table, _CALIBRATION, "", [row])


def read_calib(archive: Archive, number: int) -> PhotoCalib | None:
    """A calibration as it was written before 2018: counts of a star of magnitude 0; `None` if it does not say."""
    (rows,) = archive.pieces(number, 1)
    (error,) = (name for name in ("fluxmag0.err", "fluxmag0_err", "fluxmag0err", "fluxmag0Err") if name in rows)
    counts = rows.one("fluxmag0")
    if not counts > 0.0:
        return None
    return PhotoCalib.from_inst_flux_at_zero_magnitude(counts, max(rows.one(error), 0.0))


def read_aperture_corrections(archive: Archive, number: int) -> ApertureCorrections:
    """Aperture corrections."""
    (rows,) = archive.pieces(number, 1)
    fields = {}
    for name, field in zip(rows["name"], rows["field"].tolist(), strict=True) if len(rows) else ():
        found = archive.get(field, BoundedField)  # type: ignore[type-abstract]
        if found is None:
            raise UnreadableFileError(f"{archive.uri}: the aperture correction of {name} is not in the file.")
        fields[name.rstrip()] = found
    return ApertureCorrections(fields)


def write_aperture_corrections(writer: ArchiveWriter, number: int, corrections: ApertureCorrections) -> None:
    """Aperture corrections.

    Raises
    ------
    FormatError
        A name is too long.
    """
    table = writer.table(_CORRECTION_COLUMNS)
    for name in corrections:
        if len(name.encode()) > _LONGEST or not name.isascii():
            raise FormatError(
                f"'{name}' cannot be the name of an aperture correction: at most {_LONGEST} ASCII letters."
            )
    rows = [{"name": name, "field": writer.put(field)} for name, field in corrections.items()]
    writer.add(number, table, _CORRECTIONS, "lsst.afw.image", rows)
