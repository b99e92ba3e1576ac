"""Files of datasets in one zip file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ChecksumMismatchError, FileExistsInStoreError, InvalidError, MissingFileError
from skybutler.transfer.artifact_index import INDEX_NAME, read_index
from support.exchange import fill


def test_members_and_index(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    assert [str(p) for p in (tmp_path / "out").iterdir()] == [place]
    with zipfile.ZipFile(place) as opened:
        assert opened.testzip() is None
        index = read_index(opened.read(INDEX_NAME), "it")
        assert set(opened.namelist()) == {*index.artifacts, INDEX_NAME}
        assert {i.compress_type for i in opened.infolist() if i.filename != INDEX_NAME} == {zipfile.ZIP_STORED}
        for name, artifact in index.artifacts.items():
            assert opened.read(name) == origin.datastore.storage.read(artifact.record.path)
            assert name.startswith(artifact.ids[0].hex()[:8] + "-")
    first = Path(place).read_bytes()
    assert origin.retrieve_artifacts_zip(refs, tmp_path / "out") == place
    assert Path(place).read_bytes() == first
    with pytest.raises(FileExistsInStoreError, match="overwrite"):
        origin.retrieve_artifacts_zip(refs, tmp_path / "out", overwrite=False)


def test_what_fails_leaves_nothing(origin: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    record = origin.registry.file_record(refs[6].id.bytes)
    assert record is not None
    whole = origin.datastore.storage.read(record.path)
    for wrong in (b"x" * len(whole), whole + b" "):
        origin.datastore.storage.write(record.path, wrong, overwrite=True)
        with pytest.raises(ChecksumMismatchError, match=record.path.rpartition("/")[2]):
            origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    origin.datastore.storage.remove([record.path])
    with pytest.raises(MissingFileError, match=record.path.rpartition("/")[2]):
        origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_empty_zip_file_is_refused(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="no datasets"):
        local_pair[0].retrieve_artifacts_zip([], tmp_path / "out")
