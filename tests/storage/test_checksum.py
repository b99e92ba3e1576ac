"""The checksum is blake2b of 16 bytes, however the bytes come."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ChecksumMismatchError
from skybutler.storage.checksum import CheckedStream, Hashing, of_bytes, of_stream


@given(st.binary(max_size=5000))
def test_bytes_and_streams_agree(data: bytes) -> None:
    expected = hashlib.blake2b(data, digest_size=16).digest()
    passing = Hashing(io.BytesIO(data))
    assert b"".join(passing) == data
    assert of_bytes(data) == of_stream(io.BytesIO(data)) == passing.stored
    assert (passing.stored.size, passing.stored.checksum) == (len(data), expected)


@given(st.binary(max_size=100), st.integers(1, 30))
def test_a_checked_stream_passes_on_what_was_expected_and_nothing_else(data: bytes, step: int) -> None:
    known = of_bytes(data)

    def read(size: int, checksum: bytes | None) -> bytes:
        stream = CheckedStream(io.BytesIO(data), "it", size, checksum)
        return b"".join(iter(lambda: stream.read(step), b""))

    assert read(known.size, known.checksum) == read(-1, known.checksum) == read(known.size, None) == data
    for size, checksum in ((known.size + 1, known.checksum), (known.size, bytes(16))):
        with pytest.raises(ChecksumMismatchError, match="it"):
            read(size, checksum)
