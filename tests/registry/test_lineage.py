from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest

from skybutler.datasets.provenance import DatasetProvenance
from skybutler.errors import InvalidError
from support.world import World, rolled_back


@pytest.fixture
def ids(world: World) -> list[uuid.UUID]:
    """Five datasets of a run."""
    columns: dict[str, list[Any]] = {
        "instrument": ["Cam"] * 5,
        "exposure": [10] * 4 + [11],
        "detector": [0, 1, 2, 3, 0],
    }
    array = np.arange(80, dtype=np.uint8).reshape(5, 16)
    world.registry.datasets.insert("raw", "run/b", columns, ids=array)
    return [uuid.UUID(bytes=row.tobytes()) for row in array]


def record(world: World, made: dict[uuid.UUID, DatasetProvenance]) -> None:
    with world.registry.transaction():
        world.registry.lineage.record({identifier.bytes: p for identifier, p in made.items()})


def test_what_is_recorded_comes_back(world: World, ids: list[uuid.UUID]) -> None:
    absent, quantum = uuid.UUID(int=5), uuid.UUID(int=6)
    first = DatasetProvenance(
        [ids[4], absent, ids[1]], quantum, {absent: {"weight of it": 0.5, "ok": True}}, {"input 7 x": 1, "SOFT": "1.0"}
    )
    record(world, {ids[0]: first, ids[2]: DatasetProvenance()})
    found = world.registry.lineage.get([i.bytes for i in ids])
    assert found == {ids[0].bytes: first, ids[2].bytes: DatasetProvenance()}


def test_neighbours(world: World, ids: list[uuid.UUID]) -> None:
    lineage = world.registry.lineage
    a, b, c, d, e = (i.bytes for i in ids)
    record(world, {ids[3]: DatasetProvenance([ids[2], ids[0]]), ids[4]: DatasetProvenance([ids[0]])})
    assert list(lineage.inputs([d, e, a])) == [(d, c), (d, a), (e, a)]
    assert list(lineage.outputs([a, b])) == [(d, a), (e, a)]


def test_many_at_once(world: World) -> None:
    """More than are looked up by one statement."""
    array = np.random.default_rng(5).integers(0, 256, (6, 16), dtype=np.uint8)
    columns: dict[str, list[Any]] = {"instrument": ["Cam"] * 6, "exposure": list(range(10, 16)), "detector": [0] * 6}
    world.registry.datasets.insert("raw", "run/b", columns, ids=array)
    inputs = [uuid.UUID(int=i + 1) for i in range(1000)]
    first = array[0].tobytes()
    with world.registry.transaction():
        world.registry.lineage.record({first: DatasetProvenance(inputs)})
    assert world.registry.lineage.get([first])[first].input_ids == inputs
    assert sorted(world.registry.lineage.outputs([i.bytes for i in inputs])) == sorted((first, i.bytes) for i in inputs)


def test_no_dataset_is_its_own_input(world: World, ids: list[uuid.UUID]) -> None:
    with pytest.raises(InvalidError, match=f"{ids[0]} cannot be an input of itself"):
        record(world, {ids[0]: DatasetProvenance([ids[1], ids[0]])})
    assert world.registry.lineage.get([ids[0].bytes]) == {}


def test_rows_go_with_the_dataset_and_stay_with_its_outputs(world: World, ids: list[uuid.UUID]) -> None:
    record(world, {ids[1]: DatasetProvenance([ids[0]]), ids[2]: DatasetProvenance([ids[1]])})
    world.registry.datasets.remove([ids[1].bytes])
    assert world.registry.database.query("SELECT count(*) FROM provenance") == [(1,)]
    assert list(world.registry.lineage.inputs([i.bytes for i in ids])) == [(ids[2].bytes, ids[1].bytes)]


def test_a_rollback_takes_it_back(world: World, ids: list[uuid.UUID]) -> None:
    with rolled_back(world.registry):
        record(world, {ids[1]: DatasetProvenance([ids[0]])})
    assert world.registry.lineage.get([ids[1].bytes]) == {}
