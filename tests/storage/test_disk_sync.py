"""Syncing reports what the disk reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.storage import disk_sync


@pytest.mark.parametrize("number", [1, disk_sync.WHOLE_FILE_SYSTEM_FROM])
def test_files_of_several_directories(tmp_path: Path, number: int) -> None:
    paths = []
    for i in range(number):
        path = tmp_path / f"d{i % 3}" / str(i)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"1")
        paths.append(str(path))
    disk_sync.sync_files(paths, str(tmp_path))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk_sync.sync_files([str(tmp_path / "nope")], str(tmp_path))
