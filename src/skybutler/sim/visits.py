"""Which exposures a simulated survey takes: where, when, through which filter, under which conditions.

Knows nothing of pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from skybutler.instruments import Instrument
from skybutler.instruments.sky_position import altaz_of_hour_angle
from skybutler.sim.physics import DARK_S, EXPOSURE_S, FLAT_S, SEEING_ARCSEC

__all__ = ["FIELD", "SimulatedVisit", "plan_calibration_exposures", "plan_visits"]

FIELD = (55.7467, -32.2862)
"""Centre of the survey, ICRS degrees: in patch 17 of tract 4431 of the DC2 sky map."""

_DITHER_DEG = 0.04
_FIRST_CALIBRATION = 5_000_000
_FIRST_NIGHT = 59880
_VISITS_PER_NIGHT = 3
_NIGHTS_APART = 4
_DAYS_OF_YEAR = 365
_BANDS = "rigzuy"
_TAI_MINUS_UT_DAYS = 37.0 / 86400.0


@dataclass(frozen=True)
class SimulatedVisit:
    """One exposure of the whole camera.

    Parameters
    ----------
    id : `int`
        Exposure and visit number.
    band : `str`
        One of ugrizy.
    ra, dec : `float`
        Boresight, ICRS degrees.
    sky_angle : `float`
        Rotation of the camera, degrees.
    mjd : `float`
        Begin of the exposure, TAI.
    exposure_s : `float`
        Seconds the shutter is open.
    seeing : `float`
        Full width at half maximum of the point-spread function, arcseconds.
    moon : `float`
        How much brighter than dark the sky is, magnitudes.
    streak : `bool`
        Whether a satellite crosses the field.
    image_type : `str`
        What the header calls it: SKYEXP, or BIAS, DARK or FLAT of a closed dome.
    """

    id: int
    band: str
    ra: float
    dec: float
    sky_angle: float
    mjd: float
    exposure_s: float = EXPOSURE_S
    seeing: float = 0.8
    moon: float = 0.0
    streak: bool = False
    image_type: str = "SKYEXP"

    @property
    def year(self) -> int:
        """Year of the survey, from 1."""
        return int(self.mjd - _FIRST_NIGHT) // _DAYS_OF_YEAR + 1

    def hour_angle(self, instrument: Instrument, seconds: float = 0.0) -> float:
        """Hour angle in degrees, within half a turn, some seconds after the begin."""
        ut = self.mjd + seconds / 86400.0 - _TAI_MINUS_UT_DAYS
        sidereal = 280.46061837 + 360.98564736629 * (ut - 51544.5) + instrument.observatory.longitude
        return (sidereal - self.ra + 180.0) % 360.0 - 180.0

    def airmass(self, instrument: Instrument, seconds: float = 0.0) -> float:
        """Secant of the zenith angle."""
        ha = np.array([self.hour_angle(instrument, seconds)])
        altitude = altaz_of_hour_angle(ha, np.array([self.dec]), instrument.observatory)[0, 1]
        return float(1.0 / np.sin(np.radians(altitude)))


def plan_visits(
    n: int, seed: int, instrument: Instrument, field: tuple[float, float] = FIELD, years: int = 1
) -> tuple[SimulatedVisit, ...]:
    """A small survey of one field: three visits a night, the bands in turn, dithered, with changing conditions.

    Parameters
    ----------
    n : `int`
        Number of visits.
    seed : `int`
        Equal seeds give equal surveys; a longer one begins with the shorter one.
    instrument : `Instrument`
        Where it is taken from.
    field : `tuple` [`float`, `float`]
        Centre, ICRS degrees.
    years : `int`
        Over how many years the nights are spread, in turn.
    """
    visits: list[SimulatedVisit] = []
    for k in range(n):
        random = np.random.default_rng(np.random.SeedSequence((seed, 0xC0FFEE, k)))
        night, turn = divmod(k, _VISITS_PER_NIGHT)
        ra = field[0] + float(random.uniform(-_DITHER_DEG, _DITHER_DEG) / np.cos(np.radians(field[1])))
        dec = field[1] + float(random.uniform(-_DITHER_DEG, _DITHER_DEG))
        in_year, year = divmod(night, years)
        day = _FIRST_NIGHT + _DAYS_OF_YEAR * year + _NIGHTS_APART * in_year
        at_noon = SimulatedVisit(0, "r", ra, dec, 0.0, float(day))
        # Observe near the meridian: wait until the hour angle is a little before it.
        wait = ((-20.0 + 12.0 * turn - at_noon.hour_angle(instrument)) % 360.0) / 360.98564736629
        visits.append(
            SimulatedVisit(
                id=250000 + 1000 * night + 7 * turn,
                band=_BANDS[k % len(_BANDS)],
                ra=ra,
                dec=dec,
                sky_angle=float(random.uniform(0.0, 360.0)),
                mjd=round(at_noon.mjd + wait, 8),
                seeing=float(random.uniform(*SEEING_ARCSEC)),
                moon=float(random.uniform(0.0, 1.0)),
                streak=bool(random.uniform() < 0.2),
            )
        )
    return tuple(visits)


def plan_calibration_exposures(
    bands: Iterable[str], field: tuple[float, float] = FIELD, n: int = 1
) -> tuple[SimulatedVisit, ...]:
    """Exposures of the closed dome on the day before the survey begins: biases, darks, and flats in some bands.

    Parameters
    ----------
    bands : iterable of `str`
        Bands of the flats; biases and darks are taken through the first.
    field : `tuple` [`float`, `float`]
        Where the telescope points meanwhile, ICRS degrees.
    n : `int`
        How many of each.
    """
    chosen = tuple(bands)
    kinds = [("BIAS", chosen[0], 0.0), ("DARK", chosen[0], DARK_S), *(("FLAT", band, FLAT_S) for band in chosen)]
    planned = [kind for kind in kinds for _ in range(n)]
    return tuple(
        SimulatedVisit(
            id=_FIRST_CALIBRATION + k,
            band=band,
            ra=field[0],
            dec=field[1],
            sky_angle=0.0,
            mjd=round(_FIRST_NIGHT - 0.5 + 0.005 * k, 8),
            exposure_s=seconds,
            image_type=image_type,
        )
        for k, (image_type, band, seconds) in enumerate(planned)
    )
