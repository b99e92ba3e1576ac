"""Which dataset rows a search means: each kind of collection, and the first that has one, against plain Python."""

from __future__ import annotations

import itertools
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from skybutler.registry.fragments import Fragment, conjunction
from skybutler.registry.members import members
from support.world import HOUR, NIGHT, World

RUNS = ["run/a", "run/b", "run/c"]


def _rows(
    world: World, name: str, collections: list[str], columns: str, *, find_first: bool, at: int | None = None
) -> list[tuple[Any, ...]]:
    registry = world.registry
    registered = registry.dataset_types.get(name)
    holders = registry.datasets.holders(registered, collections)

    def valid(alias: str) -> Fragment | None:
        if at is None:
            return None
        return Fragment(f"({alias}.begin IS NULL OR ({alias}.begin <= ? AND {alias}.finish > ?))", (at, at))

    source, conditions = members(
        registered, holders, "d", find_first=find_first, fields={"collection", "timespan"}, valid=valid
    )
    statement = Fragment(f"SELECT {columns} FROM ") + source + " d WHERE " + conjunction(conditions)
    return registry.database.query(statement.sql, statement.values)


def _expected(world: World, name: str, collections: list[str], find_first: bool) -> set[bytes]:
    """Ids by plain Python: the first collection (chains followed) that has a data ID wins."""
    chosen: dict[tuple[Any, ...], set[bytes]] = {}
    for collection in collections:
        for values, ids in world.members(name, collection).items():
            if values not in chosen or not find_first:
                chosen.setdefault(values, set()).update(ids)
    return {i for ids in chosen.values() for i in ids}


searches = st.lists(st.sampled_from([*RUNS, "tag/x", "sky/run"]), min_size=1, max_size=5, unique=True)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(collections=searches, find_first=st.booleans())
def test_rows_are_those_of_plain_python(shared_world: World, collections: list[str], find_first: bool) -> None:
    found = [bytes(r[0]) for r in _rows(shared_world, "calexp", collections, "d.id", find_first=find_first)]
    assert set(found) == _expected(shared_world, "calexp", collections, find_first)
    if find_first:
        assert len(found) == len(set(found))


@pytest.mark.parametrize("order", list(itertools.permutations(RUNS)), ids=str)
def test_the_order_of_runs_decides(shared_world: World, order: tuple[str, ...]) -> None:
    held = {run: bytes(shared_world.datasets["calexp", run]["Cam", 1, 11]) for run in RUNS}
    found = {bytes(r[0]) for r in _rows(shared_world, "calexp", list(order), "d.id", find_first=True)}
    assert found & set(held.values()) == {held[order[0]]}


def test_chains_are_searched_where_they_stand(shared_world: World) -> None:
    plain = ["tag/x", "run/b", "run/c", "run/a"]
    for find_first in (True, False):
        through = _rows(shared_world, "calexp", ["chain/main"], "d.id", find_first=find_first)
        assert sorted(through) == sorted(_rows(shared_world, "calexp", plain, "d.id", find_first=find_first))


@pytest.mark.parametrize("collections", [["chain/empty"], ["sky/run"], []])
def test_nowhere_is_nothing(shared_world: World, collections: list[str]) -> None:
    assert _rows(shared_world, "calexp", collections, "d.id", find_first=True) == []


def test_rows_say_in_which_collection_they_were_found(shared_world: World) -> None:
    collections = shared_world.registry.collections
    tag = collections.get("tag/x").k
    rows = _rows(shared_world, "calexp", ["tag/x", "run/b"], "d.collection, d.run", find_first=False)
    by_place = [(c, r) for c, r in rows if c == tag]
    assert sorted(r for _, r in by_place) == sorted(collections.get(n).k for n in ("run/a", "run/c"))
    assert {(c, r) for c, r in rows if c != tag} == {(collections.get("run/b").k,) * 2}
    (row,) = {
        (c, b, f)
        for c, b, f in _rows(shared_world, "raw", ["run/c"], "d.collection, d.begin, d.finish", find_first=True)
    }
    assert row == (collections.get("run/c").k, None, None)


def test_calibrations_show_their_range_and_all_of_them_without_a_time(shared_world: World) -> None:
    rows = _rows(shared_world, "bias", ["calib/one"], "d.id, d.begin, d.finish", find_first=True)
    expected = {(i, span.begin_ns, span.end_ns) for i, span in shared_world.calibrations["calib/one"]}
    assert {(bytes(i), begin, end) for i, begin, end in rows} == expected


@pytest.mark.parametrize("hour, run", [(4.0, "calib/run"), (5.0, "calib/new"), (6.0, "calib/new")])
def test_the_time_chooses_among_calibrations(shared_world: World, hour: float, run: str) -> None:
    at = NIGHT + int(hour * HOUR)
    rows = _rows(shared_world, "bias", ["calib/one"], "d.id", find_first=True, at=at)
    assert {bytes(r[0]) for r in rows} == set(shared_world.datasets["bias", run].values())


def test_what_is_not_valid_leaves_the_place_to_the_next_collection(shared_world: World) -> None:
    # detector 3 has no calibration from hour 5 on, so the run behind gives it
    for hour, fallback in ((4, False), (6, True)):
        rows = _rows(shared_world, "bias", ["calib/one", "calib/run"], "d.id", find_first=True, at=NIGHT + hour * HOUR)
        found = {bytes(r[0]) for r in rows}
        old, new = shared_world.datasets["bias", "calib/run"], shared_world.datasets["bias", "calib/new"]
        assert len(rows) == 4
        assert old["Cam", 3] in found
        assert (set(new.values()) <= found) is fallback
