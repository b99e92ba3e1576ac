"""Plans of visits."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time

from skybutler.instruments import Instrument
from skybutler.instruments.camera import visit_regions
from skybutler.sim import plan_visits
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")
VISITS = plan_visits(4, 3, IMSIM)


def test_hour_angle_is_where_astropy_sees_the_field() -> None:
    place = IMSIM.observatory
    site = EarthLocation.from_geodetic(place.longitude, place.latitude, place.height)
    for visit in VISITS:
        when = Time(visit.mjd, format="mjd", scale="tai")
        altaz = SkyCoord(visit.ra, visit.dec, unit="deg").transform_to(AltAz(obstime=when, location=site))
        assert visit.airmass(IMSIM) == pytest.approx(float(altaz.secz), abs=0.01)


def test_longer_survey_begins_with_the_shorter() -> None:
    assert plan_visits(9, 5, IMSIM)[:4] == plan_visits(4, 5, IMSIM)
    assert len({v.id for v in plan_visits(30, 5, IMSIM)}) == 30
    assert {v.band for v in plan_visits(6, 5, IMSIM)} == set("ugrizy")


def test_patch_17_is_in_the_field() -> None:
    centre = np.radians(FIELD)
    point = np.array([np.cos(centre[1]) * np.cos(centre[0]), np.cos(centre[1]) * np.sin(centre[0]), np.sin(centre[1])])
    for visit in VISITS:
        ra, dec, angle = (np.array([v]) for v in (visit.ra, visit.dec, visit.sky_angle))
        outlines = visit_regions(IMSIM, ra, dec, angle, padding=0)[0]
        inside = (np.cross(outlines, np.roll(outlines, -1, axis=1)) @ point > 0).all(axis=1)
        assert inside[90:99].sum() == 1
