"""TAGGED collections."""

from __future__ import annotations

import pytest

from skybutler.datasets import CollectionType
from skybutler.errors import CollectionTypeError, ConflictingDefinitionError, DatasetNotFoundError
from support.world import World


def held(world: World, tag: str) -> set[bytes]:
    sql = "SELECT d.id FROM tag m JOIN dataset d ON d.k = m.dataset JOIN collection c ON c.k = m.collection"
    rows = world.registry.database.query(f"{sql} WHERE c.name = ?", (tag,))
    return {bytes(r[0]) for r in rows}


def test_one_dataset_per_type_and_data_id(world: World) -> None:
    datasets = world.registry.datasets
    first = world.datasets["calexp", "run/a"]["Cam", 0, 11]
    second = world.datasets["calexp", "run/b"]["Cam", 0, 11]
    datasets.associate("tag/x", [first])
    datasets.associate("tag/x", [first])
    assert held(world, "tag/x") == {*world.tags["tag/x"], first}
    said = r"'tag/x' already holds another 'calexp' with data ID \{instrument: 'Cam', detector: 0, visit: 11\}"
    with pytest.raises(ConflictingDefinitionError, match=said):
        datasets.associate("tag/x", [second])
    world.registry.collections.register("tag/new", CollectionType.TAGGED)
    with pytest.raises(ConflictingDefinitionError, match="Two of the datasets for 'tag/new'"):
        datasets.associate("tag/new", [first, second])
    assert held(world, "tag/new") == set()


def test_taking_out(world: World) -> None:
    datasets, (first, second) = world.registry.datasets, world.tags["tag/x"]
    other = world.datasets["calexp", "run/a"]["Cam", 1, 10]
    datasets.disassociate("tag/x", [first, other])
    assert held(world, "tag/x") == {second}


def test_only_tagged_collections_and_known_datasets(world: World) -> None:
    (first, _) = world.tags["tag/x"]
    for change in (world.registry.datasets.associate, world.registry.datasets.disassociate):
        with pytest.raises(CollectionTypeError, match="'run/a' is a RUN, not a TAGGED"):
            change("run/a", [first])
    with pytest.raises(DatasetNotFoundError, match="1 of the datasets"):
        world.registry.datasets.associate("tag/x", [first, b"\xff" * 16])


def test_summaries_follow(world: World) -> None:
    assert world.registry.collections.info("tag/x").dataset_types == ("calexp",)
    (notes,) = world.datasets["notes", "run/a"].values()
    world.registry.datasets.associate("tag/x", [notes])
    assert world.registry.collections.info("tag/x").dataset_types == ("calexp", "notes")
