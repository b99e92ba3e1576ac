"""FITS headers without loss, and files that are no FITS files."""

from __future__ import annotations

import math
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ParameterError, UnreadableFileError
from skybutler.formatters.fits_header import STRUCTURAL, fits_header, header_metadata, header_text, open_fits, reading
from skybutler.images import Metadata


def through_text(metadata: Metadata) -> Metadata:
    return header_metadata(fits.Header.fromstring(fits_header(metadata.cards()).tostring()))


@given(st.one_of(st.floats(), st.integers(), st.booleans()), st.sampled_from(["K", "LSST ISR THING", "lower"]))
def test_numbers_keep_all_digits(value: float, key: str) -> None:
    assert through_text(Metadata({key: value})) == Metadata({key: value})


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300).map(str.rstrip))
def test_texts_of_any_length(text: str) -> None:
    if text not in ("NAN", "+INFINITY", "-INFINITY"):
        assert through_text(Metadata({"K": text, "A LONG KEY": text})) == Metadata({"K": text, "A LONG KEY": text})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["K", "LSST ISR THING", "COMMENT", ""]),
            st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text("ab'/& ", max_size=200)),
            st.text("c d", max_size=90),
        ),
        max_size=5,
    )
)
def test_text_of_cards_is_that_of_the_header(cards: list[tuple[str, Any, str]]) -> None:
    metadata = Metadata([card for card in cards if card[0] not in ("COMMENT", "") or isinstance(card[1], str)])
    text = header_text(metadata.cards())
    assert len(text) % 80 == 0
    header = fits_header(metadata.cards())
    assert text == "".join(str(card) for card in header.cards)


def test_comments_and_order() -> None:
    cards = [("A", 1, "first"), ("HISTORY", "x"), ("A", "2", "second"), ("HISTORY", "y"), ("LSST B", None, "third")]
    assert list(through_text(Metadata(cards)).cards()) == list(Metadata(cards).cards())


def test_comments_are_cut_and_long_commentary_is_split() -> None:
    metadata = through_text(Metadata([("A", 1.5, "c" * 100), ("COMMENT", "d" * 100)]))
    assert set(metadata.comment("A")) == {"c"}
    assert metadata.all_values("COMMENT") == ["d" * 72, "d" * 28]


def test_not_finite_numbers_are_texts_in_the_file() -> None:
    header = fits_header(Metadata({"A": math.nan, "B": -math.inf}).cards())
    assert (header["A"], header["B"]) == ("NAN", "-INFINITY")


def test_structural_cards_and_boilerplate_are_left_out() -> None:
    header = fits.PrimaryHDU(np.zeros((2, 2), np.uint16)).header
    header["COMMENT"] = "  FITS (Flexible Image Transport System) format is defined in 'Astronomy"
    header["EXTNAME"] = "x"
    header["KEPT"] = 1
    assert list(header_metadata(header)) == ["KEPT"]
    assert all(STRUCTURAL.fullmatch(key) for key in ("NAXIS2", "BZERO", "ZTILE1", "naxis"))
    assert not any(STRUCTURAL.fullmatch(key) for key in ("NAXISX", "ZD", "EXPTIME", "TTYPE"))


def test_cards_that_break_the_standard_become_texts() -> None:
    image = "BAD     = 12:34:56 / unquoted".ljust(80) + "CPLX    = (1.0, 2.0)".ljust(80) + "VOID    =".ljust(80)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metadata = header_metadata(fits.Header.fromstring(image + "END".ljust(80)))
    assert metadata["BAD"] == "12:34:56"
    assert metadata["CPLX"] == "(1+2j)"
    assert metadata["VOID"] is None


def test_open_fits_gives_the_hdus(tmp_path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((2, 2)))]).writeto(tmp_path / "x.fits")
    with open_fits(tmp_path / "x.fits", "x", 9) as hdus:
        assert hdus[1].data.sum() == 4
    with (tmp_path / "x.fits").open("rb") as stream, open_fits(stream, "x", 1) as hdus:
        assert hdus[1].section[0, :].sum() == 2


def _padded(text: bytes) -> bytes:
    return text.ljust(2880)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5760,
        b"\x1f\x8b" + b"junk" * 100,
        b"PK\x03\x04" + b"junk" * 100,
        _padded(b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                    x".ljust(80)),
    ],
)
def test_files_that_are_no_fits_files(content: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with (
            pytest.raises(UnreadableFileError, match="my.fits cannot be read as FITS: "),
            open_fits(BytesIO(content), "my.fits", 4) as hdus,
        ):
            hdus[0].header["NAXIS"]


def test_warning_filters_are_left_as_they_were(tmp_path: Path) -> None:
    fits.PrimaryHDU().writeto(tmp_path / "x.fits")
    before: list[Any] = list(warnings.filters)
    with open_fits(tmp_path / "x.fits", "x", 1):
        assert list(warnings.filters) == before
    assert list(warnings.filters) == before


def test_errors_of_our_own_pass() -> None:
    with pytest.raises(ParameterError, match="as it is"), reading("x"):
        raise ParameterError("as it is")
