"""Header reading against astropy, and against files that are broken in every way."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.fits_cards import CARD, image_cards, parse_cards
from skybutler.instruments import Instrument
from skybutler.instruments.headers import read_all_cards, read_cards, read_headers
from skybutler.instruments.translate import needed_cards

HOSTILE = {
    "empty": (b"", "empty file"),
    "text": (b"hello world" * 500, "not FITS, primary HDU begins with b'hello wor'"),
    "truncated": (
        b"SIMPLE  =                    T" + b" " * 2000,
        "truncated, the header of the primary HDU has no END",
    ),
    "no end": ((b"SIMPLE  =                    T".ljust(80) + b"COMMENT x".ljust(80) * 200)[:16000], "no END card"),
    "binary": (
        b"SIMPLE  =                    T".ljust(80) + b"OBSID   = \xff\xfe".ljust(80) + b"END".ljust(80),
        "not FITS",
    ),
    "bad value": (
        b"SIMPLE  =                    T".ljust(80) + b"OBSID   = 12abc".ljust(80) + b"END".ljust(80),
        "12abc",
    ),
    "open quote": (
        b"SIMPLE  =                    T".ljust(80) + b"OBSID   = 'abc".ljust(80) + b"END".ljust(80),
        "closing",
    ),
    "gzip": (b"\x1f\x8b\x08\x00rubbish", "damaged gzip"),
}


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for name, (content, _) in HOSTILE.items():
        paths[name] = tmp_path / f"{name}.fits"
        paths[name].write_bytes(content)
    return paths


@pytest.mark.parametrize("hdu", [0, 1, 16])
def test_all_cards_of_a_real_raw_equal_astropy(real_raw: Path, hdu: int) -> None:
    cards = {key: value for key, value, _ in read_all_cards(real_raw, hdu)}
    header = fits.getheader(real_raw, hdu)
    image = set(header) - {"SIMPLE", "EXTEND"}  # astropy makes these two up for compressed images
    assert {key: cards[key] for key in image} == {key: header[key] for key in image}
    assert not any(key.startswith(("TTYPE", "TFORM", "ZTILE", "ZNAXIS")) for key in cards)


def test_needed_cards_of_a_real_raw(real_raw: Path, imsim: Instrument) -> None:
    header = fits.getheader(real_raw)
    cards = needed_cards([imsim])
    assert read_cards(real_raw, cards) == {card: header[card] for card in cards if card in header}


def test_gzipped_file(real_raw: Path, imsim: Instrument, tmp_path: Path) -> None:
    packed = tmp_path / "raw.fits.gz"
    packed.write_bytes(gzip.compress(real_raw.read_bytes()[:200_000], 1))
    cards = needed_cards([imsim])
    assert read_cards(packed, cards) == read_cards(real_raw, cards)
    assert read_all_cards(packed, 1) == read_all_cards(real_raw, 1)


def test_extension_fills_what_the_primary_header_lacks(tmp_path: Path) -> None:
    image = fits.CompImageHDU(np.arange(100, dtype=np.int32).reshape(10, 10))
    image.header["TESTTYPE"], image.header["OBSID"] = "IMSIM", 7
    primary = fits.PrimaryHDU()
    primary.header["OBSID"] = 8
    path = tmp_path / "raw.fits"
    fits.HDUList([primary, image]).writeto(path)
    assert read_cards(path, ["TESTTYPE", "OBSID"]) == {"OBSID": 8}
    assert read_cards(path, ["TESTTYPE", "OBSID"], essential=["TESTTYPE"]) == {"TESTTYPE": "IMSIM", "OBSID": 8}


def test_extension_behind_data_in_the_primary_hdu(tmp_path: Path) -> None:
    path = tmp_path / "raw.fits"
    extension = fits.ImageHDU(np.zeros((3, 4)))
    extension.header["FILTER"] = "r"
    fits.HDUList([fits.PrimaryHDU(np.zeros((100, 37), np.int16)), extension]).writeto(path)
    assert read_cards(path, ["FILTER"], essential=["FILTER"]) == {"FILTER": "r"}
    with pytest.raises(UnreadableFileError, match="there is no HDU 2"):
        read_all_cards(path, 2)


def test_bad_files_do_not_stop_the_others(real_raw: Path, hostile: dict[str, Path], tmp_path: Path) -> None:
    files = [real_raw, *hostile.values(), tmp_path / "missing.fits", tmp_path, real_raw]
    table = read_headers(files, ["OBSID", "RAFTNAME"])
    assert table.column("OBSID") == [204595] + [None] * (len(files) - 2) + [204595]
    assert sorted(table.errors) == list(range(1, len(files) - 1))
    reasons = [str(error) for error in table.errors.values()]
    for reason, (_, expected) in zip(reasons, HOSTILE.values(), strict=False):
        assert expected in reason
    assert "No such file" in reasons[-2]
    assert "directory" in reasons[-1]


def test_pipe_among_files_keeps_nobody_waiting(real_raw: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fits")
    table = read_headers([tmp_path / "pipe.fits", real_raw], ["OBSID"])
    assert table.column("OBSID") == [None, 204595]
    assert "pipe.fits: not a regular file" in str(table.errors[0])


def test_many_files_of_all_kinds(real_raw: Path, hostile: dict[str, Path], tmp_path: Path) -> None:
    """More than are read at a time, packed ones and long ones between plain ones."""
    packed = tmp_path / "raw.fits.gz"
    packed.write_bytes(gzip.compress(real_raw.read_bytes()[:100_000], 1))
    long = tmp_path / "long.fits"
    fits.PrimaryHDU(header=fits.Header([(f"K{i}", i) for i in range(500)] + [("OBSID", 3)])).writeto(long)
    own = tmp_path / "own.fits"
    fits.PrimaryHDU(header=fits.Header([("OBSID", 4), ("HIERARCH RAFTNAME", "R00")])).writeto(own)
    files = [real_raw, packed, hostile["truncated"], own, long, tmp_path / "missing.fits"] * 40
    table = read_headers(files, ["OBSID", "RAFTNAME"])
    assert table.column("OBSID") == [204595, 204595, None, 4, 3, None] * 40
    assert table.column("RAFTNAME") == ["R11", "R11", None, "R00", None, None] * 40
    assert sorted(table.errors) == [i for i in range(240) if i % 6 in (2, 5)]
    assert table.cards == {
        name: [
            row.get(name)
            for row in (read_cards(f, list(table.cards)) if i not in table.errors else {} for i, f in enumerate(files))
        ]
        for name in table.cards
    }


def test_table_of_some_rows_keeps_their_errors_and_crosses_processes(hostile: dict[str, Path], real_raw: Path) -> None:
    table = read_headers([hostile["empty"], real_raw], ["OBSID"]).take([1, 0, 1])
    again = pickle.loads(pickle.dumps(table))
    assert again.column("OBSID") == [204595, None, 204595]
    assert list(again.errors) == [1]
    assert "empty file" in str(again.errors[1])
    assert again.column("ABSENT") == [None] * 3


def test_files_of_different_layout_are_not_confused(tmp_path: Path) -> None:
    paths = []
    for i, names in enumerate([("A", "B"), ("B", "A"), ("A", "C"), ("A", "B")]):
        header = fits.Header([(name, 10 * i + ord(name)) for name in names])
        paths.append(tmp_path / f"{i}.fits")
        fits.PrimaryHDU(header=header).writeto(paths[-1])
    table = read_headers(paths, ["A", "B"], essential=["A"])
    assert table.cards == {"A": [65, 75, 85, 95], "B": [66, 76, None, 96]}


def test_long_strings_hierarch_and_repeated_keywords(tmp_path: Path) -> None:
    header = fits.Header([("OBJECT", "x" * 150, "a long one"), ("HIERARCH ESO TEL ALT", 61.5), ("N", 1)])
    header.append(("N", 2))
    header["HISTORY"] = "made by hand"
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(header=header).writeto(path)
    assert read_cards(path, ["OBJECT", "ESO TEL ALT", "N"]) == {"OBJECT": "x" * 150, "ESO TEL ALT": 61.5, "N": 1}
    assert ("HISTORY", "made by hand", "") in read_all_cards(path)


def test_header_longer_than_the_first_read(tmp_path: Path) -> None:
    header = fits.Header([(f"K{i}", i) for i in range(1000)])
    path = tmp_path / "long.fits"
    fits.PrimaryHDU(header=header).writeto(path)
    assert read_cards(path, ["K0", "K999"]) == {"K0": 0, "K999": 999}


values = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda f: f == 0 or 1e-99 < abs(f) < 1e99),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100).map(str.rstrip),
)


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9]{0,6}", fullmatch=True), values, max_size=8))
def test_any_card_astropy_writes_is_read_as_it_was(cards: dict[str, object]) -> None:
    reserved = {"END", "COMMENT", "HISTORY", "SIMPLE", "CONTINUE", "HIERARCH"}
    header = fits.Header([(key, value) for key, value in cards.items() if key not in reserved])
    block = header.tostring(endcard=False, padding=False).encode()
    assert len(block) % CARD == 0
    read = {key: value for key, value, _ in parse_cards(block)}
    # astropy writes floats with 16 digits: what it reads back is what counts.
    expected = dict(fits.Header.fromstring(block.decode()).items())
    assert {key: value for key, value in read.items() if key} == expected
    assert image_cards(parse_cards(block)) == parse_cards(block)
