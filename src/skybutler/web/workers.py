"""Processes that do heavy work, within limits of time and memory, and are ended when it is no longer wanted.

Knows nothing of what is called.  A process that was ended, or ended by itself, is replaced when there is work.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import queue
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from skybutler.errors import InvalidError, OverloadedError, UnavailableError
from skybutler.parent_process import follow_parent

__all__ = ["WorkerPool"]

T = TypeVar("T")
P = ParamSpec("P")

_LOOK_S = 0.1
"""So often is looked whether work is still wanted."""
_GRACE_S = 0.5
"""So long is waited for what is no longer wanted, before its process is ended: most work is done sooner than a new
process begins."""
_CONTEXT = multiprocessing.get_context("spawn")  # threads and connections of this process are not for others


@dataclass(frozen=True, slots=True)
class _Task:
    """A call, how many seconds it may take, and whether it is wanted."""

    call: tuple[Any, ...]
    seconds: float
    go_on: Callable[[], bool]


class WorkerPool:
    """A few processes.

    Parameters
    ----------
    n : `int`
        How many; they start with the first call.
    memory_bytes : `int`
        What each may use beyond what it has when it is loaded.
    folder : path
        Where temporary files of the processes are, which are removed with a process that is ended.
    most_waiting : `int`
        Calls that may wait.
    load : callable, optional
        What each does first, within no limits: imports that fail half-way for want of memory fail in many ways.
    """

    def __init__(
        self,
        n: int,
        memory_bytes: int,
        folder: Path,
        *,
        most_waiting: int = 1000,
        load: Callable[[], object] | None = None,
    ) -> None:
        self._workers = [_Worker(load, memory_bytes, folder / f"worker-{i}") for i in range(n)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the one that has worked last has most at hand
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(n, thread_name_prefix="worker")
        self._places = threading.BoundedSemaphore(n + most_waiting)
        self._ended = threading.Event()

    def submit(
        self, seconds: float, go_on: Callable[[], bool], function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Call a function of a module in a process; what it is given and returns must be picklable.

        Parameters
        ----------
        seconds : `float`
            How long it may take once it has begun; 0 for any.
        go_on : callable
            Whether it is still wanted; asked often, in a thread.  When it is not, the process is ended.
        function, args, kwargs
            The call.

        Returns
        -------
        future
            What the function returns or raises; `UnavailableError` if it took too long, was not wanted, or the process
            died; `InvalidError` if it needed too much memory.

        Raises
        ------
        OverloadedError
            Too many calls wait.
        """
        if not self._places.acquire(blocking=False):
            raise OverloadedError("Too many are waiting.", hint="Try again later.")
        task = _Task((function, args, kwargs), seconds, lambda: go_on() and not self._ended.is_set())
        try:
            future: Future[T] = self._threads.submit(self._do, task)
        except RuntimeError as error:
            self._places.release()
            raise UnavailableError("The server is ending.") from error
        future.add_done_callback(lambda _: self._places.release())
        return future

    def _do(self, task: _Task) -> Any:
        if not task.go_on():
            raise _unwanted()
        worker = self._idle.get()
        try:
            return worker.do(task)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all processes, busy or not."""
        self._ended.set()
        self._threads.shutdown(wait=True)  # those that wait are told so
        for worker in self._workers:
            worker.end()


class _Worker:
    """A process and the line to it; used by one thread at a time."""

    def __init__(self, load: Callable[[], object] | None, memory_bytes: int, folder: Path) -> None:
        self._load, self._memory_bytes, self._folder = load, memory_bytes, folder
        self._line: Connection | None = None
        self._process: BaseProcess | None = None

    def _start(self) -> Connection:
        ours, theirs = _CONTEXT.Pipe()
        given = (theirs, self._load, self._memory_bytes, self._folder)
        process = _CONTEXT.Process(target=_serve, args=given, daemon=True)
        try:
            self._folder.mkdir(exist_ok=True)
            process.start()
        except OSError as error:
            ours.close()
            raise UnavailableError(f"No process can be started: {error.strerror}.", hint="Try again later.") from error
        finally:
            theirs.close()
        self._process, self._line = process, ours
        return ours

    def do(self, task: _Task) -> Any:
        """What a call returns or raises there."""
        if self._process is None or not self._process.is_alive():
            self.end()
        line = self._line or self._start()
        try:
            line.send_bytes(ForkingPickler.dumps(task.call))
            self._wait(line, task)
            kind, answer = ForkingPickler.loads(line.recv_bytes())
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.end()
            raise UnavailableError("The process that did this has died.", hint="It may have needed too much.") from None
        if kind == "memory":
            self.end()  # what is left of its memory is in pieces
            raise InvalidError(f"It needs more memory than the {self._memory_bytes >> 20} MB that it may use.")
        if kind == "error":
            raise answer
        return answer

    def _wait(self, line: Connection, task: _Task) -> None:
        """Wait for the answer; end the process if it is no longer wanted and takes its time."""
        until = time.monotonic() + task.seconds if task.seconds else None
        while not line.poll(_LOOK_S):
            if not task.go_on():
                if line.poll(_GRACE_S):
                    line.recv_bytes()
                else:
                    self.end()
                raise _unwanted()
            if until is not None and time.monotonic() > until:
                self.end()
                raise UnavailableError(f"It took longer than the {task.seconds:g} s that it may take.")

    def end(self) -> None:
        """End the process, also in the middle of a call."""
        line, process, self._line, self._process = self._line, self._process, None, None
        if process is not None:
            process.kill()
            process.join()
            process.close()
            shutil.rmtree(self._folder, ignore_errors=True)
        if line is not None:
            line.close()


def _unwanted() -> UnavailableError:
    return UnavailableError("It was ended before it was done.")


# ------------------------------------------------------------------------------------------------------ in the process
def _serve(line: Connection, load: Callable[[], object] | None, memory_bytes: int, folder: Path) -> None:
    """What a process does."""
    tempfile.tempdir = str(folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its processes
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    follow_parent(lambda: os._exit(1))
    if load is not None:
        load()
    try:
        held = _memory_held()
        most = None if held is None else held + memory_bytes
        while True:
            line.send_bytes(_answer(line.recv_bytes(), most))
    except EOFError:
        return


def _answer(call: bytes, most: int | None) -> bytes:
    try:
        with _limited_memory(most):
            function, args, kwargs = ForkingPickler.loads(call)
            return bytes(ForkingPickler.dumps(("good", function(*args, **kwargs))))
    except Exception as error:  # noqa: BLE001 - it is raised where the call came from
        return bytes(ForkingPickler.dumps(("memory", None) if _of_memory(error) else ("error", error)))


def _of_memory(error: BaseException | None) -> bool:
    """Whether an error came of a lack of memory, whatever was made of it."""
    while error is not None:
        unmapped = isinstance(error, ImportError) and "failed to map segment" in str(error)  # a library that is large
        if unmapped or isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        error = error.__cause__ or error.__context__
    return False


def _memory_held() -> int | None:
    """Bytes of the address space of this process; `None` where the system does not tell, or cannot limit them."""
    with suppress(ImportError, OSError):
        import resource

        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return None


@contextmanager
def _limited_memory(most: int | None) -> Iterator[None]:
    """Let this process have so many bytes for a while, or any.

    Not for longer: what has used all of them may still hold them, and to say so needs some.
    """
    if most is None:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    hard = before[1]
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
