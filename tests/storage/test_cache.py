"""Local copies: right, bounded, shared, and never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import (
    ChecksumMismatchError,
    FileNotFoundInStoreError,
    ParameterError,
    UnavailableError,
)
from skybutler.storage import LocalStorage, Storage, StoredFile, open_storage
from skybutler.storage.cache import Cache, CachedFile, Limit, extension_of
from support.faults import FaultyProxy
from support.s3 import S3Server


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", Limit())


def read(cache: Cache, storage: Storage, path: str, recorded: StoredFile | None = None, **options: Any) -> bytes | None:
    with cache.file(storage, path, recorded, **options) as copy:
        return copy.read_bytes() if copy is not None else None


def names(cache: Cache) -> list[str]:
    return sorted(os.listdir(cache.directory))


def test_what_was_fetched_once_is_there(cache: Cache, storage: Storage) -> None:
    stored = storage.write("a/x.fits.gz", b"123")
    assert read(cache, storage, "a/x.fits.gz", stored) == b"123"
    storage.remove(["a/x.fits.gz"])
    assert read(cache, storage, "a/x.fits.gz", stored) == b"123"
    assert cache.content() == (1, 3)
    assert [name[32:] for name in names(cache)] == [".fits.gz"]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_changed_file_is_never_taken_for_the_old_one(recorded: bool, cache: Cache, storage: Storage) -> None:
    for content in (b"old", b"new", b"old"):
        stored = storage.write("x", content, overwrite=True)
        assert read(cache, storage, "x", stored if recorded else None) == content


def test_what_is_not_as_recorded_is_refused_and_not_kept(cache: Cache, storage: Storage) -> None:
    stored = storage.write("x", b"123")
    storage.write("x", b"321", overwrite=True)
    with pytest.raises(ChecksumMismatchError, match="has changed"):
        read(cache, storage, "x", stored)
    with pytest.raises(ChecksumMismatchError, match="3 bytes, but 4 were recorded"):
        read(cache, storage, "x", StoredFile(4, stored.checksum))
    with pytest.raises(ChecksumMismatchError, match="3 bytes, but 5 were recorded"):
        read(cache, storage, "x", size=5)
    with pytest.raises(FileNotFoundInStoreError):
        read(cache, storage, "y", stored)
    assert names(cache) == []


def test_nothing_is_fetched_where_that_was_not_asked(cache: Cache, storage: Storage) -> None:
    stored = storage.write("x", b"123")
    assert read(cache, storage, "x", stored, fetch=False) is None
    assert read(cache, storage, "x", stored) == b"123"
    assert read(cache, storage, "x", stored, fetch=False) == b"123"


def test_a_copy_in_use_survives_its_eviction(cache: Cache, storage: Storage) -> None:
    stored = storage.write("x", b"123")
    read(cache, storage, "x", stored)
    with cache.file(storage, "x", stored) as copy:
        assert cache.clear() == (1, 3)
        assert copy is not None
        assert copy.read_bytes() == b"123"
    assert names(cache) == []


def test_a_copy_tells_the_uri_of_its_original(cache: Cache, storage: Storage) -> None:
    stored = storage.write("x y", b"123")
    with cache.file(storage, "x y", stored) as copy:
        assert copy is not None
        near = CachedFile(copy, storage.url("x y"))
        assert (near.read(copy.name), near.url(copy.name)) == (b"123", storage.url("x y"))


def test_what_was_written_is_kept(cache: Cache, storage: Storage) -> None:
    copy = cache.new_file(".txt")
    assert copy is not None
    cache.keep(storage, "x.txt", storage.write("x.txt", b"12"), copy, b"12")
    storage.remove(["x.txt"])
    copy.unlink()
    with pytest.raises(FileNotFoundInStoreError):
        read(cache, storage, "x.txt")
    assert cache.content() == (1, 2)


# --------------------------------------------------------------------------------------------------------------- limits
@pytest.mark.parametrize("limit", [Limit("files", 3), Limit("datasets", 3), Limit("size", 30)])
def test_least_recently_used_files_go(limit: Limit, tmp_path: Path) -> None:
    cache, storage = Cache(tmp_path / "cache", limit), LocalStorage(tmp_path / "store")
    stored = {name: storage.write(name, name.encode() * 10) for name in "abcde"}
    for name in "abcade":
        assert read(cache, storage, name, stored[name]) == name.encode() * 10
        assert cache.content()[0] <= 3
    kept = {name for name in "abcde" if read(cache, storage, name, stored[name], fetch=False) is not None}
    assert kept == set("ade")


def test_old_files_go(tmp_path: Path) -> None:
    cache, storage = Cache(tmp_path / "cache", Limit("age", 100)), LocalStorage(tmp_path / "store")
    stored = {name: storage.write(name, name.encode()) for name in "abc"}
    for name in "ab":
        read(cache, storage, name, stored[name])
    (old,) = (entry for entry in Path(cache.directory).iterdir() if entry.read_bytes() == b"a")
    os.utime(old, (time.time(), time.time() - 200))  # used now, fetched long ago
    read(cache, storage, "c", stored["c"])
    assert not old.exists()
    assert cache.content() == (2, 2)


def test_what_is_larger_than_the_cache_passes_through(tmp_path: Path) -> None:
    cache, storage = Cache(tmp_path / "cache", Limit("size", 5)), LocalStorage(tmp_path / "store")
    small, large = storage.write("small", b"123"), storage.write("large", b"1234567")
    read(cache, storage, "small", small)
    assert read(cache, storage, "large", large) == b"1234567"
    assert cache.content() == (1, 3)


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 30))
def test_a_cache_never_holds_more_than_its_limit(
    tmp_path_factory: pytest.TempPathFactory, asked: list[int], most: int
) -> None:
    folder = tmp_path_factory.mktemp("c")
    cache, storage = Cache(folder / "cache", Limit("size", most)), LocalStorage(folder / "store")
    stored = {n: storage.write(str(n), bytes(n), sync=False) for n in range(10)}
    for n in asked:
        assert read(cache, storage, str(n), stored[n]) == bytes(n)
        assert cache.content()[1] <= most


def test_leftovers_of_killed_processes_go_after_a_day(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    left = cache.new_file(".fits")
    assert left is not None
    left.write_bytes(b"1")
    cache.expire()
    assert left.exists()
    later = time.time() + 90_000
    monkeypatch.setattr("skybutler.storage.cache.time.time", lambda: later)
    cache.expire()
    assert not left.exists()


@pytest.mark.parametrize("mode", ["bytes", "", "Files"])
def test_unknown_limits(mode: str) -> None:
    with pytest.raises(ParameterError, match="cannot be limited by"):
        Limit(mode, 1)


def test_extensions() -> None:
    assert [extension_of(p) for p in ("a.b/c", "a/c.fits.gz", "c." + "x" * 50)] == ["", ".fits.gz", "x" * 32]


# -------------------------------------------------------------------------------------------------------------- trouble
def test_a_cache_that_cannot_be_written_is_not_used(
    tmp_path: Path, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    stored = storage.write("x", b"1")
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache", Limit())
    assert read(cache, storage, "x", stored) is None
    assert read(cache, storage, "x", stored) is None
    assert caplog.text.count("is not used: Not a directory") == 1


def test_a_full_disk_is_no_failure(
    small_tmpfs: Callable[[int], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = LocalStorage(tmp_path / "store")
    stored = storage.write("x", bytes(1 << 20))
    cache = Cache(small_tmpfs(1 << 18) / "cache", Limit())
    assert read(cache, storage, "x", stored) is None
    assert "No space left" in caplog.text
    assert names(cache) == []


@pytest.mark.s3
def test_a_download_that_breaks_off_leaves_nothing(cache: Cache, s3_server: S3Server, faulty: FaultyProxy) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 15}
    storage = open_storage(s3_server.new_root(), settings)
    stored = storage.write("x", bytes(1 << 20))
    faulty.fail("cut", times=1000, method="GET")
    with pytest.raises(UnavailableError):
        read(cache, open_storage(storage.root, settings | {"retry_seconds": 0.3}), "x", stored)
    assert names(cache) == []
    faulty.faults.clear()
    faulty.fail("cut", times=2, method="GET")
    assert read(cache, storage, "x", stored) == bytes(1 << 20)


def test_many_processes_share_a_cache_that_evicts(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    for n in range(12):
        storage.write(f"{n}.txt", str(n).encode() * 10_000, sync=False)
    code = """
        import random, sys
        from skybutler.storage import LocalStorage
        from skybutler.storage.cache import Cache, Limit
        from skybutler.storage.checksum import of_bytes
        random.seed(int(sys.argv[2]))
        cache, storage = Cache(sys.argv[1] + "/cache", Limit("files", 4)), LocalStorage(sys.argv[1] + "/store")
        for _ in range(300):
            n = random.randrange(12)
            content = str(n).encode() * 10_000
            with cache.file(storage, f"{n}.txt", of_bytes(content)) as copy:
                assert copy.read_bytes() == content
    """
    arguments = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    running = [subprocess.Popen([*arguments, str(i)], stderr=subprocess.PIPE, text=True) for i in range(4)]
    assert [process.communicate()[1] for process in running] == [""] * 4
    cache = Cache(tmp_path / "cache", Limit("files", 4))
    assert cache.expire() <= 4
    assert [name for name in names(cache) if name.startswith(".")] == []
