"""What an export writes: files beside the export file, members of collections, rewritten paths; all or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler, FileDataset
from skybutler.errors import DatasetNotFoundError, FileNotFoundInStoreError
from skybutler.transfer.yaml_values import ExportLoader
from support.transfer import save_everything

YAML = "lsst.daf.butler.formatters.yaml.YamlFormatter"


def blocks(path: Path, kind: str) -> list[dict[str, Any]]:
    return [b for b in yaml.load(path.read_text(), ExportLoader)["data"] if b["type"] == kind]


def test_files_go_beside_the_export_file(stored: Butler, tmp_path: Path) -> None:
    with stored.export(directory=tmp_path / "out", format="yaml", transfer="copy") as export:
        save_everything(stored, export)
    found = blocks(tmp_path / "out" / "export.yaml", "dataset")
    records = [r for block in found for r in block["records"]]
    assert len(records) == 8
    for record in records:
        (key,) = record["data_id"]
        content = (tmp_path / "out" / record["path"]).read_text()
        assert content.endswith(f": {key['detector']}\n")
        assert record["formatter"] == YAML


def test_files_that_stay_are_named_as_in_the_datastore(stored: Butler, tmp_path: Path) -> None:
    with stored.export(filename=tmp_path / "x.yaml") as export:
        export.save_datasets(stored.query_datasets("plain", "run/a"))
    with stored.export(directory=tmp_path, filename="y.yaml", transfer="direct") as export:
        export.save_datasets(stored.query_datasets("plain", "run/a"))
    plain = [r["path"] for r in blocks(tmp_path / "x.yaml", "dataset")[0]["records"]]
    direct = [r["path"] for r in blocks(tmp_path / "y.yaml", "dataset")[0]["records"]]
    assert direct == [stored.datastore.root + path for path in plain]
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file() and p.suffix == ".yaml") == ["x.yaml", "y.yaml"]


def test_members_of_what_is_exported_only(stored: Butler, tmp_path: Path) -> None:
    with stored.export(filename=tmp_path / "x.yaml") as export:
        export.save_collection("tag/x")
        export.save_collection("calib")
        export.save_datasets(
            stored.query_datasets("*", ["run/a", "calib/r"], where="instrument = 'Cam' AND detector < 2")
        )
    tags, ranges = {}, []
    for block in blocks(tmp_path / "x.yaml", "associations"):
        if block["collection_type"] == "TAGGED":
            tags[block["collection"]] = len(block["dataset_ids"])
        else:
            ranges += [(str(r["timespan"]), len(r["dataset_ids"])) for r in block["validity_ranges"]]
    assert tags == {"tag/x": 1}
    assert ranges == [("(-∞, 2024-10-04T00:00:00)", 2)]


def test_paths_and_formatters_can_be_rewritten(stored: Butler, tmp_path: Path) -> None:
    def rewrite(dataset: FileDataset) -> FileDataset:
        (ref,) = dataset.refs
        return FileDataset(f"new/{ref.data_id['detector']}.txt", ref, "my.Formatter")

    with stored.export(filename=tmp_path / "x.yaml") as export:
        export.save_datasets(stored.query_datasets("plain", "run/a"), rewrite=rewrite)
    records = blocks(tmp_path / "x.yaml", "dataset")[0]["records"]
    assert [(r["path"], r["formatter"]) for r in records] == [(f"new/{i}.txt", "my.Formatter") for i in range(4)]


def test_a_file_that_is_gone_fails_and_leaves_nothing(stored: Butler, tmp_path: Path) -> None:
    refs = list(stored.query_datasets("plain", "run/a"))
    Path(stored.get_uri(refs[2]).removeprefix("file://")).unlink()
    with pytest.raises(FileNotFoundInStoreError, match="nothing was exported"):  # noqa: SIM117 - the block ends it
        with stored.export(directory=tmp_path / "out", format="yaml", transfer="copy") as export:
            export.save_datasets(refs)
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def test_a_dataset_of_another_repository(stored: Butler, source: Butler, tmp_path: Path) -> None:
    (ref,) = stored.query_datasets("plain", "run/a", where="instrument = 'Cam' AND detector = 1")
    source.register_dataset_type(replace(ref.dataset_type, dimensions=source.dimensions.conform(["detector"])))
    source.collections.register("run/a")
    with pytest.raises(DatasetNotFoundError, match="is not in this repository"):  # noqa: SIM117
        with source.export(filename=tmp_path / "x.yaml") as export:
            export.save_datasets([ref])


def test_datasets_without_files_have_no_path(source: Butler, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        export.save_datasets(source.query_datasets("notes", "run/a"))
    (block,) = blocks(tmp_path / "x.yaml", "dataset")
    (record,) = block["records"]
    assert record["data_id"] == [{}]
    assert set(record) == {"dataset_id", "data_id"}
    assert "Nothing is stored of 1 of the datasets" in caplog.text
