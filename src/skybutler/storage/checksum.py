"""The one checksum of skybutler: blake2b of 16 bytes, computed while bytes pass.  Knows no paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from .storage import CHECKSUM_SIZE, StoredFile

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CHUNK", "Hashing", "Passing", "of_bytes", "of_stream"]

CHUNK = 1 << 20
"""Bytes read at a time."""


class Passing:
    """Passes on chunks and remembers their size and checksum."""

    def __init__(self, chunks: Iterable[Buffer]) -> None:
        self._chunks = chunks
        self._digest = hashlib.blake2b(digest_size=CHECKSUM_SIZE)
        self._size = 0

    def __iter__(self) -> Iterator[Buffer]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self._size += len(memoryview(chunk))
            yield chunk

    @property
    def stored(self) -> StoredFile:
        """Size and checksum of what has passed so far."""
        return StoredFile(self._size, self._digest.digest())


class Hashing(Passing):
    """The same of a stream, read in chunks of a convenient size."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(iter(lambda: stream.read(CHUNK), b""))


def of_bytes(data: bytes) -> StoredFile:
    """Size and checksum of bytes in memory."""
    return StoredFile(len(data), hashlib.blake2b(data, digest_size=CHECKSUM_SIZE).digest())


def of_stream(stream: BinaryIO) -> StoredFile:
    """Size and checksum of the rest of a stream."""
    passing = Hashing(stream)
    for _ in passing:
        pass
    return passing.stored
