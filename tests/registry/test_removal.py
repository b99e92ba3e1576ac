"""Removing datasets: rows at once, files by way of the trash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.file_record import FileRecord
from support.world import World, rolled_back


@pytest.fixture
def ids(world: World) -> list[bytes]:
    """Four datasets with files: two alone, two in one file; and one whose file is somebody else's."""
    columns: dict[str, Any] = {"instrument": ["Cam"] * 5, "exposure": [10] * 4 + [11], "detector": [0, 1, 2, 3, 0]}
    files = FileColumns(["a", "b", "s", "s", "file:///x"], [1] * 5, "json", "StructuredDataDict", None)
    array = np.arange(80, dtype=np.uint8).reshape(5, 16)
    world.registry.datasets.insert("raw", "run/b", columns, ids=array, files=files)
    made = [row.tobytes() for row in array]
    with world.registry.transaction():
        world.registry.datasets.share_files(made[3:])
    return made


def rows(world: World, ids: list[bytes]) -> list[int]:
    return [row for row, _ in world.registry.datasets.file_records(ids).values()]


def test_files_go_with_the_last_dataset_in_them(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    assert datasets.remove([ids[0], ids[2], ids[4]]) == 3
    assert datasets.trash() == ["a"]
    assert sorted(datasets.get_many(ids)) == [ids[1], ids[3]]
    assert datasets.remove([ids[3]]) == 1
    assert datasets.trash() == ["a", "s"]
    datasets.trash_emptied(["a"])
    assert datasets.trash() == ["s"]
    assert datasets.remove(ids) == 1
    assert datasets.trash() == ["b", "s"]


def test_a_file_stays_for_the_dataset_that_had_it_first(world: World, ids: list[bytes]) -> None:
    world.registry.datasets.remove([ids[0], ids[3]])
    assert world.registry.datasets.trash() == ["a"]
    world.registry.datasets.remove([ids[2]])
    assert world.registry.datasets.trash() == ["a", "s"]


def test_both_of_a_shared_file_at_once(world: World, ids: list[bytes]) -> None:
    world.registry.datasets.remove(ids[2:4])
    assert world.registry.datasets.trash() == ["s"]
    assert world.registry.database.query("SELECT count(*) FROM shared_file") == [(0,)]


def test_unstored_datasets_stay_without_files(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    datasets.remove(ids[:2], unstore_only=True)
    assert [datasets.get_many([i])[i][2] for i in ids[:2]] == [None, None]
    assert datasets.trash() == ["a", "b"]
    assert not datasets.path_in_use("a")
    assert datasets.path_in_use("s")


def test_members_of_tags_and_calibrations_go_too(world: World) -> None:
    tagged = world.tags["tag/x"]
    certified = [i for i, _ in world.calibrations["calib/one"]]
    world.registry.datasets.remove([*tagged, *certified])
    for table in ("tag", "calibration"):
        assert world.registry.database.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_artifacts_of_components(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    (row,) = rows(world, ids[:1])
    with world.registry.transaction():
        for name, path in (("wcs", "a.wcs"), ("psf", "file:///psf")):
            datasets.add_artifact(row, FileRecord(path, "json", "Wcs", 3, b"c", component=name))
    held = datasets.artifacts(row)
    assert held["wcs"] == FileRecord("a.wcs", "json", "Wcs", 3, b"c", component="wcs")
    datasets.remove(ids[:1])
    assert datasets.trash() == ["a", "a.wcs"]
    assert datasets.artifacts(row) == {}


def test_paths_to_be_written_again_leave_the_trash(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    datasets.remove(ids)
    with world.registry.transaction():
        datasets.claim_paths(["a"])
        assert datasets.trash() == ["b", "s"]
        datasets.claim_paths(["b", "s", "other"])
        assert datasets.trash() == []
    assert datasets.remove([b"\xff" * 16]) == 0


def test_a_run_is_emptied(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    before = world.registry.database.query("SELECT count(*) FROM dataset")[0][0]
    kept = world.registry.database.query(
        "SELECT count(*) FROM dataset d JOIN collection c ON c.k = d.run WHERE c.name <> 'run/b'"
    )[0][0]
    assert datasets.remove_run(world.registry.collections.get("run/b").k) == before - kept
    assert world.registry.database.query("SELECT count(*) FROM dataset") == [(kept,)]
    assert datasets.get_many(ids) == {}
    assert datasets.trash() == ["a", "b", "s"]


def test_the_trash_is_given_in_parts(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    datasets.remove(ids)
    assert datasets.trash(2) == ["a", "b"]
    datasets.trash_emptied(["a", "b"])
    assert datasets.trash(2) == ["s"]


def test_a_rollback_brings_everything_back(world: World, ids: list[bytes]) -> None:
    datasets = world.registry.datasets
    before: Any = datasets.get_many(ids)
    with rolled_back(world.registry):
        datasets.remove(ids)
    assert datasets.get_many(ids) == before
    assert datasets.trash() == []
