"""Cards of exposures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.formatters.fits_layout import (
    PARTS,
    VISIT_KEYS,
    is_plane_key,
    is_reserved,
    label_cards,
    mask_planes,
    origin_cards,
    pixel_origin,
    plane_cards,
    take_labels,
    take_visit_info,
    visit_info_cards,
)
from skybutler.images import DetectorLabel, FilterLabel, Metadata, Observatory, VisitInfo, Weather
from skybutler.images.visit_info import ROTATION_TYPES

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.none() | st.text()
# An observatory or weather of which nothing is known is none.
observatories = st.builds(Observatory, numbers, numbers, numbers).filter(lambda place: place != Observatory())
weathers = st.builds(Weather, numbers, numbers, numbers).filter(lambda air: air != Weather())
visit_infos = st.builds(
    VisitInfo,
    id=st.none() | st.integers(),
    exposure_time=numbers,
    dark_time=numbers,
    date_ns=st.none() | st.integers(-9_000_000_000_000_000_000, 9_000_000_000_000_000_000),
    boresight_ra=numbers,
    airmass=numbers,
    rotation_angle=numbers,
    rotation_type=st.none() | st.sampled_from(ROTATION_TYPES),
    focus_z=numbers,
    observatory=st.none() | observatories,
    weather=st.none() | weathers,
    instrument=texts,
    object=texts,
    has_simulated_content=st.none() | st.booleans(),
)


@given(visit_infos)
def test_circumstances_survive(info: VisitInfo) -> None:
    cards = visit_info_cards(info)
    assert set(cards) <= VISIT_KEYS
    expected = None if info == VisitInfo() else info
    assert take_visit_info(cards) == expected
    assert not cards


def test_only_what_is_understood_is_taken() -> None:
    cards = {
        "EXPTIME": "long", "DARKTIME": 3, "IDNUM": 1.5, "ROTTYPE": "sideways", "DATE-AVG": "2020-01-01T00:00:00",
        "TIMESYS": "UTC", "AIRMASS": 1.1, "BORE-RA": True, "HUMIDITY": math.nan, "OBSTYPE": 1,
    }  # fmt: skip
    metadata = Metadata(cards)
    assert take_visit_info(metadata) == VisitInfo(dark_time=3.0)
    assert list(metadata) == [key for key in cards if key != "DARKTIME"]
    assert take_visit_info(Metadata({"A": 1})) is None


@pytest.mark.parametrize(
    "cards, date_ns",
    [
        ({"DATE-AVG": "1970-01-01T00:00:00.000000001", "TIMESYS": "TAI"}, 1),
        ({"TIME-MID": "2017-01-01T00:00:00.5Z"}, (17167 * 86400 + 37) * 10**9 + 500_000_000),
    ],
)
def test_dates(cards: dict[str, str], date_ns: int) -> None:
    metadata = Metadata(cards)
    assert take_visit_info(metadata) == VisitInfo(date_ns=date_ns)
    assert not metadata


@pytest.mark.parametrize("text", ["", "yesterday", "NaT", "2020-13-01T00:00:00"])
def test_a_date_that_is_none_stays_where_it_is(text: str) -> None:
    metadata = Metadata({"DATE-AVG": text, "TIMESYS": "TAI"})
    assert take_visit_info(metadata) is None
    assert list(metadata) == ["DATE-AVG", "TIMESYS"]


def test_numbers_that_are_none_are_not_written() -> None:
    assert not visit_info_cards(VisitInfo(exposure_time=math.nan, airmass=math.inf))


@given(st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)))
def test_pixel_origin(xy0: tuple[int, int]) -> None:
    cards = origin_cards(xy0)
    assert pixel_origin(cards) == xy0
    assert (cards["LTV1"], cards["LTV2"]) == (-xy0[0], -xy0[1])
    assert all(is_plane_key(key) for key in cards)
    assert pixel_origin({**cards, "CRPIX2A": 2.0}) == (0, 0)


def test_pixel_origin_of_other_linear_systems() -> None:
    assert pixel_origin({}) == (0, 0)
    amplifier = {"CTYPE1A": "Seg_X", "CRPIX1A": 1.0, "CRPIX2A": 1.0, "CRVAL1A": 5.0, "CRVAL2A": 5.0}
    assert pixel_origin(amplifier) == (0, 0)


def test_mask_planes() -> None:
    planes = {"SAT": 1, "BAD": 0, "DETECTED_NEGATIVE": 6}
    cards = plane_cards(planes)
    assert list(cards) == ["MP_BAD", "MP_DETECTED_NEGATIVE", "MP_SAT"]
    assert mask_planes({**cards, "OTHER": 3}) == planes


def test_reserved_keys() -> None:
    assert all(map(is_reserved, ["AR_HDU", "PSF_ID", "ARCHIVE_ID_ANYTHING", "SB_PARTS", "LTV1", "CRVAL1", "A_0_2"]))
    assert not any(map(is_reserved, ["DATE-OBS", "CTYPE1A", "MY_ID", "BUNIT", "FILTER", "MP_BAD"]))


@pytest.mark.parametrize("filter_label", [None, FilterLabel(), FilterLabel("i"), FilterLabel(physical="i_sim_1.4")])
@pytest.mark.parametrize("detector", [None, DetectorLabel(0), DetectorLabel(None, "S00", "E2V-1")])
def test_labels_survive(filter_label: FilterLabel | None, detector: DetectorLabel | None) -> None:
    primary = label_cards(filter_label, detector)
    named = {"image": 1, "filter": filter_label, "detector": detector}
    primary[PARTS] = ",".join(name for name, label in named.items() if label is not None)
    metadata = Metadata({"FILTER": "r", "DETNAME": "other"})
    assert take_labels(primary, metadata) == (filter_label, detector)
    assert list(metadata) == ["FILTER", "DETNAME"]


def test_labels_of_files_by_other_writers() -> None:
    metadata = Metadata({"FILTER": "ha", "DETNAME": "d1", "A": 1})
    assert take_labels(Metadata({"AR_HDU": 5}), metadata) == (FilterLabel(physical="ha"), DetectorLabel(name="d1"))
    assert list(metadata) == ["A"]
    assert take_labels(Metadata({"AR_HDU": 5}), Metadata({"FILTER": "_unknown_"})) == (None, None)
    # The label is in an archive table, the card just metadata of the pipeline.
    later = Metadata({"FILTER": "HSC-I"})
    assert take_labels(Metadata({"AR_HDU": 5, "FILTER_ID": 232}), later) == (None, None)
    assert take_labels(Metadata(), later) == (None, None)
    assert list(later) == ["FILTER"]
