"""Circumstances of an observation as rows of tables, versions 0 to 5.  Knows neither files nor header cards."""

from __future__ import annotations

import math
from typing import Any

from skybutler.errors import SchemaVersionError, UnreadableFileError
from skybutler.images.visit_info import ROTATION_TYPES, Observatory, VisitInfo, Weather

from .archive import Archive, ArchiveWriter, Column, Rows

__all__ = ["read_visit_info", "write_visit_info"]

_NEWEST = 5
_NO_TIME = -(2**63)
"""What stands for an unknown time."""

_BORESIGHT = "refracted apparent topocentric position of boresight at middle of exposure"
_COLUMNS = (
    Column("hasSimulatedContent", "X", "", "Was any part of this observation simulated?"),
    Column("exposuretime", "D", "s", "exposure duration"),
    Column("darktime", "D", "s", "time from CCD flush to readout"),
    Column("tai", "K", "nsec", "TAI date and time at middle of exposure as nsec from unix epoch"),
    Column("ut1", "D", "MJD", "UT1 date and time at middle of exposure"),
    Column("era", "D", "rad", "earth rotation angle at middle of exposure"),
    Column("boresightradec_ra", "D", "rad", "sky position of boresight at middle of exposure"),
    Column("boresightradec_dec", "D", "rad", "sky position of boresight at middle of exposure"),
    Column("boresightazalt_az", "D", "rad", _BORESIGHT),
    Column("boresightazalt_alt", "D", "rad", _BORESIGHT),
    Column("boresightairmass", "D", "", "airmass at boresight, relative to zenith at sea level"),
    Column("boresightrotangle", "D", "rad", "rotation angle at boresight at middle of exposure"),
    Column("rottype", "J", "MJD", "rotation type; see VisitInfo.getRotType for details"),
    Column("latitude", "D", "rad", "latitude of telescope (+ is east of Greenwich)"),
    Column("longitude", "D", "rad", "longitude of telescope"),
    Column("elevation", "D", "", "elevation of telescope"),
    Column("airtemperature", "D", "C", "air temperature"),
    Column("airpressure", "D", "Pascal", "air pressure"),
    Column("humidity", "D", "", "humidity (%)"),
    Column("instrumentlabel", "QA", "", "Short name of the instrument that took this data"),
    Column("version", "J", "", "version of this VisitInfo"),
    Column("idnum", "K", "", "identifier of this full focal plane exposure"),
    Column("focusz", "D", "mm", "defocal distance"),
    Column("observationType", "QA", "", "type of this observation"),
    Column("scienceProgram", "QA", "", "observing program (survey or proposal) identifier"),
    Column("observationReason", "QA", "", "reason this observation was taken, or its purpose"),
    Column("object", "QA", "", "object of interest or field name"),
)
_NUMBERS = {
    "exposure_time": "exposuretime",
    "dark_time": "darktime",
    "ut1_mjd": "ut1",
    "earth_rotation_angle": "era",
    "boresight_ra": "boresightradec_ra",
    "boresight_dec": "boresightradec_dec",
    "boresight_azimuth": "boresightazalt_az",
    "boresight_altitude": "boresightazalt_alt",
    "airmass": "boresightairmass",
    "rotation_angle": "boresightrotangle",
    "focus_z": "focusz",
}
_OBSERVATORY = {"longitude": "longitude", "latitude": "latitude", "elevation": "elevation"}
_WEATHER = {"temperature": "airtemperature", "pressure": "airpressure", "humidity": "humidity"}
_TEXTS = {
    "instrument": "instrumentlabel",
    "observation_type": "observationType",
    "science_program": "scienceProgram",
    "observation_reason": "observationReason",
    "object": "object",
}
_ANGLES = frozenset(column.name for column in _COLUMNS if column.unit == "rad")


# ----------------------------------------------------------------------- read
def read_visit_info(archive: Archive, number: int) -> VisitInfo:
    """Circumstances; what is not there, or NaN, is `None`.

    Raises
    ------
    SchemaVersionError
        They are of a later version.
    """
    (row,) = archive.pieces(number, 1)
    version = row.one("version", 0)
    if version > _NEWEST:
        raise SchemaVersionError(
            f"{archive.uri}: VisitInfo {number} is of version {version}; versions up to {_NEWEST} are known.",
            hint="Update skybutler.",
        )
    found: dict[str, Any] = {name: _number(row, column) for name, column in _NUMBERS.items()}
    found |= {name: (row.one(column, "") or None) for name, column in _TEXTS.items()}
    tai = row.one("tai")
    rotation = row.one("rottype")
    if not 0 <= rotation < len(ROTATION_TYPES):
        raise UnreadableFileError(f"{archive.uri}: VisitInfo {number} has a rotation type {rotation} without meaning.")
    return VisitInfo(
        id=_id(row, version),
        date_ns=None if tai == _NO_TIME else tai,
        rotation_type=ROTATION_TYPES[rotation],
        observatory=_part(Observatory, row, _OBSERVATORY),
        weather=_part(Weather, row, _WEATHER),
        has_simulated_content=bool(row.one("hasSimulatedContent")) if "hasSimulatedContent" in row else None,
        **found,
    )


def _id(row: Rows, version: int) -> int | None:
    """Number of the visit: the column has had another name in version 2."""
    found: int = row.one("idnum" if "idnum" in row else "id", 0) if version >= 2 else 0
    return found or None


def _number(row: Rows, column: str) -> float | None:
    value = float(row.one(column, math.nan))
    if not math.isfinite(value):
        return None
    return math.degrees(value) if column in _ANGLES else value


def _part(kind: type[Any], row: Rows, columns: dict[str, str]) -> Any:
    values = {name: _number(row, column) for name, column in columns.items()}
    return kind(**values) if any(value is not None for value in values.values()) else None


# ---------------------------------------------------------------------- write
def write_visit_info(writer: ArchiveWriter, number: int, info: VisitInfo) -> None:
    """Circumstances, in version 5.  Angles become radians, which has the rounding of one multiplication."""
    row: dict[str, Any] = {
        "hasSimulatedContent": bool(info.has_simulated_content),
        "tai": _NO_TIME if info.date_ns is None else info.date_ns,
        "rottype": ROTATION_TYPES.index(info.rotation_type or "UNKNOWN"),
        "version": _NEWEST,
        "idnum": info.id or 0,
    }
    for part, columns in ((info, _NUMBERS), (info.observatory, _OBSERVATORY), (info.weather, _WEATHER)):
        row |= {column: _value(getattr(part, name, None), column) for name, column in columns.items()}
    row |= {column: getattr(info, name) or "" for name, column in _TEXTS.items()}
    writer.add(number, writer.table(_COLUMNS), "VisitInfo", "", [row])


def _value(value: float | None, column: str) -> float:
    if value is None:
        return math.nan
    return _radians(value) if column in _ANGLES else value


def _radians(degrees: float) -> float:
    """Radians that become these degrees again, if there are any: what was read is written as it was."""
    near = math.radians(degrees)
    for candidate in (near, math.nextafter(near, -math.inf), math.nextafter(near, math.inf)):
        if math.degrees(candidate) == degrees:
            return candidate
    return near
