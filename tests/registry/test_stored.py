"""File records of many datasets."""

from __future__ import annotations

import pytest

from skybutler.datasets import FileRecord
from skybutler.errors import MissingCollectionError, MissingDatasetTypeError
from skybutler.registry.stored import StoredFile, StoredFiles
from support.world import World, rolled_back


@pytest.fixture
def stored(world: World) -> StoredFiles:
    """The two tagged datasets are stored, the first with a component, and one of another type somewhere else."""
    registry, (first, second) = world.registry, world.tags["tag/x"]
    other = next(iter(world.datasets["coadd", "sky/run"].values()))
    with registry.transaction():
        registry.datasets.set_record(first, FileRecord("b/é.fits", "fits", "ExposureF", 7, b"x" * 16))
        row = registry.datasets.get_many([first])[first][1]
        registry.datasets.add_artifact(row, FileRecord("a/wcs.fits", "fits", "Wcs", 3, None, "wcs"))
        registry.datasets.set_record(second, FileRecord("c/d.fits", "fits", "ExposureF"))
        registry.datasets.set_record(other, FileRecord("file:///root/some%20where.fits", "fits", "ExposureF"))
    return StoredFiles(registry.database, registry.dataset_types, registry.collections)


def paths(stored: StoredFiles, *chosen: list[str]) -> list[str]:
    return [file.path for files in stored.records(*chosen) for file in files]


def test_records_come_in_the_order_of_paths(world: World, stored: StoredFiles) -> None:
    assert paths(stored) == ["a/wcs.fits", "b/é.fits", "c/d.fits", "file:///root/some%20where.fits"]
    first, second = world.tags["tag/x"]
    files = [file for part in stored.records(["calexp"]) for file in part]
    assert files == [
        StoredFile(first, "wcs", "a/wcs.fits", 3, None),
        StoredFile(first, "", "b/é.fits", 7, b"x" * 16),
        StoredFile(second, "", "c/d.fits", -1, None),
    ]
    assert stored.count() == 3


def test_choosing(stored: StoredFiles) -> None:
    assert paths(stored, ["co*"]) == ["file:///root/some%20where.fits"]
    assert paths(stored, [], ["tag/x"]) == ["a/wcs.fits", "b/é.fits", "c/d.fits"]
    assert paths(stored, ["co*"], ["tag/x"]) == []
    assert paths(stored, [], ["chain/empty"]) == []
    assert stored.count([], ["chain/main"]) == 2
    with pytest.raises(MissingDatasetTypeError):
        paths(stored, ["calxp"])
    with pytest.raises(MissingCollectionError):
        paths(stored, [], ["tag/y"])


def test_unknown_files(world: World, stored: StoredFiles) -> None:
    with world.registry.transaction():
        world.registry.database.execute("INSERT INTO trash VALUES ('t')")
    places = [("b/é.fits", None), ("z", "file:///root/z"), ("t", None), ("a/wcs.fits", None), ("some where.fits", None)]
    assert list(stored.unknown(places)) == [["some where.fits", "z"]]
    places[-1] = ("some where.fits", "file:///root/some%20where.fits")
    assert list(stored.unknown(places)) == [["z"]]
    assert stored.has_uris_below("file:///root/")
    assert not stored.has_uris_below("file:///roof/")
    many = ((f"n{i:06}", None) for i in range(60_000))
    assert [len(part) for part in stored.unknown(many)] == [5_000] * 12


def test_only_unknown_files_are_discarded(world: World, stored: StoredFiles) -> None:
    with rolled_back(world.registry):
        assert stored.discard(["b/é.fits", "z"]) == 1
    assert world.registry.datasets.trash() == []
    with world.registry.transaction():
        assert stored.discard(["b/é.fits", "z", "y"]) == 2
        assert stored.discard(["z"]) == 0
    assert world.registry.datasets.trash() == ["y", "z"]


def test_records_that_are_still_there(world: World, stored: StoredFiles) -> None:
    files = [file for part in stored.records() for file in part]
    assert stored.still(files) == files
    assert stored.still([files[0]._replace(path="other"), files[1]._replace(component="wcs")]) == []
    world.registry.datasets.remove([files[1].id])
    assert stored.still(files) == files[2:]


def test_accepting(world: World, stored: StoredFiles) -> None:
    files = [file for part in stored.records() for file in part]
    changed = [f._replace(size=f.size + 10, checksum=b"y" * 16) for f in files[:3]]
    with world.registry.transaction():
        assert stored.accept([*changed[:2], changed[2]._replace(path="moved")]) == 2
    assert [file for part in stored.records() for file in part] == [*changed[:2], *files[2:]]
