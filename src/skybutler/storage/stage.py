"""The files of one transaction: synced together before its commit, taken back when it fails.  Knows no database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

from skybutler.errors import ButlerError

from .storage import Data, Storage, StoredFile

__all__ = ["Mark", "Stage"]

_log = logging.getLogger(__name__)


class Mark(NamedTuple):
    """A point in the life of a stage to which it can be rolled back."""

    created: int
    finishing: int


class Stage:
    """Collects what one transaction writes to a storage.

    The order is: write files and rows, `sync`, commit the rows, `finish`.  As a context manager it finishes (and
    syncs what is not synced) at the end of the block, and rolls back when an exception leaves it.

    Parameters
    ----------
    storage : `Storage`
        Where files go.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._created: list[tuple[Storage, str]] = []
        self._unsynced: list[tuple[Storage, str]] = []
        self._finishing: list[Callable[[], None]] = []

    def write(self, path: str, data: Data, *, overwrite: bool = False, storage: Storage | None = None) -> StoredFile:
        """Write a file now, to be synced later and to be deleted on rollback unless it replaced another.

        Parameters
        ----------
        path : `str`
            Where.
        data : `bytes`, binary stream, `~pathlib.Path` or callable
            What, as for `Storage.write`.
        overwrite : `bool`
            Replace a file that is there.
        storage : `Storage`, optional
            Where to instead of the storage of the stage.

        Raises
        ------
        skybutler.errors.FileExistsInStoreError
            If there is a file and ``overwrite`` is false.
        """
        storage = storage if storage is not None else self._storage
        replaced = overwrite and storage.exists(path)
        stored = storage.write(path, data, overwrite=overwrite, sync=False)
        self.add(path, created=not replaced, storage=storage)
        return stored

    def add(self, path: str, *, created: bool = True, storage: Storage | None = None) -> None:
        """Take charge of a file that something else has put into the storage.

        Parameters
        ----------
        path : `str`
            Path in the storage.
        created : `bool`
            Whether it is new, so that a rollback deletes it.
        storage : `Storage`, optional
            Instead of the storage of the stage.
        """
        place = (storage if storage is not None else self._storage, path)
        self._unsynced.append(place)
        if created:
            self._created.append(place)

    def at_finish(self, action: Callable[[], None]) -> None:
        """Do something, such as deleting the source of a move, once the transaction has committed."""
        self._finishing.append(action)

    def mark(self) -> Mark:
        """The present point, for `rollback` of an inner transaction."""
        return Mark(len(self._created), len(self._finishing))

    def sync(self) -> None:
        """Make all files written so far survive a power cut; call it just before committing the rows."""
        unsynced, self._unsynced = self._unsynced, []
        for storage, paths in _by_storage(unsynced):
            storage.sync(paths)

    def finish(self) -> None:
        """After the commit: do what was put off, and start afresh."""
        if self._unsynced:
            self.sync()
        finishing, self._finishing = self._finishing, []
        self._created = []
        for action in finishing:
            action()

    def rollback(self, to: Mark | None = None) -> None:
        """Delete the files created since a mark (or since the beginning); replaced ones stay as they are.

        A file that cannot be deleted is logged and left: no row will speak of it.
        """
        mark = to or Mark(0, 0)
        gone = self._created[mark.created :]
        del self._created[mark.created :], self._finishing[mark.finishing :]
        removed = set(gone)
        self._unsynced = [place for place in self._unsynced if place not in removed]
        for storage, paths in _by_storage(gone):
            try:
                storage.remove(paths)
            except ButlerError as error:
                _log.warning("Could not take back all of %d files: %s", len(paths), error)

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.rollback()


def _by_storage(places: list[tuple[Storage, str]]) -> list[tuple[Storage, list[str]]]:
    """Paths of each storage."""
    found: dict[int, tuple[Storage, list[str]]] = {}
    for storage, path in places:
        found.setdefault(id(storage), (storage, []))[1].append(path)
    return list(found.values())
