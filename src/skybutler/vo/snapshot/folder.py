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

__all__ = ["FOLDER", "SnapshotFolder"]

FOLDER = "obscore-snapshot"
"""Name of the folder in the directory of a repository."""

_BEGIN, _END = "obscore-", ".parquet"
_LOCK, _PART = ".lock", ".part-"
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
        try:
            os.close(self._lock(tries=1))
        except UnavailableError:
            return True
        return False

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A scratch folder, for one writer at a time.

        Raises
        ------
        UnavailableError
            Another process is writing, or nothing can be written there.
        """
        descriptor = self._lock()
        scratch = self.place / f"{_PART}{os.getpid()}"
        try:
            for left in self.place.glob(f"{_PART}*"):  # by writers that were killed
                shutil.rmtree(left, ignore_errors=True)
            scratch.mkdir()
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            os.close(descriptor)

    def _lock(self, tries: int = 5) -> int:
        """The lock of writers, which somebody may hold for no longer than it takes to see whether it is held."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.place / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UnavailableError(f"{self.place} cannot be written: {error.strerror}.") from error
        for left in reversed(range(tries)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if not left:
                    os.close(descriptor)
                    raise UnavailableError(f"Another process is making a snapshot in {self.place}.") from error
                time.sleep(_AGAIN_S)
        return descriptor

    def publish(self, scratch: Path, file: Path) -> None:
        """Give a finished file its name, all of it or nothing of it, and remove others that nobody reads."""
        _sync(scratch)
        scratch.replace(file)
        _sync(self.place)
        for other in self.place.glob(f"{_BEGIN}*{_END}"):
            if other != file:
                _remove_unread(other)


def _sync(path: Path) -> None:
    """Let the content of a file, or the names in a folder, reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
