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
        self._created: list[str] = []
        self._unsynced: list[str] = []
        self._finishing: list[Callable[[], None]] = []

    def write(self, path: str, data: Data, *, overwrite: bool = False) -> StoredFile:
        """Write a file now, to be synced later and to be deleted on rollback unless it replaced another.

        Raises
        ------
        skybutler.errors.FileExistsInStoreError
            If there is a file and ``overwrite`` is false.
        """
        replaced = overwrite and self._storage.exists(path)
        stored = self._storage.write(path, data, overwrite=overwrite, sync=False)
        self.add(path, created=not replaced)
        return stored

    def add(self, path: str, *, created: bool = True) -> None:
        """Take charge of a file that something else has put into the storage.

        Parameters
        ----------
        path : `str`
            Path in the storage.
        created : `bool`
            Whether it is new, so that a rollback deletes it.
        """
        self._unsynced.append(path)
        if created:
            self._created.append(path)

    def at_finish(self, action: Callable[[], None]) -> None:
        """Do something, such as deleting the source of a move, once the transaction has committed."""
        self._finishing.append(action)

    def mark(self) -> Mark:
        """The present point, for `rollback` of an inner transaction."""
        return Mark(len(self._created), len(self._finishing))

    def sync(self) -> None:
        """Make all files written so far survive a power cut; call it just before committing the rows."""
        unsynced, self._unsynced = self._unsynced, []
        self._storage.sync(unsynced)

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
        self._unsynced = [path for path in self._unsynced if path not in removed]
        try:
            self._storage.remove(gone)
        except ButlerError as error:
            _log.warning("Could not take back all of %d files: %s", len(gone), error)

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.rollback()
