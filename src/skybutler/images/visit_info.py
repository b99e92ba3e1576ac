"""Circumstances of one observation, as a raw header or an exposure file gives them.  Knows nothing of files."""

from __future__ import annotations

from dataclasses import dataclass

from skybutler.errors import InvalidError

__all__ = ["ROTATION_TYPES", "Observatory", "VisitInfo", "Weather"]

ROTATION_TYPES = ("UNKNOWN", "SKY", "HORIZON", "MOUNT")
"""What a rotation angle is measured against."""


@dataclass(frozen=True, slots=True)
class Observatory:
    """Where the telescope stands: degrees (longitude eastward) and metres; None where unknown."""

    longitude: float | None = None
    latitude: float | None = None
    elevation: float | None = None


@dataclass(frozen=True, slots=True)
class Weather:
    """Air temperature in Celsius, pressure in pascal, relative humidity in percent; None where unknown."""

    temperature: float | None = None
    pressure: float | None = None
    humidity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitInfo:
    """When, whereto and how an exposure was taken; None where the header says nothing.

    Angles are in degrees, times in seconds, positions ICRS.

    Attributes
    ----------
    id : `int`
        Exposure or visit number.
    exposure_time, dark_time : `float`
        Shutter-open and dark time.
    date_ns : `int`
        Middle of the exposure, TAI nanoseconds since 1970-01-01 TAI.
    boresight_ra, boresight_dec, boresight_azimuth, boresight_altitude, airmass : `float`
        Pointing of the boresight.
    rotation_angle : `float`
        Camera rotation against what ``rotation_type`` says.
    rotation_type : `str`
        One of `ROTATION_TYPES`.
    ut1_mjd, earth_rotation_angle : `float`
        UT1 of the middle of the exposure and the Earth's rotation angle then.
    focus_z : `float`
        Focus position in millimetres.

    Raises
    ------
    InvalidError
        Raised if the rotation type is none of `ROTATION_TYPES`.
    """

    id: int | None = None
    exposure_time: float | None = None
    dark_time: float | None = None
    date_ns: int | None = None
    boresight_ra: float | None = None
    boresight_dec: float | None = None
    boresight_azimuth: float | None = None
    boresight_altitude: float | None = None
    airmass: float | None = None
    rotation_angle: float | None = None
    rotation_type: str | None = None
    ut1_mjd: float | None = None
    earth_rotation_angle: float | None = None
    focus_z: float | None = None
    observatory: Observatory | None = None
    weather: Weather | None = None
    instrument: str | None = None
    observation_type: str | None = None
    science_program: str | None = None
    observation_reason: str | None = None
    object: str | None = None
    has_simulated_content: bool | None = None

    def __post_init__(self) -> None:
        if self.rotation_type is not None and self.rotation_type not in ROTATION_TYPES:
            raise InvalidError(
                f"'{self.rotation_type}' is no rotation type.", hint=f"They are {', '.join(ROTATION_TYPES)}."
            )
