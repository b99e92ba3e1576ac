"""The one checksum of skybutler: blake2b of 16 bytes, computed while bytes pass.  Knows no paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from .storage import CHECKSUM_SIZE, StoredFile

__all__ = ["CHUNK", "Hashing", "of_bytes", "of_stream"]

CHUNK = 1 << 20
"""Bytes read at a time."""


class Hashing:
    """Passes on the chunks of a stream and remembers their size and checksum."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.blake2b(digest_size=CHECKSUM_SIZE)
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK):
            self._digest.update(chunk)
            self._size += len(chunk)
            yield chunk

    @property
    def stored(self) -> StoredFile:
        """Size and checksum of what has passed so far."""
        return StoredFile(self._size, self._digest.digest())


def of_bytes(data: bytes) -> StoredFile:
    """Size and checksum of bytes in memory."""
    return StoredFile(len(data), hashlib.blake2b(data, digest_size=CHECKSUM_SIZE).digest())


def of_stream(stream: BinaryIO) -> StoredFile:
    """Size and checksum of the rest of a stream."""
    passing = Hashing(stream)
    for _ in passing:
        pass
    return passing.stored
