"""Validity ranges."""

from __future__ import annotations

import pytest

from skybutler.dimensions import DataId
from skybutler.errors import (
    AmbiguousCalibrationError,
    CollectionTypeError,
    ConflictingDefinitionError,
    DatasetNotFoundError,
    DatasetTypeError,
)
from skybutler.sky.timespan import Timespan
from support.world import HOUR, NIGHT, World

SPLIT = NIGHT + 5 * HOUR


def span(begin: int | None, end: int | None) -> Timespan:
    return Timespan.from_ns(begin, end)


def found(world: World, when: Timespan | None, *collections: str, detector: int = 0) -> bytes | None:
    group = world.universe.conform(["instrument", "detector"])
    data_id = DataId.standardize({"instrument": "Cam", "detector": detector}, group=group)
    answer = world.registry.find_dataset("bias", data_id, collections, timespan=when)
    return answer[0].id.bytes if answer else None


def test_the_valid_one_is_found(world: World) -> None:
    old, new = (world.datasets["bias", run]["Cam", 0] for run in ("calib/run", "calib/new"))
    assert found(world, span(SPLIT - 1, SPLIT), "calib/one") == old
    assert found(world, span(SPLIT, SPLIT + 1), "calib/one") == new
    with pytest.raises(
        AmbiguousCalibrationError, match=r"'bias' with data ID \{.*\} has 2 calibrations in 'calib/one'"
    ):
        found(world, span(SPLIT - 1, SPLIT + 1), "calib/one")
    with pytest.raises(AmbiguousCalibrationError):
        found(world, None, "calib/one")
    assert found(world, None, "calib/one", detector=3) == world.datasets["bias", "calib/run"]["Cam", 3]
    assert found(world, span(SPLIT, SPLIT + 1), "calib/one", detector=3) is None
    assert found(world, span(SPLIT, SPLIT + 1), "calib/one", "calib/run", detector=3) is not None
    assert found(world, span(SPLIT, SPLIT + 1), "calib/run") == old  # runs know no time


def test_ranges_never_overlap(world: World) -> None:
    certify = world.registry.calibrations.certify
    identifier = world.datasets["bias", "calib/new"]["Cam", 0]
    said = r"'bias' with data ID .* is already certified in 'calib/one' for .* \(2 conflicts in all\)"
    with pytest.raises(ConflictingDefinitionError, match=said):
        certify("calib/one", [identifier], span(SPLIT - 1, SPLIT + 1))
    twice = [world.datasets["bias", run]["Cam", 3] for run in ("calib/run",)] * 1
    certify("calib/one", twice, span(SPLIT, SPLIT + 5))  # touching is fine
    with pytest.raises(ConflictingDefinitionError, match="empty"):
        certify("calib/one", twice, Timespan.make_empty())
    both = [world.datasets["bias", run]["Cam", 1] for run in ("calib/run", "calib/new")]
    world.registry.calibrations.decertify("calib/one", "bias", span(None, None))
    with pytest.raises(ConflictingDefinitionError, match="Two datasets for the same range"):
        certify("calib/one", both, span(None, None))


def test_only_calibrations_into_calibration_collections(world: World) -> None:
    certify = world.registry.calibrations.certify
    with pytest.raises(DatasetTypeError, match="'raw' is not a calibration dataset type"):
        certify("calib/one", [world.datasets["raw", "run/a"]["Cam", 0, 10]], span(0, 1))
    with pytest.raises(CollectionTypeError, match="'run/a' is a RUN, not a CALIBRATION"):
        certify("run/a", [world.datasets["bias", "calib/run"]["Cam", 0]], span(0, 1))
    with pytest.raises(DatasetNotFoundError):
        certify("calib/one", [b"\xff" * 16], span(0, 1))


def test_decertifying_shortens_and_splits(world: World) -> None:
    calibrations = world.registry.calibrations
    old, new = (world.datasets["bias", run]["Cam", 0] for run in ("calib/run", "calib/new"))
    changed = calibrations.decertify(
        "calib/one", "bias", span(SPLIT - 10, SPLIT + 10), data_ids=[{"instrument": "Cam", "detector": 0}]
    )
    assert changed == 2
    mine = {(i, s) for _, i, s in calibrations.ranges("calib/one", "bias") if i in (old, new)}
    assert mine == {(old, span(None, SPLIT - 10)), (new, span(SPLIT + 10, None))}
    assert (
        calibrations.decertify("calib/one", "bias", span(100, 200), data_ids=[{"instrument": "Cam", "detector": 0}])
        == 1
    )
    mine = {(i, s) for _, i, s in calibrations.ranges("calib/one", "bias") if i == old}
    assert mine == {(old, span(None, 100)), (old, span(200, SPLIT - 10))}
    assert found(world, span(150, 151), "calib/one") is None
    assert calibrations.decertify("calib/one", "bias", span(None, None)) == 8
    assert calibrations.ranges("calib/one", "bias") == []
