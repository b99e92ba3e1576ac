"""Processes of this machine that do bulk work.  Each has a line of its own, so that who dies, and over what, is known.

Knows nothing of what is called.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from skybutler.errors import InvalidError, UnavailableError
from skybutler.parent_process import follow_parent

from .executor import Executor, Remedy, SerialExecutor, in_order, lost

__all__ = ["ProcessExecutor", "open_executor"]

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE_S = 0.1
"""Work of less than this is done before processes have started."""

_AHEAD = 4
"""Calls under way or waiting, per process: enough to keep all busy."""

_AHEAD_AT_LEAST = 24
"""The same in all, so that processes need not wait while a transaction of 20,000 files is written."""

_ATTEMPTS = 3
"""So many processes must die over an item that cannot be divided."""

_DEATHS = 500
"""So many deaths are no accident."""

_GUARD = "A script that starts processes needs if __name__ == '__main__'."


class ProcessExecutor(Executor):
    """Calls in processes of this machine, and in this one until those have started.

    Parameters
    ----------
    processes : `int`
        How many.
    patience_s : `float`
        Seconds of work after which processes are started; shorter jobs are done here.
    """

    def __init__(self, processes: int, patience_s: float = _PATIENCE_S) -> None:
        self._n, self._patience_s = processes, patience_s
        self._ahead = max(_AHEAD * processes, _AHEAD_AT_LEAST)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="worker")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._deaths = 0

    def map(self, function: Callable[[T], R], items: Iterable[T], remedy: Remedy[T, R] | None = None) -> Iterator[R]:
        remaining = iter(items)
        spent_s = 0.0
        for item in remaining:
            if (self._workers or spent_s >= self._patience_s) and self._is_ready(function):
                remaining = itertools.chain([item], remaining)
                break
            began = time.monotonic()
            answer = function(item)
            spent_s += time.monotonic() - began
            yield answer
        else:
            return

        def submit(item: T) -> Future[list[R]]:
            return self._threads.submit(self._answers, function, item, remedy)

        for _, future in in_order(submit, remaining, lambda: self._ahead):
            yield from future.result()

    def _is_ready(self, function: Callable[..., Any]) -> bool:
        """Whether a process can work; they are started if they are not."""
        if not self._workers:
            _CONTEXT.set_forkserver_preload([__name__])  # with all that is imported by that, a process starts in 10 ms
            self._workers = [_Worker() for _ in range(self._n)]
            for worker in self._workers:
                self._threads.submit(self._make_ready, worker, function)
        return self._patience_s == 0 or not self._idle.empty()

    def _make_ready(self, worker: _Worker, function: Callable[..., Any]) -> None:
        try:
            worker.start(function)
        finally:  # whoever uses a worker that could not start is told why
            self._idle.put(worker)

    def _answers(self, function: Callable[[T], R], item: T, remedy: Remedy[T, R] | None) -> list[R]:
        """The answer to an item, or those to its parts if processes die over it; in one of our threads."""
        deaths = 0
        while True:
            answer = self._answer(function, item)
            if answer:
                return answer
            deaths += 1
            parts = remedy.divide(item) if remedy else ()
            if len(parts) > 1:
                return [answer for part in parts for answer in self._answers(function, part, remedy)]
            if deaths == _ATTEMPTS:
                if remedy is None:
                    raise UnavailableError(f"Given up: {lost(item, deaths)}", hint="Run again with fewer processes.")
                return [remedy.give_up(item, lost(item, deaths))]

    def _answer(self, function: Callable[[T], R], item: T) -> list[R]:
        """One answer, or none when the process died, which is replaced."""
        worker = self._idle.get()
        try:
            return [worker.call(function, item)]
        except _DiedError:
            self._deaths += 1
            if self._deaths >= _DEATHS:
                raise UnavailableError(
                    f"{self._deaths} worker processes died, the last one over {item}; what was committed is complete.",
                    hint="Is there enough memory? Run again with fewer processes.",
                ) from None
            worker.start(function)
            return []
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all processes, busy or not."""
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.discard()


class _DiedError(Exception):
    """The process ended before it answered."""


class _Worker:
    """A process and the line to it; used by one thread at a time, except that any may kill it for good.

    With a line each, a process that dies in the middle of an answer spoils nobody else's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: Connection | None = None
        self._process: BaseProcess | None = None
        self._is_wanted = True

    def start(self, function: Callable[..., Any]) -> None:
        """A new process in place of the old one, which has loaded what a function needs.

        Raises
        ------
        UnavailableError
            It does not live that long.
        """
        self.discard()
        with self._lock:
            if not self._is_wanted:
                raise UnavailableError("The worker processes have been ended.")
            ours, theirs = _CONTEXT.Pipe()
            process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._line, self._process = ours, process
        try:
            self._ask(function)
        except _DiedError:
            raise UnavailableError("A worker process ended before it could work.", hint=_GUARD) from None

    def call(self, function: Callable[[T], R], item: T) -> R:
        """What the function returns or raises there.

        Raises
        ------
        _DiedError
            The process ended instead.
        """
        if self._line is None:
            self.start(function)
        answer: R = self._ask(function, item)
        return answer

    def _ask(self, *request: Any) -> Any:
        assert self._line is not None
        try:
            self._line.send(request)
            is_good, answer = self._line.recv()
        except (EOFError, ConnectionError) as error:
            raise _DiedError from error
        if not is_good:
            raise answer
        return answer

    def kill(self) -> None:
        """End the process, also in the middle of a call; there will be no other."""
        with self._lock:
            self._is_wanted = False
            if self._process is not None:
                self._process.kill()

    def discard(self) -> None:
        """Forget the process, which ends if it has not."""
        with self._lock:
            line, process, self._line, self._process = self._line, self._process, None, None
        if line is not None:
            line.close()
        if process is not None:
            process.kill()
            process.join()


# A server process forks the workers: unlike a fork of this process, whose threads and connections are left alone.
_CONTEXT: ForkServerContext | SpawnContext = (
    multiprocessing.get_context("forkserver") if os.name == "posix" else multiprocessing.get_context("spawn")
)


def _serve(line: Connection) -> None:
    """What a worker process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    follow_parent(lambda: os._exit(1))
    while True:
        try:
            request = line.recv_bytes()
        except EOFError:
            return
        try:
            function, *items = ForkingPickler.loads(request)
            answer = function(*items) if items else None
            reply = ForkingPickler.dumps((True, answer))
        except Exception as error:  # noqa: BLE001
            reply = ForkingPickler.dumps((False, error))
        line.send_bytes(reply)


@contextmanager
def open_executor(processes: int, patience_s: float = _PATIENCE_S) -> Iterator[Executor]:
    """An executor of so many processes; 1 works in this one.

    Parameters
    ----------
    processes : `int`
        How many.
    patience_s : `float`
        Seconds of work after which they are started.

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
    executor = ProcessExecutor(processes, patience_s)
    try:
        yield executor
    finally:
        executor.close()
