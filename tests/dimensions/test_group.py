from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions import DimensionGroup, DimensionUniverse
from skybutler.errors import DimensionNameError

NAMES = [d.name for d in DimensionUniverse.load().dimensions] + ["htm7", "htm10", "healpix9"]
GROUPS = st.lists(st.sampled_from(NAMES), max_size=5).map(DimensionUniverse.load().conform)


def test_groups_are_as_the_peer_has_them(facts: Any) -> None:
    assert len(facts["groups"]) == 39
    for expected in facts["groups"]:
        group = DimensionUniverse.load(expected["version"]).conform(expected["given"])
        assert list(group.names) == expected["names"]
        assert list(group.required) == expected["required"]
        assert [e.name for e in group.elements] == expected["elements"]
        assert set(group.implied) == set(group.names) - set(group.required)


def test_text(universe: DimensionUniverse) -> None:
    group = universe.conform(["visit", "detector"])
    assert str(group) == "{band, instrument, day_obs, detector, physical_filter, visit}"
    assert repr(group) == "DimensionGroup({band, instrument, day_obs, detector, physical_filter, visit})"
    assert str(universe.empty) == "{}"
    assert group.data_id_keys == ("instrument", "detector", "visit", "band", "day_obs", "physical_filter")


def test_kinds_of_members(universe: DimensionUniverse) -> None:
    group = universe.conform(["visit", "detector", "patch", "htm10", "htm9"])
    assert group.governors == ("instrument", "skymap")
    assert group.skypix == ("htm9", "htm10")
    assert [e.name for e in group.spatial_elements()] == ["visit_detector_region", "patch", "htm10"]
    assert [e.name for e in group.temporal_elements()] == ["visit"]
    assert [e.name for e in universe.conform(["visit"]).spatial_elements()] == ["visit"]
    assert [e.name for e in universe.conform(["exposure", "visit"]).temporal_elements()] == ["exposure"]
    assert [e.name for e in universe.conform(["day_obs"]).temporal_elements()] == ["day_obs"]
    assert universe.conform(["detector"]).spatial_elements() == ()
    assert universe.conform(["tract"]).temporal_elements() == ()


def test_what_is_implied_by_one_may_be_required_by_another(universe: DimensionUniverse) -> None:
    assert universe.conform(["physical_filter"]).required == ("instrument", "physical_filter")
    assert universe.conform(["physical_filter", "visit"]).implied == ("band", "day_obs", "physical_filter")
    assert universe.conform(["visit", "patch"]).required == ("instrument", "skymap", "tract", "patch", "visit")


def test_unknown_names(universe: DimensionUniverse) -> None:
    with pytest.raises(DimensionNameError, match="Did you mean 'detector'"):
        universe.conform(["visit", "detectr"])
    with pytest.raises(DimensionNameError, match="joins instrument, detector, visit"):
        universe.conform(["visit_detector_region"])


@given(GROUPS)
def test_groups_are_closed(group: DimensionGroup) -> None:
    for name in group.names:
        element = group.universe[name]
        assert {*element.required, *element.implied} <= set(group.names)
    assert group.universe.conform(group.required) is group.universe.conform(group.names) is group
    assert group.data_id_keys == group.required + group.implied
    assert [group.positions[name] for name in group.data_id_keys] == list(range(len(group)))
    assert group.names == group.universe.sorted(group)
    assert [e.name for e in group.required_elements] == list(group.required)
    assert {e.name for e in group.joins} == {e.name for e in group.elements if not e.is_dimension and e.has_table}


@given(GROUPS)
def test_each_record_can_be_looked_up_when_its_turn_comes(group: DimensionGroup) -> None:
    known = set(group.required)
    for element in group.lookup_order:
        assert known.issuperset(element.required)
        known.update(element.implied)
    assert sorted(e.name for e in group.lookup_order) == sorted(group.names)


@given(GROUPS, GROUPS, GROUPS)
def test_algebra(a: DimensionGroup, b: DimensionGroup, c: DimensionGroup) -> None:
    empty = a.universe.empty
    assert a.union(b) is b.union(a)
    assert a.union(b, c) is a.union(b).union(c) is a.union(b.union(c))
    assert a.union(a) is a.union(empty) is a.intersection(a) is a
    assert a.intersection(b) is b.intersection(a)
    assert a.intersection(b, c) is a.intersection(b).intersection(c)
    assert a.intersection(empty) is empty
    assert a.intersection(b) <= a <= a.union(b)
    assert a.union(a.intersection(b)) is a
    assert (a <= b) == (a.union(b) is b) == (set(a.names) <= set(b.names))
    assert (a < b) == (a <= b and a != b)
    assert (a == b) == (a is b) == (a.names == b.names)


@given(GROUPS)
def test_equal_groups_of_equal_universes(group: DimensionGroup) -> None:
    copied = DimensionUniverse.from_json(group.universe.to_json())
    again = copied.conform(group)
    assert again == group
    assert hash(again) == hash(group)
    assert pickle.loads(pickle.dumps(group)) == group
    assert group != group.names


def test_groups_of_other_universes_differ(universe: DimensionUniverse) -> None:
    assert DimensionUniverse.load(7).conform(["tract"]) != universe.conform(["tract"])


def test_membership(universe: DimensionUniverse) -> None:
    group = universe.conform(["visit"])
    assert "physical_filter" in group
    assert "detector" not in group
    assert len(group) == len(list(group)) == 5
    assert not universe.empty.names
