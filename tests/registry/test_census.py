"""Counts by the database equal those of the plain content of the small world."""

from __future__ import annotations

from collections import Counter

import pytest

from skybutler.datasets.file_record import FileRecord
from skybutler.registry.census import Census, DatasetCount, MemberCount
from support.world import World


def _census(world: World, *names: str) -> Census:
    collections = world.registry.collections
    return Census(world.registry, collections.flatten(collections.resolve(names)) if names else None)


def test_datasets_per_run_and_type(shared_world: World) -> None:
    counted = {(row.dataset_type, row.run): row.datasets for row in _census(shared_world).datasets()}
    assert counted == {key: len(ids) for key, ids in shared_world.datasets.items()}


def test_files_and_bytes(world: World) -> None:
    registry = world.registry
    ids = list(world.datasets["calexp", "run/c"].values())
    with registry.transaction():
        registry.datasets.set_record(ids[0], FileRecord("a.fits", "json", "StructuredDataDict", 700, None))
        registry.datasets.set_record(ids[1], FileRecord("b.fits", "json", "StructuredDataDict", -1, None))
    counted = {(row.run, row.dataset_type): row for row in _census(world).datasets()}
    assert counted["run/c", "calexp"] == DatasetCount("run/c", "calexp", 3, 2, 700, 1)
    assert counted["run/b", "calexp"] == DatasetCount("run/b", "calexp", 6, 0, 0, 0)


@pytest.mark.parametrize("chosen", [("run/b",), ("tag/x",), ("calib/one",), ("chain/main",), ("chain/empty",)])
def test_datasets_of_some_collections(shared_world: World, chosen: tuple[str, ...]) -> None:
    flat = [
        c.name for c in shared_world.registry.collections.flatten(shared_world.registry.collections.resolve(chosen))
    ]
    types = {name for name, _ in shared_world.datasets}
    wanted = {(name, i) for name in types for c in flat for ids in shared_world.members(name, c).values() for i in ids}
    counted: Counter[str] = Counter()
    for row in _census(shared_world, *chosen).datasets():
        counted[row.dataset_type] += row.datasets
    assert counted == Counter(name for name, _ in wanted)


def test_tags_and_calibrations(shared_world: World) -> None:
    census = _census(shared_world)
    assert census.tags() == [MemberCount("tag/x", "calexp", 2)]
    (row,) = census.calibrations()
    spans = [span for _, span in shared_world.calibrations["calib/one"]]
    begin, end = min(s.begin_ns for s in spans), max(s.end_ns for s in spans)
    assert row == MemberCount("calib/one", "bias", len(spans), begin, end)
    assert _census(shared_world, "run/a").tags() == []


def test_records(shared_world: World) -> None:
    counted = _census(shared_world).records()
    # rows of visit_detector_region are data IDs of datasets as well
    rows = {e: len(listed) for e, listed in shared_world.rows.items() if listed and e != "visit_detector_region"}
    assert {element: counted.get(element) for element in rows} == rows
    only = _census(shared_world, "sky/run").records()
    assert only["tract"] == sum(row["skymap"] == "Map" for row in shared_world.rows["tract"])
    assert "exposure" not in only


def test_observations_per_night_and_filter(shared_world: World) -> None:
    rows = shared_world.rows["exposure"]
    wanted = Counter((row["instrument"], row["day_obs"], row["physical_filter"]) for row in rows)
    counted = _census(shared_world).observations("exposure")
    assert {(r.instrument, r.day_obs, r.physical_filter): r.n for r in counted} == wanted
    bands = {(row["instrument"], row["name"]): row["band"] for row in shared_world.rows["physical_filter"]}
    assert all(r.band == bands[r.instrument, r.physical_filter or ""] for r in counted)
    spans = [row["timespan"] for row in rows if row["timespan"] is not None]
    assert min(r.begin for r in counted if r.begin is not None) == min(s.begin_ns for s in spans)


def test_what_the_repository_says(shared_world: World) -> None:
    census = _census(shared_world)
    assert census.facts()["created_by"].startswith("skybutler ")
    assert "universe" not in census.facts()
    assert census.server().split()[0] in ("SQLite", "PostgreSQL")
    assert census.server().split()[1][0].isdigit()
    assert census.trash() == 0


def test_elements_that_a_universe_lacks(shared_world: World) -> None:
    assert _census(shared_world).per_governor("galaxy", "instrument") == {}
    assert _census(shared_world).observations("tract") == []
