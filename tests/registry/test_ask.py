"""Names, data IDs and defaults as users write them become questions."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.errors import (
    DimensionNameError,
    DimensionValueError,
    ExpressionError,
    InvalidQueryError,
    MissingCollectionError,
    MissingDatasetTypeError,
)
from skybutler.registry.ask import ask_data_ids, ask_datasets, ask_records
from skybutler.registry.query import DatasetSearch
from support.world import World

CAM: dict[str, Any] = {"instrument": "Cam"}


def _ids(world: World, dimensions: list[str], where: str = "", **options: Any) -> list[tuple[Any, ...]]:
    results = ask_data_ids(world.registry, world.universe.conform(dimensions), where=where, **options)
    return sorted(d.required_values for d in results)


def _raws(world: World, where: str = "", collections: list[str] | None = None, **options: Any) -> int:
    raw = world.registry.dataset_types.get("raw")
    return ask_datasets(world.registry, [raw], collections or ["run/a"], where=where, **options).count()


# ------------------------------------------------------------------------------------------------------------- defaults
@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, {"Cam", "Other"}),
        ({"defaults": {"instrument": "Other"}}, {"Other"}),
        ({"defaults": {"instrument": "Other"}, "data_id": CAM}, {"Cam"}),
        ({"defaults": {"instrument": "Other"}, "where": "instrument = 'Cam'"}, {"Cam"}),
        ({"defaults": {"instrument": "Other"}, "where": "instrument IN ('Cam', 'Other')"}, {"Cam", "Other"}),
        ({"defaults": {"skymap": "Map"}}, {"Cam", "Other"}),
        ({"defaults": {"instrument": "Other"}, "data_id": {"instrument": None}}, {"Other"}),
    ],
)
def test_defaults_fill_in_what_is_not_said(shared_world: World, options: dict[str, Any], expected: set[str]) -> None:
    assert {row[0] for row in _ids(shared_world, ["detector"], **options)} == expected


def test_defaults_say_which_sky_map_a_tract_is_of(shared_world: World) -> None:
    with pytest.raises(InvalidQueryError, match="does not say which skymap") as caught:
        _ids(shared_world, ["tract"], "tract = 0")
    assert "'Dots'" in caught.value.hint
    assert "'Map'" in caught.value.hint
    assert _ids(shared_world, ["tract"], "tract = 0", defaults={"skymap": "Dots"}) == [("Dots", 0)]


# ------------------------------------------------------------------------------------------------------------- data IDs
@pytest.mark.parametrize(
    "data_id, expected",
    [
        ({}, 24),
        ({"detector": 1}, 6),
        ({"detector": "R0_S1"}, 6),
        ({"detector": None}, 24),
        ({"exposure.seq_num": 2}, 4),
        ({"seq_num": 2, "day_obs": 20240101}, 4),
        ({"seq_num": 2, "day_obs": 20240102}, 0),
        ({"physical_filter": "r_1"}, 8),
        ({"band": "r"}, 12),
        ({"raft": "R1", "exposure": 10}, 2),
        ({"can_see_sky": True}, 12),
        ({"exposure.obs_id": "E3"}, 4),
        ({"physical_filter": "unknown"}, 0),
    ],
)
def test_data_ids_constrain_by_values_and_record_fields(
    shared_world: World, data_id: dict[str, Any], expected: int
) -> None:
    assert _raws(shared_world, data_id={**CAM, **data_id}) == expected
    assert _raws(shared_world, "detector < 2", data_id={**CAM, **data_id}) <= expected


@pytest.mark.parametrize(
    "data_id, error, match",
    [
        ({"nope": 1}, DimensionNameError, "nope"),
        ({"exposure.nope": 1}, DimensionNameError, "nope"),
        ({"detector": 2**64}, DimensionValueError, "64-bit"),
        ({"detector": 1.5}, DimensionValueError, "detector"),
        ({"exposure.timespan": "x"}, InvalidQueryError, "cannot be given as a data ID value"),
    ],
)
def test_wrong_data_ids_raise(shared_world: World, data_id: dict[str, Any], error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        _raws(shared_world, data_id={**CAM, **data_id})


def test_data_ids_may_reach_beyond_the_dimensions_asked_for(shared_world: World) -> None:
    detectors = [(r["instrument"], r["id"]) for r in shared_world.rows["detector"] if r["instrument"] == "Cam"]
    assert _ids(shared_world, ["detector"], data_id={**CAM, "exposure": 10}) == detectors
    assert _ids(shared_world, ["detector"], data_id={**CAM, "exposure": 999}) == []


# ----------------------------------------------------------------------------------------------------- names and binds
def test_unknown_names_raise(shared_world: World) -> None:
    with pytest.raises(MissingCollectionError, match="run/zzz"):
        _raws(shared_world, collections=["run/zzz"])
    with pytest.raises(ExpressionError, match="calexp"):
        _raws(shared_world, "calexp.ingest_date > T'2020-01-01'")
    with pytest.raises(ExpressionError, match="value"):
        _raws(shared_world, "detector = :value")
    with pytest.raises(MissingDatasetTypeError, match="zzz"):
        _ids(shared_world, ["visit"], constraints=[DatasetSearch("zzz", ("run/a",))])


def test_binds_stand_for_values(shared_world: World) -> None:
    assert _raws(shared_world, "detector = :one", bind_values={"one": 1}, data_id=CAM) == 6
    assert _raws(shared_world, "detector IN (:some)", bind_values={"some": [0, 3]}, data_id=CAM) == 12


def test_patterns_name_collections(shared_world: World) -> None:
    assert _raws(shared_world, collections=["run/*"]) == 25
    assert _raws(shared_world, collections=["run/c"]) == 1


def test_types_are_answered_one_after_the_other(shared_world: World) -> None:
    types = [shared_world.registry.dataset_types.get(n) for n in ("notes", "raw")]
    results = ask_datasets(shared_world.registry, types, ["run/a"])
    assert [r.dataset_type.name for r in results] == ["notes"] + ["raw"] * 24
    assert [r.dataset_type.name for r in results.limit(3)] == ["notes", "raw", "raw"]


# ----------------------------------------------------------------------------------------------- constraints and joins
@pytest.mark.parametrize("find_first", [True, False])
def test_data_ids_for_which_datasets_exist(shared_world: World, find_first: bool) -> None:
    search = DatasetSearch("calexp", ("run/b", "run/c"), find_first)
    held = {v for run in ("run/b", "run/c") for _, _, v in shared_world.datasets["calexp", run]}
    assert _ids(shared_world, ["visit"], constraints=[search]) == [("Cam", v) for v in sorted(held)]


def test_joined_dimensions_restrict_without_showing(shared_world: World) -> None:
    definitions = {r["visit"] for r in shared_world.rows["visit_definition"]}
    assert _ids(shared_world, ["visit"], joined=["exposure"]) == [("Cam", v) for v in sorted(definitions)]


def test_records_by_condition_data_id_and_dataset(shared_world: World) -> None:
    def exposures(where: str = "", **options: Any) -> list[int]:
        return sorted(r.id for r in ask_records(shared_world.registry, "exposure", where=where, **options))

    assert exposures("exposure.seq_num > 2", data_id=CAM) == [13, 15]
    assert exposures(data_id={**CAM, "seq_num": 2}) == [12]
    assert exposures(defaults={"instrument": "Other"}) == [10]
    search = DatasetSearch("raw", ("run/c",))
    assert [r.data_id["instrument"] for r in ask_records(shared_world.registry, "exposure", constraints=[search])] == [
        "Other"
    ]
    assert [r.name for r in ask_records(shared_world.registry, "physical_filter", data_id={**CAM, "band": "g"})] == [
        "g_1"
    ]
