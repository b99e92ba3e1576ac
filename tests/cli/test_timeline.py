"""Bars over time."""

from __future__ import annotations

import uuid
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from skybutler.butler.calibrations import ValidityRange
from skybutler.cli.timeline import timeline_lines
from skybutler.datasets import DatasetRef, DatasetType
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.sky.timespan import Timespan

DAY = 86_400_000_000_000
UNIVERSE = DimensionUniverse.load()
BIAS = DatasetType("bias", UNIVERSE.conform(["detector"]), "ExposureF", is_calibration=True)


def valid(detector: int, begin: int | None, end: int | None, collection: str = "calib") -> ValidityRange:
    data_id = DataId.standardize({"instrument": "Cam", "detector": detector}, group=BIAS.dimensions)
    ref = DatasetRef(BIAS, data_id, "run", uuid.uuid4())
    ends = (None if ns is None else ns * DAY for ns in (begin, end))
    return ValidityRange(collection, ref, Timespan.from_ns(*ends))


def test_a_drawing() -> None:
    ranges = [
        *(valid(d, *ends) for d in range(5) for ends in ((None, 100), (100, None))),
        valid(7, 0, 50),
        valid(7, 50, 100),
        valid(8, 20, 60, "other"),
    ]
    title, scale, many, one, dates, other, *rest = timeline_lines(ranges)
    assert (title, other, len(rest)) == ("calib", "other", 3)
    places = [scale.index(letter) for letter in "abc"]
    assert dates == "  a 1970-01-01   b 1970-02-20   c 1970-04-11"
    assert many.startswith("  bias  5 data IDs  <=")
    assert many.endswith("=>")
    assert [i for i, c in enumerate(many) if c == "|"] == places[2:]
    assert one.startswith("  bias  detector=7    ")
    assert [i for i, c in enumerate(one) if c == "|"] == places[:2]
    assert len(one) == places[2]  # the end is not part of the range
    assert places[1] - places[0] == places[2] - places[1] == 15


def test_a_gap_shows_however_long_the_rest_is() -> None:
    bar = list(timeline_lines([valid(1, 0, 15_000), valid(1, 15_001, None)]))[2]
    assert "=  " in bar
    assert bar.count("|") == 2


def test_nothing_and_unbounded() -> None:
    assert list(timeline_lines([])) == []
    assert list(timeline_lines([valid(1, None, None)]))[-1] == "  bias  detector=1  <" + "=" * 60 + ">"


def test_times_within_a_day_are_written_out() -> None:
    hour = DAY // 24
    data_id = DataId.standardize({"instrument": "Cam", "detector": 1}, group=BIAS.dimensions)
    one = ValidityRange("calib", DatasetRef(BIAS, data_id, "run", uuid.uuid4()), Timespan.from_ns(hour, 2 * hour))
    assert list(timeline_lines([one]))[-1] == "  a 1970-01-01T01:00:00   b 1970-01-01T02:00:00"


@given(st.lists(st.integers(-40_000, 40_000), min_size=2, max_size=30, unique=True))
def test_every_range_shows_and_nothing_leaves_the_axis(days: list[int]) -> None:
    ends = sorted(days)
    ranges = [valid(1, b, e) for b, e in pairwise(ends)]
    bar = list(timeline_lines(ranges))[2][len("  bias  detector=1  ") :]
    assert len(bar) <= 61
    assert 1 <= bar.count("|") <= len(ranges)
    if len(days) <= 9:
        assert bar.count("|") == len(ranges)
    assert set(bar) <= set(" |=")
