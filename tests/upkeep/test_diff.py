"""Two repositories, on the same and on different databases: each kind of difference is found, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.datasets import CollectionType, FileRecord
from skybutler.errors import MissingCollectionError
from skybutler.sky.timespan import Timespan
from skybutler.upkeep.diff import Difference, compare
from support.world import World, make_world

Pair = tuple[World, World]


@pytest.fixture
def butlers(database_url: str, tmp_path: Path) -> Iterator[tuple[Butler, Butler]]:
    """The second is on SQLite, the first on each database in turn."""
    registry = {"db": database_url} | ({"namespace": f"n{uuid.uuid4().hex[:8]}"} if "postgres" in database_url else {})
    Butler.create(tmp_path / "a", seed={"registry": registry}, override=True)
    Butler.create(tmp_path / "b")
    with Butler(tmp_path / "a", writeable=True) as a, Butler(tmp_path / "b", writeable=True) as b:
        yield a, b


@pytest.fixture
def worlds(butlers: tuple[Butler, Butler]) -> Pair:
    """The small world twice, with rows and texts numbered differently."""
    a, b = butlers
    with b.registry.transaction():
        b.registry.names.intern_many(["zz", "Map", "r", "Other"])
    b.registry.collections.register("first", CollectionType.RUN)
    b.registry.collections.remove("first")
    return make_world(a.registry), make_world(b.registry)


def found(butlers: tuple[Butler, Butler], **options: object) -> dict[tuple[str, str], Difference]:
    return {(d.kind, d.subject): d for d in compare(*butlers, **options) if d}  # type: ignore[arg-type]


def counts(butlers: tuple[Butler, Butler], **options: object) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {key: (d.only_a, d.changed, d.only_b) for key, d in found(butlers, **options).items()}


def test_the_same_content(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    everything = list(compare(*butlers, files=True))
    assert [d for d in everything if d] == []
    total = sum(d.same for d in everything if d.kind == "dataset")
    assert total == sum(len(held) for held in worlds[0].datasets.values())
    records = {d.subject: d.same for d in everything if d.kind == "record"}
    assert records["visit"] == len(worlds[0].rows["visit"])


def test_one_is_empty(butlers: tuple[Butler, Butler]) -> None:
    world = make_world(butlers[0].registry)
    one = counts(butlers)
    assert one["dataset", "raw"] == (25, 0, 0)
    assert one["dataset-type", ""] == (8, 0, 0)
    other = counts((butlers[1], butlers[0]))
    assert other == {key: tuple(reversed(value)) for key, value in one.items()}
    assert world.tags


def test_definitions(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    a, b = butlers
    a.registry.collections.register("mine", CollectionType.TAGGED)
    b.registry.collections.set_chain("chain/inner", ["run/c", "run/b"])
    b.registry.collections.set_doc("run/a", "what it is")
    a.register_dataset_type("other", ["visit"], "StructuredDataDict")
    b.register_dataset_type("other", ["detector"], "StructuredDataList")
    differences = found(butlers)
    assert differences.keys() == {("collection", ""), ("dataset-type", "")}
    collections = differences["collection", ""]
    assert collections.examples == {
        "only_a": ["mine"],
        "only_b": [],
        "changed": [
            "chain/inner: children ['run/b', 'run/c'] != ['run/c', 'run/b']",
            "run/a: doc  != what it is",
        ],
    }
    (kind,) = differences["dataset-type", ""].examples["changed"]
    assert kind.startswith("other: dimensions instrument, visit != instrument, detector; storage_class")


def test_records(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    a, b = butlers
    a.insert_dimension_data("instrument", {"name": "Cän"})
    row = next(r for r in worlds[1].rows["visit"] if r["id"] == 11)
    b.insert_dimension_data("visit", {**row, "exposure_time": 4.25}, replace=True)
    differences = found(butlers)
    assert {key: (d.only_a, d.changed, d.only_b) for key, d in differences.items()} == {
        ("record", "instrument"): (1, 0, 0),
        ("record", "visit"): (0, 1, 0),
    }
    assert differences["record", "instrument"].examples["only_a"] == ["name Cän"]
    (changed,) = differences["record", "visit"].examples["changed"]
    assert changed.startswith("instrument Cam, id 11: exposure_time ")
    assert changed.endswith(" != 4.25")
    assert counts(butlers, collections=["run/a"]) == {("record", "visit"): (0, 1, 0)}


def test_datasets_tags_and_validity(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    a, b = butlers
    first, second = worlds[0].tags["tag/x"]
    gone = worlds[0].datasets["calexp", "run/b"]["Cam", 0, 20]
    b.registry.datasets.remove([gone])
    a.registry.datasets.disassociate("tag/x", [second])
    span = Timespan.from_day_obs(20261013)
    assert b.registry.calibrations.decertify("calib/one", "bias", span) > 0
    assert counts(butlers) == {
        ("dataset", "calexp"): (1, 0, 0),
        ("tag", "calexp"): (0, 0, 1),
        ("validity", "bias"): (3, 0, 6),
    }
    example = found(butlers)["dataset", "calexp"].examples["only_a"]
    assert example == [f"id {uuid.UUID(bytes=gone)}, run run/b, instrument Cam, detector 0, visit 20"]
    assert counts(butlers, collections=["run/b"]) == {("dataset", "calexp"): (1, 0, 0)}
    in_tag = {("dataset", "calexp"): (0, 0, 1), ("tag", "calexp"): (0, 0, 1)}
    assert counts(butlers, collections=["run/a", "tag/*"]) == in_tag
    of_visit = {n: counts(butlers, where=f"instrument = 'Cam' AND visit = {n}") for n in (13, 20)}
    assert of_visit[20]["dataset", "calexp"] == (1, 0, 0)
    assert of_visit[13].keys() == {("validity", "bias")}  # of the detectors of that visit
    assert first in worlds[1].tags["tag/x"]


def test_other_ids_at_the_same_place(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    _, b = butlers
    held = worlds[0].datasets["raw", "run/c"]
    b.registry.datasets.remove(list(held.values()))
    ((instrument, detector, exposure),) = held
    b.registry.datasets.insert(
        "raw", "run/c", {"instrument": [instrument], "detector": [detector], "exposure": [exposure]}
    )
    differences = found(butlers)
    assert {key: (d.only_a, d.changed, d.only_b) for key, d in differences.items()} == {
        ("dataset", "raw"): (1, 0, 1),
        ("dataset-id", "raw"): (0, 1, 0),
    }
    (same,) = differences["dataset-id", "raw"].examples["changed"]
    assert same.startswith(f"run run/c, instrument {instrument}, detector {detector}, exposure {exposure}, id ")


def test_an_id_at_another_place(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    with butlers[1].registry.transaction():
        butlers[1].registry.database.execute(
            "UPDATE dataset SET run = (SELECT k FROM collection WHERE name = 'run/c') WHERE id = ?",
            (next(iter(worlds[1].datasets["notes", "run/a"].values())),),
        )
    (example,) = found(butlers)["dataset", "notes"].examples["changed"]
    assert example.endswith("run run/a != run/c")


@pytest.mark.parametrize(
    "record, differs",
    [
        (FileRecord("p", "f", "S", 7, b"x" * 16), False),
        (FileRecord("elsewhere", "g", "S", 7, b"x" * 16), False),
        (FileRecord("p", "f", "S", -1, None), False),
        (FileRecord("p", "f", "S", 8, None), True),
        (FileRecord("p", "f", "S", 7, b"y" * 16), True),
        (None, True),
    ],
)
def test_files(butlers: tuple[Butler, Butler], worlds: Pair, record: FileRecord | None, differs: bool) -> None:
    identifier = next(iter(worlds[0].datasets["notes", "run/a"].values()))
    with butlers[0].registry.transaction():
        butlers[0].registry.datasets.set_record(identifier, FileRecord("p", "f", "S", 7, b"x" * 16))
    if record is not None:
        with butlers[1].registry.transaction():
            butlers[1].registry.datasets.set_record(identifier, record)
    assert counts(butlers, files=True) == ({("dataset", "notes"): (0, 1, 0)} if differs else {})
    assert counts(butlers) == {}


def test_many_differences_have_few_examples(butlers: tuple[Butler, Butler]) -> None:
    make_world(butlers[0].registry)
    raws = found(butlers, most=2)["dataset", "raw"]
    assert (raws.only_a, len(raws.examples["only_a"])) == (25, 2)
    assert len(found(butlers, most=None)["dataset", "raw"].examples["only_a"]) == 25


def test_unknown_collections(butlers: tuple[Butler, Butler], worlds: Pair) -> None:
    with pytest.raises(MissingCollectionError, match="Did you mean 'run/a'"):
        list(compare(*butlers, collections=["run/aa"]))
    butlers[0].registry.collections.register("only/here", CollectionType.RUN)
    assert counts(butlers, collections=["only/here"]) == {("collection", ""): (1, 0, 0)}
