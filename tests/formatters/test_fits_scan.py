"""Headers found by ranges, cards parsed when asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import ChecksumMismatchError, UnreadableFileError
from skybutler.formatters.fits_scan import HeldFile, ScannedHeader, read_merged
from skybutler.formatters.formatter import Source
from skybutler.storage import LocalStorage
from support.storages import Counting


def make(path: Path, n_cards: int = 3) -> list[int]:
    """A file of three HDUs; where they begin."""
    header = fits.Header([(f"KEY{i}", i) for i in range(n_cards)])
    header["HIERARCH a longer name"] = "it''s"
    header["MP_SAT"] = (1, "a comment")
    header.add_comment("= not a value")
    table = fits.BinTableHDU.from_columns([fits.Column("A", "PJ()", array=np.array([[1, 2], [3]], object))])
    hdus = fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(np.ones((5, 7), "i2"), header), table])
    hdus.writeto(path)
    with fits.open(path) as opened:
        return [hdu.fileinfo()["hdrLoc"] for hdu in opened] + [path.stat().st_size]


def source(path: Path, size: int = -1) -> Source:
    return Source(LocalStorage(path.parent), path.name, size)


@pytest.mark.parametrize("n_cards", [0, 30, 200])
@pytest.mark.parametrize("size", [1, 2880, 100_000])
def test_hdus_are_where_astropy_finds_them(tmp_path: Path, n_cards: int, size: int) -> None:
    starts = make(tmp_path / "x.fits", n_cards)
    held = HeldFile(source(tmp_path / "x.fits"))
    start, shapes = 0, []
    for expected in starts[:-1]:
        assert start == expected
        hdu = held.hdu(start, size)
        assert hdu is not None
        shapes.append(hdu.image_shape)
        start = hdu.end
    assert start == starts[-1]
    assert shapes == [(), (5, 7), ()]
    assert held.hdu(start, size) is None


def test_cards(tmp_path: Path) -> None:
    starts = make(tmp_path / "x.fits")
    hdu = HeldFile(source(tmp_path / "x.fits")).hdu(starts[1], 2880)
    assert hdu is not None
    header = hdu.header
    assert (header["KEY2"], header["a longer name"], header["MP_SAT"], header["COMMENT"]) == (2, "it''s", 1, None)
    assert "NONE" not in header
    assert header.get("NONE", 5) == 5
    assert header.whole("KEY1") == 1
    assert len(header) == len(set(header))
    with pytest.raises(UnreadableFileError, match="XTENSION = 'IMAGE' in a header"):
        header.whole("XTENSION")
    assert header.place("BITPIX") == 80


def test_a_card_that_nobody_asks_for_may_be_anything() -> None:
    header = ScannedHeader(b"A       = 1.2.3".ljust(80) + b"B       =                    7".ljust(80), "x")
    assert header["B"] == 7
    with pytest.raises(UnreadableFileError, match=r"1\.2\.3"):
        header["A"]


def test_files_that_are_cut_short(tmp_path: Path) -> None:
    starts = make(tmp_path / "x.fits")
    content = (tmp_path / "x.fits").read_bytes()
    for stop, message in ((starts[1] + 500, "has no END card"), (starts[2] - 100, "is it cut short")):
        (tmp_path / "y.fits").write_bytes(content[:stop])
        with pytest.raises(UnreadableFileError, match=message):
            HeldFile(source(tmp_path / "y.fits")).hdu(starts[1], 2880)
    assert HeldFile(source(tmp_path / "x.fits")).hdu(100, 2880) is None


def test_what_is_held_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(200)))
    storage = Counting(LocalStorage(tmp_path))
    held = HeldFile(Source(storage, "x", 200))
    held.fetch([(0, 50), (100, 150)])
    held.fetch([(10, 20), (100, 101)])
    assert storage.trips == [[(0, 50), (100, 150)]]
    assert held.get(48, 50) == bytes([48, 49])
    assert held.get(48, 51) is None
    assert held.rest(140) == bytes(range(140, 150))
    assert not held.rest(60)
    with pytest.raises(ChecksumMismatchError):
        HeldFile(Source(storage, "x", 199)).fetch([(0, 1)])


def test_a_stream_reads_what_is_not_held(tmp_path: Path) -> None:
    content = bytes(i % 251 for i in range(1_000_000))
    (tmp_path / "x").write_bytes(content)
    storage = Counting(LocalStorage(tmp_path))
    held = HeldFile(Source(storage, "x", len(content)))
    held.fetch([(0, 50_000), (900_000, 1_000_000)])
    storage.trips.clear()
    with held.open() as stream:
        assert stream.read(50_000) == content[:50_000]
        assert stream.seek(-100, 2) == 999_900
        assert stream.read() == content[-100:]
        stream.seek(-10, 1)
        assert stream.read(20) == content[-10:]
        assert stream.seek(900_000) == stream.tell() == 900_000
        assert stream.read(5) == content[900_000:900_005]
        assert storage.trips == []
        stream.seek(400_000)
        assert stream.read(200_000) == content[400_000:600_000]
        assert len(storage.trips) == 1
        stream.seek(0)
        assert stream.read() == content


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 30)), max_size=8), st.integers(0, 40))
@settings(max_examples=50, deadline=None)
def test_merged_ranges_are_the_ranges(
    tmp_path_factory: pytest.TempPathFactory, given: list[tuple[int, int]], gap: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "merged"
    content = bytes(i % 251 for i in range(300))
    path.write_bytes(content)
    ranges = [(start, start + size) for start, size in sorted(given)]
    storage = Counting(LocalStorage(path.parent))
    found = read_merged(Source(storage, path.name), ranges, gap)
    assert [bytes(piece) for piece in found] == [content[start:stop] for start, stop in ranges]
    assert len(storage.trips[0]) <= len(ranges)
