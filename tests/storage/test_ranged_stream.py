"""A stream of ranges reads as any file."""

import io

from hypothesis import given
from hypothesis import strategies as st

from skybutler.storage.ranged_stream import RangedStream


class OfBytes(RangedStream):
    """Never gives more than it likes to."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(len(content))
        self.content, self.most = content, most

    def range(self, start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= self.size
        return self.content[start : min(stop, start + self.most)]


@given(
    st.binary(max_size=200),
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(-250, 250), st.sampled_from([0, 1, 2]), st.integers(0, 100)), max_size=10),
)
def test_it_is_read_as_any_file(content, most, steps):
    ours, other = io.BufferedReader(OfBytes(content, most), 16), io.BytesIO(content)
    for offset, whence, n in steps:
        start = {0: 0, 1: other.tell(), 2: len(content)}[whence]
        if start + offset < 0:
            continue
        assert ours.seek(offset, whence) == other.seek(offset, whence)
        assert ours.read(n) == other.read(n)
        assert ours.tell() == other.tell()


def test_places_before_the_beginning_are_the_beginning():
    stream = OfBytes(b"abc", 10)
    assert stream.seek(-5, io.SEEK_END) == 0
    assert stream.read() == b"abc"
