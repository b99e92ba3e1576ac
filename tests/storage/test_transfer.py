"""Copy, move and links into each kind of storage."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skybutler.errors import FileExistsInStoreError, InvalidError, MissingFileError, ParameterError
from skybutler.storage import LocalStorage, Stage, Storage, open_storage
from skybutler.storage.transfer import check_mode, transfer
from support.s3 import S3Server

LINKS = ["link", "hardlink", "symlink", "relsymlink"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in put" / "raw#1.fits"
    path.parent.mkdir()
    path.write_bytes(b"pixels")
    return path


@pytest.mark.parametrize("uri", [False, True])
@pytest.mark.parametrize("mode", ["copy", "move"])
def test_copy_and_move(storage: Storage, source: Path, mode: str, uri: bool) -> None:
    with Stage(storage) as stage:
        transfer(source.as_uri() if uri else str(source), storage, "d/x.fits", mode, stage)
        assert source.exists()  # until the commit
    assert storage.read("d/x.fits") == b"pixels"
    assert source.exists() == (mode == "copy")


@pytest.mark.parametrize("mode", ["copy", "move", *LINKS])
def test_a_rollback_restores_everything(tmp_path: Path, source: Path, mode: str) -> None:
    storage = LocalStorage(tmp_path / "root")
    stage = Stage(storage)
    transfer(str(source), storage, "d/x.fits", mode, stage)
    assert storage.exists("d/x.fits")
    stage.rollback()
    stage.finish()
    assert source.read_bytes() == b"pixels"
    assert list(storage.files()) == []


@pytest.mark.parametrize("mode", LINKS)
def test_links(tmp_path: Path, source: Path, mode: str) -> None:
    storage = LocalStorage(tmp_path / "root")
    alias = tmp_path / "alias"
    alias.symlink_to(source)
    with Stage(storage) as stage:
        transfer(str(alias), storage, "d/x.fits", mode, stage)
    target = Path(storage.full_path("d/x.fits"))
    assert target.samefile(source)
    assert target.is_symlink() == ("sym" in mode)
    if mode == "symlink":
        assert os.readlink(target) == str(source)
    if mode == "relsymlink":
        assert os.readlink(target) == "../../in put/raw#1.fits"
    storage.remove(["d/x.fits"])
    assert source.read_bytes() == b"pixels"


@pytest.mark.parametrize("mode", LINKS)
@pytest.mark.s3
def test_an_object_store_cannot_be_linked(s3_environment: S3Server, source: Path, tmp_path: Path, mode: str) -> None:
    storage = open_storage(s3_environment.new_root())
    with Stage(storage) as stage, pytest.raises(InvalidError, match="cannot be linked"):
        transfer(str(source), storage, "x", mode, stage)
    storage.write("x", b"1")
    local = LocalStorage(tmp_path / "root")
    with Stage(local) as stage, pytest.raises(InvalidError, match="cannot be linked"):
        transfer(storage.url("x"), local, "x", mode, stage)


@pytest.mark.s3
def test_from_an_object_store(s3_environment: S3Server, storage: Storage) -> None:
    remote = open_storage(s3_environment.new_root())
    remote.write("a b#.txt", b"1")
    with Stage(storage) as stage:
        transfer(remote.url("a b#.txt"), storage, "copy", "copy", stage)
        transfer(remote.url("a b#.txt"), storage, "move", "move", stage)
    assert (storage.read("copy"), storage.read("move")) == (b"1", b"1")
    assert not remote.exists("a b#.txt")


@pytest.mark.parametrize("mode", ["copy", "move", *LINKS])
def test_another_file_in_the_place(tmp_path: Path, source: Path, mode: str) -> None:
    storage = LocalStorage(tmp_path / "root")
    storage.write("x", b"other")
    with Stage(storage) as stage, pytest.raises(FileExistsInStoreError):
        transfer(str(source), storage, "x", mode, stage)
    assert (storage.read("x"), source.exists()) == (b"other", True)
    with Stage(storage) as stage:
        transfer(str(source), storage, "x", mode, stage, overwrite=True)
    assert storage.read("x") == b"pixels"
    assert list(storage.files()) == ["x"]


@pytest.mark.parametrize("mode", ["copy", "move", *LINKS])
def test_a_file_that_is_its_own_target_is_left_alone(tmp_path: Path, mode: str) -> None:
    storage = LocalStorage(tmp_path / "root")
    storage.write("x", b"1")
    stage = Stage(storage)
    transfer(storage.full_path("x"), storage, "x", mode, stage)
    stage.rollback()
    with Stage(storage) as stage:
        transfer(storage.full_path("x"), storage, "x", mode, stage)
    assert storage.read("x") == b"1"


def test_moving_onto_a_link_to_oneself_does_not_lose_the_file(tmp_path: Path, source: Path) -> None:
    storage = LocalStorage(tmp_path / "root")
    with Stage(storage) as stage:
        transfer(str(source), storage, "x", "symlink", stage)
    with pytest.raises(FileExistsInStoreError), Stage(storage) as stage:
        transfer(str(source), storage, "x", "move", stage)
    assert storage.read("x") == b"pixels"


@pytest.mark.parametrize("mode", ["copy", "symlink"])
def test_a_missing_source(storage: Storage, tmp_path: Path, mode: str) -> None:
    with Stage(storage) as stage, pytest.raises(MissingFileError, match="nope"):
        transfer(str(tmp_path / "nope"), storage, "x", mode, stage)


def test_an_unknown_mode_gets_the_nearest() -> None:
    check_mode(None)
    check_mode("direct")
    with pytest.raises(ParameterError, match="'symlink'"):
        check_mode("simlink")
