"""One transaction over both halves: registry rows and datastore files come or go together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skybutler.errors import DeniedError, UnavailableError, UnknownOutcomeError
from skybutler.registry.registry import Registry

if TYPE_CHECKING:
    from skybutler.datastore import Datastore
    from skybutler.storage import Stage

__all__ = ["Transactions"]

_log = logging.getLogger(__name__)


class Transactions:
    """Nested transactions of one butler; each thread has its own.

    Files are synced just before the commit, so a committed row always has its file; a process that dies in between
    leaves at most files without rows, which the next writer of the same path replaces.

    Parameters
    ----------
    registry : `Registry`
    datastore : callable
        Gives the `Datastore`; called when files are first written.
    """

    def __init__(self, registry: Registry, datastore: Callable[[], Datastore]) -> None:
        self._registry, self._datastore = registry, datastore
        self._local = threading.local()

    @contextmanager
    def begin(self) -> Iterator[Stage]:
        """Run a block in a transaction; yields the stage for new files."""
        stage: Stage | None = getattr(self._local, "stage", None)
        if stage is None:
            with self._outermost() as stage:
                yield stage
            self.empty_trash()
            return
        mark = stage.mark()
        try:
            with self._registry.transaction():
                yield stage
        except BaseException:
            stage.rollback(mark)
            raise

    @contextmanager
    def _outermost(self) -> Iterator[Stage]:
        stage = self._local.stage = self._datastore().stage()
        self._local.trash = False
        try:
            with self._registry.transaction():
                yield stage
                stage.sync()
        except UnknownOutcomeError:  # rows without files would be worse than files without rows
            raise
        except BaseException:
            stage.rollback()
            raise
        finally:
            self._local.stage = None
        stage.finish()

    def note_trash(self) -> None:
        """Files were entered into the trash: empty it after the commit."""
        self._local.trash = True

    def empty_trash(self) -> None:
        """Delete files whose rows are gone; those of a store that is away wait for the next time."""
        if not getattr(self._local, "trash", False):
            return
        self._local.trash = False
        with self._registry.transaction():  # nobody can write these paths anew before their files are gone
            while paths := self._registry.datasets.trash():
                try:
                    self._datastore().storage.remove(paths)
                except (UnavailableError, DeniedError) as error:  # the datasets are gone, their files can go later
                    _log.warning("%s  Removed datasets leave files that are deleted after the next removal.", error)
                    return
                self._registry.datasets.trash_emptied(paths)
