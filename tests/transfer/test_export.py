"""Exports: which arguments make sense, what is chosen, in which order, and that a repetition gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler, CollectionType
from skybutler.errors import InvalidError, MissingCollectionError, TransferError
from skybutler.transfer.yaml_values import ExportLoader
from support.transfer import content_of, save_everything


def parsed(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), ExportLoader)
    return found


@pytest.mark.parametrize(
    "arguments, error, says",
    [
        ({"transfer": "copy", "filename": "x.yaml"}, TypeError, "without a directory"),
        ({"transfer": "move", "directory": "d", "format": "yaml"}, TypeError, "does not change"),
        ({}, TypeError, "needs filename"),
        ({"filename": "export"}, ValueError, "no extension"),
        ({"format": "yml"}, ValueError, "'yaml'"),
        ({"filename": "export.json"}, ValueError, "json"),
    ],
)
def test_arguments_that_make_no_sense(
    target: Butler, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises((TransferError, InvalidError), match=says) as caught, target.export(**arguments):
        pass
    assert isinstance(caught.value, error)


def test_everything_comes_out_and_in_again(source: Butler, target: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "all.yaml") as export:
        save_everything(source, export)
    report = target.import_(filename=tmp_path / "all.yaml")
    assert report.is_change
    assert content_of(target) == content_of(source)


def test_exporting_twice_gives_the_same_bytes(source: Butler, target: Butler, tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        with source.export(filename=tmp_path / name) as export:
            save_everything(source, export)
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()
    target.import_(filename=tmp_path / "a.yaml")
    with target.export(filename=tmp_path / "c.yaml") as export:
        save_everything(target, export)
    assert (tmp_path / "c.yaml").read_bytes() == (tmp_path / "a.yaml").read_bytes()


def test_datasets_bring_what_they_need_and_no_more(source: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        refs = source.query_datasets("calexp", "run/a", where="instrument = 'Cam' AND visit = 11 AND detector = 2")
        export.save_datasets(list(refs))
        export.save_datasets(refs)  # once more, which counts once
    blocks = parsed(tmp_path / "x.yaml")["data"]
    records = {b["element"]: b["records"] for b in blocks if b["type"] == "dimension"}
    assert [r["id"] for r in records["visit"]] == [11]
    assert [r["id"] for r in records["detector"]] == [2]
    assert [(r["visit"], r["detector"]) for r in records["visit_detector_region"]] == [(11, 2)]
    assert [(r["visit"], r["exposure"]) for r in records["visit_definition"]] == [(11, 11)]
    assert [r["id"] for r in records["exposure"]] == [11]
    assert [r["id"] for r in records["visit_system"]] == [0]
    assert {"group", "day_obs", "physical_filter", "instrument"} < set(records)
    assert [len(b["records"]) for b in blocks if b["type"] == "dataset"] == [1]
    assert [b["name"] for b in blocks if b["type"] == "collection"] == ["run/a"]


def test_chosen_elements_only(source: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        export.save_datasets(source.query_datasets("raw", "run/a"), elements=["detector", "exposure"])
    elements = [b["element"] for b in parsed(tmp_path / "x.yaml")["data"] if b["type"] == "dimension"]
    assert elements == ["detector", "exposure"]


def test_data_ids_bring_their_records(source: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        export.save_data_ids(source.query_data_ids(["patch"], where="skymap = 'Map' AND tract = 3"))
    blocks = parsed(tmp_path / "x.yaml")["data"]
    assert [(b["element"], len(b["records"])) for b in blocks] == [("skymap", 1), ("tract", 1), ("patch", 4)]


def test_records_may_be_given_as_mappings(source: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        export.save_dimension_data("detector", [{"instrument": "New", "id": 1, "full_name": "a"}])
        with pytest.raises(InvalidError, match="'visit' was given as one of 'detector'"):
            export.save_dimension_data("detector", source.query_dimension_records("visit"))
    (block,) = parsed(tmp_path / "x.yaml")["data"]
    assert block["records"][0]["full_name"] == "a"


def test_chains_come_behind_their_children(source: Butler, tmp_path: Path) -> None:
    source.collections.register("a/chain", CollectionType.CHAINED)
    source.collections.redefine_chain("a/chain", ["chain/main"])
    with source.export(filename=tmp_path / "x.yaml") as export:
        for name in ("a/chain", "chain/main", "tag/x", "chain/inner", "run/b"):
            export.save_collection(name)
        with pytest.raises(MissingCollectionError, match="run/b"):
            export.save_collection("run/bb")
    names = [b["name"] for b in parsed(tmp_path / "x.yaml")["data"] if b["type"] == "collection"]
    assert names == ["run/b", "tag/x", "chain/inner", "chain/main", "a/chain"]


def test_a_block_that_fails_writes_nothing(source: Butler, tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="as one of"), source.export(filename=tmp_path / "x.yaml") as export:
        export.save_dimension_data("detector", source.query_dimension_records("visit"))
    assert not (tmp_path / "x.yaml").exists()
