"""An empty answer says why it is empty: which constraint, and what would be left without it."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.registry.ask import ask_data_ids, ask_datasets, ask_records
from skybutler.registry.query import DatasetSearch
from skybutler.registry.registry import Registry
from support.world import World, fill_records

CAM: dict[str, Any] = {"instrument": "Cam"}


def _why(world: World, name: str, collections: list[str], where: str = "", **data_id: Any) -> list[str]:
    registry = world.registry
    results = ask_datasets(
        registry, [registry.dataset_types.get(name)], collections, where=where, data_id={**CAM, **data_id}
    )
    reasons = results.explain()
    assert bool(reasons) == (results.count() == 0)
    return reasons


def test_a_result_needs_no_explanation(shared_world: World) -> None:
    assert _why(shared_world, "raw", ["run/a"]) == []


def test_where_datasets_of_the_type_are_instead(shared_world: World) -> None:
    (reason,) = _why(shared_world, "calexp", ["sky/run", "calib/run"])
    assert reason.startswith("No dataset of type 'calexp' was ever in 'sky/run', 'calib/run'. There are some in ")
    elsewhere = reason.partition("There are some")[2]
    assert all(f"'{name}'" in elsewhere for name in ("run/a", "run/b", "run/c", "tag/x"))
    assert "sky/run" not in elsewhere
    assert _why(shared_world, "never", ["run/a"]) == [
        "No dataset of type 'never' was ever in 'run/a'. No collection has any."
    ]


def test_no_collections_and_no_types(shared_world: World) -> None:
    assert _why(shared_world, "calexp", []) == ["No collections were searched."]
    (reason,) = ask_datasets(shared_world.registry, [], ["run/a"]).explain()
    assert "No dataset type matches" in reason


def test_a_limit_of_nothing(shared_world: World) -> None:
    raw = shared_world.registry.dataset_types.get("raw")
    results = ask_datasets(shared_world.registry, [raw], ["run/a"], data_id=CAM)
    assert results.limit(0).explain() == ["The limit is 0."]
    assert results.limit(1).explain() == []


def test_elements_and_groups_without_records(registry: Registry) -> None:
    (reason,) = ask_records(registry, "detector").explain()
    assert "no detector records" in reason
    (reason,) = ask_data_ids(registry, registry.universe.conform(["tract"])).explain()
    assert "no records for" in reason
    assert "tract" in reason


def test_datasets_that_were_removed(world: World) -> None:
    datasets = world.registry.datasets
    with world.registry.transaction():
        datasets.remove(world.datasets["skyMap", "sky/run"].values())
    skymap = world.registry.dataset_types.get("skyMap")
    (reason,) = ask_datasets(world.registry, [skymap], ["sky/run"]).explain()
    assert "'skyMap' datasets have been removed" in reason


def test_conditions_that_nothing_satisfies_are_named_and_others_not(shared_world: World) -> None:
    reasons = _why(shared_world, "raw", ["run/a"], "exposure = 10 AND detector > 7 AND seq_num = 77")
    assert len(reasons) == 2
    assert "detector > 7" in reasons[0]
    assert "seq_num = 77" in reasons[1]
    assert all(r.startswith("Nothing satisfies") for r in reasons)


def test_values_of_the_data_id_that_nothing_has(shared_world: World) -> None:
    assert _why(shared_world, "raw", ["run/a"], detector=99) == ["Nothing has detector = 99."]
    assert _why(shared_world, "raw", ["run/a"], instrument="Nope") == ["Nothing has instrument = 'Nope'."]


def test_conditions_that_only_fail_together(shared_world: World) -> None:
    reasons = _why(shared_world, "raw", ["run/a"], "exposure = 10 AND exposure.seq_num = 3 AND detector = 1")
    assert len(reasons) == 2
    assert all(r.startswith("There would be results without") for r in reasons)
    assert "exposure = 10" in reasons[0]
    assert "exposure.seq_num = 3" in reasons[1]


def test_a_condition_against_a_value_of_the_data_id(shared_world: World) -> None:
    reasons = _why(shared_world, "raw", ["run/a"], "exposure = 10", exposure=11)
    assert ["exposure = 10" in reasons[0], "exposure = 11" in reasons[1]] == [True, True]


def test_three_conditions_of_which_no_two_go_together(shared_world: World) -> None:
    where = "exposure = 10 AND exposure.seq_num = 1 AND exposure.day_obs = 20240102"
    (reason,) = _why(shared_world, "raw", ["run/a"], where)
    assert "nothing satisfies all of them together" in reason


def test_every_type_has_its_reasons_once(shared_world: World) -> None:
    types = [shared_world.registry.dataset_types.get(n) for n in ("calexp", "never", "calexp")]
    reasons = ask_datasets(shared_world.registry, types, ["sky/run"]).explain()
    assert ["'calexp'" in reasons[0], "'never'" in reasons[1], len(reasons)] == [True, True, 2]


def test_datasets_that_must_exist_for_a_data_id(shared_world: World) -> None:
    group = shared_world.universe.conform(["visit"])
    results = ask_data_ids(shared_world.registry, group, constraints=[DatasetSearch("never", ("run/a",))], data_id=CAM)
    assert results.explain() == ["No dataset of type 'never' was ever in 'run/a'. No collection has any."]


@pytest.mark.parametrize("defined", [True, False])
def test_exposures_on_the_sky_before_visits_are_defined(registry: Registry, defined: bool) -> None:
    fill_records(registry)
    if not defined:
        registry.database.execute("DELETE FROM visit_definition")
    group = registry.universe.conform(["exposure"])
    results = ask_data_ids(registry, group, where="skymap = 'Map' AND tract = 3", data_id=CAM)
    reasons = results.explain()
    if defined:
        assert reasons == []
    else:
        assert len(reasons) == 1
        assert "No visits are defined" in reasons[0]
        assert "butler define-visits" in reasons[0]


def test_a_record_field_given_as_data_id_is_named(shared_world: World) -> None:
    field: dict[str, Any] = {"exposure.seq_num": 77}
    assert _why(shared_world, "raw", ["run/a"], **field) == ["Nothing satisfies: exposure.seq_num = 77"]
