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
    ParameterError,
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


def test_positions_are_popped(some: ButlerCollections) -> None:
    some.redefine_chain("outer", ["u/me/a", "inner", "u/you"])
    assert some.pop_chain("outer", -1, 0) == ["u/me/a", "u/you"]
    assert some.pop_chain("outer") == ["inner"]
    with pytest.raises(ParameterError, match="no position 0 in a chain of 0"):
        some.pop_chain("outer")


def test_chains_are_flattened_where_they_are_added(some: ButlerCollections) -> None:
    some.extend_chain("outer", ["inner", "u/you"], flatten=True)
    assert some.get_info("outer").children == ("u/me/a", "inner", "u/me/b", "tag", "u/you")
    some.prepend_chain("outer", ["inner"], flatten=True)
    assert some.get_info("outer").children[:3] == ("u/me/b", "tag", "u/me/a")


def test_information_of_choice(some: ButlerCollections, small: Butler) -> None:
    small.register_dataset_type("other", ["detector"])
    for kind in ("plain", "other"):
        small.put({}, kind, detector=0, run="u/me/b")
    whole = {info.name: info for info in some.query_info()}
    assert whole["tag"] == some.get_info("tag")
    assert whole["outer"].dataset_types == ("other", "plain")
    assert whole["u/me/b"].parents == ("inner",)
    bare = some.query_info("*", include_parents=False, include_summary=False, include_doc=False)
    assert [i.name for i in bare] == list(whole)
    assert {(i.parents, i.dataset_types, i.doc) for i in bare} == {((), (), "")}
    chosen = some.query_info("u/me/*", summary_datasets=["pl*", "none"])
    assert [i.dataset_types for i in chosen] == [(), ("plain",)]
    other = small.get_dataset_type("other")
    assert some.query_info("outer", summary_datasets=[other])[0].dataset_types == ("other",)


def test_information_of_many_takes_few_statements(butler: Butler) -> None:
    with butler.transaction():
        for i in range(450):
            butler.collections.register(f"many/{i:03}", doc=str(i))
        butler.collections.register("many/chain", CollectionType.CHAINED)
        butler.collections.redefine_chain("many/chain", [f"many/{i:03}" for i in range(450)])
    found = butler.collections.query_info("many/*")
    assert [i.doc for i in found[:450]] == [str(i) for i in range(450)]
    assert {i.parents for i in found[:450]} == {("many/chain",)}
    assert len(found[450].children) == 450


def test_summaries_shrink_on_request(some: ButlerCollections, small: Butler) -> None:
    refs = [small.put({}, "plain", detector=i, run="u/me/b") for i in range(2)]
    small.registry.datasets.associate("tag", [refs[0].id.bytes])
    assert some.refresh_summaries() == 0
    small.registry.datasets.disassociate("tag", [refs[0].id.bytes])
    assert some.refresh_summaries() == 1
    assert some.get_info("tag").dataset_types == ()
    assert some.get_info("u/me/b").dataset_types == ("plain",)
    small.prune_datasets(refs, unstore=True, purge=True)
    assert some.refresh_summaries() == 1
    assert small.registry.datasets.summaries.governors([small.registry.collections.get("u/me/b")]) == {}
    small.put({}, "plain", detector=1, run="u/me/b")
    assert some.get_info("u/me/b").dataset_types == ("plain",)
    assert small.query_datasets("plain", "u/me/b").count() == 1
