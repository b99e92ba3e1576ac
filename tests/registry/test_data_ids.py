"""What users write for a data ID, and the one record that it means."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.dimensions import DataId, DimensionRecord
from skybutler.errors import DataIdValueError, DimensionNameError, DimensionValueError, InconsistentDataIdError
from skybutler.registry.registry import Registry
from support.world import World

CAM: dict[str, Any] = {"instrument": "Cam"}


def _standard(world: World, dimensions: list[str], given: dict[str, Any], **options: Any) -> tuple[Any, ...]:
    group = world.universe.conform(dimensions)
    return world.registry.data_ids.standardize(given, group, **options).required_values


def _expanded(world: World, dimensions: list[str], **given: Any) -> DataId:
    data_ids = world.registry.data_ids
    return data_ids.expand(data_ids.standardize({**CAM, **given}, world.universe.conform(dimensions)))


def _record(data_id: DataId, element: str) -> DimensionRecord:
    record = data_id.records[element]
    assert record is not None
    return record


# ---------------------------------------------------------------------------------------------------------- standardise
@pytest.mark.parametrize(
    "dimensions, given, expected",
    [
        (["detector"], {"detector": 1}, ("Cam", 1)),
        (["detector"], {"detector": "R0_S1"}, ("Cam", 1)),
        (["detector"], {"detector.full_name": "R1_S0"}, ("Cam", 2)),
        (["detector"], {"raft": "R1", "name_in_raft": "S1"}, ("Cam", 3)),
        (["visit"], {"visit": "pair"}, ("Cam", 20)),
        (["visit"], {"visit.name": "v3"}, ("Cam", 13)),
        (["exposure"], {"exposure": "E4"}, ("Cam", 14)),
        (["exposure"], {"exposure.obs_id": "E4"}, ("Cam", 14)),
        (["exposure"], {"day_obs": 20240101, "seq_num": 1}, ("Cam", 11)),
        (["exposure"], {"seq_num": 3}, ("Cam", 13)),
        (["exposure", "detector"], {"detector": "R0_S0", "seq_num": 5}, ("Cam", 0, 15)),
        (["exposure"], {"exposure.target_name": "a*b"}, ("Cam", 13)),
        (["exposure"], {"physical_filter": "r_1", "exposure.exposure_time": 15.5}, ("Cam", 11)),
    ],
)
def test_records_are_found_by_what_they_are_called(
    shared_world: World, dimensions: list[str], given: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert _standard(shared_world, dimensions, {**CAM, **given}) == expected


def test_the_preferred_visit_system_decides(shared_world: World) -> None:
    # visits 10 (one-to-one) and 20 (by-group) have the same day and number; Cam prefers by-group
    assert _standard(shared_world, ["visit"], {**CAM, "day_obs": 20240101, "seq_num": 0}) == ("Cam", 20)


def test_several_records_are_too_many(shared_world: World) -> None:
    with pytest.raises(DimensionValueError, match=r"2 detector records have raft='R0' \(0, 1, ") as caught:
        _standard(shared_world, ["detector"], {**CAM, "raft": "R0"})
    assert "detector=" in caught.value.hint


def test_names_of_no_record_offer_the_nearest(shared_world: World) -> None:
    with pytest.raises(DataIdValueError, match="No detector record has full_name='R0_S9'") as caught:
        _standard(shared_world, ["detector"], {**CAM, "detector": "R0_S9"})
    assert "'R0_S1'" in caught.value.hint
    with pytest.raises(DataIdValueError, match="seq_num=77") as caught:
        _standard(shared_world, ["exposure"], {**CAM, "seq_num": 77})
    assert "query-dimension-records REPO exposure" in caught.value.hint


def test_names_of_other_instruments_are_not_found(shared_world: World) -> None:
    with pytest.raises(DataIdValueError):
        _standard(shared_world, ["detector"], {"instrument": "Other", "detector": "R1_S1"})


def test_what_is_wrong_or_missing_is_named(shared_world: World) -> None:
    with pytest.raises(DimensionNameError, match="nope"):
        _standard(shared_world, ["detector"], {**CAM, "nope": 1})
    with pytest.raises(DimensionNameError, match="'detector'"):
        _standard(shared_world, ["detector"], CAM)
    with pytest.raises(DimensionNameError, match="'instrument'"):
        _standard(shared_world, ["detector"], {"detector": 1})
    with pytest.raises(DimensionValueError, match="64-bit"):
        _standard(shared_world, ["detector"], {**CAM, "detector": 2**70})


def test_keywords_win_over_the_mapping_and_both_over_defaults(shared_world: World) -> None:
    data_ids, group = shared_world.registry.data_ids, shared_world.universe.conform(["detector"])
    found = data_ids.standardize({**CAM, "detector": 1}, group, detector=0, defaults={"instrument": "Other"})
    assert found.required_values == ("Cam", 0)
    found = data_ids.standardize({"detector": 0}, group, defaults={"instrument": "Other"})
    assert found.required_values == ("Other", 0)


def test_a_complete_data_id_passes_unchanged(shared_world: World) -> None:
    data_ids, group = shared_world.registry.data_ids, shared_world.universe.conform(["detector"])
    data_id = data_ids.standardize({**CAM, "detector": 1}, group)
    assert data_ids.standardize(data_id, group) is data_id
    smaller = data_ids.standardize(data_id, shared_world.universe.conform(["instrument"]))
    assert smaller.required_values == ("Cam",)


def test_the_only_instrument_need_not_be_named(registry: Registry) -> None:
    group = registry.universe.conform(["detector"])
    assert registry.data_ids.sole("instrument") is None
    with pytest.raises(DimensionNameError, match="instrument"):
        registry.data_ids.standardize({"detector": 1}, group)
    registry.elements.insert("instrument", {"name": ["Only"]})
    assert registry.data_ids.sole("instrument") == "Only"
    assert registry.data_ids.standardize({"detector": 1}, group).required_values == ("Only", 1)
    registry.elements.insert("instrument", {"name": ["Second"]})
    assert registry.data_ids.sole("instrument") is None
    with pytest.raises(DimensionNameError, match="instrument"):
        registry.data_ids.standardize({"detector": 1}, group)


# --------------------------------------------------------------------------------------------------------------- expand
def test_implied_values_and_records_are_filled_in(shared_world: World) -> None:
    data_id = _expanded(shared_world, ["exposure", "detector"], exposure=12, detector=3)
    assert data_id.mapping == {
        "instrument": "Cam", "detector": 3, "exposure": 12, "band": "g", "day_obs": 20240101, "group": "g2",
        "physical_filter": "g_1",
    }  # fmt: skip
    assert data_id.has_records
    assert _record(data_id, "exposure").get("obs_id") == "E2"
    assert _record(data_id, "detector").get("full_name") == "R1_S1"
    assert shared_world.registry.data_ids.expand(data_id) is data_id


def test_an_implied_value_that_no_record_has_is_missing(shared_world: World) -> None:
    data_id = _expanded(shared_world, ["exposure"], exposure=15)
    assert data_id["physical_filter"] == "dark"
    assert data_id["band"] is None


@pytest.mark.parametrize("wrong, true", [({"physical_filter": "g_1"}, "r_1"), ({"band": "g"}, "r")])
def test_wrong_implied_values_are_refused(shared_world: World, wrong: dict[str, str], true: str) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(InconsistentDataIdError, match=f"'{name}' is '{value}' in the data ID, but '{true}'") as caught:
        _expanded(shared_world, ["exposure"], exposure=10, **wrong)
    assert name in caught.value.hint
    assert _expanded(shared_world, ["exposure"], exposure=10, **{name: true})[name] == true


def test_visits_and_exposures_must_belong_together(shared_world: World) -> None:
    assert _expanded(shared_world, ["visit", "exposure"], visit=20, exposure=11)["visit"] == 20
    with pytest.raises(InconsistentDataIdError, match="do not belong together: no visit_definition record"):
        _expanded(shared_world, ["visit", "exposure"], visit=10, exposure=11)


def test_records_that_do_not_exist_are_named(shared_world: World) -> None:
    with pytest.raises(DataIdValueError, match="No exposure record with {instrument: 'Cam', exposure: 999}") as caught:
        _expanded(shared_world, ["exposure"], exposure=999)
    assert "query-dimension-records REPO exposure" in caught.value.hint
    with pytest.raises(DataIdValueError, match="No instrument record with {instrument: 'Nope'}"):
        _expanded(shared_world, ["exposure"], instrument="Nope", exposure=10)


def test_regions_of_join_elements_are_among_the_records(shared_world: World) -> None:
    data_id = _expanded(shared_world, ["visit", "detector"], visit=11, detector=2)
    (row,) = [r for r in shared_world.rows["visit_detector_region"] if (r["visit"], r["detector"]) == (11, 2)]
    assert _record(data_id, "visit_detector_region").get("region") == row["region"]
    without = _expanded(shared_world, ["visit", "detector"], visit=14, detector=2)
    assert without.records["visit_detector_region"] is None
