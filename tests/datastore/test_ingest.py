"""Files of others: recorded where they are, or brought in."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler.datasets.file_columns import FileColumns
from skybutler.datastore import Datastore
from skybutler.datastore.ingest import source_extension
from skybutler.errors import FileExistsInStoreError, InvalidError, MissingFileError, ParameterError
from skybutler.storage import LocalStorage
from support.s3 import S3Server


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "in put"
    folder.mkdir()
    for i in range(3):
        (folder / f"raw_{i}.fits").write_bytes(b"x" * (i + 1))
    return sorted(str(path) for path in folder.iterdir())


@pytest.fixture
def local(tmp_path: Path) -> Datastore:
    return Datastore.open(tmp_path / "root")


def ingest(datastore: Datastore, sources: list[str], mode: str | None, **options: Any) -> FileColumns:
    with datastore.stage() as stage:
        return datastore.ingest(
            sources, mode, formatter="raw", storage_class="Exposure", stage=stage,
            stems=[f"raws/{i}" for i in range(len(sources))], **options,
        )  # fmt: skip


def checksums_of(files: list[str]) -> list[bytes]:
    return [hashlib.blake2b(Path(f).read_bytes(), digest_size=16).digest() for f in files]


def test_direct_records_uris_and_touches_nothing(datastore: Datastore, files: list[str]) -> None:
    found = ingest(datastore, files, "direct")
    assert list(found.path) == [Path(f).as_uri() for f in files]
    assert list(found.size) == [1, 2, 3]
    assert (found.formatter, found.storage_class, found.checksum) == ("raw", "Exposure", None)
    assert list(datastore.storage.files()) == []


def test_direct_stays_absolute_inside_the_root(local: Datastore) -> None:
    local.storage.write("a/x.fits", b"1")
    full = str(Path(local.storage.local_root or "", "a/x.fits"))
    assert ingest(local, [full, "a/x.fits"], "direct").path == [Path(full).as_uri()] * 2


@pytest.mark.parametrize("mode", ["copy", "move"])
def test_copied_files_have_checksums_for_nothing(datastore: Datastore, files: list[str], mode: str) -> None:
    expected = checksums_of(files)
    found = ingest(datastore, files, mode)
    assert found.path == ["raws/0.fits", "raws/1.fits", "raws/2.fits"]
    assert list(found.size) == [1, 2, 3]
    if mode == "copy" or datastore.storage.local_root is None:
        assert found.checksum == expected
    assert [datastore.storage.read(path) for path in found.path] == [b"x", b"xx", b"xxx"]
    assert [os.path.exists(f) for f in files] == [mode == "copy"] * 3


@pytest.mark.parametrize("mode", ["link", "hardlink", "symlink", "relsymlink"])
def test_linked_files(local: Datastore, files: list[str], mode: str) -> None:
    found = ingest(local, files, mode)
    assert found.path == ["raws/0.fits", "raws/1.fits", "raws/2.fits"]
    assert (list(found.size), found.checksum) == ([1, 2, 3], None)


def test_checksums_and_sizes_are_optional(datastore: Datastore, files: list[str]) -> None:
    for mode in ("direct", "copy"):
        found = ingest(datastore, files, mode, checksum=True, in_use=lambda path: False)
        assert found.checksum == checksums_of(files)
        found = ingest(datastore, files, mode, track=False, checksum=True, in_use=lambda path: False)
        assert (list(found.size), found.checksum) == ([-1] * 3, None)


def test_auto(local: Datastore, files: list[str], caplog: pytest.LogCaptureFixture) -> None:
    local.storage.write("in/side.fits", b"12345")
    inside = str(Path(local.storage.local_root or "", "in/./side.fits"))
    assert ingest(local, [inside], "auto").path == ["in/side.fits"]
    assert ingest(local, ["in/side.fits"], "auto").path == ["in/side.fits"]
    assert ingest(local, [Path(inside).as_uri()], "auto").path == ["in/side.fits"]
    outside = ingest(local, files, "auto")
    assert outside.path == ["raws/0.fits", "raws/1.fits", "raws/2.fits"]
    assert Path(local.storage.local_root or "", "raws/0.fits").samefile(files[0])
    mixed = ingest(local, [files[0], inside], "auto")
    assert mixed.path == [Path(files[0]).as_uri(), "in/side.fits"]
    assert list(mixed.size) == [1, 5]
    assert "1 of 2 files are outside" in caplog.text


def test_a_root_that_is_a_link_knows_its_files(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")
    datastore = Datastore.open(tmp_path / "root")
    datastore.storage.write("x.fits", b"1")
    assert (
        ingest(datastore, [str(tmp_path / "real/x.fits"), str(tmp_path / "root/x.fits")], None).path == ["x.fits"] * 2
    )


def test_in_place_needs_files_inside(datastore: Datastore, files: list[str]) -> None:
    datastore.storage.write("in/x.fits", b"12")
    found = ingest(datastore, ["in/x.fits", datastore.root + "in/x.fits"], None)
    assert (found.path, list(found.size)) == (["in/x.fits"] * 2, [2, 2])
    with pytest.raises(InvalidError, match="not inside"):
        ingest(datastore, files, None)
    with pytest.raises(InvalidError, match="leaves"):
        ingest(datastore, ["../x.fits"], "split")


@pytest.mark.parametrize("mode", [None, "direct", "split", "copy", "link", "move"])
def test_missing_files_are_named(local: Datastore, files: list[str], mode: str | None) -> None:
    missing = [f"nope{i}.fits" for i in range(5)]
    with pytest.raises(MissingFileError, match="nope0.fits"):
        ingest(local, missing if mode is None else [*files, *missing], mode)
    assert list(local.storage.files()) == []
    assert all(os.path.exists(f) for f in files)


def test_a_failure_takes_back_the_files_before(datastore: Datastore, files: list[str]) -> None:
    datastore.storage.write("raws/2.fits", b"other")
    with pytest.raises(FileExistsInStoreError):
        ingest(datastore, files, "move")
    assert list(datastore.storage.files()) == ["raws/2.fits"]
    assert all(os.path.exists(f) for f in files)


def test_an_orphan_in_the_place_is_replaced(datastore: Datastore, files: list[str]) -> None:
    datastore.storage.write("raws/2.fits", b"other")
    ingest(datastore, files, "copy", in_use=lambda path: False)
    assert datastore.storage.read("raws/2.fits") == b"xxx"


def test_equal_targets_are_refused(local: Datastore, files: list[str]) -> None:
    with local.stage() as stage, pytest.raises(InvalidError, match="both become a/x.fits"):
        local.ingest(files, "copy", formatter="raw", storage_class="Exposure", stage=stage, stems=["a/y", "a/x", "a/x"])


def test_modes_that_make_files_need_a_stage(local: Datastore, files: list[str]) -> None:
    with pytest.raises(ParameterError, match="stage"):
        local.ingest(files, "copy", formatter="raw", storage_class="Exposure")
    assert local.ingest(files, "direct", formatter="raw", storage_class="Exposure").path
    with pytest.raises(ParameterError, match="Unknown transfer mode"):
        local.ingest(files, "teleport", formatter="raw", storage_class="Exposure")


def test_stems_are_made_only_when_needed(local: Datastore, files: list[str]) -> None:
    def never() -> list[str]:
        raise AssertionError

    local.ingest(files, "direct", formatter="raw", storage_class="Exposure", stems=never)


@pytest.mark.s3
def test_objects_are_recorded_where_they_are(s3_environment: S3Server, datastore: Datastore) -> None:
    elsewhere = Datastore.open(s3_environment.new_root()).storage
    elsewhere.write("a b/x.fits.fz", b"123")
    uri = elsewhere.url("a b/x.fits.fz")
    found = ingest(datastore, [uri], "direct")
    assert (found.path, list(found.size)) == ([uri], [3])
    assert ingest(datastore, [uri], "auto").path == ["raws/0.fits.fz"]
    with pytest.raises(MissingFileError):
        ingest(datastore, [uri + "x"], "direct")
    assert ingest(datastore, [uri + "x"], "direct", track=False).path == [uri + "x"]


@pytest.mark.parametrize(
    "source, extension",
    [
        ("/a/b.c/x.fits", ".fits"),
        ("/a/x.fits.gz", ".fits.gz"),
        ("/a/v1.2/x.1.fits.fz", ".fits.fz"),
        ("file:///a/x%23.tar.gz", ".tar.gz"),
        ("/a/x", ""),
        ("/a/.hidden", ""),
    ],
)
def test_extensions_are_kept(source: str, extension: str) -> None:
    assert source_extension(source) == extension


def test_a_direct_ingest_is_fast(tmp_path: Path, local: Datastore) -> None:
    folder = LocalStorage(tmp_path / "raw")
    for i in range(200):
        folder.write(f"{i}.fits", b"1", sync=False)
    sources = [str(tmp_path / "raw" / f"{i % 200}.fits") for i in range(20_000)]
    start = time.process_time()
    found = ingest(local, sources, "direct")
    spent = time.process_time() - start
    assert len(found.path) == 20_000
    assert spent < 1.0  # measured 0.09 s


def _denied(root: str, source: str) -> str:
    try:
        Datastore.open(root).ingest([source], "direct", formatter="raw", storage_class="Exposure")
    except PermissionError as error:
        return str(error)
    return "ingested"


def test_unreadable_folders_are_named(tmp_path: Path, unprivileged: Callable[..., Any]) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "x.fits").write_text("1")
    folder.chmod(0)
    try:
        assert "No permission" in unprivileged(_denied, str(tmp_path / "root"), str(folder / "x.fits"))
    finally:
        folder.chmod(0o755)


def test_many_files_are_brought_side_by_side(datastore: Datastore, tmp_path: Path) -> None:
    sources = []
    for i in range(60):
        (tmp_path / f"in{i:02d}.fits").write_bytes(str(i).encode())
        sources.append(str(tmp_path / f"in{i:02d}.fits"))
    datastore.storage.write("raws/7.fits", b"of a killed process")
    found = ingest(datastore, sources, "copy", in_use=lambda path: False)
    assert list(found.size) == [len(str(i)) for i in range(60)]
    assert found.checksum == checksums_of(sources)
    assert [datastore.storage.read(path) for path in found.path] == [str(i).encode() for i in range(60)]


def test_one_failure_among_many_leaves_nothing(datastore: Datastore, tmp_path: Path) -> None:
    sources = [str(tmp_path / f"in{i:02d}.fits") for i in range(60)]
    for source in sources:
        Path(source).write_bytes(b"x")
    Path(sources[33]).unlink()
    with pytest.raises(MissingFileError, match="in33"):
        ingest(datastore, sources, "copy")
    assert list(datastore.storage.files()) == []
