"""Every change stands in the journal, with the change itself or not at all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from skybutler.datasets import CollectionType, DatasetRef, DatasetType
from skybutler.dimensions import DataId
from skybutler.errors import ConflictError, DatasetExistsError
from skybutler.registry.clock import now_ns, utc_text
from skybutler.registry.journal import Entry, who_am_i
from skybutler.registry.registry import Registry
from skybutler.sky.timespan import Timespan
from support.world import World, rolled_back

Changes = Callable[[], list[tuple[str, str, int]]]


def entries(registry: Registry, **chosen: object) -> list[Entry]:
    return list(itertools.chain.from_iterable(registry.journal.entries(**chosen)))  # type: ignore[arg-type]


@pytest.fixture
def changes(registry: Registry) -> Changes:
    """What was changed since this was last called: action, subject, count, oldest first."""
    seen = 0

    def new() -> list[tuple[str, str, int]]:
        nonlocal seen
        found = [(e.action, e.subject, e.count) for e in entries(registry)][::-1]
        seen, known = len(found), seen
        return found[known:]

    new()
    return new


def test_the_making_of_a_repository_is_the_first_entry(registry: Registry) -> None:
    (made,) = entries(registry)
    assert (made.who, made.action, made.subject) == (who_am_i(), "create", "repository")
    assert now_ns() - made.time < 60e9
    assert who_am_i().endswith("@" + os.uname().nodename)


def test_definitions(registry: Registry, changes: Changes) -> None:
    collections, kind = registry.collections, DatasetType("note", registry.universe.conform(["instrument"]), "Y")
    collections.register("run", CollectionType.RUN)
    collections.register("run", CollectionType.RUN)
    collections.register("chain", CollectionType.CHAINED, "a doc")
    collections.set_doc("chain", "another")
    collections.set_chain("chain", ["run"])
    collections.remove("chain")
    registry.dataset_types.register(kind)
    registry.dataset_types.register(kind)
    registry.dataset_types.remove("note")
    assert changes() == [
        ("register-collection", "run", 1),
        ("register-collection", "chain", 1),
        ("set-doc", "chain", 1),
        ("set-chain", "chain", 1),
        ("remove-collection", "chain", 1),
        ("register-dataset-type", "note", 1),
        ("remove-dataset-type", "note", 1),
    ]
    assert entries(registry, actions=["set-chain"])[0].details == {"children": ["run"]}


def test_records(registry: Registry, changes: Changes) -> None:
    elements = registry.elements
    elements.insert("instrument", {"name": ["A", "B"]})
    detectors: dict[str, list[Any]] = {"instrument": ["A", "A", "B"], "id": [0, 1, 0], "full_name": ["x", "y", "x"]}
    elements.insert("detector", detectors)
    elements.insert("detector", detectors, skip_existing=True)
    elements.insert("detector", {**detectors, "id": [0, 1, 1], "full_name": ["x", "z", "y"]}, replace=True)
    assert changes() == [
        ("insert-records", "instrument", 2),
        ("insert-records", "detector", 3),
        ("insert-records", "detector", 1),
        ("replace-records", "detector", 2),
    ]
    assert entries(registry, subjects=["detector"])[0].details == {"instrument": ["A", "B"]}


def test_datasets(world: World, changes: Changes) -> None:
    registry, (first, second) = world.registry, world.tags["tag/x"]
    registry.collections.register("tag/new", CollectionType.TAGGED)
    changes()
    registry.datasets.associate("tag/new", [first, second])
    registry.datasets.associate("tag/new", [first])
    registry.datasets.disassociate("tag/new", [first])
    registry.datasets.disassociate("tag/new", [first])
    assert changes() == [("associate", "tag/new", 2), ("disassociate", "tag/new", 1)]
    group = registry.universe.conform(["htm7"])
    with registry.transaction():
        for pixel in (140_000, 140_001):
            data_id = DataId.from_required_values(group, (pixel,))
            registry.datasets.add(DatasetRef(registry.dataset_types.get("pixels").dataset_type, data_id, "run/b"))
    registry.datasets.insert("pixels", "run/a", {"htm7": np.arange(150_000, 150_007)})
    assert changes() == [("put", "pixels in run/b", 2), ("ingest", "pixels in run/a", 7)]
    registry.datasets.insert("pixels", "run/c", {"htm7": np.arange(150_000, 150_003)}, action="transfer")
    assert changes() == [("transfer", "pixels in run/c", 3)]
    registry.datasets.remove([first, bytes(16)], unstore_only=True)
    registry.datasets.remove([first, *world.datasets["pixels", "run/a"].values()])
    assert changes()[0] == ("unstore", "calexp in run/a", 1)
    with rolled_back(registry):
        registry.datasets.insert("pixels", "run/a", {"htm7": np.arange(160_000, 160_007)})
    with pytest.raises(DatasetExistsError):
        registry.datasets.insert("pixels", "run/a", {"htm7": np.arange(150_000, 150_007)})
    assert changes() == []
    assert registry.datasets.remove_run(registry.collections.get("run/b").k) > 2
    assert ("remove", "pixels in run/b", 2) in changes()


def test_validity(world: World, changes: Changes) -> None:
    registry = world.registry
    registry.collections.register("calib/mine", CollectionType.CALIBRATION)
    changes()
    span = Timespan.from_day_obs(20261013)
    registry.calibrations.certify("calib/mine", list(world.datasets["bias", "calib/run"].values())[:2], span)
    assert registry.calibrations.decertify("calib/mine", "bias", span) == 2
    assert registry.calibrations.decertify("calib/mine", "bias", span) == 0
    assert changes() == [("certify", "calib/mine", 2), ("decertify", "bias in calib/mine", 2)]
    assert entries(registry, actions=["*certify"])[0].details == {"valid": str(span)}


def test_parts_that_are_rolled_back_leave_nothing(registry: Registry, changes: Changes) -> None:
    register = registry.collections.register
    with registry.transaction():
        register("a", CollectionType.RUN)
        with rolled_back(registry):
            register("b", CollectionType.RUN)
        register("c", CollectionType.RUN)
        registry.journal.note("import", "export.yaml", 3, format=1)
        registry.journal.note("import", "export.yaml", 4, format=1)
    with rolled_back(registry):
        register("d", CollectionType.RUN)
    assert changes() == [
        ("register-collection", "a", 1),
        ("register-collection", "c", 1),
        ("import", "export.yaml", 7),
    ]


def test_choosing(registry: Registry) -> None:
    with registry.transaction():
        for n, subject in enumerate(["raw in u/run", "calexp in u/run", "raw in v", "u/run", "raw", "o'raw%\\ in é"]):
            registry.journal.note("put" if n < 3 else "set-doc", subject)
    before = now_ns()
    registry.collections.register("later", CollectionType.RUN)

    def found(**chosen: object) -> list[str]:
        return [e.subject for e in entries(registry, **chosen)]

    assert found(subjects=["u/run"]) == ["u/run", "calexp in u/run", "raw in u/run"]
    assert found(subjects=["raw"]) == ["raw", "raw in v", "raw in u/run"]
    assert found(subjects=["*exp in *", "later"]) == ["later", "calexp in u/run"]
    assert found(actions=["p?t"], limit=2) == ["raw in v", "calexp in u/run"]
    assert found(since=before) == ["later"]
    assert found(until=before)[0] == "o'raw%\\ in é"
    assert found(subjects=["nothing"]) == []


def test_many_entries_stream(registry: Registry) -> None:
    with registry.transaction():
        for n in range(12_000):
            registry.journal.note("put", f"t{n} in r")
    parts = [len(part) for part in registry.journal.entries(actions=["put"])]
    assert sum(parts) == 12_000
    assert max(parts) <= 5_000


def test_trimming_leaves_one_entry_that_tells_of_it(registry: Registry) -> None:
    first, *_ = entries(registry)
    assert registry.journal.trim(first.time) == 0
    assert entries(registry) == [first]
    for n in range(3):
        with registry.transaction():
            registry.journal.note("put", f"t{n} in r")
    begin = now_ns()
    with registry.transaction():
        registry.journal.note("put", "late in r")
    assert registry.journal.older(begin) == registry.journal.trim(begin) == 4
    told, late = entries(registry)
    assert (late.subject, told.action, told.subject, told.count) == ("late in r", "trim", "journal", 4)
    assert told.details == {"until": utc_text(begin)}
    assert registry.journal.trim(now_ns()) == 2
    (told,) = entries(registry)
    assert (told.count, told.details["trimmed_before"]) == (2, 4)


def test_trimming_is_one_transaction(registry: Registry) -> None:
    before = entries(registry)
    with rolled_back(registry):
        registry.journal.trim(now_ns())
    assert entries(registry) == before


def test_a_transaction_that_fails_at_its_end_has_no_entry(registry: Registry, changes: Changes) -> None:
    def refuse() -> None:
        raise ConflictError("no")

    registry.database.before_commit.append(refuse)
    with pytest.raises(ConflictError):
        registry.collections.register("a", CollectionType.RUN)
    registry.database.before_commit.remove(refuse)
    assert changes() == []
    registry.collections.register("b", CollectionType.RUN)
    assert changes() == [("register-collection", "b", 1)]


def test_generations_differ_after_each_change(registry: Registry) -> None:
    seen = [registry.journal.generation()]
    for name in "abc":
        registry.collections.register(name, CollectionType.RUN)
        seen.append(registry.journal.generation())
    assert registry.journal.generation() == seen[-1]
    registry.journal.trim(now_ns())  # the next entry may have a number that was there before
    seen.append(registry.journal.generation())
    registry.collections.register("d", CollectionType.RUN)
    seen.append(registry.journal.generation())
    assert len(set(seen)) == 6


def test_what_is_rolled_back_makes_no_generation(registry: Registry) -> None:
    before = registry.journal.generation()
    with rolled_back(registry):
        registry.collections.register("run", CollectionType.RUN)
    assert registry.journal.generation() == before
