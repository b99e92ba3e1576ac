"""``VisitInfo``, ``FilterLabel`` and what they hold, as in lsst.afw.image: with angles and points.  Knows no files."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.afw

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

from skybutler.compat.daf_base import DateTime
from skybutler.compat.geom import Angle, SpherePoint, degrees
from skybutler.compat.wrapping import Wrapped
from skybutler.errors import InvalidError
from skybutler.images import FilterLabel as PlainFilterLabel
from skybutler.images import Observatory as PlainObservatory
from skybutler.images import VisitInfo as PlainVisitInfo
from skybutler.images import Weather as PlainWeather

__all__ = ["FilterLabel", "Observatory", "RotType", "VisitInfo", "Weather"]


class RotType(enum.Enum):
    """What a rotation angle is measured against."""

    UNKNOWN = 0
    SKY = 1
    HORIZON = 2
    MOUNT = 3


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _angle(value: float | None) -> Angle:
    return Angle(_number(value), degrees)


def _point(longitude: float | None, latitude: float | None) -> SpherePoint:
    if longitude is None or latitude is None or not (math.isfinite(longitude) and math.isfinite(latitude)):
        return SpherePoint()
    return SpherePoint(longitude, latitude, degrees)


class Weather(Wrapped):
    """Air temperature (Celsius), pressure (pascal) and humidity (per cent); NaN where unknown."""

    __slots__ = ()

    def __init__(self, airTemperature: float = math.nan, airPressure: float = math.nan, humidity: float = math.nan):
        known = (None if math.isnan(v) else float(v) for v in (airTemperature, airPressure, humidity))
        self.plain = PlainWeather(*known)

    def getAirTemperature(self) -> float:
        """Celsius."""
        return _number(self.plain.temperature)

    def getAirPressure(self) -> float:
        """Pascal."""
        return _number(self.plain.pressure)

    def getHumidity(self) -> float:
        """Per cent."""
        return _number(self.plain.humidity)

    def __str__(self) -> str:
        values = (self.getAirTemperature(), self.getAirPressure(), self.getHumidity())
        return f"Weather({', '.join(f'{v:g}' for v in values)})"

    __repr__ = __str__


class Observatory(Wrapped):
    """Where the telescope stands."""

    __slots__ = ()

    def __init__(self, longitude: Angle, latitude: Angle, elevation: float) -> None:
        self.plain = PlainObservatory(longitude.asDegrees(), latitude.asDegrees(), float(elevation))

    def getLongitude(self) -> Angle:
        """Eastward."""
        return _angle(self.plain.longitude)

    def getLatitude(self) -> Angle:
        """Northward."""
        return _angle(self.plain.latitude)

    def getElevation(self) -> float:
        """Metres."""
        return _number(self.plain.elevation)

    def __str__(self) -> str:
        longitude, latitude = (a.asDegrees() for a in (self.getLongitude(), self.getLatitude()))
        east = f"{abs(longitude):.6f}{'W' if longitude < 0.0 else 'E'}"
        north = f"{abs(latitude):.6f}{'S' if latitude < 0.0 else 'N'}"
        return f"{north}, {east}  {self.getElevation():g}"

    __repr__ = __str__


def _plainly(attribute: str, doc: str, missing: Any) -> Callable[[Any], Any]:
    def get(self: Wrapped) -> Any:
        value = getattr(self.plain, attribute)
        return missing if value is None else value

    get.__doc__ = doc
    return get


class VisitInfo(Wrapped):
    """Circumstances of one observation; NaN, an empty text or 0 where unknown.

    Parameters
    ----------
    **values
        Attributes of `skybutler.images.VisitInfo`.
    """

    __slots__ = ()

    def __init__(self, **values: Any) -> None:
        self.plain = PlainVisitInfo(**values)

    def getDate(self) -> DateTime:
        """Middle of the exposure."""
        return DateTime() if self.plain.date_ns is None else DateTime(self.plain.date_ns)

    def getEra(self) -> Angle:
        """Earth's rotation angle in the middle of the exposure."""
        return _angle(self.plain.earth_rotation_angle)

    def getLocalEra(self) -> Angle:
        """Earth's rotation angle where the telescope stands."""
        return (self.getEra() + self.getObservatory().getLongitude()).wrap()

    def getBoresightRaDec(self) -> SpherePoint:
        """Where the telescope looks, ICRS."""
        return _point(self.plain.boresight_ra, self.plain.boresight_dec)

    def getBoresightAzAlt(self) -> SpherePoint:
        """Where the telescope looks, azimuth and altitude."""
        return _point(self.plain.boresight_azimuth, self.plain.boresight_altitude)

    def getBoresightHourAngle(self) -> Angle:
        """Hour angle of the boresight."""
        return (self.getLocalEra() - self.getBoresightRaDec().getRa()).wrapCtr()

    def getBoresightRotAngle(self) -> Angle:
        """Rotation of the camera against what `getRotType` says."""
        return _angle(self.plain.rotation_angle)

    def getRotType(self) -> RotType:
        """What the rotation is measured against."""
        return RotType[self.plain.rotation_type or "UNKNOWN"]

    def getObservatory(self) -> Observatory:
        """Where the telescope stands."""
        return Observatory.of(self.plain.observatory or PlainObservatory())

    def getWeather(self) -> Weather:
        """Weather at the time."""
        return Weather.of(self.plain.weather or PlainWeather())

    getId = _plainly("id", "Number of the exposure or visit.", 0)
    getExposureTime = _plainly("exposure_time", "Seconds the shutter was open.", math.nan)
    getDarkTime = _plainly("dark_time", "Seconds charge was collected.", math.nan)
    getUt1 = _plainly("ut1_mjd", "UT1 of the middle of the exposure, MJD.", math.nan)
    getBoresightAirmass = _plainly("airmass", "Airmass at the boresight.", math.nan)
    getInstrumentLabel = _plainly("instrument", "Name of the instrument.", "")
    getFocusZ = _plainly("focus_z", "Focus position, millimetres.", math.nan)
    getObservationType = _plainly("observation_type", "Kind of observation.", "")
    getScienceProgram = _plainly("science_program", "Programme.", "")
    getObservationReason = _plainly("observation_reason", "Why it was taken.", "")
    getObject = _plainly("object", "What was looked at.", "")
    getHasSimulatedContent = _plainly("has_simulated_content", "Whether some of it is simulated.", False)

    id = property(getId)
    exposureTime, darkTime = property(getExposureTime), property(getDarkTime)
    date, ut1, era = property(getDate), property(getUt1), property(getEra)
    boresightRaDec, boresightAzAlt = property(getBoresightRaDec), property(getBoresightAzAlt)
    boresightAirmass, boresightRotAngle = property(getBoresightAirmass), property(getBoresightRotAngle)
    boresightHourAngle, localEra = property(getBoresightHourAngle), property(getLocalEra)
    rotType, observatory, weather = property(getRotType), property(getObservatory), property(getWeather)
    instrumentLabel, focusZ = property(getInstrumentLabel), property(getFocusZ)
    observationType, scienceProgram = property(getObservationType), property(getScienceProgram)
    observationReason, object = property(getObservationReason), property(getObject)
    hasSimulatedContent = property(getHasSimulatedContent)

    def isPersistable(self) -> bool:
        """Whether it can be written."""
        return True


