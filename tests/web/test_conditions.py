from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from skybutler.web.conditions import Validators, etag_of_made

DAY = 1_700_000_000
BEFORE, THEN, LATER = (formatdate(DAY + s, usegmt=True) for s in (-1, 0, 1))
STRONG, WEAK, NONE = Validators('"a,b"', DAY), Validators('W/"a,b"'), Validators()
HEADERS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range")


def asked(*headers: tuple[str, str], method: str = "GET") -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": method, "headers": raw})


@pytest.mark.parametrize(
    "validators, headers, status",
    [
        (STRONG, [("If-None-Match", '"a,b"')], 304),
        (STRONG, [("If-None-Match", '"x", W/"a,b"')], 304),
        (STRONG, [("If-None-Match", '"x"'), ("If-None-Match", '"a,b"')], 304),
        (STRONG, [("If-None-Match", "*")], 304),
        (STRONG, [("If-None-Match", '"x"'), ("If-Modified-Since", LATER)], None),  # the date has no say
        (STRONG, [("If-None-Match", "no tag"), ("If-Modified-Since", LATER)], None),
        (WEAK, [("If-None-Match", '"a,b"')], 304),
        (NONE, [("If-None-Match", '"a,b"')], None),
        (STRONG, [("If-Modified-Since", BEFORE)], None),
        (STRONG, [("If-Modified-Since", THEN)], 304),
        (STRONG, [("If-Modified-Since", LATER)], 304),
        (STRONG, [("If-Modified-Since", "Tuesday, 14-Nov-23 22:13:20 GMT")], 304),  # as it was written once
        (STRONG, [("If-Modified-Since", "Tue Nov 14 22:13:20 2023")], 304),
        (STRONG, [("If-Modified-Since", "yesterday")], None),
        (STRONG, [("If-Modified-Since", LATER), ("If-Modified-Since", LATER)], None),
        (WEAK, [("If-Modified-Since", LATER)], None),
        (STRONG, [("If-Match", '"a,b"')], None),
        (STRONG, [("If-Match", "*")], None),
        (STRONG, [("If-Match", 'W/"a,b"')], 412),
        (WEAK, [("If-Match", 'W/"a,b"')], 412),
        (STRONG, [("If-Match", '"x"'), ("If-None-Match", '"a,b"')], 412),
        (STRONG, [("If-Match", '"a,b"'), ("If-Unmodified-Since", BEFORE), ("If-None-Match", '"a,b"')], 304),
        (STRONG, [("If-Unmodified-Since", BEFORE)], 412),
        (STRONG, [("If-Unmodified-Since", THEN)], None),
        (NONE, [("If-Unmodified-Since", BEFORE)], None),
    ],
)
def test_preconditions_in_their_order(
    validators: Validators, headers: list[tuple[str, str]], status: int | None
) -> None:
    for method in ("GET", "HEAD"):
        answer = validators.unless_known(asked(*headers, method=method), {"Cache-Control": "max-age=9"})
        assert (None if answer is None else answer.status_code) == status
        if answer is not None:
            said = {"Cache-Control": "max-age=9", **validators.headers}
            assert {name: answer.headers.get(name) for name in said} == said
    assert validators.unless_known(asked(*headers, method="POST")) is None


@pytest.mark.parametrize(
    "said, ranges",
    [
        ("bytes=0-0", [(0, 1)]),
        ("Bytes=2-", [(2, 10)]),
        ("bytes=7-99", [(7, 10)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-30", [(0, 10)]),
        ("bytes= ,1-2 ,, 4-5", [(1, 3), (4, 6)]),
        ("bytes=1-2,10-", [(1, 3)]),
        ("bytes=10-", []),
        ("bytes=-0", []),
        (f"bytes={'9' * 30}-", []),
        ("bytes=3-2", None),
        ("bytes=1-2,3-2", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes=٣-", None),  # a digit elsewhere
        (f"bytes={'9' * 5000}-", None),
        ("lines=1-2", None),
        ("1-2", None),
    ],
)
def test_ranges(said: str, ranges: list[tuple[int, int]] | None) -> None:
    request = Request({"type": "http", "method": "GET", "headers": [(b"range", said.encode())]})
    assert STRONG.asked_ranges(request, 10) == ranges
    assert STRONG.asked_ranges(asked(("range", "bytes=0-1"), method="HEAD"), 10) is None
    assert STRONG.asked_ranges(request, 0) is None


@pytest.mark.parametrize(
    "validators, said, is_of_parts",
    [(STRONG, '"a,b"', True), (STRONG, 'W/"a,b"', False), (STRONG, '"x"', False), (WEAK, 'W/"a,b"', False),
     (WEAK, '"a,b"', False), (STRONG, THEN, True), (STRONG, LATER, False), (STRONG, BEFORE, False), (NONE, THEN, False),
     (STRONG, "a", False), (NONE, '""', False), (STRONG, "*", False)],
)  # fmt: skip
def test_ranges_only_of_what_the_client_has_parts_of(validators: Validators, said: str, is_of_parts: bool) -> None:
    request = asked(("Range", "bytes=1-2"), ("If-Range", said))
    assert validators.asked_ranges(request, 10) == ([(1, 3)] if is_of_parts else None)


@given(st.lists(st.tuples(st.sampled_from(HEADERS), st.text(st.characters(max_codepoint=255), max_size=40))))
def test_nonsense_is_passed_over(headers: list[tuple[str, str]]) -> None:
    request = asked(*headers)
    ranges = STRONG.asked_ranges(request, 10)
    assert ranges is None or all(0 <= begin < end <= 10 for begin, end in ranges)
    answer = STRONG.unless_known(request)
    assert answer is None or answer.status_code in (304, 412)


def test_tags_of_what_is_made_follow_the_file_and_the_way() -> None:
    tags = {etag_of_made(*how) for how in ((b"1", "png", 512), (b"1", "png", 513), (b"2", "png", 512))}
    assert len(tags) == 3
    assert all(tag.startswith('W/"') for tag in tags)
    assert etag_of_made(b"1", "png", 512) in tags
