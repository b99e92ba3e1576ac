"""Metadata of tasks: sets within sets, the same each time."""

from __future__ import annotations

import numpy as np

from skybutler.datasets.property_set import PropertySet, TaskMetadata
from skybutler.sim.task_metadata import SUBTASKS, packages, task_configuration, task_metadata

BEGIN = 1_641_219_897_000_000_000


def test_sets_of_a_task_and_the_tasks_inside() -> None:
    found = PropertySet(task_metadata("characterizeImage", 250000094, BEGIN, {"n_psf_star": 12}))
    assert len(found) == len(SUBTASKS["characterizeImage"]) + 2
    assert found["characterizeImage"]["n_psf_star"] == 12
    assert found["characterizeImage"]["runStartUtc"] == "2022-01-03T14:24:57.000000"
    begin, end = (np.datetime64(found[f"quantum.{name}Utc"]) for name in ("start", "end"))
    assert begin < end
    assert found["characterizeImage"]["runEndCpuTime"] > found["characterizeImage"]["runStartCpuTime"]
    assert sum(len(value) == 0 for value in found.values()) == len(SUBTASKS["characterizeImage"]) - 2
    assert TaskMetadata(found).to_dict() == found.to_dict()


def test_equal_runs_are_equal_and_others_are_not() -> None:
    assert task_metadata("isr", 1, BEGIN) == task_metadata("isr", 1, BEGIN)
    assert task_metadata("isr", 1, BEGIN) != task_metadata("isr", 2, BEGIN)
    assert task_metadata("isr", 1, BEGIN)["isr"] != task_metadata("calibrate", 1, BEGIN)["calibrate"]


def test_configurations_are_assignments() -> None:
    text = task_configuration("isr", {"doBias": True, "planes": ["BAD"]})
    assert "config.doBias=True\n" in text
    assert "config.planes=['BAD']\n" in text
    assert packages()["skybutler"]
