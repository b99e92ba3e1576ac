"""Many calls of one function, here or in other processes, answers in order.  Knows nothing of what is called."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Protocol, TypeVar

from skybutler.errors import InvalidError, UnavailableError

__all__ = ["Executor", "ProcessExecutor", "SerialExecutor", "open_executor"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4
"""Calls under way or waiting, per process: enough to keep all busy, few enough to keep memory small."""


class Executor(Protocol):
    """Where bulk work is done."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """``function(item)`` of every item, in order; items are taken only as fast as answers are.

        Parameters
        ----------
        function : callable
            A function of a module (other processes import it by name).
        items : iterable
            What can be pickled.
        """


class SerialExecutor(Executor):
    """Calls one after the other in this process."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return map(function, items)


class ProcessExecutor(Executor):
    """Calls in a pool of processes of this machine.

    Parameters
    ----------
    pool : `~concurrent.futures.ProcessPoolExecutor`
        The processes.
    processes : `int`
        How many there are.
    """

    def __init__(self, pool: ProcessPoolExecutor, processes: int) -> None:
        self._pool, self._ahead = pool, _AHEAD * processes

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        waiting: deque[Future[R]] = deque()
        remaining = iter(items)
        try:
            waiting.extend(self._pool.submit(function, item) for item in itertools.islice(remaining, self._ahead))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(self._pool.submit(function, item) for item in itertools.islice(remaining, 1))
        except BrokenProcessPool as error:
            raise UnavailableError(
                "A worker process died (killed, or out of memory); what was committed before is complete.",
                hint="Run again with fewer processes; a script that starts some needs if __name__ == '__main__'.",
            ) from error
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def open_executor(processes: int) -> Iterator[Executor]:
    """An executor of so many processes; 1 works in this one.

    Raises
    ------
    InvalidError
        The number is not positive.
    """
    if processes < 1:
        raise InvalidError(f"The number of processes is {processes}; it must be 1 or more.")
    if processes == 1:
        yield SerialExecutor()
        return
    # A server process forks the workers: unlike a fork of this process, whose threads and connections are left alone.
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_follow_parent) as pool:
        yield ProcessExecutor(pool, processes)


def _follow_parent() -> None:
    """Let this worker end when the process that started it is gone, however that died."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
