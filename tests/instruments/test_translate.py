"""Header translation: every property as the peer's, from headers, from index files, and for one's own instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.time import Time

from skybutler.instruments import Instrument
from skybutler.instruments.headers import HeaderTable, read_headers
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.translate import from_translated, needed_cards, recognise, translate
from support.instruments import OWN, RAW, real_header, simple, write_description

HEADER = "imsim-lsst_a_204595_R11_S02_i.yaml"


def test_real_raw_as_the_peer_translates_it(imsim: Instrument, real_raw: Path, truth: dict[str, Any]) -> None:
    observations = translate(read_headers([real_raw], needed_cards([imsim])), imsim)
    assert {name: simple(observations, name) for name in PROPERTIES} == truth[RAW]["observation_info"]


def test_real_header_without_hour_angle_as_the_peer_translates_it(
    imsim: Instrument, shared: Path, truth: dict[str, Any]
) -> None:
    # No HASTART, AIRMASS or DATE-END in this one: altitude by celestial mechanics, end by exposure time.
    observations = translate(real_header(shared, HEADER), imsim)
    expected = truth[f"headers/obs_lsst/{HEADER}"]["observation_info"]
    assert {name: simple(observations, name) for name in PROPERTIES} == expected


def test_bias_and_flat_headers(imsim: Instrument, shared: Path) -> None:
    bias = translate(real_header(shared, "imsim-bias-lsst_a_3010002_R11_S00.yaml"), imsim)
    assert (simple(bias, "exposure_id"), simple(bias, "physical_filter"), simple(bias, "detector_num")) == (
        3010002,
        "i",
        36,
    )
    assert simple(bias, "datetime_begin")["tai_ns"] == simple(bias, "datetime_end")["tai_ns"]
    flat = translate(real_header(shared, "imsim-flats-lsst_a_5000007_R11_S20_i.yaml"), imsim)
    assert simple(flat, "observation_type") == "flat"
    assert simple(flat, "altaz_begin") is None
    assert simple(flat, "can_see_sky") is None
    assert flat.problems() == {}


def test_recognises_only_its_own_files(imsim: Instrument, shared: Path, tmp_path: Path) -> None:
    own = Instrument.load(write_description(tmp_path, OWN))
    rows = [
        real_header(shared, name).cards
        for name in (HEADER, "lsstCam-MC_C_20190319_000001_R10_S02.yaml", "latiss-AT_O_20220405_000348.yaml")
    ]
    cards = ["TESTTYPE", "INSTRUME"]
    table = HeaderTable(["a", "b", "c", "d"], {c: [row.get(c, [None])[0] for row in rows] + [None] for c in cards})
    table.cards["INSTRUME"][3] = "Backyard"
    assert recognise(table, [imsim, own]).tolist() == [0, -1, -1, 1]


def test_batch_equals_one_by_one(imsim: Instrument, real_raw: Path, shared: Path) -> None:
    cards = needed_cards([imsim])
    one, other = read_headers([real_raw], cards), real_header(shared, HEADER)
    both = HeaderTable([*one.files, *other.files], {c: [one.column(c)[0], other.column(c)[0]] for c in cards})
    batch, alone, alone_too = translate(both, imsim), translate(one, imsim), translate(other, imsim)
    for name in PROPERTIES:
        assert batch[name].to_list() == [alone[name].to_list()[0], alone_too[name].to_list()[0]], name


def test_missing_cards_are_problems_of_their_file_only(imsim: Instrument, real_raw: Path) -> None:
    table = read_headers([real_raw] * 3, needed_cards([imsim]))
    table.cards["OBSID"][1] = "seven"
    table.cards["SENSNAME"][1] = "S99"
    table.cards["MJD-OBS"][2] = 1e9
    problems = translate(table, imsim).problems()
    assert sorted(problems) == [1, 2]
    assert "no exposure_id, detector_num in its header" in problems[1]
    assert "no datetime_begin, observing_day" in problems[2]


def test_empty_batch(imsim: Instrument) -> None:
    observations = translate(HeaderTable([], {}), imsim)
    assert all(observations[name].values.shape[0] == 0 for name in PROPERTIES)
    assert observations.problems() == {}


def test_own_instrument_translates_without_code(tmp_path: Path) -> None:
    own = Instrument.load(write_description(tmp_path, OWN))
    cards: dict[str, list[Any]] = {
        "INSTRUME": ["Backyard"],
        "EXPNUM": [17],
        "FILTER": ["R "],
        "DATE-OBS": ["2020-01-01T00:00:00.5"],
        "EXPTIME": [12],
        "CHIP": ["right"],
        "RA": ["01:30:00"],
        "DEC": ["-00 30 36"],
        "OBSTYPE": ["OBJECT"],
    }
    observations = translate(HeaderTable(["a.fits"], cards), own)
    assert observations.problems() == {}
    assert simple(observations, "observation_id") == "BY17"
    assert simple(observations, "detector_num") == 1
    assert simple(observations, "tracking_radec") == {"icrs_deg": pytest.approx([22.5, -0.51])}
    utc = Time("2020-01-01T00:00:00.5", scale="utc").tai
    begin = simple(observations, "datetime_begin")["tai_ns"]
    assert begin == round((utc - Time("1970-01-01", scale="tai")).to_value("s") * 1e9)
    assert simple(observations, "datetime_end")["tai_ns"] - begin == 12_000_000_000
    assert simple(observations, "observing_day") == 20200101
    assert simple(observations, "dark_time") == {"unit": "s", "value": 12.0}
    assert simple(observations, "observation_type") == simple(observations, "observation_reason") == "science"
    assert simple(observations, "can_see_sky") is True
    altitude = simple(observations, "altaz_begin")["alt_deg"]
    assert -90.0 < altitude < 90.0


def test_translated_content_is_taken_as_it_is(truth: dict[str, Any]) -> None:
    content = {"exposure_id": 204595, "datetime_begin": [2459858.0, -0.21288938888756093], "tracking_radec": [1.0, 2.0]}
    observations = from_translated(["a.fits"], [content])
    assert simple(observations, "exposure_id") == 204595
    assert simple(observations, "datetime_begin") == truth[RAW]["observation_info"]["datetime_begin"]
    assert simple(observations, "tracking_radec") == {"icrs_deg": [1.0, 2.0]}
    assert simple(observations, "can_see_sky") is None


def test_translated_content_lacks_filled_by_the_rules(imsim: Instrument) -> None:
    content = {"exposure_id": 7, "observation_type": "science", "observation_counter": 3}
    observations = from_translated(["a.fits"], [content], imsim)
    assert simple(observations, "group_counter_start") == 7
    assert simple(observations, "can_see_sky") is True
    assert simple(observations, "instrument") is None  # never guessed: it must say whose it is
