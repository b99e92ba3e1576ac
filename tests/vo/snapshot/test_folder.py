"""Files of snapshots come whole, and go when nobody reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skybutler.errors import UnavailableError
from skybutler.vo.snapshot import SnapshotFolder


def publish(folder: SnapshotFolder, generation: str) -> Path:
    file = folder.file(generation, "f")
    with folder.writing() as scratch:
        (scratch / "x").write_text(generation)
        folder.publish(scratch / "x", file)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> SnapshotFolder:
    return SnapshotFolder(tmp_path / "a" / "b")


def test_files_are_there_under_their_name_alone(folder: SnapshotFolder) -> None:
    first = publish(folder, "1")
    assert first.read_text() == "1"
    second = publish(folder, "2")
    assert [path for path in folder.place.iterdir() if not path.name.startswith(".")] == [second]


def test_what_is_read_stays_until_the_next_time(folder: SnapshotFolder) -> None:
    first = publish(folder, "1")
    descriptor = folder.hold(first)
    assert descriptor is not None
    publish(folder, "2")
    assert first.exists()
    os.close(descriptor)
    publish(folder, "3")
    assert not first.exists()
    assert folder.hold(first) is None


def test_what_a_killed_writer_left_is_swept_away(folder: SnapshotFolder) -> None:
    folder.place.mkdir(parents=True)
    left = folder.place / ".part-1"
    left.mkdir()
    (left / "rows").write_text("half")
    publish(folder, "1")
    assert not left.exists()


def test_a_writer_that_fails_leaves_nothing(folder: SnapshotFolder) -> None:
    with pytest.raises(FileNotFoundError), folder.writing() as scratch:
        (scratch / "missing" / "x").write_text("half")
    assert [path.name for path in folder.place.iterdir()] == [".lock"]


def test_one_writer_at_a_time(folder: SnapshotFolder) -> None:
    with folder.writing(), pytest.raises(UnavailableError, match="Another process"), folder.writing():
        pass


def test_one_keeper_at_a_time_who_keeps_nobody_from_writing(folder: SnapshotFolder) -> None:
    first = folder.keeping()
    assert first is not None
    assert SnapshotFolder(folder.place).keeping() is None
    assert not folder.is_being_written
    publish(folder, "1")
    os.close(first)
    second = SnapshotFolder(folder.place).keeping()
    assert second is not None
    os.close(second)


def test_it_is_told_whether_somebody_writes(folder: SnapshotFolder) -> None:
    with folder.writing():
        assert folder.is_being_written
    assert not folder.is_being_written


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be written"), SnapshotFolder(tmp_path / "file").writing():
        pass
    with pytest.raises(UnavailableError, match="cannot be written"):
        SnapshotFolder(tmp_path / "file").keeping()
