"""What stands in a bundle."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from skybutler import Butler
from skybutler.errors import ChecksumMismatchError, FileExistsInStoreError, MissingFileError, ParameterError
from skybutler.storage import LocalStorage
from skybutler.transfer.bundle_manifest import read_manifest
from support.exchange import files_below, fill, spoil


def test_everything(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    manifest = origin.export_bundle(tmp_path / "b", transfer="copy")
    assert read_manifest(LocalStorage(tmp_path / "b")) == manifest
    assert manifest.rows("datasets") == manifest.files == len(refs)
    for entry in manifest.tables:
        assert pq.read_metadata(tmp_path / "b" / entry.path).num_rows == entry.rows
    calexps = pq.read_table(tmp_path / "b" / "datasets" / "calexp.parquet")
    assert calexps.column_names == [
        "id", "run", "instrument", "detector", "visit", "path", "formatter", "storage_class", "size", "checksum",
    ]  # fmt: skip
    held = {str(p.relative_to(tmp_path / "b" / "files")) for p in (tmp_path / "b" / "files").rglob("*") if p.is_file()}
    assert held == files_below(origin)
    assert manifest.file_bytes == sum((tmp_path / "b" / "files" / p).stat().st_size for p in held)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".tmp")] == []


def test_a_part(origin: Butler, tmp_path: Path) -> None:
    fill(origin)
    chosen = origin.query_datasets("calexp", "run/a", where="instrument = 'Cam' AND visit = 10")
    manifest = origin.export_bundle(tmp_path / "b.zip", chosen, collections=["chain/all"])
    with zipfile.ZipFile(tmp_path / "b.zip") as opened:
        assert set(opened.namelist()) == {*(e.path for e in manifest.tables), "manifest.json"}
        assert opened.testzip() is None
    assert manifest.files == -1
    assert manifest.rows("datasets") == 3
    assert manifest.rows("dataset_types") == 1
    assert manifest.rows("tagged") == 1  # the other member of the tag was not asked for
    assert manifest.rows("certified") == 0
    assert manifest.rows("lineage") == 2
    assert {e.name: e.rows for e in manifest.of_kind("dimension")}["visit"] == 1
    assert manifest.rows("collections") == 4  # chain, tag, calibration and run


def test_destinations_that_exist_are_refused(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin = local_pair[0]
    fill(origin)
    (tmp_path / "empty").mkdir()
    origin.export_bundle(tmp_path / "empty")
    for name in ("empty", "x.zip"):
        (tmp_path / "x.zip").touch()
        with pytest.raises(FileExistsInStoreError, match=name):
            origin.export_bundle(tmp_path / name)
    with pytest.raises(ParameterError):
        origin.export_bundle(tmp_path / "other", transfer="move")
    assert not (tmp_path / "other").exists()


def test_what_fails_leaves_nothing(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    path = spoil(origin, refs[6])
    before = set(tmp_path.iterdir())
    with pytest.raises(ChecksumMismatchError, match=path.rpartition("/")[2]):
        origin.export_bundle(tmp_path / "b", transfer="copy")
    origin.datastore.storage.remove([path])
    with pytest.raises(MissingFileError, match=path.rpartition("/")[2]):
        origin.export_bundle(tmp_path / "b.zip", transfer="copy")
    assert set(tmp_path.iterdir()) == before
    origin.export_bundle(tmp_path / "b")
