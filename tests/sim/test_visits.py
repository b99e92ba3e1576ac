"""Plans of visits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time

from skybutler import Butler
from skybutler.ingest import define_visits, ingest_raws, register_instrument
from skybutler.instruments import Instrument
from skybutler.instruments.camera import visit_regions
from skybutler.sim import plan_calibration_exposures, plan_visits, simulate_survey
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


def test_calibration_exposures_are_ingested_as_such(tmp_path: Path) -> None:
    plan = plan_calibration_exposures("ri", n=2)
    assert [e.image_type for e in plan] == ["BIAS"] * 2 + ["DARK"] * 2 + ["FLAT"] * 4
    assert all(exposure.mjd < VISITS[0].mjd for exposure in plan)
    chosen = [plan[0], plan[2], plan[4], plan[6], VISITS[0]]
    survey = simulate_survey(tmp_path / "raws", visits=chosen, detectors=[94], scale=32, full_size_one=False)
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        register_instrument(butler, IMSIM.name)
        ingest_raws(butler, survey.directory, transfer="direct").raise_for_failures()
        records = butler.query_dimension_records("exposure")
        found = {record.id: (record.observation_type, record.exposure_time) for record in records}
        assert [found[exposure.id] for exposure in chosen] == [
            ("bias", 0.0), ("dark", 300.0), ("flat", 10.0), ("flat", 10.0), ("science", 30.0),
        ]  # fmt: skip
        # Headers do not say that the dome is closed, so flats count as exposures of the sky.
        assert define_visits(butler, IMSIM.name, collections=f"{IMSIM.name}/raw/all").not_on_sky == 2
