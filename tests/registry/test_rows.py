"""Datasets as columns, by id and by run."""

from __future__ import annotations

import uuid

import pytest

from skybutler.registry.rows import rows_in_run, rows_of
from support.world import World


def test_rows_by_id_are_those_of_refs(shared_world: World) -> None:
    registry = shared_world.registry
    ids = [i for held in shared_world.datasets.values() for i in held.values()]
    found = rows_of(registry, [*ids, uuid.uuid4().bytes])
    assert sum(map(len, found)) == len(ids)
    known = registry.datasets.get_many(ids)
    for rows in found:
        for ref in rows.refs():
            assert ref == known[ref.id.bytes][0]
            assert ref.data_id == known[ref.id.bytes][0].data_id
            assert ref.run == known[ref.id.bytes][0].run
        assert rows.path == [None] * len(rows)
    assert rows_of(registry, []) == []


def test_rows_come_in_the_order_asked(shared_world: World) -> None:
    ids = list(shared_world.datasets["raw", "run/a"].values())[::-1]
    assert rows_of(shared_world.registry, ids)[0].ids == ids


@pytest.mark.parametrize("name, run", [("raw", "run/a"), ("notes", "run/a"), ("pixels", "run/a"), ("never", "run/b")])
def test_rows_of_a_run(shared_world: World, name: str, run: str) -> None:
    registry = shared_world.registry
    batches = list(rows_in_run(registry, registry.dataset_types.get(name), registry.collections.get(run), size=7))
    found = {values: i for rows in batches for values, i in zip(rows.values(), rows.ids, strict=True)}
    assert found == shared_world.datasets.get((name, run), {})


def test_some_of_them(shared_world: World) -> None:
    (rows,) = rows_of(shared_world.registry, list(shared_world.datasets["calexp", "run/b"].values()))
    part = rows.chosen([2, 0])
    assert part.refs() == [rows.refs()[2], rows.refs()[0]]
    assert rows.chosen(range(len(rows))) is rows
    assert "'calexp'" in part.described(0)
    assert str(uuid.UUID(bytes=part.ids[1])) in part.described(1)


def test_many_refs_are_those_found_one_by_one(shared_world: World) -> None:
    datasets = shared_world.registry.datasets
    ids = [i for held in shared_world.datasets.values() for i in held.values()]
    together = datasets.get_many(ids)
    assert together.keys() == set(ids)
    for identifier in ids:
        ((ref, *rest),) = datasets.get_many([identifier]).values()
        known, *others = together[identifier]
        assert (known, known.data_id, known.run, others) == (ref, ref.data_id, ref.run, rest)
