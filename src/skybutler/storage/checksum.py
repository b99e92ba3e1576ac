"""The one checksum of skybutler: blake2b of 16 bytes, computed while bytes pass.  Knows no paths."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from skybutler.errors import ChecksumMismatchError

from .storage import CHECKSUM_SIZE, StoredFile

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CHUNK", "CheckedStream", "Hashing", "Passing", "of_bytes", "of_stream"]

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


class CheckedStream(io.RawIOBase):
    """A stream that fails at its end when what has passed is not what was expected: so nobody can write a wrong file.

    Parameters
    ----------
    stream : binary stream
        What is read.
    name : `str`
        What it is, for messages.
    size : `int`
        Expected bytes; -1 if that is not known.
    checksum : `bytes`, optional
        Expected checksum.
    """

    def __init__(self, stream: BinaryIO, name: str, size: int, checksum: bytes | None) -> None:
        self._stream, self._name, self._wanted = stream, name, (size, checksum)
        self._digest = hashlib.blake2b(digest_size=CHECKSUM_SIZE)
        self._size = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Some bytes.

        Raises
        ------
        skybutler.errors.ChecksumMismatchError
            At the end, if size or checksum is another one.
        """
        data = self._stream.read(size)
        self._digest.update(data)
        self._size += len(data)
        if not data and size != 0:
            wanted, checksum = self._wanted
            if wanted not in (-1, self._size):
                raise ChecksumMismatchError(f"{self._name} has {self._size} bytes, but {wanted} were recorded.")
            if checksum is not None and checksum != self._digest.digest():
                raise ChecksumMismatchError(
                    f"The content of {self._name} has changed: its checksum is {self._digest.hexdigest()}, "
                    f"recorded was {checksum.hex()}."
                )
        return data


def of_bytes(data: bytes) -> StoredFile:
    """Size and checksum of bytes in memory."""
    return StoredFile(len(data), hashlib.blake2b(data, digest_size=CHECKSUM_SIZE).digest())


def of_stream(stream: BinaryIO) -> StoredFile:
    """Size and checksum of the rest of a stream."""
    passing = Hashing(stream)
    for _ in passing:
        pass
    return passing.stored
