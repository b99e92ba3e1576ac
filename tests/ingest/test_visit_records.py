"""Several exposures to one visit: sums, unions, means, and what they agree on."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.ingest.visit_groups import group_exposures
from skybutler.ingest.visit_records import visit_columns

EXPOSURES: dict[str, list[Any]] = {
    "id": [1, 2, 3],
    "obs_id": ["a", "b", "c"],
    "group": ["g7", "g7", "g8"],
    "day_obs": [20260102, 20260101, 20260103],
    "seq_num": [5, 4, 6],
    "physical_filter": ["r", "r", "i"],
    "exposure_time": [15.0, 16.0, 30.0],
    "target_name": ["x", "y", None],
    "observation_reason": ["deep", "other", "deep"],
    "science_program": ["p", "p", "q"],
    "azimuth": [350.0, 20.0, 123.456],
    "zenith_angle": [10.0, 20.0, None],
    "timespan_begin": [100, 50, 300],
    "timespan_end": [200, 90, 400],
}


def test_several_exposures() -> None:
    found = visit_columns("Cam", EXPOSURES, group_exposures("by-group-metadata", EXPOSURES))
    assert found.pop("azimuth") == [pytest.approx(5.0), 123.456]  # across north
    assert found == {
        "instrument": ["Cam", "Cam"],
        "id": [7, 8],
        "name": ["g7", "g8"],
        "physical_filter": ["r", "i"],
        "day_obs": [20260101, 20260103],
        "seq_num": [4, 6],
        "exposure_time": [31.0, 30.0],
        "target_name": [None, None],
        "observation_reason": ["various", "deep"],
        "science_program": ["p", "q"],
        "zenith_angle": [15.0, None],
        "timespan_begin": [50, 300],
        "timespan_end": [200, 400],
    }


def test_one_exposure_each_keeps_its_values() -> None:
    found = visit_columns("Cam", EXPOSURES, group_exposures("one-to-one", EXPOSURES))
    for name in ("physical_filter", "exposure_time", "azimuth", "zenith_angle", "timespan_begin", "target_name"):
        assert found[name] == EXPOSURES[name]
    assert found["name"] == EXPOSURES["obs_id"]


def test_missing_columns_are_unknown() -> None:
    columns = {k: EXPOSURES[k] for k in ("id", "obs_id")}
    found = visit_columns("Cam", columns, group_exposures("one-to-one", columns))
    assert found["azimuth"] == found["seq_num"] == found["exposure_time"] == [None] * 3
