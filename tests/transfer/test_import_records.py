"""Dimension records beside those of a repository: new, equal, completing, contradicting."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError
from skybutler.sky.timespan import Timespan
from skybutler.transfer.import_records import insert_records
from support.world import square

ROW = {"instrument": ["Cam"], "id": [0], "full_name": ["R0_S0"]}


def insert(butler: Butler, element: str, columns: dict[str, Any]) -> tuple[int, int]:
    with butler.transaction():
        return insert_records(butler, butler.dimensions[element], columns, "x.yaml")


@pytest.fixture
def cam(target: Butler) -> Butler:
    assert insert(target, "instrument", {"name": ["Cam"], "class_name": [None]}) == (1, 0)
    return target


def test_new_ones_and_equal_ones(cam: Butler) -> None:
    two = {"instrument": ["Cam"] * 3, "id": [0, 1, 0], "full_name": ["R0_S0", "R0_S1", "R0_S0"]}
    assert insert(cam, "detector", ROW) == (1, 0)
    assert insert(cam, "detector", two) == (1, 1)
    assert insert(cam, "detector", two) == (0, 2)


def test_missing_values_contradict_nothing_and_are_filled_in(cam: Butler) -> None:
    insert(cam, "detector", ROW)
    assert insert(cam, "detector", {**ROW, "raft": ["R0"]}) == (1, 0)
    assert insert(cam, "detector", {**ROW, "raft": [None], "purpose": [None]}) == (0, 1)
    assert insert(cam, "detector", {**ROW, "purpose": ["GUIDER"], "raft": [None]}) == (1, 0)
    record = cam.registry.elements.fetch("detector", ("Cam", 0))
    assert record is not None
    assert (record.get("raft"), record.get("purpose"), record.get("full_name")) == ("R0", "GUIDER", "R0_S0")


def test_contradictions_name_both_values(cam: Butler) -> None:
    insert(cam, "detector", {**ROW, "raft": ["R0"]})
    with pytest.raises(ConflictingDefinitionError, match=r"detector \{.*'Cam', detector: 0\} \(raft: 'R0' != 'R1'\)"):
        insert(cam, "detector", {**ROW, "raft": ["R1"]})


def test_regions_and_times_are_compared(cam: Butler) -> None:
    region, other = square(10, 20, 1).encode(), square(10, 20, 1.001).encode()
    insert(cam, "skymap", {"name": ["M"], "hash": [b"1"]})
    tract = {"skymap": ["M"], "id": [1], "region": [region]}
    assert insert(cam, "tract", tract) == (1, 0)
    assert insert(cam, "tract", tract) == (0, 1)
    with pytest.raises(ConflictingDefinitionError, match="region"):
        insert(cam, "tract", {**tract, "region": [other]})
    day = {"instrument": ["Cam"], "id": [20200101], "timespan": [Timespan(0, 10_000_000)]}
    assert insert(cam, "day_obs", day) == (1, 0)
    with pytest.raises(ConflictingDefinitionError, match="timespan_end"):
        insert(cam, "day_obs", {**day, "timespan": [Timespan(0, 20_000_000)]})


def test_a_region_that_is_missing_is_filled_in(cam: Butler) -> None:
    insert(cam, "skymap", {"name": ["M"], "hash": [b"1"]})
    insert(cam, "tract", {"skymap": ["M"], "id": [1], "region": [None]})
    region = square(10, 20, 1).encode()
    assert insert(cam, "tract", {"skymap": ["M"], "id": [1], "region": [region]}) == (1, 0)
    record = next(iter(cam.query_dimension_records("tract")))
    assert record.encoded_region == region
