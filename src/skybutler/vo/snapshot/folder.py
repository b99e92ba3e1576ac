"""Files of snapshots: their names, who writes them, when they may go.  Knows neither rows nor queries.

The name of a file says of which state of the registry it is, so that a reader needs to know nothing but that state.
Whoever reads a file holds a shared lock on it; it is removed by who gets the lock alone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skybutler.errors import UnavailableError
from skybutler.storage.disk_sync import sync_files

__all__ = ["FOLDER", "SnapshotFolder"]

FOLDER = "obscore-snapshot"
"""Name of the folder in the directory of a repository."""

_BEGIN, _END = "obscore-", ".parquet"
_LOCK, _KEEPER, _PART = ".lock", ".keeper", ".part-"
_AGAIN_S = 0.02


class SnapshotFolder:
    """The snapshots of one repository.

    Parameters
    ----------
    place : path
        The folder; it is made when it is first written to.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.place = Path(place)

    def file(self, generation: str, fingerprint: str) -> Path:
        """The file of a state of the registry and a way in which rows are made; whether it is there or not."""
        return self.place / f"{_BEGIN}{generation}-{fingerprint}{_END}"

    @staticmethod
    def hold(file: Path) -> int | None:
        """A descriptor that keeps a file from being removed until it is closed; `None` if there is no such file."""
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # somebody was removing it
        return None

    @property
    def is_being_written(self) -> bool:
        """Whether a process is making a snapshot; it may have ended when this is told."""
        if (descriptor := self._lock(_LOCK)) is None:
            return True
        os.close(descriptor)
        return False

    def keeping(self) -> int | None:
        """A descriptor: until it is closed, nobody else is who sees to new snapshots; `None` if somebody is already.

        Raises
        ------
        UnavailableError
            Nothing can be written there.
        """
        return self._lock(_KEEPER)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A scratch folder, for one writer at a time.

        Raises
        ------
        UnavailableError
            Another process is writing, or nothing can be written there.
        """
        if (descriptor := self._lock(_LOCK, tries=5)) is None:  # it may only be looked whether there is a writer
            raise UnavailableError(f"Another process is making a snapshot in {self.place}.")
        scratch = self.place / f"{_PART}{os.getpid()}"
        try:
            for left in self.place.glob(f"{_PART}*"):  # by writers that were killed
                shutil.rmtree(left, ignore_errors=True)
            scratch.mkdir()
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            os.close(descriptor)

    def _lock(self, name: str, tries: int = 1) -> int | None:
        """A descriptor that has a lock until it is closed; `None` if somebody has it."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.place / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UnavailableError(f"{self.place} cannot be written: {error.strerror}.") from error
        for left in reversed(range(tries)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if left:
                    time.sleep(_AGAIN_S)
            else:
                return descriptor
        os.close(descriptor)
        return None

    def publish(self, scratch: Path, file: Path) -> None:
        """Give a finished file its name, all of it or nothing of it, and remove others that nobody reads."""
        sync_files([str(scratch)], str(self.place))
        scratch.replace(file)
        sync_files([str(file)], str(self.place))
        for other in self.place.glob(f"{_BEGIN}*{_END}"):
            if other != file:
                _remove_unread(other)


def _remove_unread(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.unlink(missing_ok=True)
    except BlockingIOError:
        pass  # the next writer will
    finally:
        os.close(descriptor)
