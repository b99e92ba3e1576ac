"""What only local directories have: permissions, symbolic links, directories, scratch files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import DeniedError, FileExistsInStoreError, InvalidError, UnavailableError, UnreadableFileError
from skybutler.storage import LocalStorage


@pytest.fixture
def local(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "root")


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_permissions_follow_the_umask(local: LocalStorage, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        local.write("d/x", b"")
    finally:
        os.umask(before)
    assert os.stat(local.full_path("d/x")).st_mode & 0o777 == mode


def test_writing_through_a_link_out_of_the_root_is_refused(local: LocalStorage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("1")
    local.write("a", b"")
    Path(local.local_root, "way").symlink_to(outside)
    with pytest.raises(InvalidError, match="symbolic link"):
        local.write("way/x", b"")
    with pytest.raises(InvalidError, match="symbolic link"):
        local.remove(["way/kept"])
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert local.read("way/kept") == b"1"


def test_links_inside_the_root_and_a_root_that_is_a_link_are_fine(tmp_path: Path) -> None:
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "root").symlink_to(tmp_path / "real")
    local = LocalStorage(tmp_path / "root")
    (tmp_path / "real/way").symlink_to(tmp_path / "real/deep")
    local.write("way/x", b"1")
    assert (tmp_path / "real/deep/x").read_bytes() == b"1"


def test_replacing_a_symbolic_link_leaves_its_target(local: LocalStorage, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("old")
    local.write("a", b"")
    Path(local.local_root, "x").symlink_to(precious)
    with pytest.raises(FileExistsInStoreError):
        local.write("x", b"new")
    local.write("x", b"new", overwrite=True)
    assert (precious.read_text(), local.read("x")) == ("old", b"new")


def test_a_dangling_link_counts_as_existing(local: LocalStorage, tmp_path: Path) -> None:
    local.write("a", b"")
    Path(local.local_root, "x").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsInStoreError):
        local.write("x", b"new")


def test_emptied_directories_go_but_never_the_root(local: LocalStorage) -> None:
    local.write("a/b/c/1", b"")
    local.write("a/2", b"")
    local.remove(["a/b/c/1"])
    assert sorted(os.listdir(os.path.join(local.local_root, "a"))) == ["2"]
    local.remove(["a/2"])
    assert os.listdir(local.local_root) == []
    local.write("a/b/c/1", b"")


def test_half_written_files_are_not_listed(local: LocalStorage) -> None:
    def look(path: Path) -> None:
        path.write_bytes(b"1")
        assert list(local.files()) == []

    local.write("d/x", look)
    assert list(local.files()) == ["d/x"]


@pytest.mark.parametrize("number", [3, 100])
def test_many_files_are_synced_together(local: LocalStorage, number: int) -> None:
    paths = [f"d{i % 5}/{i}" for i in range(number)]
    for path in paths:
        local.write(path, b"1", sync=False)
    local.sync(paths)
    assert sorted(local.files()) == sorted(paths)


def test_a_directory_in_the_way(local: LocalStorage) -> None:
    local.write("d/x", b"")
    with pytest.raises(UnreadableFileError, match="directory"):
        local.read("d")
    with pytest.raises(FileExistsInStoreError):
        local.write("d", b"")
    with pytest.raises(FileExistsInStoreError):
        local.write("d/x/y", b"")


def test_a_name_that_is_too_long(local: LocalStorage) -> None:
    with pytest.raises(InvalidError, match="too long"):
        local.write("x" * 300, b"")


def _write_denied(root: str) -> str:
    try:
        LocalStorage(root).write("d/x", b"")
    except DeniedError as error:
        return str(error)
    return "written"


def test_no_permission(tmp_path: Path, unprivileged: Callable[..., Any]) -> None:
    root = tmp_path / "root"
    root.mkdir(mode=0o555)
    assert "No permission" in unprivileged(_write_denied, str(root))


def test_a_full_disk_leaves_nothing(small_tmpfs: Callable[[int], Path]) -> None:
    local = LocalStorage(small_tmpfs(1 << 20))
    with pytest.raises(UnavailableError, match="space"):
        local.write("x", bytes(2 << 20))
    assert list(local.files()) == []
    assert os.listdir(local.local_root) == []
    local.write("x", b"1")
