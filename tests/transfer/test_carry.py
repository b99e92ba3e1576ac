"""Bringing files to an export's directory: names, links, files from outside, files of several datasets."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
import yaml

from skybutler import Butler, DatasetRef, FileDataset
from skybutler.dimensions import DataId
from skybutler.errors import FileExistsInStoreError
from skybutler.transfer.yaml_values import ExportLoader


def refs_of(butler: Butler, n: int) -> list[DatasetRef]:
    kind = butler.get_dataset_type("plain")
    ids = [DataId.standardize({"instrument": "Cam", "detector": i}, group=kind.dimensions) for i in range(n)]
    return [DatasetRef(kind, data_id, "run/in", uuid.uuid4()) for data_id in ids]


def paths(folder: Path) -> list[str]:
    data = yaml.load((folder / "export.yaml").read_text(), ExportLoader)["data"]
    return [r["path"] for b in data if b["type"] == "dataset" for r in b["records"]]


def export_run(butler: Butler, folder: Path, mode: str) -> None:
    with butler.export(directory=folder, format="yaml", transfer=mode) as export:
        export.save_datasets(butler.query_datasets("plain", "run/in"))


@pytest.mark.parametrize("mode", ["copy", "auto", "hardlink", "symlink", "relsymlink", "link"])
def test_files_from_outside_get_the_names_of_the_template(stored: Butler, tmp_path: Path, mode: str) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("x: 1\n")
    stored.ingest(FileDataset(outside, refs_of(stored, 1)), transfer="direct")
    export_run(stored, tmp_path / "out", mode)
    (path,) = paths(tmp_path / "out")
    assert path == "run/in/plain/plain_Cam_R0_S0_run_in.yaml"
    brought = tmp_path / "out" / path
    assert brought.read_text() == "x: 1\n"
    assert brought.is_symlink() == (mode in ("symlink", "relsymlink"))
    assert os.path.samefile(brought, outside) == (mode not in ("copy", "auto"))


def test_a_file_of_several_datasets_is_brought_once(stored: Butler, tmp_path: Path) -> None:
    inside = Path(stored.datastore.storage.local_root or "") / "shared.yaml"
    inside.write_text("x: 1\n")
    stored.ingest(FileDataset("shared.yaml", refs_of(stored, 3)), transfer=None)
    export_run(stored, tmp_path / "out", "copy")
    assert paths(tmp_path / "out") == ["shared.yaml"] * 3


def test_files_in_the_place_are_not_overwritten(stored: Butler, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("x: 1\n")
    stored.ingest(FileDataset(tmp_path / "f.yaml", refs_of(stored, 1)), transfer="copy")
    export_run(stored, tmp_path / "out", "copy")
    before = (tmp_path / "out" / "export.yaml").read_bytes()
    with pytest.raises(FileExistsInStoreError):
        export_run(stored, tmp_path / "out", "copy")
    assert (tmp_path / "out" / "export.yaml").read_bytes() == before
