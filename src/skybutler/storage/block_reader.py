"""A remote file, or a part of one, as a stream that fetches blocks, keeps some, reads ahead.  Knows no object store."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from .ranged_stream import RangedStream

__all__ = ["BLOCK", "open_blocks"]

BLOCK = 256 << 10
"""Bytes of a block: a request takes a millisecond at best, in which as much is transferred."""

_KEPT = 32
_MOST_AT_ONCE = 32
_BUFFER = 16 << 10


def open_blocks(fetch: Callable[[int, int], bytes], size: int) -> BinaryIO:
    """Open a file of which any range can be fetched.

    Formats with tables of contents jump to and fro: what was fetched lately is not fetched again.  A file that is read
    from end to end is fetched in larger and larger pieces.

    Parameters
    ----------
    fetch : callable
        Gives the bytes from an offset to another (exclusive).
    size : `int`
        Size of the file in bytes.
    """
    return io.BufferedReader(_BlockReader(fetch, size), buffer_size=_BUFFER)


class _BlockReader(RangedStream):
    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(size)
        self._fetch = fetch
        self._blocks: dict[int, bytes] = {}
        self._ahead = 1
        self._next = -1

    def range(self, start: int, stop: int) -> bytes:
        if stop - start > _KEPT // 2 * BLOCK:  # it would push out all that is kept
            return self._fetch(start, stop)
        return self._from_blocks(start, stop)

    def _from_blocks(self, start: int, stop: int) -> bytes:
        first, last = start // BLOCK, (stop - 1) // BLOCK
        missing = [number for number in range(first, last + 1) if number not in self._blocks]
        if missing:
            self._get(missing[0], missing[-1])
        for number in range(first, last + 1):  # used last, so kept longest
            self._blocks[number] = self._blocks.pop(number)
        found = b"".join(self._blocks[number] for number in range(first, last + 1))
        while len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]
        return found[start - first * BLOCK : stop - first * BLOCK]

    def _get(self, first: int, last: int) -> None:
        """Fetch blocks in one request, with the following ones if it looks as if all were read."""
        self._ahead = min(2 * self._ahead, _MOST_AT_ONCE // 2) if first == self._next else 1
        end = min(max(last, first + self._ahead - 1), (self.size - 1) // BLOCK)
        content = self._fetch(first * BLOCK, min((end + 1) * BLOCK, self.size))
        for number in range(first, end + 1):
            offset = (number - first) * BLOCK
            self._blocks.pop(number, None)
            self._blocks[number] = content[offset : offset + BLOCK]
        self._next = end + 1
