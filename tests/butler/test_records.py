"""Columns fitted to a universe and compared with what a repository holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler import Butler
from skybutler.butler.records import _same, compare, completes, conflict, fitting, rows_of, shown, taken
from skybutler.dimensions import DimensionUniverse
from skybutler.ingest import register_instrument
from support.raws import CAMERA, IMSIM


@pytest.fixture
def butler(butler: Butler) -> Butler:
    """A repository with the camera."""
    register_instrument(butler, IMSIM)
    return butler


FIELDS: dict[str, list[Any]] = {
    "id": [1],
    "group": ["g"],
    "group_id": [7],
    "day_obs": [20_260_101],
    "can_see_sky": [True],
    "azimuth": [1.0],
    "timespan_begin": [0],
    "timespan_end": [1],
}


@pytest.mark.parametrize(
    "version, expected",
    [
        (8, {"id", "group", "day_obs", "can_see_sky", "azimuth", "timespan_begin", "timespan_end"}),
        (6, {"id", "group", "day_obs", "azimuth", "timespan_begin", "timespan_end"}),
        (2, {"id", "group_name", "group_id", "day_obs", "azimuth", "timespan_begin", "timespan_end"}),
        (0, {"id", "group_name", "group_id", "day_obs", "timespan_begin", "timespan_end"}),
    ],
)
def test_columns_fit_the_universe(version: int, expected: set[str]) -> None:
    fit = fitting(DimensionUniverse.load(version)["exposure"], FIELDS)
    assert set(fit) == expected
    assert fit.get("group_name", ["g"]) == ["g"]


DAY: dict[str, list[Any]] = {
    "instrument": [CAMERA] * 3,
    "id": [20_260_101, 20_260_102, 20_260_103],
    "timespan_begin": [0, 86_400_000_000_000, None],
    "timespan_end": [86_400_000_000_000, 172_800_000_000_000, None],
}


def test_new_same_and_changed(butler: Butler) -> None:
    butler.registry.elements.insert("day_obs", taken(DAY, [0, 1]))
    given_columns = {**DAY, "timespan_begin": [500, 86_400_000_002_000, None]}
    found = compare(butler, "day_obs", given_columns)
    assert (found.new, found.same, list(found.changed)) == ([2], [0], [1])  # half a microsecond is no difference
    assert found.changed[1] == {"timespan_begin": (86_400_000_000_000, 86_400_000_002_000)}
    error = conflict(butler.dimensions["day_obs"], given_columns, found, hint="Do this.")
    assert "day_obs {instrument: 'LSSTCam-imSim', day_obs: 20260102}" in str(error)
    assert str(error).endswith("Do this.")


def test_filters_compare_implied_values(butler: Butler) -> None:
    columns = {"instrument": [CAMERA] * 2, "name": ["i_sim_1.4", "nope"], "band": ["z", "i"]}
    found = compare(butler, "physical_filter", columns)
    assert found.new == [1]
    assert shown(found.changed[0]) == "band: 'i' != 'z'"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_rounding_is_no_difference(value: float) -> None:
    assert _same("azimuth", value, value * (1 + 1e-13))
    assert not _same("azimuth", value, value + 1e-3 * abs(value) + 1e-9)
    assert not _same("azimuth", value, None)
    assert _same("azimuth", math.nan, None)
    assert _same("azimuth", math.nan, math.nan)


def test_rows_are_taken_from_lists_and_arrays() -> None:
    columns: dict[str, Any] = {"a": [1, 2, 3], "region": np.arange(18.0).reshape(3, 2, 3)}
    part = taken(columns, [2, 0])
    assert part["a"] == [3, 1]
    assert part["region"][:, 0, 0].tolist() == [12.0, 0.0]
    assert (rows_of(columns), rows_of({})) == (3, 0)


def test_what_was_missing_contradicts_nothing() -> None:
    assert completes({"raft": (None, "R0"), "purpose": (None, "SCIENCE")})
    assert not completes({"raft": (None, "R0"), "purpose": ("GUIDER", "SCIENCE")})
