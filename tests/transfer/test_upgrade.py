"""Records of older universes become those of the repository's."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.sky.timespan import Timespan
from skybutler.transfer.upgrade import Upgrade
from skybutler.transfer.yaml_values import instant

NEW = DimensionUniverse.load()
NIGHT = Timespan(instant("2020-01-02T03:00:00"), instant("2020-01-02T03:01:00"))
CLASSES = {"LSSTCam-imSim": "lsst.obs.lsst.LsstCamImSim"}


def upgrade(version: int, universe: DimensionUniverse = NEW, classes: dict[str, str] = CLASSES) -> Upgrade:
    return Upgrade(universe, version, "daf_butler", classes)


def visits(**more: Any) -> dict[str, Any]:
    return {"instrument": ["LSSTCam-imSim"], "id": [5], "timespan": [NIGHT], **more}


def test_oldest_visits() -> None:
    up = upgrade(0)
    columns = visits(visit_system=[1], seeing=[0.7])
    new = up.records("visit", columns)
    assert "seeing" not in new
    assert "visit_system" not in new
    assert new["day_obs"] == [20200102]
    assert up.memberships("visit", columns) == {"instrument": ["LSSTCam-imSim"], "visit_system": [1], "visit": [5]}
    days = up.gathered("day_obs")
    assert days is not None
    assert days["id"] == [20200102]
    assert days["timespan"] == [Timespan.from_day_obs(20200102, 0)]


def test_days_that_are_known_stay() -> None:
    assert upgrade(0).records("visit", visits(day_obs=[20191231]))["day_obs"] == [20191231]


@pytest.mark.parametrize("version", [0, 1, 2, 5])
def test_groups_and_days_of_exposures(version: int) -> None:
    up = upgrade(version)
    columns: dict[str, Any] = {
        "instrument": ["C", "C"],
        "id": [1, 2],
        "group_name": ["g", "g"],
        "group_id": [7, 7],
        "day_obs": [3, 4],
    }
    new = up.records("exposure", columns)
    assert new == {"instrument": ["C", "C"], "id": [1, 2], "group": ["g", "g"], "day_obs": [3, 4]}
    assert up.gathered("group") == {"instrument": ["C"], "name": ["g"]}
    assert (up.gathered("day_obs") or {})["id"] == [3, 4]


def test_exposures_once_had_names() -> None:
    assert upgrade(0).records("exposure", {"instrument": ["C"], "id": [1], "name": ["n"]})["obs_id"] == ["n"]


def test_days_without_a_known_instrument_have_no_timespan(caplog: pytest.LogCaptureFixture) -> None:
    up = upgrade(1, classes={})
    up.records("exposure", {"instrument": ["Unheard"], "id": [1], "day_obs": [20200101]})
    with caplog.at_level(logging.WARNING):
        assert up.gathered("day_obs") == {"instrument": ["Unheard"], "id": [20200101], "timespan": [None]}
    assert "Days of Unheard get no timespans" in caplog.text


def test_class_names_of_the_file_count() -> None:
    up = upgrade(1, classes={})
    up.records("instrument", {"name": ["Other"], "class_name": ["lsst.obs.lsst.LsstCamImSim"]})
    up.records("visit", {"instrument": ["Other"], "id": [1], "day_obs": [20200101]})
    assert (up.gathered("day_obs") or {})["timespan"] == [Timespan.from_day_obs(20200101, 0)]


def test_visit_systems_leave_dataset_types() -> None:
    assert upgrade(1).dimensions(["instrument", "visit", "visit_system"]) == ["instrument", "visit"]
    assert upgrade(1).dimensions(["instrument", "visit_system"]) == ["instrument", "visit_system"]
    assert upgrade(7).dimensions(["visit", "visit_system"]) == ["visit", "visit_system"]


@pytest.mark.parametrize("version", range(9))
def test_nothing_changes_within_one_version(version: int) -> None:
    up = upgrade(version, DimensionUniverse.load(version))
    assert not up.is_change
    columns = visits(visit_system=[1], day_obs=[1])
    assert up.records("visit", columns) == columns
    assert up.memberships("visit", columns) is None
    assert up.gathered("day_obs") is None


def test_other_namespaces_have_no_known_history() -> None:
    assert not Upgrade(NEW, 0, "mine", {}).is_change