class FilterLabel(Wrapped):
    """Band and physical filter, either may be unknown."""

    __slots__ = ()

    def __init__(self, band: str | None = None, physical: str | None = None) -> None:
        if band is None and physical is None:
            raise InvalidError("A filter label needs a band or a physical filter.")
        self.plain = PlainFilterLabel(band, physical)

    @classmethod
    def fromBand(cls, band: str) -> FilterLabel:
        """A label of a band."""
        return cls(band=band)

    @classmethod
    def fromPhysical(cls, physical: str) -> FilterLabel:
        """A label of a physical filter."""
        return cls(physical=physical)

    @classmethod
    def fromBandPhysical(cls, band: str, physical: str) -> FilterLabel:
        """A label of both."""
        return cls(band, physical)

    def hasBandLabel(self) -> bool:
        """Whether the band is known."""
        return self.plain.band is not None

    def hasPhysicalLabel(self) -> bool:
        """Whether the physical filter is known."""
        return self.plain.physical is not None

    @property
    def bandLabel(self) -> str:
        """The band.

        Raises
        ------
        RuntimeError
            It is not known.
        """
        if self.plain.band is None:
            raise RuntimeError(f"{self!r} does not know the band.")
        return str(self.plain.band)

    @property
    def physicalLabel(self) -> str:
        """The physical filter.

        Raises
        ------
        RuntimeError
            It is not known.
        """
        if self.plain.physical is None:
            raise RuntimeError(f"{self!r} does not know the physical filter.")
        return str(self.plain.physical)

    def getName(self) -> str:
        """The physical filter, or else the band (a name of the older ``Filter``)."""
        return str(self.plain.physical or self.plain.band)

    def getCanonicalName(self) -> str:
        """The band, or else the physical filter (a name of the older ``Filter``)."""
        return str(self.plain.band or self.plain.physical)

    def __repr__(self) -> str:
        known = {"band": self.plain.band, "physical": self.plain.physical}
        parts = [f'{name}="{value}"' for name, value in known.items() if value is not None]
        return f"FilterLabel({', '.join(parts)})"

    __str__ = __repr__
