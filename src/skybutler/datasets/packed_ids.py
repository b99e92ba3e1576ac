"""Ids of many datasets in 16 bytes each, where a list of objects would take five times as much.  Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["PackedIds"]

_SIZE = 16


class PackedIds:
    """Dataset ids in the order they came; can be iterated over again and again.

    Parameters
    ----------
    ids : iterable of `bytes`, optional
        Of 16 bytes each.
    """

    def __init__(self, ids: Iterable[bytes] = ()) -> None:
        self._bytes = bytearray()
        for identifier in ids:
            self.add(identifier)

    def add(self, identifier: bytes) -> None:
        """Append one id of 16 bytes."""
        self._bytes += identifier

    def __len__(self) -> int:
        return len(self._bytes) // _SIZE

    def __iter__(self) -> Iterator[bytes]:
        return (bytes(self._bytes[i : i + _SIZE]) for i in range(0, len(self._bytes), _SIZE))
