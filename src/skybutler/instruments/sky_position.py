"""Where on the sky and when: Julian dates from cards, altitude and azimuth from hour angle or celestial position.

Works on whole arrays. Knows nothing of instruments or rules.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.instruments.description import Observatory

__all__ = [
    "SANE_MJD",
    "altaz_of_hour_angle",
    "altaz_of_icrs",
    "geocentric",
    "jd_of_dates",
    "jd_of_mjd",
    "parse_sexagesimal",
    "shift_seconds",
    "yyyymmdd",
]

Floats = npt.NDArray[np.float64]

SANE_MJD = (15020.0, 124594.0)
"""Years 1900 to 2199: a header with another date is wrong, and time scales are not defined there."""

_MJD_ZERO = 2400000.5
_DAY_S = 86400.0
# World Geodetic System 1984: equatorial radius in metres and flattening.
_WGS84_A, _WGS84_F = 6378137.0, 1.0 / 298.257223563


def _split(whole: Floats, part: Floats) -> Floats:
    """Julian date as a whole day number and a fraction within half a day, as astropy splits it."""
    days = np.rint(whole + part)
    return np.stack([days, (whole - days) + part], axis=-1)


def jd_of_mjd(mjd: Floats, scale: str) -> Floats:
    """TAI Julian dates, shape (n, 2), of Modified Julian Dates in a time scale."""
    if scale != "tai":
        return _through_astropy(mjd, "mjd", scale)
    day = np.floor(mjd)
    return _split(day + _MJD_ZERO, mjd - day)


def jd_of_dates(texts: Sequence[str], scale: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """TAI Julian dates, shape (n, 2), of ISO 8601 dates, and which of the texts are dates."""
    distinct = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    if len(distinct) < len(texts):  # files of one exposure agree
        jd, valid = jd_of_dates(list(distinct), scale)
        rows = [distinct[text] for text in texts]
        return jd[rows], valid[rows]
    cleaned = [text.strip().removesuffix("Z").replace(" ", "T") for text in texts]
    valid = np.zeros(len(texts), dtype=np.bool_)
    ns = np.zeros(len(texts), dtype=np.int64)
    for i, text in enumerate(cleaned):
        if text[:4].isdecimal() and "1900" <= text[:4] < "2200":
            try:
                ns[i] = np.datetime64(text, "ns").astype(np.int64)
                valid[i] = True
            except ValueError:
                continue
    if scale != "tai":
        jd = np.zeros((len(texts), 2))
        if valid.any():
            dates = [text for text, ok in zip(cleaned, valid, strict=True) if ok]
            jd[valid] = _through_astropy(dates, None, scale)
        return jd, valid
    day = ns // 86_400_000_000_000
    seconds = (ns - day * 86_400_000_000_000).astype(np.float64) / 1e9
    return _split(day.astype(np.float64) + 2440587.5, seconds / _DAY_S), valid


def _through_astropy(values: Any, format: str | None, scale: str) -> Floats:
    from astropy.time import Time

    with _quiet():
        tai = Time(values, format=format, scale=scale).tai
    return np.stack([np.asarray(tai.jd1), np.asarray(tai.jd2)], axis=-1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings that leap seconds and polar motion of years to come are not known yet."""
    from astropy.utils.exceptions import AstropyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        warnings.filterwarnings("ignore", message="ERFA function")
        yield


def shift_seconds(jd: Floats, seconds: Floats) -> Floats:
    """Julian dates some SI seconds later."""
    return _split(jd[:, 0], jd[:, 1] + seconds / _DAY_S)


def yyyymmdd(ns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Calendar day as the number YYYYMMDD, of nanoseconds since 1970."""
    day = np.floor_divide(ns, 86_400_000_000_000).astype("datetime64[D]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    in_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
    return np.asarray(year * 10000 + month * 100 + in_month, dtype=np.int64)


def geocentric(place: Observatory) -> tuple[float, float, float]:
    """Geocentric x, y, z in metres of a geodetic place on the WGS84 ellipsoid."""
    lon, lat = np.radians(place.longitude), np.radians(place.latitude)
    w = (1.0 - _WGS84_F) ** 2
    sin_lat, cos_lat = np.sin(lat), np.cos(lat)
    ac = _WGS84_A / np.sqrt(cos_lat * cos_lat + w * sin_lat * sin_lat)
    r = (ac + place.height) * cos_lat
    return float(r * np.cos(lon)), float(r * np.sin(lon)), float((w * ac + place.height) * sin_lat)


def altaz_of_hour_angle(hour_angle_deg: Floats, dec_deg: Floats, place: Observatory) -> Floats:
    """Azimuth (east of north) and altitude in degrees, shape (n, 2), of an hour angle and declination.

    Rotation of the equatorial triad about the east-west axis by the colatitude; no refraction.
    """
    ha, dec, lat = np.radians(hour_angle_deg), np.radians(dec_deg), np.radians(place.latitude)
    x = -np.cos(ha) * np.cos(dec) * np.sin(lat) + np.sin(dec) * np.cos(lat)
    y = -np.sin(ha) * np.cos(dec)
    z = np.cos(ha) * np.cos(dec) * np.cos(lat) + np.sin(dec) * np.sin(lat)
    azimuth = np.degrees(np.arctan2(y, x)) % 360.0
    return np.stack([azimuth, np.degrees(np.arctan2(z, np.hypot(x, y)))], axis=-1)


def altaz_of_icrs(radec_deg: Floats, jd: Floats, place: Observatory) -> Floats:
    """Azimuth and altitude in degrees, shape (n, 2), of ICRS positions at TAI Julian dates, without refraction."""
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord
    from astropy.time import Time
    from astropy.utils import iers

    distinct, inverse = np.unique(np.hstack([radec_deg, jd]), axis=0, return_inverse=True)
    when = Time(distinct[:, 2], distinct[:, 3], format="jd", scale="tai")
    site = EarthLocation.from_geodetic(place.longitude * u.deg, place.latitude * u.deg, place.height * u.m)
    # The tables that come with astropy are good to far better than a pixel; never wait for a download.
    with (
        _quiet(),
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
    ):
        radec = SkyCoord(distinct[:, 0], distinct[:, 1], unit="deg", frame="icrs")
        altaz = radec.transform_to(AltAz(obstime=when, location=site))
    both = np.stack([altaz.az.to_value(u.deg), altaz.alt.to_value(u.deg)], axis=-1)
    return np.asarray(both[np.ravel(inverse)], dtype=np.float64)


def parse_sexagesimal(text: str) -> float:
    """The number ``d:m:s`` (or blank separated) stands for.

    Raises
    ------
    ValueError
        It is not one.
    """
    parts = text.replace(":", " ").split()
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"{text!r} is not sexagesimal")
    sign = -1.0 if parts[0].startswith("-") else 1.0
    value = sum(abs(float(p)) / 60.0**i for i, p in enumerate(parts))
    return sign * value
