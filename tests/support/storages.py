"""Storages that count what is read from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from skybutler.storage import FileState, Storage

Range = tuple[int, int]


class Counting:
    """A storage, every call of which is a round trip.

    Parameters
    ----------
    storage : `Storage`
        Where files are.
    remote : `bool`
        Whether it is to be taken for one that is not on a mounted file system.
    """

    def __init__(self, storage: Storage, remote: bool = True) -> None:
        self._storage, self._remote = storage, remote
        self.trips: list[list[Range]] = []
        self.states = 0
        self.others: list[str] = []

    @property
    def local_root(self) -> str | None:
        return None if self._remote else self._storage.local_root

    def read_ranges(self, path: str, ranges: Sequence[Range]) -> list[bytes]:
        self.trips.append(list(ranges))
        return self._storage.read_ranges(path, ranges)

    def state(self, path: str) -> FileState:
        self.states += 1
        return self._storage.state(path)

    @property
    def n_bytes(self) -> int:
        """How much has been read."""
        return sum(stop - start for trip in self.trips for start, stop in trip)

    def open(self, path: str) -> BinaryIO:
        self.others.append("open")
        return self._storage.open(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)
