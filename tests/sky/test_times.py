"""Instants and their texts: against astropy, and by the rules of ``T'...'`` literals."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.sky.times import iso_text, mjd_to_ns, parse_time, to_ns, to_time

SECOND, DAY = 10**9, 86_400 * 10**9
MIDNIGHT = 1_791_849_600 * SECOND  # 2026-10-13 00:00 TAI
instants = st.integers(-106_750 * DAY, 106_750 * DAY)  # the years 1677 to 2262


# ------------------------------------------------------------------------------------------------------------- objects
@given(ns=instants)
def test_instants_survive_the_way_through_astropy(ns: int) -> None:
    assert to_ns(to_time(ns)) == ns
    assert to_time(ns).scale == "tai"


@given(ns=instants)
def test_instants_survive_the_way_through_text(ns: int) -> None:
    assert parse_time(iso_text(ns), scale="tai") == ns
    assert parse_time(iso_text(ns, separator=" ") + "/tai") == ns


def test_integers_are_nanoseconds_already() -> None:
    assert to_ns(5) == to_ns(np.int64(5)) == 5


def test_times_of_other_scales() -> None:
    assert to_ns(Time("2026-10-13T00:00:37", scale="utc")) == MIDNIGHT + 74 * SECOND
    assert to_ns(Time("2026-10-13T00:00:32.184", scale="tt")) == MIDNIGHT
    assert to_ns(Time(61326, 0.25, format="mjd", scale="tai")) == MIDNIGHT + DAY // 4
    # No leap seconds are announced for 2100, of which ERFA warns.
    assert to_ns(Time(88069, format="mjd", scale="utc")) == to_ns(Time("2100-01-01T00:00:37", scale="tai"))


def test_datetimes_are_utc_unless_they_say_otherwise() -> None:
    naive = datetime(2026, 10, 13, 1, 2, 3, 456789)  # noqa: DTZ001
    expected = MIDNIGHT + ((3723 + 37) * 10**6 + 456789) * 1000
    assert to_ns(naive) == to_ns(naive.replace(tzinfo=UTC)) == expected
    assert to_ns(naive.replace(tzinfo=timezone(timedelta(hours=-4)))) == expected + 4 * 3600 * SECOND


@pytest.mark.parametrize("wrong", [True, 1.5, "2026-10-13", None, Time([1.0, 2.0], format="mjd"), 2**63])
def test_what_is_no_instant_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidError):
        to_ns(wrong)


# ---------------------------------------------------------------------------------------------------------------- dates
@given(days=st.lists(st.floats(-60_000, 140_000), max_size=5), scale=st.sampled_from(["tai", "tt", "TT"]))
def test_many_dates_are_exact(days: list[float], scale: str) -> None:
    offset = 0 if scale == "tai" else 32_184_000_000
    exact = [(Decimal(day) - 40587) * DAY - offset for day in days]
    assert [parse_time(day, scale=scale) for day in days] == [round(ns) for ns in exact]
    assert all(abs(a - b) < 0.52 for a, b in zip(exact, mjd_to_ns(days, scale).tolist(), strict=True))


def test_many_dates_in_utc() -> None:
    days = np.array([57753.0, 57753.5, 57754.0, 61326.0])  # a leap second ended the first day
    assert (
        mjd_to_ns(days, "utc") - ((days - 40587) * DAY).astype(np.int64) == np.array([36, 36.5, 37, 37]) * SECOND
    ).all()
    assert mjd_to_ns(61326.25).shape == ()


@pytest.mark.parametrize(
    "mjd, scale", [(np.nan, "tai"), ([1.0, np.inf], "utc"), (61000, "lt"), (1e6, "tai"), (1e6, "utc")]
)
def test_impossible_dates_are_refused(mjd: float, scale: str) -> None:
    with pytest.raises(InvalidError):
        mjd_to_ns(mjd, scale)


# ---------------------------------------------------------------------------------------------------------------- texts
@pytest.mark.parametrize(
    "text, tai",
    [
        # Calendar forms are UTC, 37 s behind TAI these days.
        ("2020-01-01", "2020-01-01T00:00:37"),
        ("2020-1-1", "2020-01-01T00:00:37"),
        ("2020-01-01 00:00", "2020-01-01T00:00:37"),
        ("2020-01-01T00:00:00.25", "2020-01-01T00:00:37.250000000"),
        ("2020-01-01T12:00:00.123456789", "2020-01-01T12:00:37.123456789"),
        ("2020-01-01T12:00:00.1234567895", "2020-01-01T12:00:37.123456790"),
        ("2020-01-01 00:00:00+00:00", "2020-01-01T00:00:37"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:37"),
        ("2020:001", "2020-01-01T00:00:37"),
        ("2020:366:12:00:00.5", "2020-12-31T12:00:37.500000000"),
        ("+02020-01-01T00:00:00", "2020-01-01T00:00:37"),
        ("+02020-01-01", "2020-01-01T00:00:37"),
        ("1971-03-04T12:00:00", "1971-03-04T12:00:09.108162000"),
        ("2016-12-31T23:59:60.5", "2017-01-01T00:00:36.500000000"),
        # Scales may be given, in any case.
        ("2020-01-01 00:00:00/tai", "2020-01-01T00:00:00"),
        ("2020-01-01/UTC", "2020-01-01T00:00:37"),
        ("2020-01-01/tt", "2019-12-31T23:59:27.816000000"),
        ("iso/2020-01-01/tai", "2020-01-01T00:00:00"),
        ("fits/2020-01-01T00:00:00", "2020-01-01T00:00:37"),
        ("yday/2020:001/tai", "2020-01-01T00:00:00"),
        ("ISOT/2020-01-01T00:00:00", "2020-01-01T00:00:37"),
        # Numbers are modified Julian dates in TAI, with or without point.
        ("58000.", "2017-09-04T00:00:00"),
        ("58000", "2017-09-04T00:00:00"),
        (" 58000.5 ", "2017-09-04T12:00:00"),
        ("mjd/61000/tai", "2025-11-21T00:00:00"),
        ("mjd/61000.000000000001", "2025-11-21T00:00:00.000000086"),
        ("58000/utc", "2017-09-04T00:00:37"),
        ("-58000.0", "1700-01-29T00:00:00"),
        ("jd/2458000.5", "2017-09-04T00:00:00"),
        ("jd/2458000.500000000000011574/tai", "2017-09-04T00:00:00.000000001"),
        ("jd/2458000.5/utc", "2017-09-04T00:00:37"),
        # Counters of seconds; a scale does not move them.
        ("unix/1577836800", "2020-01-01T00:00:37"),
        ("unix/1577836800.5/tai", "2020-01-01T00:00:37.500000000"),
        ("unix_tai/0.0", "1970-01-01T00:00:00"),
        ("cxcsec/0.0", "1997-12-31T23:59:27.816000000"),
        ("gps/0", "1980-01-06T00:00:19"),
        # Formats left to astropy.
        ("jyear/2000.0", "2000-01-01T12:00:00"),
        ("decimalyear/2000.5", "2000-07-02T00:00:00"),
    ],
)
def test_time_literals(text: str, tai: str) -> None:
    assert iso_text(parse_time(text), 9 if "." in tai else 0) == tai
    assert parse_time(text) == parse_time(f"{tai}/tai")


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "Write '2026"),
        ("yesterday", "Write '2026"),
        ("2020-01", "Write '2026"),
        ("5.8e4", "Write '2026"),
        ("a/b/c/d", "Write '2026"),
        ("mjd/abc/tai", "plain number"),
        ("yday/2020-01-01", "form of time format 'yday'"),
        ("2020-01-01T00:00:00-08:00", r"time zone '-08:00'"),
        ("2020-01-01T00:00:00Z/tai", "time zone 'Z'"),
        ("2020-13-01", "month"),
        ("2021:366", "day 366 is not in year 2021"),
        ("2020:000", "day 000 is not in year 2020"),
        ("2020-01-01T25:00", "out of range"),
        ("2020-01-01T12:00:60", "out of range"),
        ("2017-12-31T23:59:60", "no leap second"),
        ("2016-12-31T23:59:60/tai", "no leap second"),
        ("1969-12-31T23:59:60", "no leap second"),
        ("mjdd/58000", "Did you mean 'mjd'"),
        ("stardate/4", "Formats are iso"),
        ("58000/uct", "Did you mean 'utc'"),
        ("2020-01-01/local", "Scales are tai"),
        ("20200101", "1678 to 2261"),
        ("1600-01-01/tai", "'1600-01-01/tai' lies outside the years 1678 to 2261"),
        ("9999-12-31", "'9999-12-31' lies outside the years 1678 to 2261"),
        ("mjd/999999/utc", "1678 to 2261"),
        ("mjd/" + 400 * "9" + "/utc", "1678 to 2261"),
    ],
)
def test_wrong_time_literals_say_why(text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        parse_time(text)


def test_defaults_hold_where_the_text_says_nothing() -> None:
    assert parse_time("2026-10-13", scale="tai") == MIDNIGHT
    assert parse_time("2026-10-13/utc", scale="tai") == MIDNIGHT + 37 * SECOND
    assert parse_time("2461326.5", format="jd") == MIDNIGHT
    assert parse_time("mjd/61326", format="jd") == MIDNIGHT


def test_numbers_are_dates_unless_a_format_says_otherwise() -> None:
    assert (
        parse_time(61326)
        == parse_time(61326.0)
        == parse_time(np.int64(61326))
        == parse_time(np.float32(61326))
        == MIDNIGHT
    )
    assert parse_time(Decimal("61326.000000000000011575")) == MIDNIGHT + 1
    assert parse_time(2461326.5, format="jd") == MIDNIGHT
    for wrong in (True, float("nan"), float("inf")):
        with pytest.raises(InvalidError):
            parse_time(wrong)


@given(
    ns=st.integers(0, 1_790_000_000 * SECOND), decimals=st.integers(0, 9), scale=st.sampled_from(["utc", "tt", "tdb"])
)
def test_texts_mean_what_astropy_reads(ns: int, decimals: int, scale: str) -> None:
    text = iso_text(ns, decimals)
    assert abs(parse_time(f"{text}/{scale}") - to_ns(Time(text, format="isot", scale=scale))) <= (
        1 if scale == "tdb" else 0
    )


def test_texts_are_rounded() -> None:
    assert iso_text(MIDNIGHT - 1) == "2026-10-12T23:59:59.999999999"
    assert iso_text(MIDNIGHT - 1, 0) == "2026-10-13T00:00:00"
    assert iso_text(MIDNIGHT + SECOND // 2, 0) == "2026-10-13T00:00:00"
    assert iso_text(MIDNIGHT + SECOND // 2 + 1, 0) == "2026-10-13T00:00:01"
    assert iso_text(MIDNIGHT + 123_456_789, 3, " ") == "2026-10-13 00:00:00.123"
    assert iso_text(-1, 3) == "1970-01-01T00:00:00.000"


def test_dates_in_tai_need_no_astropy() -> None:
    code = (
        "import sys; from skybutler.sky.timespan import Timespan, parse_time; "
        "print(Timespan(parse_time('2026-10-13/tai'), parse_time('61327.5'))); print('astropy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[2026-10-13T00:00:00, 2026-10-14T12:00:00)", "False"]
