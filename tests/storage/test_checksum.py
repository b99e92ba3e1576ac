"""The checksum is blake2b of 16 bytes, however the bytes come."""

from __future__ import annotations

import hashlib
import io

from hypothesis import given
from hypothesis import strategies as st

from skybutler.storage.checksum import Hashing, of_bytes, of_stream


@given(st.binary(max_size=5000))
def test_bytes_and_streams_agree(data: bytes) -> None:
    expected = hashlib.blake2b(data, digest_size=16).digest()
    passing = Hashing(io.BytesIO(data))
    assert b"".join(passing) == data
    assert of_bytes(data) == of_stream(io.BytesIO(data)) == passing.stored
    assert (passing.stored.size, passing.stored.checksum) == (len(data), expected)
