"""Files from a real server, for clients that have some or all of them; what has to come is worked out on the bytes."""

from __future__ import annotations

import email
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvo.dal.adhoc import DatalinkResults

from skybutler import Butler
from support.server import serve

MODIFIED = 1_700_000_000


@dataclass(frozen=True)
class ServedFile:
    url: str
    session: requests.Session
    path: Path
    content: bytes

    def get(self, **headers: str) -> requests.Response:
        return self.session.get(self.url, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFile]:
    place = tmp_path_factory.mktemp("sending") / "repo"
    Butler.create(place)
    with Butler(place, run="r", writeable=True) as butler:
        butler.register_dataset_type("note")
        ref = butler.put({"a": random.Random(1).choices(range(1000), k=30_000)}, "note")
        record = butler.registry.file_record(ref.id.bytes)
        assert record is not None
        assert record.checksum is not None
    path = place / record.path
    os.utime(path, (MODIFIED, MODIFIED))
    with serve({"own": str(place)}) as address, requests.Session() as session:
        links = DatalinkResults.from_result_url(f"{address}/api/datalink/links?ID={ref.id}", session=session)
        content = path.read_bytes()
        assert len(content) > 100_000
        served = ServedFile(links.getrecord(0).access_url, session, path, content)
        assert served.get().headers["etag"] == f'"{record.checksum.hex()}"'
        yield served


def test_a_file_that_the_client_has_is_not_sent(file: ServedFile) -> None:
    whole = file.get()
    assert (whole.content, whole.headers["accept-ranges"]) == (file.content, "bytes")
    etag, date = whole.headers["etag"], whole.headers["last-modified"]
    assert date == formatdate(MODIFIED, usegmt=True)
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-Modified-Since": date}):
        for method in ("GET", "HEAD"):
            again = file.session.request(method, file.url, headers=headers)
            assert (again.status_code, again.content) == (304, b"")
            assert (again.headers["etag"], again.headers["last-modified"]) == (etag, date)
            assert "content-type" not in again.headers
    assert file.get(If_None_Match=etag, Range="bytes=0-9").status_code == 304
    assert file.get(If_None_Match='"x"', If_Modified_Since=date).content == file.content
    assert file.get(If_Modified_Since=formatdate(MODIFIED - 1, usegmt=True)).status_code == 200
    assert file.get(If_Match='"x"').status_code == 412


def test_a_file_that_was_changed_by_hand_has_a_tag_of_its_own(file: ServedFile) -> None:
    """The registered checksum is not that of what would be sent."""
    registered = file.get().headers["etag"]
    part = file.get(Range="bytes=0-999")
    try:
        file.path.write_bytes(b"x" + file.content)
        found = file.get()
        assert found.content == b"x" + file.content
        assert found.headers["etag"] not in (registered, None)
        rest = file.get(Range="bytes=1000-", If_Range=part.headers["etag"])
        assert (rest.status_code, rest.content) == (200, b"x" + file.content)
    finally:
        file.path.write_bytes(file.content)
        os.utime(file.path, (MODIFIED, MODIFIED))


def test_a_time_to_come_is_not_told(file: ServedFile) -> None:
    try:
        os.utime(file.path, (4e9, 4e9))
        assert parsedate_to_datetime(file.get().headers["last-modified"]).timestamp() <= time.time()
    finally:
        os.utime(file.path, (MODIFIED, MODIFIED))


def test_a_download_that_broke_off_goes_on(file: ServedFile, tmp_path: Path) -> None:
    with file.session.get(file.url, stream=True) as begun:
        some = next(begun.iter_content(50_000))
        etag = begun.headers["etag"]
    rest = file.get(Range=f"bytes={len(some)}-", If_Range=etag)
    assert rest.status_code == 206
    assert some + rest.content == file.content


NUMBERS = st.one_of(st.integers(0, 400_000), st.integers(0, 3))
RANGES = st.lists(
    st.one_of(
        st.tuples(NUMBERS, NUMBERS).map(lambda ends: f"{min(ends)}-{max(ends)}"),
        NUMBERS.map(lambda first: f"{first}-"),
        NUMBERS.map(lambda length: f"-{length}"),
    ),
    min_size=1,
    max_size=4,
)


def _spans(words: list[str], size: int) -> list[tuple[int, int]]:
    """First and last byte of each range that can be had, as section 14.1.2 says."""
    found = []
    for word in words:
        first, _, last = word.partition("-")
        span = (int(first), min(int(last or size), size - 1)) if first else (max(size - int(last), 0), size - 1)
        found += [span] if span[0] <= span[1] else []
    return found


@settings(max_examples=100, deadline=None)
@given(
    RANGES,
    st.sampled_from(["GET", "HEAD"]),
    st.sampled_from(["bytes", "BYTES", "lines"]),
    st.sampled_from([None, "etag", "weak", "other", "date", "later"]),
)
def test_ranges(file: ServedFile, words: list[str], method: str, unit: str, if_range: str | None) -> None:
    etag = file.session.head(file.url).headers["etag"]
    dates = {"date": MODIFIED, "later": MODIFIED + 1}
    said = {"etag": etag, "weak": f"W/{etag}", "other": '"x"'} | {
        name: formatdate(date, usegmt=True) for name, date in dates.items()
    }
    headers = {"Range": f"{unit}={', '.join(words)}"} | ({} if if_range is None else {"If-Range": said[if_range]})
    found = file.session.request(method, file.url, headers=headers)
    size, content = len(file.content), file.content
    if method == "HEAD" or unit == "lines" or if_range in ("weak", "other", "later"):
        assert (found.status_code, found.headers["content-length"]) == (200, str(size))
        assert found.content == (content if method == "GET" else b"")
        return
    spans = _spans(words, size)
    if not spans:
        assert (found.status_code, found.headers["content-range"]) == (416, f"bytes */{size}")
        return
    assert (found.status_code, found.headers["etag"]) == (206, etag)
    parts = _parts(found)
    assert all(content[first : last + 1] == part for (first, last), part in parts.items())
    wanted, sent = ({i for first, last in of for i in (first, last)} for of in (spans, parts))
    assert sent <= wanted  # those that touch each other may come as one
    assert all(any(begin <= first and last <= end for begin, end in parts) for first, last in spans)


def _parts(found: requests.Response) -> dict[tuple[int, int], bytes]:
    """The parts of an answer by their first and last byte."""
    kind = found.headers["content-type"]
    if not kind.startswith("multipart/byteranges"):
        return {_span(found.headers["content-range"]): found.content}
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + found.content)
    parts: Any = message.get_payload()
    return {_span(part["Content-Range"]): part.get_payload(decode=True) for part in parts}


def _span(said: str) -> tuple[int, int]:
    first, _, last = said.removeprefix("bytes ").partition("/")[0].partition("-")
    return int(first), int(last)
