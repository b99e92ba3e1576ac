"""What every storage promises, on each kind."""

from __future__ import annotations

import hashlib
import io
import pickle
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler.errors import FileExistsInStoreError, FileNotFoundInStoreError, InvalidError
from skybutler.storage import LocalStorage, Storage
from skybutler.storage.local import SCRATCH_PREFIX
from skybutler.storage.storage import Data, check_path

CONTENT = bytes(range(256)) * 50


def blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def test_what_is_written_is_read_back(storage: Storage) -> None:
    stored = storage.write("a/b/c.bin", CONTENT)
    assert (stored.size, stored.checksum) == (len(CONTENT), blake(CONTENT))
    assert storage.read("a/b/c.bin") == CONTENT


@pytest.mark.parametrize("kind", ["bytes", "stream", "path", "function"])
def test_every_kind_of_data_can_be_written(storage: Storage, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    seen: list[Path] = []

    def fill(path: Path) -> None:
        seen.append(path)
        path.write_bytes(CONTENT)

    data: Data = {"bytes": CONTENT, "stream": io.BytesIO(CONTENT), "path": source, "function": fill}[kind]  # type: ignore[assignment]
    stored = storage.write("x.fits.gz", data)
    assert (stored.size, stored.checksum) == (len(CONTENT), blake(CONTENT))
    assert storage.read("x.fits.gz") == CONTENT
    assert [path.name[path.name.index(".f") :] for path in seen] == ([".fits.gz"] if kind == "function" else [])
    assert list(storage.files()) == ["x.fits.gz"]


def test_a_large_stream_arrives_whole(storage: Storage) -> None:
    data = bytes(1000) + b"x" * (20 << 20)
    stored = storage.write("large", io.BytesIO(data))
    assert (stored.size, stored.checksum) == (len(data), blake(data))
    assert storage.read_ranges("large", [(len(data) - 2, len(data)), (998, 1002)]) == [b"xx", b"\0\0xx"]
    with pytest.raises(FileExistsInStoreError):
        storage.write("large", io.BytesIO(data))


def test_a_failing_writer_leaves_nothing(storage: Storage) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        storage.write("d/x.txt", fail)
    assert not storage.exists("d/x.txt")
    assert list(storage.files()) == []


def test_an_existing_file_is_replaced_only_on_request(storage: Storage) -> None:
    storage.write("x", b"old")
    with pytest.raises(FileExistsInStoreError, match="already"):
        storage.write("x", b"new")
    assert storage.read("x") == b"old"
    storage.write("x", b"new", overwrite=True)
    assert storage.read("x") == b"new"


def test_ranges_come_in_the_order_asked(storage: Storage) -> None:
    storage.write("x", CONTENT)
    ranges = [(300, 310), (0, 1), (len(CONTENT) - 1, len(CONTENT)), (5, 305)]
    assert storage.read_ranges("x", ranges) == [CONTENT[a:b] for a, b in ranges]
    assert storage.read_ranges("x", []) == []


def test_an_open_file_can_be_searched(storage: Storage) -> None:
    storage.write("x", CONTENT)
    with storage.open("x") as stream:
        assert stream.seekable()
        assert stream.read(3) == CONTENT[:3]
        assert stream.seek(-5, 2) == len(CONTENT) - 5
        assert stream.read() == CONTENT[-5:]
        assert stream.seek(10) == 10
        assert stream.seek(5, 1) == 15
        assert (stream.read(1), stream.tell()) == (CONTENT[15:16], 16)


def test_a_local_file_of_it_can_be_had(storage: Storage) -> None:
    storage.write("d/x.fits.gz", CONTENT)
    with storage.local_path("d/x.fits.gz") as path:
        assert path.name.endswith(".fits.gz")
        assert path.read_bytes() == CONTENT


def test_missing_files(storage: Storage) -> None:
    assert not storage.exists("nope")
    for read in (storage.read, storage.open, lambda path: storage.read_ranges(path, [(0, 1)])):
        with pytest.raises(FileNotFoundInStoreError, match="nope"):
            read("nope")
    with pytest.raises(FileNotFoundInStoreError), storage.local_path("nope"):
        pass
    storage.remove(["nope"])


def test_a_directory_is_no_file(storage: Storage) -> None:
    storage.write("d/x", b"1")
    assert not storage.exists("d")
    assert storage.sizes(["d/x", "nope", "d/x/y"]).tolist() == [1, -1, -1]


def test_files_are_listed_by_prefix(storage: Storage) -> None:
    for path in ("a/1", "a/b/2", "ab/3", "4"):
        storage.write(path, b"")
    assert sorted(storage.files()) == ["4", "a/1", "a/b/2", "ab/3"]
    assert sorted(storage.files("a")) == sorted(storage.files("a/")) == ["a/1", "a/b/2"]
    assert list(storage.files("nope")) == []


def test_removing_takes_only_what_is_named(storage: Storage) -> None:
    for path in ("a/1", "a/2", "b/c/3"):
        storage.write(path, b"")
    storage.remove(["a/1", "b/c/3", "nope/4"])
    assert list(storage.files()) == ["a/2"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "", "a/\0", "file:///x", "a/.."])
