"""What users do with collections."""

from __future__ import annotations

import pytest

from skybutler import Butler
from skybutler.butler.collections import ButlerCollections
from skybutler.datasets import CollectionType
from skybutler.errors import (
    ButlerError,
    CollectionCycleError,
    CollectionTypeError,
    MissingCollectionError,
    OrphanedRecordError,
)


@pytest.fixture
def some(butler: Butler) -> ButlerCollections:
    """Runs, a tag, and a chain of a chain."""
    for name in ("u/me/a", "u/me/b", "u/you"):
        butler.collections.register(name)
    butler.collections.register("tag", CollectionType.TAGGED, doc="mine")
    for name, children in (("inner", ["u/me/b", "tag"]), ("outer", ["u/me/a", "inner"])):
        butler.collections.register(name, CollectionType.CHAINED)
        butler.collections.redefine_chain(name, children)
    return butler.collections


def test_names_and_globs(some: ButlerCollections) -> None:
    assert some.query("u/me/*") == ["u/me/a", "u/me/b"]
    assert some.query(["u/you", "t?g"]) == ["u/you", "tag"]
    assert some.query(collection_types=CollectionType.CHAINED) == ["inner", "outer"]
    assert some.query("nothing*") == []
    with pytest.raises(MissingCollectionError, match="outer"):
        some.query("outr")


def test_chains_are_followed_in_order(some: ButlerCollections) -> None:
    assert some.query("outer", flatten_chains=True) == ["u/me/a", "u/me/b", "tag"]
    assert some.query("outer", flatten_chains=True, include_chains=True)[0] == "outer"
    assert some.query("*", include_chains=False) == ["run/mine", "tag", "u/me/a", "u/me/b", "u/you"]


def test_information_and_documentation(some: ButlerCollections) -> None:
    assert some.get_info("tag").doc == "mine"
    some.set_doc("tag", "ours: é\n*")
    assert some.get_info("tag").doc == "ours: é\n*"
    assert some.get_info("outer").children == ("u/me/a", "inner")
    assert [i.name for i in some.query_info("u/me/*")] == ["u/me/a", "u/me/b"]
    for ask in (lambda: some.get_info("none"), lambda: some.set_doc("none", "x")):
        with pytest.raises(MissingCollectionError):
            ask()


def test_a_second_registration_is_no_change_but_for_another_kind(some: ButlerCollections) -> None:
    assert not some.register("tag", CollectionType.TAGGED)
    with pytest.raises(CollectionTypeError, match="TAGGED"):
        some.register("tag")


def test_chains_change_in_every_way(some: ButlerCollections) -> None:
    some.prepend_chain("outer", "u/you")
    assert some.get_info("outer").children == ("u/you", "u/me/a", "inner")
    some.extend_chain("outer", ["u/me/a", "run/mine"])
    assert some.get_info("outer").children == ("u/you", "inner", "u/me/a", "run/mine")
    some.remove_from_chain("outer", ["inner", "tag"])
    assert some.get_info("outer").children == ("u/you", "u/me/a", "run/mine")
    some.redefine_chain("outer", ["inner"], flatten=True)
    assert some.get_info("outer").children == ("u/me/b", "tag")
    some.redefine_chain("outer", [])
    assert some.get_info("outer").children == ()


def test_impossible_chains_are_refused_and_change_nothing(some: ButlerCollections) -> None:
    with pytest.raises(CollectionCycleError):
        some.prepend_chain("inner", "outer")
    with pytest.raises(CollectionCycleError):
        some.extend_chain("inner", "inner")
    with pytest.raises(MissingCollectionError):
        some.redefine_chain("inner", ["tag", "none"])
    with pytest.raises(CollectionTypeError):
        some.redefine_chain("tag", ["u/you"])
    with pytest.raises(ButlerError):
        some.redefine_chain("inner", [1])  # type: ignore[list-item]
    assert some.get_info("inner").children == ("u/me/b", "tag")


def test_what_is_held_is_not_removed(some: ButlerCollections) -> None:
    with pytest.raises(OrphanedRecordError, match="inner"):
        some.remove("tag")
    some.remove("outer")
    some.remove("inner")
    some.remove("tag")
    assert some.query("*") == ["run/mine", "u/me/a", "u/me/b", "u/you"]


def test_the_defaults_are_the_butlers(some: ButlerCollections) -> None:
    assert list(some) == ["run/mine"]
    assert "run/mine" in repr(some)
