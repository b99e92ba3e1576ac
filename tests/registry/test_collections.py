"""Collections: kinds, chains, globs, documentation, removal."""

from __future__ import annotations

import pytest

from skybutler.datasets import CollectionType
from skybutler.errors import (
    CollectionCycleError,
    CollectionError,
    CollectionTypeError,
    MissingCollectionError,
    OrphanedRecordError,
)
from skybutler.registry.registry import Registry
from support.world import World

RUN, TAGGED, CHAINED = CollectionType.RUN, CollectionType.TAGGED, CollectionType.CHAINED


@pytest.fixture
def registry(registry: Registry) -> Registry:
    """Runs a and b, chains c, d and e."""
    for name in "ab":
        registry.collections.register(name, RUN)
    for name in "cde":
        registry.collections.register(name, CHAINED)
    return registry


def flat(registry: Registry, *names: str) -> list[str]:
    return [c.name for c in registry.collections.flatten(registry.collections.get(n) for n in names)]


def test_registering_again_changes_nothing_but_kinds_differ(registry: Registry) -> None:
    assert registry.collections.register("a", RUN) is False
    assert registry.collections.register("new", TAGGED, "words") is True
    with pytest.raises(CollectionTypeError, match="'a' is a RUN collection and cannot be registered as TAGGED"):
        registry.collections.register("a", TAGGED)
    with pytest.raises(CollectionTypeError, match="'a' is a RUN, not a CHAINED"):
        registry.collections.require("a", CHAINED)
    with pytest.raises(MissingCollectionError, match="Did you mean 'new'"):
        registry.collections.get("newt")


@pytest.mark.parametrize("name", ["", " ", "a*", "b?", "[x]", "a,b", "a\nb", "a\0"])
def test_names_that_could_not_be_found_again_are_refused(registry: Registry, name: str) -> None:
    with pytest.raises(CollectionError):
        registry.collections.register(name, RUN)


def test_chains_are_searched_depth_first_and_once(registry: Registry) -> None:
    collections = registry.collections
    collections.set_chain("c", ["a", "d"])
    collections.set_chain("d", ["b", "a", "e"])
    assert flat(registry, "c") == ["a", "b"]
    assert flat(registry, "d", "c") == ["b", "a"]
    assert flat(registry, "e") == []
    collections.set_chain("c", ["a", "a", "b"])
    assert [c.name for c in collections.children(collections.get("c"))] == ["a", "b"]
    collections.set_chain("c", ["d"], flatten=True)
    assert [c.name for c in collections.children(collections.get("c"))] == ["b", "a"]
    assert collections.parents("b") == ["c", "d"]


def test_cycles_are_refused_with_the_way_they_go(registry: Registry) -> None:
    collections = registry.collections
    collections.set_chain("c", ["d"])
    collections.set_chain("d", ["e", "a"])
    with pytest.raises(CollectionCycleError, match="e -> c -> d -> e"):
        collections.set_chain("e", ["a", "c"])
    with pytest.raises(CollectionCycleError, match="e -> e"):
        collections.set_chain("e", ["e"])
    assert flat(registry, "c") == ["a"]
    with pytest.raises(MissingCollectionError):
        collections.set_chain("e", ["nothing"])
    with pytest.raises(CollectionTypeError, match="'a' is a RUN"):
        collections.set_chain("a", ["b"])


def test_globs(world: World) -> None:
    def resolved(*patterns: str) -> list[str]:
        return [c.name for c in world.registry.collections.resolve(patterns)]

    assert resolved("run/*") == ["run/a", "run/b", "run/c"]
    assert resolved("run/[bc]", "tag/x", "run/b") == ["run/b", "run/c", "tag/x"]
    assert resolved("nothing*") == []
    assert len(resolved("*")) == len(world.registry.collections.names())
    assert [c.name for c in world.registry.collections.resolve("chain/main")] == ["chain/main"]
    with pytest.raises(MissingCollectionError):
        resolved("run/*", "nothing")


def test_information(world: World) -> None:
    info = world.registry.collections.info("chain/inner")
    assert (info.type, info.children, info.parents) == (CHAINED, ("run/b", "run/c"), ("chain/main",))
    assert set(info.dataset_types) == {"calexp", "raw"}
    world.registry.collections.set_doc("run/a", "ours")
    world.registry.collections.register("run/a", RUN, "theirs")
    assert world.registry.collections.info("run/a").doc == "theirs"
    assert world.registry.collections.info("chain/empty").dataset_types == ()


def test_collections_in_use_stay(world: World) -> None:
    collections = world.registry.collections
    with pytest.raises(OrphanedRecordError, match="child of 'chain/main'") as caught:
        collections.remove("tag/x")
    assert "butler collection-chain REPO --mode remove chain/main tag/x" in caught.value.hint
    with pytest.raises(OrphanedRecordError, match="still holds datasets"):
        collections.remove("sky/run")
    collections.set_chain("chain/main", [])
    collections.remove("tag/x")
    collections.remove("chain/main")
    collections.remove("calib/one")
    for table in ("tag", "calibration"):
        assert world.registry.database.query(f"SELECT count(*) FROM {table}") == [(0,)]
    with pytest.raises(MissingCollectionError):
        collections.get("tag/x")
