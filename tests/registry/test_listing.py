"""Data IDs that only the sky decides: the same as those that the database joins, and only where that is true."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from skybutler.errors import InvalidQueryError
from skybutler.expressions.bind import bind
from skybutler.expressions.parser import parse
from skybutler.registry import listing, results, spatial
from skybutler.registry.ask import ask_data_ids
from skybutler.registry.compile import listed
from skybutler.registry.query import DatasetSearch, Query
from skybutler.registry.results import DataIdResults
from support.world import World

CAM, MAP = {"instrument": "Cam"}, {"skymap": "Map"}
BOTH = {**CAM, **MAP}


def _query(world: World, dimensions: list[str], where: str, data_id: Mapping[str, Any], **options: Any) -> Query:
    group = world.universe.conform(dimensions)
    predicate = bind(parse(where), text=where, universe=world.universe, group=group)
    return Query("data_ids", group, where=predicate, data_id=data_id, **options)


def _rows(world: World, query: Query) -> list[tuple[Any, ...]]:
    found = [tuple(d.mapping.items()) for d in DataIdResults(world.registry, [query])]
    assert len(set(found)) == len(found)
    return sorted(found, key=repr)


SKY_ONLY = [
    (["visit", "detector", "tract"], "", BOTH),
    (["visit", "detector", "tract"], "", {}),
    (["visit", "detector", "tract"], "instrument = 'Cam'", MAP),
    (["visit", "detector", "tract"], "instrument = 'Other'", {}),
    (["visit", "detector", "tract"], "instrument = 'Nope'", {}),
    (["visit", "detector", "patch"], "", BOTH),
    (["visit", "detector"], "tract = 0", BOTH),
    (["visit", "detector"], "tract IN (0, 1)", BOTH),
    (["visit", "detector"], "tract = 77", BOTH),
    (["visit", "detector"], "tract < 3 AND patch = 0", BOTH),
    (["visit", "detector"], "tract = 0 AND detector = 1", BOTH),
    (["visit", "detector", "patch"], "visit = 10 AND detector = 1", BOTH),
    (["patch"], "visit = 10 AND detector = 1", BOTH),
    (["tract"], "visit = 10 AND detector IN (0, 1)", BOTH),
    (["visit"], "tract = 0", BOTH),
    (["visit", "tract"], "", BOTH),
    (["visit", "tract"], "visit > 11", BOTH),
    (["tract"], "visit.exposure_time > 1", BOTH),
    (["visit"], "tract = 0 AND skymap = 'Dots'", CAM),
    (["instrument"], "visit = 10 AND tract = 0", BOTH),
]


@pytest.mark.parametrize("brute", [0, 3000])
@pytest.mark.parametrize("dimensions, where, data_id", SKY_ONLY)
def test_listed_data_ids_are_those_that_are_joined(
    shared_world: World,
    monkeypatch: pytest.MonkeyPatch,
    dimensions: list[str],
    where: str,
    data_id: dict[str, Any],
    brute: int,
) -> None:
    monkeypatch.setattr(spatial, "_BRUTE", brute)
    monkeypatch.setattr(listing, "_GAP", brute % 7)
    monkeypatch.setattr(results, "_BATCH", 3)
    group = shared_world.universe.conform(dimensions)
    every = shared_world.universe.conform([*dimensions, "visit", "tract"])
    predicate = bind(parse(where), text=where, universe=shared_world.universe, group=every)
    query = Query("data_ids", group, where=predicate, data_id=data_id)
    joined = Query("data_ids", group, where=predicate, data_id=data_id, limit=10**9)
    assert _rows(shared_world, query) == _rows(shared_world, joined)


def test_what_only_the_sky_decides_is_listed(shared_world: World) -> None:
    for dimensions, where, data_id in SKY_ONLY[:6]:
        assert listed(shared_world.registry, _query(shared_world, dimensions, where, data_id)) is not None


@pytest.mark.parametrize(
    "dimensions, where, options",
    [
        (["visit", "detector"], "", {}),
        (["visit", "exposure", "tract"], "", {}),
        (["exposure", "tract"], "", {}),
        (["visit", "tract", "htm7"], "", {}),
        (["visit", "detector", "tract"], "visit.region OVERLAPS tract.region", {}),
        (["visit", "detector", "tract"], "visit > 10 OR tract = 1", {}),
        (["visit", "tract"], "", {"limit": 3}),
        (["visit", "tract"], "", {"offset": 1}),
        (["visit", "tract"], "", {"constraints": (DatasetSearch("calexp", ("run/b",)),)}),
        (["visit", "tract"], "", {"joined": ("physical_filter", "visit_system")}),
    ],
)
def test_everything_else_is_joined(
    shared_world: World, dimensions: list[str], where: str, options: dict[str, Any]
) -> None:
    assert listed(shared_world.registry, _query(shared_world, dimensions, where, BOTH, **options)) is None


def test_bands_of_visits_count(shared_world: World) -> None:
    registry = shared_world.registry
    group = shared_world.universe.conform(["visit", "tract"])
    bands = {r["name"]: r["band"] for r in shared_world.rows["physical_filter"] if r["instrument"] == "Cam"}
    every = [dict(d.mapping) for d in ask_data_ids(registry, group, data_id=BOTH)]
    assert {d["band"] for d in every} == {bands[d["physical_filter"]] for d in every} > {"r"}
    for where, data_id in (("band = 'r'", BOTH), ("", {**BOTH, "band": "r"})):
        found = [dict(d.mapping) for d in ask_data_ids(registry, group, where=where, data_id=data_id)]
        assert sorted(found, key=repr) == sorted((d for d in every if d["band"] == "r"), key=repr)


def test_numbers_that_need_an_instrument_raise_without_one(shared_world: World) -> None:
    query = _query(shared_world, ["visit", "detector", "tract"], "visit = 10", MAP)
    with pytest.raises(InvalidQueryError, match="does not say which instrument"):
        listed(shared_world.registry, query)


def test_values_that_contradict_each_other_select_nothing(shared_world: World) -> None:
    for where, data_id in itertools.product(["tract = 0", "visit = 10 AND visit = 11"], [{"tract": 1}, {"visit": 12}]):
        query = _query(shared_world, ["visit", "tract"], where, {**BOTH, **data_id})
        joined = _query(shared_world, ["visit", "tract"], where, {**BOTH, **data_id}, limit=10**9)
        assert _rows(shared_world, query) == _rows(shared_world, joined)
