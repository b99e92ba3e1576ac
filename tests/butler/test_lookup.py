from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler, CollectionType, Timespan
from skybutler.errors import DatasetNotFoundError, DimensionNameError

CAMERA: dict[str, Any] = {"instrument": "Cam"}


@pytest.fixture
def butler(tmp_path: Path) -> Butler:
    """Two exposures in different filters, and flats of both filters, the first renewed on day 10."""
    Butler.create(tmp_path / "repo")
    made = Butler(tmp_path / "repo", run="flats")
    add = made.insert_dimension_data
    add("instrument", {"name": "Cam", "detector_max": 9, "class_name": "Cam"})
    add("detector", CAMERA | {"id": 1, "full_name": "one"})
    add("physical_filter", CAMERA | {"name": "r1", "band": "r"}, CAMERA | {"name": "g1", "band": "g"})
    add("day_obs", CAMERA | {"id": 20260101})
    for exposure, physical_filter in ((5, "r1"), (15, "g1")):
        add("group", CAMERA | {"name": str(exposure)})
        add("exposure", CAMERA | {
            "id": exposure, "obs_id": f"o{exposure}", "physical_filter": physical_filter, "day_obs": 20260101,
            "group": str(exposure), "timespan": Timespan(exposure, exposure + 1),
        })  # fmt: skip
    made.register_dataset_type(
        "flat", ["instrument", "detector", "physical_filter"], "StructuredDataDict", is_calibration=True
    )
    made.collections.register("calib", CollectionType.CALIBRATION)
    for name, run, span in (("r1", "a", (0, 10)), ("r1", "b", (10, 20)), ("g1", "a", (0, 20))):
        ref = made.put({"flat": name + run}, "flat", detector=1, physical_filter=name, run=run)
        made.registry.calibrations.certify("calib", [ref.id.bytes], Timespan(*span))
    return made


@pytest.mark.parametrize("exposure, flat", [(5, "r1a"), ("o5", "r1a"), (15, "g1a")])
def test_calibrations_are_found_by_what_the_exposure_implies(butler: Butler, exposure: int | str, flat: str) -> None:
    assert butler.get("flat", exposure=exposure, detector=1, collections="calib") == {"flat": flat}
    assert butler.get("flat", {"exposure": exposure, "detector": 1}, collections="calib") == {"flat": flat}
    assert butler.exists("flat", exposure=exposure, detector=1, collections="calib")


def test_what_is_said_comes_before_what_is_implied(butler: Butler) -> None:
    found = butler.get("flat", exposure=15, detector="one", physical_filter="r1", collections="calib")
    assert found == {"flat": "r1b"}


def test_what_nothing_implies_must_be_said(butler: Butler) -> None:
    with pytest.raises(DimensionNameError, match="detector"):
        butler.get("flat", exposure=5, collections="calib")
    with pytest.raises(DimensionNameError, match="physical_filter"):
        butler.get("flat", detector=1, collections="calib")
    with pytest.raises(DatasetNotFoundError, match="physical_filter: 'g1'"):
        butler.get("flat", exposure=15, detector=1, collections="b")


def test_other_datasets_are_not_put_under_what_is_implied(butler: Butler) -> None:
    with pytest.raises(DimensionNameError, match="physical_filter"):
        butler.put({}, "flat", exposure=5, detector=1, run="c")
