"""Temporary folders of servers, which go in the end also if a server could not remove its own.  Knows no service.

A process that was killed removes nothing.  Whoever uses a folder holds a shared lock on a file in it, which the system
gives back when the process is gone; the next server removes folders that nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["hold", "scratch_folder"]

_PREFIX = "skybutler-server-"
_LOCK, _PART = ".lock", ".lock.part"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of its own, and those of servers that are gone removed; for this process and those that `hold` it."""
    _remove_left(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / _PART).touch()
        held = _locked(folder / _PART)
        (folder / _PART).rename(folder / _LOCK)  # nobody ever sees it without its lock
        try:
            yield folder
        finally:
            os.close(held)


def hold(folder: Path) -> int:
    """Keep a folder that another process has made, until the descriptor is closed or this process is gone."""
    return _locked(folder / _LOCK)


def _locked(file: Path) -> int:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _remove_left(parent: Path) -> None:
    """Remove our folders that no process holds."""
    for lock in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):  # it is held, somebody else's, or removed by another server at this moment
            descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.parent, ignore_errors=True)
            finally:
                os.close(descriptor)
