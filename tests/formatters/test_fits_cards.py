"""Writing header cards: what is written is what is read, here and by astropy."""

from __future__ import annotations

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError, UnreadableFileError
from skybutler.formatters.fits_cards import CARD, CardValue, format_card, parse_cards

values = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.rstrip),
    st.none(),
)


@given(st.from_regex(r"[A-Z][A-Z0-9_-]{0,7}", fullmatch=True), values)
def test_written_card_is_read_back(key: str, value: CardValue) -> None:
    card = format_card(key, value)
    assert len(card) == CARD
    assert parse_cards(card.encode()) == [(key, value, "")]
    if value is not None:
        theirs = fits.Card.fromstring(card)
        assert (theirs.keyword, theirs.value) == (key, value)


@pytest.mark.parametrize(
    "key, value",
    [
        ("lower", 1),
        ("NINECHARS", 1),
        ("A B", 1),
        ("TEXT", "x" * 70),
        ("TEXT", "é"),
        ("TEXT", "a\nb"),
        ("N", float("nan")),
    ],
)
def test_what_does_not_fit_is_refused(key: str, value: CardValue) -> None:
    with pytest.raises(InvalidError):
        format_card(key, value)


@pytest.mark.parametrize(
    "text, value, comment",
    [
        ("'it''s' / a quote", "it's", "a quote"),
        ("'' / nothing", "", "nothing"),
        ("'a/b'", "a/b", ""),
        ("  1.5D-3 / old Fortran", 0.0015, "old Fortran"),
        ("                    ", None, ""),
        ("(1.0, 2.0)", "(1.0, 2.0)", ""),
        ("                  -07", -7, ""),
    ],
)
def test_values_of_other_writers(text: str, value: CardValue, comment: str) -> None:
    assert parse_cards(f"KEY     = {text}".ljust(CARD).encode()) == [("KEY", value, comment)]


def test_value_that_is_not_fits() -> None:
    with pytest.raises(UnreadableFileError, match="card KEY is 'nan0'"):
        parse_cards(b"KEY     = nan0".ljust(CARD))
