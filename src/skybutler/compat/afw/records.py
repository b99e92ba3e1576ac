"""Rows of catalogs with the spellings of lsst.afw.table.  Knows no files."""

# ruff: noqa: N802 - the names are those of lsst.afw

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skybutler.compat.geom import Angle, Box2I, Point2D, SpherePoint, degrees, radians
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.tables import Field as PlainField

from .psf import Quadrupole
from .schema import Schema, name_of

__all__ = [
    "SLOT_GETTERS",
    "ExposureRecord",
    "PeakRecord",
    "Record",
    "SimpleRecord",
    "SourceRecord",
    "value_of",
    "with_slots",
]

SLOT_GETTERS = {
    "getX": "x",
    "getY": "y",
    "getIxx": "ixx",
    "getIyy": "iyy",
    "getIxy": "ixy",
    "getCentroidFlag": "centroid_flag",
    "getShapeFlag": "shape_flag",
    **{
        f"get{slot}{part}{end}": f"{attribute}{ours}"
        for slot, attribute in (
            ("Psf", "psf_flux"),
            ("Ap", "ap_flux"),
            ("Gaussian", "gaussian_flux"),
            ("Model", "model_flux"),
            ("Calib", "calib_flux"),
        )
        for part, end, ours in (("InstFlux", "", ""), ("InstFlux", "Err", "_error"), ("Flux", "Flag", "_flag"))
    },
}
"""Methods that ask for what a slot stands for → attribute of ours, of a row or of a catalog."""


def value_of(field: PlainField, value: Any) -> Any:
    """A value as lsst.afw gives it: angles as such."""
    return Angle(value, radians) if field.type == "Angle" else value


class Record(Wrapped):
    """One row: reading and setting it reads and sets the catalog."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        name = name_of(key)
        return value_of(self.plain.catalog.schema.find(name), self.plain[name])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.plain[name_of(key)] = value.asRadians() if isinstance(value, Angle) else value

    def get(self, key: Any) -> Any:
        """A value."""
        return self[key]

    def set(self, key: Any, value: Any) -> None:
        """Set a value."""
        self[key] = value

    def getSchema(self) -> Schema:
        """Fields of the catalog."""
        return Schema.of(self.plain.catalog.schema)

    @property
    def schema(self) -> Schema:
        """Fields of the catalog."""
        return self.getSchema()

    def extract(self, *patterns: str, **_: Any) -> dict[str, Any]:
        """Values of the fields whose names match patterns with wildcards."""
        return {name: self[field.name] for name, field in self.plain.catalog.schema.extract(*patterns).items()}

    def asDict(self) -> dict[str, Any]:
        """Values by name."""
        return {name: self[name] for name in self.plain}

    def assign(self, other: Record, mapper: Any = None) -> None:
        """Take over the values of the fields that another row has too."""
        for name in self.plain:
            if name in other.plain:
                self.plain[name] = other.plain[name]

    def __contains__(self, name: object) -> bool:
        return name in self.plain

    __hash__ = None  # type: ignore[assignment]


class SimpleRecord(Record):
    """A row with an id and a place on the sky."""

    __slots__ = ()

    def getId(self) -> int:
        """Id."""
        return int(self.plain.id)

    def setId(self, value: int) -> None:
        """Set the id."""
        self.plain["id"] = value

    def getCoord(self) -> SpherePoint:
        """Place on the sky."""
        return SpherePoint(*self.plain.coord, degrees)

    def setCoord(self, place: SpherePoint) -> None:
        """Set the place on the sky."""
        self.plain["coord_ra"], self.plain["coord_dec"] = (angle.asRadians() for angle in place)

    def getRa(self) -> Angle:
        """Right ascension."""
        return Angle(self.plain["coord_ra"], radians)

    def getDec(self) -> Angle:
        """Declination."""
        return Angle(self.plain["coord_dec"], radians)


class SourceRecord(SimpleRecord):
    """A row of sources measured on an image."""

    __slots__ = ()

    def getParent(self) -> int:
        """Id of the blend that it was a part of, 0 if none."""
        return int(self.plain.parent)

    def setParent(self, value: int) -> None:
        """Set the parent."""
        self.plain["parent"] = value

    def getCentroid(self) -> Point2D:
        """Position in pixels."""
        return Point2D(self.plain.x, self.plain.y)

    def getShape(self) -> Quadrupole:
        """Second moments."""
        return Quadrupole(*self.plain.shape)

    def getFootprint(self) -> Any:
        """The pixels in which it was detected; `None` if they are not known."""
        return to_compat(self.plain.footprint)

    def setFootprint(self, footprint: Any) -> None:
        """Set the footprint."""
        self.plain.footprint = to_plain(footprint)


class PeakRecord(Record):
    """A peak of a detection."""

    __slots__ = ()

    def getId(self) -> int:
        """Id."""
        return int(self.plain.id)

    def getFx(self) -> float:
        """X, with its fraction."""
        return float(self.plain["f_x"])

    def getFy(self) -> float:
        """Y, with its fraction."""
        return float(self.plain["f_y"])

    def getF(self) -> Point2D:
        """Position, with its fraction."""
        return Point2D(self.getFx(), self.getFy())

    def getIx(self) -> int:
        """X of the pixel."""
        return int(self.plain["i_x"])

    def getIy(self) -> int:
        """Y of the pixel."""
        return int(self.plain["i_y"])

    def getPeakValue(self) -> float:
        """Value of the image there."""
        return float(self.plain["peakValue"])


class ExposureRecord(Record):
    """An exposure: its box and what belongs to it."""

    __slots__ = ()

    def getId(self) -> int:
        """Id."""
        return int(self.plain.id)

    def getBBox(self) -> Box2I:
        """Its pixels."""
        return to_compat(self.plain.bbox)  # type: ignore[no-any-return]

    def contains(self, place: SpherePoint, *_: Any) -> bool:
        """Whether it saw a place on the sky."""
        return bool(self.plain.to_exposure_record().contains(*place.get_position()))


def _part_getter(name: str, part: str) -> Callable[[Any], Any]:
    def get(self: Wrapped) -> Any:
        return to_compat(self.plain.part(part))

    get.__name__ = name
    get.__doc__ = f"The {part.replace('_', ' ')} of the exposure; `None` if there is none."
    return get


_PARTS = {
    "getWcs": "wcs",
    "getPsf": "psf",
    "getPhotoCalib": "photo_calib",
    "getApCorrMap": "aperture_corrections",
    "getValidPolygon": "valid_polygon",
    "getVisitInfo": "visit_info",
    "getTransmissionCurve": "transmission_curve",
    "getDetector": "detector",
}
for _name, _part in _PARTS.items():
    setattr(ExposureRecord, _name, _part_getter(_name, _part))


def _slot_getter(name: str, attribute: str) -> Callable[[Any], Any]:
    def get(self: Wrapped) -> Any:
        return getattr(self.plain, attribute)

    get.__name__ = name
    get.__doc__ = f"The {attribute.replace('_', ' ')} of the measurement that a slot stands for."
    return get


def with_slots(kind: type) -> None:
    """Give a class the methods of `SLOT_GETTERS`."""
    for name, attribute in SLOT_GETTERS.items():
        setattr(kind, name, _slot_getter(name, attribute))


with_slots(SourceRecord)
