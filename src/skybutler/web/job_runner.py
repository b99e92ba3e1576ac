"""Runs the jobs of this process, of any service, in threads of its own.  Knows no service, and no HTTP.

UWS 1.1 (IVOA Recommendation 2016-10-24), section 2.1: what is done with a job between QUEUED and its end.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from skybutler.errors import ButlerError
from skybutler.vo.uws import Job, JobResult
from skybutler.vo.uws_store import JobStore

__all__ = ["LOOK_S", "JobContext", "JobRunner", "Work"]

_log = logging.getLogger(__name__)
LOOK_S = 0.5
"""So often the workers of other processes look for jobs; those of this one are told."""
_BEAT_S = 0.25
"""So often it is looked whether a job is still wanted."""
_TIDY_S = 5.0


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job has to do with.

    Parameters
    ----------
    job : `Job`
    folder : path
        Where its results go.
    go_on : callable
        Whether it shall go on; cheap to ask, and worth asking often.
    when_stopped : callable
        Takes a function that is called, by another thread and perhaps at once, when it shall not.
    """

    job: Job
    folder: Path
    go_on: Callable[[], bool]
    when_stopped: Callable[[Callable[[], None]], None]


Work = Callable[[JobContext], Sequence[JobResult]]
"""Does a job in a thread; an error of ours is told to the owner."""


class JobRunner:
    """Runs jobs in this process.

    Parameters
    ----------
    store : `JobStore`
    works : mapping
        What is done, by kind of job.
    n : `int`
        Jobs at once.
    """

    def __init__(self, store: JobStore, works: Mapping[str, Work], n: int = 4) -> None:
        self.store, self._works, self._n = store, works, n
        self._worker = secrets.token_hex(8)
        self._threads = ThreadPoolExecutor(n, thread_name_prefix="job")  # so that those of requests remain free
        self._due = asyncio.Event()
        self._changed: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()  # as long as somebody waits
        self._tasks: dict[asyncio.Task[None], _Watch] = {}
        self._main: asyncio.Task[None] | None = None
        self._ending = False
        self._tidied = -math.inf

    def begin(self) -> None:
        """Begin to look for jobs."""
        self._main = asyncio.create_task(self._look())

    async def end(self) -> None:
        """Take no more jobs, and wait for those under way to notice."""
        self._ending = True
        self.wake()
        if self._main is not None:
            await self._main
        for watch in self._tasks.values():  # not cancelled: each has to tell how it ended
            watch.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown()

    def wake(self) -> None:
        """There is a job."""
        self._due.set()

    async def _look(self) -> None:
        while not self._ending:
            try:
                if time.monotonic() - self._tidied > _TIDY_S:
                    await asyncio.to_thread(self.store.tidy)
                    self._tidied = time.monotonic()
                await self._take()
            except (ButlerError, OSError) as error:  # the file is locked, or its disk full; that may pass
                _log.error("No jobs can be taken: %s", error)
            self._due.clear()
            try:
                await asyncio.wait_for(self._due.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def _take(self) -> None:
        """Begin jobs that wait, as many as may run."""
        while len(self._tasks) < self._n and not self._ending:
            job = await asyncio.to_thread(self.store.claim, list(self._works), self._worker)
            if job is None:
                return
            watch = _Watch(self.store, job, self._worker)
            self.tell(job.id)
            task = asyncio.create_task(self._do(job, watch))
            self._tasks[task] = watch
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._due.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("How a job ended cannot be kept: %s", error)

    async def _do(self, job: Job, watch: _Watch) -> None:
        beat = asyncio.create_task(watch.beat())
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._work, job, watch)
        finally:
            watch.stop()
            beat.cancel()
            self.tell(job.id)

    def _work(self, job: Job, watch: _Watch) -> None:
        folder = self.store.folder_of(job.id)
        results: Sequence[JobResult] = ()
        error = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            results = self._works[job.kind](JobContext(job, folder, watch.go_on, watch.when_stopped))
        except ButlerError as problem:
            error = str(problem)
        except Exception as problem:  # noqa: BLE001 - logged, and told to the owner; a worker must not end with it
            if self.store.is_wanted(job, self._worker):  # else its folder may have been removed under it
                _log.exception("Job %s of %s failed", job.id, job.kind)
            error = f"Something unexpected went wrong: {type(problem).__name__}."
        if watch.stopped and not results:
            error = "The server was stopped while this job ran; start it anew."  # told unless it was aborted
        if watch.expired:
            error = f"It took longer than the {job.duration} s that it may take."
        self.store.finish(job, self._worker, results if error is None else (), error)

    def tell(self, job_id: str) -> None:
        """A job has changed: tell those who wait for it."""
        if (changed := self._changed.pop(job_id, None)) is not None:
            changed.set()

    async def changed(self, job_id: str, seconds: float) -> None:
        """Wait until a job has changed in this process, or so long."""
        changed = self._changed.setdefault(job_id, asyncio.Event())
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), seconds)


class _Watch:
    """Looks from time to time whether a job shall go on."""

    def __init__(self, store: JobStore, job: Job, worker: str) -> None:
        self._store, self._job, self._worker = store, job, worker
        self._until = time.monotonic() + job.duration if job.duration else None
        self.stopped = self.expired = False
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []

    def go_on(self) -> bool:
        return not self.stopped

    def when_stopped(self, call: Callable[[], None]) -> None:
        with self._lock:
            if not self.stopped:
                self._calls.append(call)
                return
        call()

    def stop(self) -> None:
        with self._lock:
            self.stopped, calls = True, self._calls
            self._calls = []
        for call in calls:
            call()

    async def beat(self) -> None:
        while not self.stopped:
            if self._until is not None and time.monotonic() > self._until:
                self.expired = True
                self.stop()
                return
            with suppress(ButlerError):  # the file is locked: to be found out the next time
                if not await asyncio.to_thread(self._store.is_wanted, self._job, self._worker):
                    self.stop()
            await asyncio.sleep(_BEAT_S)
