"""Values that follow from others, record by record."""

from __future__ import annotations

import pytest

from skybutler.registry import implied
from skybutler.registry.implied import ImpliedValues
from support.world import World


def _implied(world: World, dimensions: list[str], *given: str) -> ImpliedValues:
    group = world.universe.conform(dimensions)
    return ImpliedValues(world.registry.database, world.registry.keys, group, {*group.required, *given})


def test_each_step_has_what_it_needs_from_the_ones_before(shared_world: World) -> None:
    steps = _implied(shared_world, ["exposure"]).steps
    assert [(s.element, s.required) for s in steps] == [
        ("exposure", ("instrument", "exposure")),
        ("physical_filter", ("instrument", "physical_filter")),
    ]
    assert sorted(steps[0].implied) == ["day_obs", "group", "physical_filter"]
    assert steps[1].implied == ("band",)


def test_given_values_are_not_looked_up(shared_world: World) -> None:
    (step,) = _implied(shared_world, ["visit"], "physical_filter", "day_obs").steps
    assert step.implied == ("band",)
    assert _implied(shared_world, ["detector"]).steps == []


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_values_are_those_of_the_records(shared_world: World, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(implied, "_CHUNK", chunk)
    values = _implied(shared_world, ["exposure"])
    step = values.steps[0]
    rows = {(r["instrument"], r["id"]): r for r in shared_world.rows["exposure"]}
    found = values.of(step, rows)
    assert found == {key: tuple(row[d] for d in step.implied) for key, row in rows.items()}
    filters = {(r["instrument"], r["name"]): (r["band"],) for r in shared_world.rows["physical_filter"]}
    assert values.of(values.steps[1], filters) == filters  # one band is not known


def test_records_that_nobody_has_imply_nothing(shared_world: World) -> None:
    values = _implied(shared_world, ["exposure"])
    exposures, filters = values.steps
    nothing = (None, None, None)
    assert values.of(exposures, [("Cam", 999), ("Nope", 10)]) == {("Cam", 999): nothing, ("Nope", 10): nothing}
    assert values.of(filters, [("Cam", None)]) == {("Cam", None): (None,)}


def test_records_are_read_once_and_not_kept_for_ever(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    values = _implied(shared_world, ["visit"], "day_obs")
    step = values.steps[0]
    first = values.of(step, [("Cam", 10)])
    monkeypatch.setattr(implied, "quoted", lambda name: pytest.fail(f"{name} is read again"))
    assert values.of(step, [("Cam", 10)]) == first
    monkeypatch.undo()
    monkeypatch.setattr(implied, "_REMEMBERED", 0)
    assert values.of(step, [("Cam", 11)]).keys() == {("Cam", 11)}
    assert step.known.keys() == {("Cam", 11)}