def test_paths_do_not_leave_the_root(storage: Storage, path: str) -> None:
    with pytest.raises(InvalidError):
        storage.write(path, b"")
    with pytest.raises(InvalidError):
        storage.read(path)
    with pytest.raises(InvalidError):
        storage.remove([path])
    with pytest.raises(InvalidError):
        storage.sizes(["x", path, "y"])


def test_points_inside_names_are_fine() -> None:
    assert check_path("a..b/..c/d..") == "a..b/..c/d.."


@pytest.mark.parametrize("name", ["HD 1+2=3 (é) ~'&;,.txt", "100%25#[x]@!$.dat", "hat^tick`{}"])
def test_odd_names_work_and_are_quoted_in_uris(storage: Storage, name: str) -> None:
    storage.write(f"d/{name}", b"1")
    assert storage.read(f"d/{name}") == b"1"
    assert list(storage.files("d")) == [f"d/{name}"]
    assert storage.url(f"d/{name}").startswith(storage.root)
    assert not set(storage.url(f"d/{name}")) & set(" #[]^`{}\\é")


def test_anyone_can_read_through_a_signed_url(storage: Storage) -> None:
    storage.write("d/x y#.txt", CONTENT)
    with urllib.request.urlopen(storage.signed_url("d/x y#.txt", 60), timeout=100) as answer:
        assert answer.read() == CONTENT


def test_a_storage_travels_to_other_processes(storage: Storage) -> None:
    storage.write("x", b"1")
    assert pickle.loads(pickle.dumps(storage)).read("x") == b"1"


def test_times_of_writing(storage: Storage) -> None:
    before = time.time()
    storage.write("a/b", b"x")
    found = storage.modified(["a/b", "a/c", "a/b/c"])
    assert before - 2 <= found[0] <= time.time() + 2
    assert np.isnan(found[1:]).all()


def test_half_written_files_are_listed_on_demand(storage: Storage) -> None:
    storage.write("a/b", b"x")
    assert list(storage.files(scratch=True)) == ["a/b"]
    if isinstance(storage, LocalStorage):
        Path(storage.local_root, "a", f"{SCRATCH_PREFIX}1.fits").touch()
        assert list(storage.files()) == ["a/b"]
        assert sorted(storage.files(scratch=True)) == [f"a/{SCRATCH_PREFIX}1.fits", "a/b"]


class Dripping:
    """A stream that gives little at a time, as pipes and sockets do."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def read(self, size: int = -1) -> bytes:
        piece, self._rest = self._rest[:1000], self._rest[1000:]
        return piece


def test_a_stream_may_give_little_at_a_time(storage: Storage) -> None:
    content = bytes(range(250)) * 100
    source: Any = Dripping(content)
    assert storage.write("x", source).size == len(content)
    assert storage.read("x") == content
