"""Keeping snapshots of ObsCore what the registry is, by a process of its own.  Knows neither rows nor requests.

A snapshot is made when a repository has changed and nobody has changed it for a moment, and no more than a tenth of
the time is spent on it.  Of all processes that serve a repository from one work folder, one sees to it; another one
does when it has ended.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from skybutler.errors import ButlerError
from skybutler.parent_process import follow_parent
from skybutler.vo.snapshot import SnapshotFolder, make_snapshot

if TYPE_CHECKING:
    from .served import ServedRepository

__all__ = ["SnapshotKeeper"]

_log = logging.getLogger(__name__)

_LOOK_S = 2.0
_LONGEST_S = 60.0
"""A repository that changes all the time has a snapshot so often, for what it is worth."""
_NICE = 10
_BEAT_S = 0.1


@dataclass(slots=True)
class _Seen:
    """What was seen of a repository: the last generation, since when no snapshot is of it, and not before when.

    The descriptor is that of the one process that sees to it, of all that serve it.
    """

    descriptor: int | None = None
    generation: str = ""
    since: float = 0.0
    due: float = 0.0


class SnapshotKeeper:
    """Has snapshots made as they are needed.

    Parameters
    ----------
    repositories : iterable of `ServedRepository`
        Of which.
    look_s : `float`
        So often it is looked whether they have changed.
    rest : `float`
        So much longer than it took to make a snapshot it is waited until the next.
    """

    def __init__(self, repositories: Iterable[ServedRepository], look_s: float = _LOOK_S, rest: float = 9.0) -> None:
        self._seen = {repository: _Seen() for repository in repositories}
        self._look_s, self._rest = look_s, rest
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def begin(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; a snapshot that is being made is given up."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            for repository, seen in self._seen.items():
                try:
                    if self._is_due(repository, seen):
                        self._make(repository, seen)
                except ButlerError as error:  # it may be back the next time
                    _log.warning("No snapshot of %s: %s", repository.label, error)
                    seen.due = time.monotonic() + _LONGEST_S
            self._ending.wait(self._look_s)
        for repository, seen in self._seen.items():
            repository.close()
            if seen.descriptor is not None:
                os.close(seen.descriptor)

    @staticmethod
    def _is_due(repository: ServedRepository, seen: _Seen) -> bool:
        now, before = time.monotonic(), seen.generation
        if now < seen.due:
            return False
        seen.descriptor = seen.descriptor or repository.own_snapshots.keeping()
        if seen.descriptor is None:
            return False
        registry = repository.butler.registry
        if repository.snapshots.current(registry, repository.obscore("")) is not None:
            seen.since = 0.0
            return False
        seen.generation = registry.journal.generation()
        seen.since = seen.since or now
        is_still = seen.generation == before or now - seen.since > _LONGEST_S
        return is_still and not repository.own_snapshots.is_being_written

    def _make(self, repository: ServedRepository, seen: _Seen) -> None:
        began = time.monotonic()
        folder = str(repository.own_snapshots.place)
        process = get_context("spawn").Process(target=_made, args=(repository.place, folder), daemon=True)
        process.start()
        while process.is_alive():
            if self._ending.wait(_BEAT_S):
                process.kill()
            process.join(0)
        process.join()
        took = time.monotonic() - began
        seen.since, seen.due = 0.0, time.monotonic() + self._rest * took
        if process.exitcode == 0:
            _log.info("Made a snapshot of %s in %.1f s.", repository.label, took)
        elif not self._ending.is_set():
            _log.warning("No snapshot of %s could be made.", repository.label)
        process.close()


def _made(place: str, folder: str) -> None:
    """Make a snapshot, in a process of its own that gives way to others."""
    follow_parent(lambda: os._exit(1))  # what is half made is swept away by the next one
    from skybutler.butler import Butler
    from skybutler.vo.obscore.files import read_settings

    os.nice(_NICE)
    try:
        with Butler(place) as butler:
            make_snapshot(butler.registry, read_settings(butler.config.root), SnapshotFolder(folder))
    except ButlerError as error:
        sys.exit(str(error))
