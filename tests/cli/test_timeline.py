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
    lines = list(timeline_lines(ranges))
    assert lines[0] == "calib"
    assert lines[2].split("  ")[1:3] == ["bias", "5 data IDs"]
    assert "<=" in lines[2]
    assert lines[2].endswith(">")
    assert lines[3].count("|") == 2
    assert lines[4] == "other"


def test_nothing_and_unbounded() -> None:
    assert list(timeline_lines([])) == []
    assert list(timeline_lines([valid(1, None, None)]))[-1] == "  bias  detector=1  <" + "=" * 60 + ">"


@given(st.lists(st.integers(-40_000, 40_000), min_size=2, max_size=9, unique=True))
def test_every_range_shows_and_nothing_leaves_the_axis(days: list[int]) -> None:
    ends = sorted(days)
    ranges = [valid(1, b, e) for b, e in pairwise(ends)]
    bar = list(timeline_lines(ranges))[2][len("  bias  detector=1  ") :]
    assert len(bar) <= 62
    assert 1 <= bar.count("|") <= len(ranges)
    assert set(bar) <= set(" |=")
