"""What one process defines, another notices; what one removes, another does not write to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from skybutler.datasets import CollectionType, DatasetRef, DatasetType
from skybutler.errors import MissingCollectionError, MissingDatasetTypeError, OrphanedRecordError
from skybutler.registry.registry import Registry
from support.world import World, make_world, rolled_back


@pytest.fixture
def other(registry: Registry, database_url: str) -> Iterator[Registry]:
    """The same registry over another connection, as another process has it."""
    other = Registry.open(database_url, writeable=True)
    yield other
    other.close()


def test_new_collections_and_chains_are_noticed(registry: Registry, other: Registry) -> None:
    collections = registry.collections
    collections.register("a", CollectionType.RUN)
    collections.register("b", CollectionType.RUN)
    collections.register("c", CollectionType.CHAINED)
    collections.set_chain("c", ["a"])
    other.refresh()
    chain = other.collections.get("c")
    assert [m.name for m in other.collections.children(chain)] == ["a"]
    collections.set_chain("c", ["b", "a"])
    other.refresh()
    assert [m.name for m in other.collections.children(chain)] == ["b", "a"]
    collections.remove("c")
    other.refresh()
    assert other.collections.find("c") is None


def test_definitions_are_looked_at_once_for_what_belongs_together(registry: Registry, other: Registry) -> None:
    with other.one_look():
        number = other.revision.number
        registry.collections.register("a", CollectionType.RUN)
        with other.one_look():
            other.refresh()
        assert other.revision.number == number
        with other.transaction():  # what is written must not rest on what was replaced
            assert other.revision.number != number
    with pytest.raises(ZeroDivisionError), other.one_look():
        _ = 1 / 0
    registry.collections.register("b", CollectionType.RUN)
    other.refresh()
    assert other.collections.find("b") is not None


def test_a_failed_inner_transaction_does_not_hide_what_the_outer_one_changed(
    registry: Registry, other: Registry
) -> None:
    registry.collections.register("a", CollectionType.RUN)
    registry.collections.register("chain", CollectionType.CHAINED)
    other.refresh()
    assert other.collections.children(other.collections.get("chain")) == ()
    with registry.transaction():
        registry.collections.set_chain("chain", ["a"])
        with rolled_back(registry):
            registry.collections.register("gone", CollectionType.RUN)
    other.refresh()
    assert [m.name for m in other.collections.children(other.collections.get("chain"))] == ["a"]


def test_rolled_back_definitions_are_forgotten(registry: Registry) -> None:
    group = registry.universe.conform(["instrument"])
    with rolled_back(registry):
        registry.collections.register("a", CollectionType.RUN)
        registry.dataset_types.register(DatasetType("t", group, "StructuredDataDict"))
        assert registry.collections.find("a") is not None
    assert registry.collections.find("a") is None
    with pytest.raises(MissingDatasetTypeError):
        registry.dataset_types.get("t")


def test_datasets_do_not_land_in_a_run_that_took_the_place_of_a_removed_one(
    registry: Registry, other: Registry
) -> None:
    registry.dataset_types.register(DatasetType("t", registry.universe.conform([]), "StructuredDataDict"))
    registry.collections.register("old", CollectionType.RUN)
    other.refresh()
    assert other.collections.get("old").name == "old"  # now it is in the other's cache
    registry.collections.remove("old")
    registry.collections.register("new", CollectionType.RUN)
    with pytest.raises(MissingCollectionError):
        other.datasets.insert("t", "old", {}, ids=_ids(1))
    registered = other.dataset_types.get("t").dataset_type
    ref = DatasetRef(registered, other.data_ids.standardize({}, registered.dimensions), "old")
    with pytest.raises(MissingCollectionError), other.transaction():
        other.datasets.add(ref)
    assert not registry.datasets.existing("t", "new", {}).any()


def test_a_run_is_not_removed_while_another_process_puts_into_it(registry: Registry, database_url: str) -> None:
    registry.dataset_types.register(DatasetType("t", registry.universe.conform([]), "StructuredDataDict"))
    registry.collections.register("run", CollectionType.RUN)
    inside, raised = threading.Event(), []

    def remove() -> None:
        other = Registry.open(database_url, writeable=True)
        inside.wait()
        try:
            other.collections.remove("run")
        except OrphanedRecordError as error:
            raised.append(error)
        finally:
            other.close()

    remover = threading.Thread(target=remove)
    remover.start()
    with registry.transaction():
        registry.datasets.insert("t", "run", {}, ids=_ids(1))
        inside.set()
        remover.join(0.3)
        assert remover.is_alive()  # it waits for us
    remover.join()
    assert len(raised) == 1
    assert registry.datasets.existing("t", "run", {}).all()


def test_tags_never_outlive_datasets_removed_at_the_same_time(registry: Registry, database_url: str) -> None:
    world = make_world(registry)
    (identifier,) = world.datasets["notes", "run/a"].values()
    inside = threading.Event()

    def remove() -> None:
        other = Registry.open(database_url, writeable=True)
        inside.wait()
        other.datasets.remove([identifier])
        other.close()

    remover = threading.Thread(target=remove)
    remover.start()
    with registry.transaction():
        registry.datasets.associate("tag/x", [identifier])
        inside.set()
        remover.join(0.3)
    remover.join()
    orphans = "SELECT count(*) FROM tag WHERE dataset NOT IN (SELECT k FROM dataset)"
    assert registry.database.query(orphans) == [(0,)]
    assert registry.datasets.get_many([identifier]) == {}


def test_replaced_records_are_noticed(world: World, database_url: str) -> None:
    other = Registry.open(database_url, writeable=False)
    before = other.elements.fetch("detector", ("Cam", 1))
    assert before is not None
    assert before.get("purpose") == "SCIENCE"
    world.registry.elements.sync(
        "detector", {"instrument": "Cam", "id": 1, "full_name": "R0_S1", "purpose": "WAVEFRONT"}, update=True
    )
    other.refresh()
    after = other.elements.fetch("detector", ("Cam", 1))
    assert after is not None
    assert after.get("purpose") == "WAVEFRONT"
    other.close()


def _ids(n: int) -> Any:
    import numpy as np

    return np.arange(16 * n, dtype=np.uint8).reshape(n, 16)


def test_its_number_is_that_of_what_is_read(registry: Registry, other: Registry) -> None:
    other.refresh()
    first = other.revision.number
    assert first is not None
    registry.collections.register("a", CollectionType.RUN)
    other.refresh()
    second = other.revision.number
    assert second not in (None, first)
    registry.refresh()
    assert registry.revision.number == second
    with registry.transaction():
        registry.collections.register("b", CollectionType.RUN)
        registry.refresh()
        assert registry.revision.number is None  # what is read now may never be
    other.refresh()
    assert registry.revision.number == other.revision.number not in (first, second)
    with rolled_back(registry):
        registry.collections.register("c", CollectionType.RUN)
    registry.refresh()
    assert registry.revision.number in (None, other.revision.number)
