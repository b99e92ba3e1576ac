"""A stream of blocks reads as the file itself does, and asks for little."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.storage.block_reader import BLOCK, open_blocks

CONTENT = bytes(range(251)) * (20 * BLOCK // 251) + b"end"


class Recorded:
    """A file that remembers what was fetched."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content, self.fetched = content, list[tuple[int, int]]()
        self.stream = open_blocks(self.fetch, len(content))

    def fetch(self, start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= len(self.content)
        self.fetched.append((start, stop))
        return self.content[start:stop]


STEPS = st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 3 * BLOCK)), max_size=12)


@given(STEPS)
def test_it_reads_as_the_file(steps: list[tuple[int, int]]) -> None:
    file, plain = Recorded(), io.BytesIO(CONTENT)
    for position, size in steps:
        file.stream.seek(position)
        plain.seek(position)
        assert file.stream.read(size) == plain.read(size)
        assert file.stream.tell() == plain.tell()


def test_positions() -> None:
    stream = Recorded(b"0123456789").stream
    assert (stream.seek(-3, io.SEEK_END), stream.read()) == (7, b"789")
    assert (stream.seek(2), stream.seek(3, io.SEEK_CUR), stream.read(2)) == (2, 5, b"56")
    assert stream.read(100) == b"789"
    assert Recorded(b"").stream.read() == b""


def test_going_to_and_fro_fetches_once() -> None:
    file = Recorded()
    for _ in range(5):
        for position in (0, 10 * BLOCK, len(CONTENT) - 10):
            file.stream.seek(position)
            assert file.stream.read(10) == CONTENT[position : position + 10]
    assert len(file.fetched) == 3


def test_reading_on_fetches_more_and_more() -> None:
    file = Recorded()
    assert b"".join(iter(lambda: file.stream.read(10_000), b"")) == CONTENT
    assert len(file.fetched) <= 6
    assert sum(stop - start for start, stop in file.fetched) == len(CONTENT)


def test_a_large_read_is_one_request() -> None:
    file = Recorded()
    assert len(file.stream.read(18 * BLOCK)) == 18 * BLOCK
    assert len(file.fetched) <= 2


def test_what_is_kept_is_bounded() -> None:
    content = bytes(200 * BLOCK)
    file = Recorded(content)
    for _ in range(2):
        for number in range(0, 200, 2):
            file.stream.seek(number * BLOCK)
            file.stream.read(1)
    assert len(file.fetched) == 200  # nothing of the first round is left


def test_errors_pass() -> None:
    def fail(start: int, stop: int) -> bytes:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError, match="away"):
        open_blocks(fail, 10).read()
