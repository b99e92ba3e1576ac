"""A stream over a file of which ranges can be had: position, seeking, ends.  Knows not where the bytes come from."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["RangedStream"]


class RangedStream(io.RawIOBase, ABC):
    """A stream that can be read from anywhere.

    Parameters
    ----------
    size : `int`
        Size of the file in bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._position = 0

    @abstractmethod
    def range(self, start: int, stop: int) -> Buffer:
        """The bytes from an offset to another (exclusive), both within the file; fewer, but one at least, will do."""

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The next byte to be read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere; the place is returned."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read as many bytes as a buffer holds, or as there are."""
        stop = min(self._position + len(buffer), self.size)
        if stop <= self._position:
            return 0
        piece = memoryview(self.range(self._position, stop))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
