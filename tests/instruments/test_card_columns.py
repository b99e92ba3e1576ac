"""Columns of cards: what reading each header alone gives, for any mixture of layouts, values and broken headers."""

from __future__ import annotations

import numpy as np
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.fits_cards import CardValue, parse_cards
from skybutler.instruments.card_columns import CardColumns

NAMES = ("OBSID", "FILTER", "ESO TEL ALT", "EXPTIME")
BYTES = 2880

cards = st.sampled_from(
    [
        "OBSID   =                 4711",
        "OBSID   =                 4712 / number",
        "OBSID   = 12abc",
        "OBSID     no value",
        "FILTER  = 'i       '           / band",
        "FILTER  = 'it''s   '",
        "FILTER  = 'open",
        "FILTER  = 'begins &'",
        "FILTER  = '\xe9'",
        "EXPTIME =               1.5D+1",
        "EXPTIME =",
        "CONTINUE  'goes on'",
        "CONTINUE  'goes on&'",
        "HIERARCH ESO TEL ALT = 61.5",
        "HIERARCH ESO TEL ALT= 61.25 / deg",
        "HIERARCH ESO TEL AZ = 61.5",
        "HIERARCH no equals sign",
        "HIERARCH=ESO TEL ALT = 3",
        "COMMENT of someone",
        "OTHER   = 'unneeded'",
        "END     = 5",
        "",
    ]
)
headers = st.lists(st.lists(cards, max_size=6), min_size=1, max_size=6).flatmap(
    # a few layouts, each with several headers
    lambda kinds: st.lists(
        st.sampled_from(kinds).flatmap(lambda kind: st.permutations(kind) | st.just(kind)), min_size=1, max_size=20
    )
)


def written(lines: list[str]) -> bytes:
    text = "".join(line.ljust(80) for line in ("SIMPLE  =                    T", *lines, "END"))
    return text.encode("latin-1")


def alone(header: bytes) -> dict[str, CardValue] | None:
    """What the header says without the cards that nobody needs, `None` when a needed one is wrong."""
    seen: set[str] = set()
    kept = b""
    for start in range(0, len(header) - 80, 80):
        card = header[start : start + 80]
        key, _, rest = card.decode("latin-1").partition("=")
        name = key.removeprefix("HIERARCH ").strip() if "HIERARCH " in key else card[:8].decode("latin-1").strip()
        if name in NAMES and name not in seen and (len(key) != 8 or rest.startswith(" ")):
            seen.add(name)
            kept += card
    try:
        return {key: value for key, value, _ in parse_cards(kept, "x") if key}
    except UnreadableFileError:
        return None


def taken(contents: list[bytes], begin: int = 0) -> tuple[dict[str, list[CardValue]], list[int]]:
    reader = CardColumns(NAMES, begin + len(contents))
    array = np.zeros((len(contents), BYTES), np.uint8)
    for row, content in zip(array, contents, strict=True):
        row[: len(content[:BYTES])] = np.frombuffer(content[:BYTES], np.uint8)
    left = reader.take(array, np.array([min(len(c), BYTES) for c in contents], np.int64), begin)
    return reader.columns, left


@settings(max_examples=400)
@given(headers)
def test_each_header_as_if_it_were_read_alone_or_left(lines: list[list[str]]) -> None:
    contents = [written(each) for each in lines]
    columns, left = taken(contents)
    assert left == sorted(set(left))
    for row, content in enumerate(contents):
        read = {name: column[row] for name, column in columns.items() if column[row] is not None}
        expected = alone(content)
        if row in left:
            assert read == {}
            assert expected is None or any(line[:8] in ("CONTINUE", "HIERARCH", "OBSID   ") for line in lines[row])
        else:
            assert expected is not None
            assert read == {name: value for name, value in expected.items() if value is not None}


def test_headers_that_have_to_be_read_alone() -> None:
    plain = written(["OBSID   = 1"])
    too_long = written(["OBSID   = 1", *["COMMENT"] * 50])
    contents = [
        plain, b"", too_long, plain[:-40], b"XIMPLE" + plain[6:], plain.replace(b"=     ", b"x     ", 1),
        written(["FILTER  = 'a&'", "CONTINUE  'b'"]), written(["OBSID   = 1x"]), plain,
    ]  # fmt: skip
    columns, left = taken(contents, begin=3)
    assert left == [1, 2, 3, 4, 5, 6, 7]
    assert columns["OBSID"] == [None] * 3 + [1] + [None] * 7 + [1]
    assert columns["FILTER"] == [None] * 12


def test_ordinary_headers_are_not_left() -> None:
    """Otherwise this would be a slow way of reading headers one by one."""
    lines = [
        "OBSID   = 7",
        "LONG    = 'a&'",
        "CONTINUE  'b'",
        "HIERARCH ESO TEL ALT = 61.5",
        "COMMENT x",
        "EXPTIME = 1D1",
    ]
    contents = [written(lines), written(lines[::-1][:3]), *[written([*lines, f"N{i}      = 1"]) for i in range(20)]]
    columns, left = taken(contents * 3)
    assert left == []
    assert columns["ESO TEL ALT"] == [61.5] * 66
    assert columns["EXPTIME"] == [10.0] * 66
    assert columns["OBSID"] == ([7, None, *[7] * 20]) * 3


def test_values_are_those_of_astropy() -> None:
    values = ["it's", "", "a/b", " blank", True, False, 0, -12, 10**17, 1.5, -2.5e-30, 1e300, 0.1 + 0.2]
    contents = []
    for value in values:
        header = fits.Header([("SIMPLE", True), ("FILTER", value, "a comment"), ("HIERARCH ESO TEL ALT", value)])
        contents.append(header.tostring().encode())
    columns, left = taken(contents)
    assert left == []
    read_back = [fits.Header.fromstring(content) for content in contents]
    assert columns["FILTER"] == [header["FILTER"] for header in read_back]
    assert columns["ESO TEL ALT"] == [header["ESO TEL ALT"] for header in read_back]
    assert [type(v) for v in columns["FILTER"]] == [type(header["FILTER"]) for header in read_back]


def test_more_layouts_than_are_remembered() -> None:
    contents = [written([f"K{i:07d}= 1", f"OBSID   = {i}"]) for i in range(30)]
    columns, left = taken(contents * 2)
    assert left == []
    assert columns["OBSID"] == [*range(30)] * 2
