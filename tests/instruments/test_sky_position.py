"""Times and directions against astropy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, HADec
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from skybutler.instruments import Instrument
from skybutler.instruments.columns import jd_to_ns
from skybutler.instruments.sky_position import (
    altaz_of_hour_angle,
    altaz_of_icrs,
    geocentric,
    jd_of_dates,
    jd_of_mjd,
    parse_sexagesimal,
    shift_seconds,
    yyyymmdd,
)

PLACE = Instrument.load("LSSTCam-imSim").observatory
SITE = EarthLocation.from_geodetic(PLACE.longitude, PLACE.latitude, PLACE.height)


@given(st.lists(st.floats(min_value=-20000.0, max_value=100000.0), min_size=1, max_size=5))
def test_mjd_splits_as_in_astropy(mjd: list[float]) -> None:
    ours = jd_of_mjd(np.array(mjd), "tai")
    theirs = Time(mjd, format="mjd", scale="tai")
    assert np.array_equal(ours[:, 0] + ours[:, 1], theirs.jd1 + theirs.jd2)


@pytest.mark.parametrize("scale", ["mjd-utc", "mjd-tt"])
def test_mjd_in_other_scales(scale: str) -> None:
    ours = jd_of_mjd(np.array([59857.287]), scale.removeprefix("mjd-"))
    theirs = Time(59857.287, format="mjd", scale=scale.removeprefix("mjd-")).tai
    assert ours.tolist() == [[theirs.jd1, theirs.jd2]]


@given(st.integers(-700_000_000_000_000, 3_700_000_000_000_000).map(lambda us: np.datetime64(us, "us").item()))
def test_dates_to_the_nanosecond_and_their_day(date: Any) -> None:
    jd, valid = jd_of_dates([date.isoformat()], "tai")
    ns = int(np.datetime64(date, "ns").astype(np.int64))
    assert valid.all()
    assert abs(int(jd_to_ns(jd)[0]) - ns) <= 4
    assert yyyymmdd(np.array([ns])).tolist() == [int(date.strftime("%Y%m%d"))]


def test_texts_that_are_no_dates() -> None:
    _, valid = jd_of_dates(["", "now", "NaT", "2020-13-01", "3020-01-01", "2020-01-01 10:00:00Z"], "tai")
    assert valid.tolist() == [False, False, False, False, False, True]
    with pytest.raises(ValueError, match="not sexagesimal"):
        parse_sexagesimal("1:2:3:4")


def test_place_on_the_ellipsoid() -> None:
    assert geocentric(PLACE) == pytest.approx([c.to_value("m") for c in SITE.geocentric], abs=1e-6)


def test_hour_angle_to_altitude() -> None:
    ha, dec = np.array([-60.0, 0.0, 15.0, 170.0]), np.array([-30.0, 10.0, -80.0, 5.0])
    when = Time(59857.0, format="mjd", scale="tai")
    hadec = HADec(ha * u.deg, dec * u.deg, obstime=when, location=SITE)
    theirs = hadec.transform_to(AltAz(obstime=when, location=SITE))
    ours = altaz_of_hour_angle(ha, dec, PLACE)
    assert np.abs(ours - np.stack([theirs.az.deg, theirs.alt.deg], -1)).max() < 1e-7


def test_repeated_directions_are_computed_once_and_put_back() -> None:
    radec = np.array([[10.0, -30.0], [200.0, 5.0], [10.0, -30.0]])
    jd = np.array([[2459858.0, -0.2], [2459858.0, 0.1], [2459858.0, -0.2]])
    altaz = altaz_of_icrs(radec, jd, PLACE)
    assert altaz[0].tolist() == altaz[2].tolist() != altaz[1].tolist()
    assert np.allclose(altaz_of_icrs(radec[1:2], jd[1:2], PLACE), altaz[1:2], rtol=0, atol=1e-12)


def test_direction_at_a_time_after_the_earth_rotation_tables() -> None:
    altaz = altaz_of_icrs(np.array([[10.0, -30.0]]), np.array([[2488070.0, 0.0]]), PLACE)
    assert np.isfinite(altaz).all()


def test_seconds_over_midnight() -> None:
    shifted = shift_seconds(np.array([[2459858.0, 0.4999]]), np.array([30.0]))
    assert int(jd_to_ns(shifted)[0]) - int(jd_to_ns(np.array([[2459858.0, 0.4999]]))[0]) == 30_000_000_000
