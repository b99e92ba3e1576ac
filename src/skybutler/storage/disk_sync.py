"""Getting many freshly written local files onto the disk with few waits.  Knows only absolute paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

__all__ = ["WHOLE_FILE_SYSTEM_FROM", "sync_files"]

WHOLE_FILE_SYSTEM_FROM = 64
"""From so many files on, one ``syncfs`` is cheaper than an ``fsync`` each (12 against 155 microseconds a file)."""


def sync_files(paths: Sequence[str], root: str) -> None:
    """Write files and their directory entries to the disk.

    Parameters
    ----------
    paths : sequence of `str`
        Absolute paths.
    root : `str`
        Directory that holds them all; when there are many files its whole file system is synced in one go.

    Raises
    ------
    OSError
        If the disk reports an error.
    """
    if len(paths) >= WHOLE_FILE_SYSTEM_FROM and _syncfs() is not None:
        # Directories below the root may be other mounts: one call for each device.
        directories = {os.path.dirname(path) for path in paths} | {root}
        for directory in {os.stat(d).st_dev: d for d in directories}.values():
            _with_descriptor(directory, _sync_file_system)
        return
    for path in paths:
        _with_descriptor(path, os.fsync)
    for directory in {os.path.dirname(path) for path in paths}:
        _with_descriptor(directory, os.fsync)


def _with_descriptor(path: str, action: Any) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        action(descriptor)
    finally:
        os.close(descriptor)


def _sync_file_system(descriptor: int) -> None:
    import ctypes

    if _syncfs()(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _syncfs() -> Any:
    """The C library's ``syncfs``, or `None` where there is none (it is Linux's)."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
