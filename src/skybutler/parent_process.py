"""Processes that end when the one that started them is gone, however that ended.  Knows not what they do."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

__all__ = ["follow_parent"]


def follow_parent(end: Callable[[], object]) -> bool:
    """Have a function called, by a thread, when the process that started this one is gone.

    Parameters
    ----------
    end : callable
        Ends this process.

    Returns
    -------
    follows : `bool`
        Whether there is such a process: `multiprocessing` has to have started this one.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return False

    def watch() -> None:
        wait([parent.sentinel])
        end()

    threading.Thread(target=watch, daemon=True).start()
    return True
