"""Files of datasets taken out into a directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.datasets import DatasetRef, FileDataset
from skybutler.errors import (
    ChecksumMismatchError,
    ConflictError,
    DatasetNotFoundError,
    FileNotFoundInStoreError,
    MissingFileError,
    ParameterError,
)
from skybutler.transfer.artifact_index import INDEX_NAME, read_index
from support.exchange import data_id, fill, spoil


def files_in(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {INDEX_NAME}


@pytest.mark.parametrize("preserve", [True, False])
def test_files_are_copied_out_and_described(origin: Butler, tmp_path: Path, preserve: bool) -> None:
    refs = fill(origin)
    uris = origin.retrieve_artifacts(refs, tmp_path / "out", preserve_path=preserve)
    paths = [str(Path(u.removeprefix("file://")).relative_to(tmp_path / "out")) for u in uris]
    assert len(set(paths)) == len(refs)
    assert files_in(tmp_path / "out") == set(paths)
    assert any("/" in path for path in paths) == preserve
    index = read_index((tmp_path / "out" / INDEX_NAME).read_bytes(), "it")
    assert set(index.artifacts) == set(paths)
    assert index.refs.keys() == {r.id.bytes for r in refs}
    for path, artifact in index.artifacts.items():
        assert artifact.record.size == (tmp_path / "out" / path).stat().st_size
    assert len(index.records["visit"]) == 3


def test_what_is_there_and_equal_is_kept(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    uris = origin.retrieve_artifacts(refs[:5], tmp_path / "out")
    first = Path(uris[0].removeprefix("file://"))
    before = first.stat().st_ino
    assert origin.retrieve_artifacts(refs, tmp_path / "out")[:1] == uris[:1]
    assert first.stat().st_ino == before
    first.write_text("changed")
    with pytest.raises(ConflictError, match="already a file"):
        origin.retrieve_artifacts(refs, tmp_path / "out")
    assert first.read_text() == "changed"
    origin.retrieve_artifacts(refs, tmp_path / "out", overwrite=True)
    assert first.read_bytes() == origin.datastore.storage.read(str(first.relative_to(tmp_path / "out")))


def test_the_index_keeps_what_was_retrieved_before(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    gone = Path(origin.retrieve_artifacts(refs[:3], tmp_path / "out")[2].removeprefix("file://"))
    gone.unlink()
    origin.retrieve_artifacts(refs[5:7], tmp_path / "out")
    index = read_index((tmp_path / "out" / INDEX_NAME).read_bytes(), "it")
    assert index.refs.keys() == {r.id.bytes for r in [*refs[:2], *refs[5:7]]}
    assert len(index.records["instrument"]) == 1
    (tmp_path / "out" / INDEX_NAME).write_text("{")
    origin.retrieve_artifacts(refs[5:7], tmp_path / "out")
    assert len(json.loads((tmp_path / "out" / INDEX_NAME).read_text())["artifact_map"]) == 2


def test_what_fails_leaves_nothing(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    path = spoil(origin, refs[6])
    with pytest.raises(ChecksumMismatchError, match=path.rpartition("/")[2]):
        origin.retrieve_artifacts(refs, tmp_path / "out")
    assert files_in(tmp_path / "out") == set()
    origin.datastore.storage.remove([path])
    with pytest.raises(MissingFileError, match=path.rpartition("/")[2]):
        origin.retrieve_artifacts(refs, tmp_path / "out")
    assert files_in(tmp_path / "out") == set()
    origin.prune_datasets([refs[6]], unstore=True, disassociate=False)
    with pytest.raises(FileNotFoundInStoreError, match="Nothing is stored"):
        origin.retrieve_artifacts(refs, tmp_path / "out")
    origin.prune_datasets([refs[6]], unstore=True, purge=True)
    with pytest.raises(DatasetNotFoundError, match=str(refs[6].id)):
        origin.retrieve_artifacts(refs, tmp_path / "out")


def test_files_of_the_same_name_do_not_replace_each_other(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin, _ = local_pair
    fill(origin)
    refs = []
    for n, name in enumerate("ab"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.yaml").write_text(f"v: {name}")
        kind = origin.get_dataset_type("calexp")
        refs.append(DatasetRef(kind, data_id(origin, "calexp", instrument="Cam", visit=12, detector=n), "run/z"))
        origin.ingest(FileDataset(tmp_path / name / "same.yaml", refs[-1]), transfer="direct")
    with pytest.raises(ConflictError, match="preserve_path"):
        origin.retrieve_artifacts(refs, tmp_path / "out", preserve_path=False)
    assert not (tmp_path / "out").exists()
    assert len(origin.retrieve_artifacts(refs, tmp_path / "out")) == 2


@pytest.mark.parametrize("mode", ["link", "hardlink", "symlink", "relsymlink"])
def test_links(local_pair: tuple[Butler, Butler], tmp_path: Path, mode: str) -> None:
    origin, _ = local_pair
    refs = fill(origin)
    uris = origin.retrieve_artifacts(refs, tmp_path / "out", transfer=mode)
    assert os.path.samefile(uris[0].removeprefix("file://"), origin.get_uri(refs[0]).removeprefix("file://"))


@pytest.mark.parametrize("mode", ["move", "direct", "copi"])
def test_files_do_not_leave_the_repository(local_pair: tuple[Butler, Butler], tmp_path: Path, mode: str) -> None:
    origin, _ = local_pair
    refs = fill(origin)
    with pytest.raises(ParameterError):
        origin.retrieve_artifacts(refs, tmp_path / "out", transfer=mode)
    assert origin.get(refs[0])


def test_no_datasets_are_no_files(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    assert local_pair[0].retrieve_artifacts([], tmp_path / "out") == []
    assert list((tmp_path / "out").iterdir()) == []
