"""Members of zip files, on disk and in an object store: read whole, in parts, and refused when broken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from skybutler.errors import FileNotFoundInStoreError, InvalidError, UnreadableFileError
from skybutler.storage import Storage, container, located, member_path
from skybutler.storage.checksum import of_bytes
from skybutler.storage.zipped import ZippedFiles, members

LONG = bytes(range(256)) * 3000


def zip_of(**options: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **options) as opened:  # type: ignore[call-overload]
        opened.writestr("a b.txt", b"hello")
        opened.writestr("sub/long.bin", LONG)
    return made.getvalue()


@pytest.fixture(params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def zipped(request: pytest.FixtureRequest, storage: Storage) -> ZippedFiles:
    """A zip file in a storage."""
    storage.write("d/x.zip", zip_of(compression=request.param))
    found, _ = located(storage, "d/x.zip#zip-path=a b.txt")
    assert isinstance(found, ZippedFiles)
    return found


def test_members_are_read(zipped: ZippedFiles, tmp_path: Path) -> None:
    assert zipped.read("a b.txt") == b"hello"
    assert zipped.read("sub/long.bin") == LONG
    ranges = [(0, 3), (256, 260), (len(LONG) - 2, len(LONG) + 50), (5, 5), (len(LONG) + 9, len(LONG) + 10)]
    assert zipped.read_ranges("sub/long.bin", ranges) == [LONG[a:b] for a, b in ranges]
    with zipped.open("sub/long.bin") as stream:
        assert stream.seek(-4, io.SEEK_END) == len(LONG) - 4
        assert stream.read() == LONG[-4:]
        assert stream.seek(1) == 1
        assert stream.read(5) == LONG[1:6]
        assert stream.tell() == 6
    with zipped.local_path("sub/long.bin") as path:
        assert path.suffix == ".bin"
        assert path.read_bytes() == LONG
    copy = tmp_path / "copy"
    assert zipped.download("sub/long.bin", copy) == of_bytes(copy.read_bytes()) == of_bytes(LONG)
    assert zipped.state("a b.txt").version != zipped.state("sub/long.bin").version
    assert zipped.state("sub/long.bin").size == len(LONG)
    assert zipped.sizes(["a b.txt", "none", "sub/long.bin"]).tolist() == [5, -1, len(LONG)]
    assert zipped.exists("a b.txt")
    assert not zipped.exists("a")
    assert sorted(zipped.files()) == ["a b.txt", "sub/long.bin"]
    assert list(zipped.files("sub/")) == ["sub/long.bin"]
    assert zipped.url("a b.txt").endswith("d/x.zip#zip-path=a%20b.txt")
    assert zipped.local_root is None


def test_nothing_is_written_into_them(zipped: ZippedFiles) -> None:
    for attempt in (lambda: zipped.write("x", b""), lambda: zipped.remove(["x"]), lambda: zipped.signed_url("a b.txt")):
        with pytest.raises(InvalidError, match="zip file"):
            attempt()
    zipped.sync(["x"])


def test_what_is_missing_is_named(storage: Storage, zipped: ZippedFiles) -> None:
    with pytest.raises(FileNotFoundInStoreError, match="none"):
        zipped.read("none")
    gone, inner = located(storage, "d/gone.zip#zip-path=a")
    assert gone.sizes([inner]).tolist() == [-1]
    with pytest.raises(FileNotFoundInStoreError, match="gone"):
        gone.read(inner)


@pytest.mark.parametrize("cut", [10, 700_000, -10])
def test_a_truncated_zip_is_told(storage: Storage, cut: int) -> None:
    storage.write("t.zip", zip_of()[:cut])
    with pytest.raises(UnreadableFileError, match="not a whole zip"):
        members(storage, "t.zip")
    with pytest.raises(UnreadableFileError, match="not a whole zip"):
        ZippedFiles(storage, "t.zip").open("a b.txt")


def test_an_encrypted_member_is_told(storage: Storage) -> None:
    data = bytearray(zip_of())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag in both headers of the first member
        data[data.index(mark) + offset] |= 1
    storage.write("e.zip", bytes(data))
    with pytest.raises(UnreadableFileError, match="encrypted"):
        ZippedFiles(storage, "e.zip").read("a b.txt")
    assert ZippedFiles(storage, "e.zip").read("sub/long.bin") == LONG


def test_a_damaged_member_is_told(storage: Storage) -> None:
    data = bytearray(zip_of())
    data[data.index(b"hello")] ^= 1
    storage.write("d.zip", bytes(data))
    with pytest.raises(UnreadableFileError, match="CRC"):
        ZippedFiles(storage, "d.zip").read("a b.txt")
    packed = bytearray(zip_of(compression=zipfile.ZIP_DEFLATED))
    start = packed.index(b"sub/long.bin") + 12
    packed[start : start + 40] = b"\xff" * 40
    storage.write("p.zip", bytes(packed))
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        ZippedFiles(storage, "p.zip").read("sub/long.bin")


def test_a_member_without_its_header_is_told(storage: Storage) -> None:
    data = bytearray(zip_of())
    data[0:4] = b"XXXX"
    storage.write("h.zip", bytes(data))
    with pytest.raises(UnreadableFileError):
        ZippedFiles(storage, "h.zip").open("a b.txt")


def test_paths(storage: Storage) -> None:
    assert container("a/b.zip#zip-path=c.zip") == "a/b.zip"
    assert container("a/b.zip") == "a/b.zip"
    assert container("a#zip-path=b") == "a#zip-path=b"
    assert member_path("z.zip", "a b") == "z.zip#zip-path=a b"
    assert member_path("file:///z.zip", "a b") == "file:///z.zip#zip-path=a%20b"
    assert located(storage, "a/b")[1] == "a/b"
    storage.write("z.zip", zip_of())
    home, inner = located(storage, member_path(storage.url("z.zip"), "a b.txt"))
    assert home.read(inner) == b"hello"
