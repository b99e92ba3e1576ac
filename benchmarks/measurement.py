"""How times are taken and written down.  Runs in our virtual environment and in the peer's: standard library only."""

from __future__ import annotations

import contextlib
import json
import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BATCH_SECONDS = 0.05
"""Fast actions are repeated until a batch takes about this long; clocks are too coarse for single calls."""


@dataclass(frozen=True)
class Measurement:
    """One number with its unit.

    Parameters
    ----------
    name : `str`
        What was measured.
    value : `float`
        The number.
    unit : `str`
        Its unit.
    limit, least : `float`, optional
        The largest and the smallest value allowed, if something is promised.
    group : `str`
        Where in `recorded.json` the value may be recorded as a ratio; empty for what is not.
    note : `str`
        For readers.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: float | None = None
    group: str = ""
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return (self.limit is None or self.value <= self.limit) and (self.least is None or self.value >= self.least)


@dataclass(frozen=True)
class Duration:
    """Seconds of one action: of our processors (with finished children), of a server's, and on the wall."""

    cpu: float
    wall: float
    server: float = 0.0

    def per(self, n: float) -> Duration:
        """The same for one of n."""
        return Duration(self.cpu / n, self.wall / n, self.server / n)

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.cpu + other.cpu, self.wall + other.wall, self.server + other.server)


def readable(seconds: float) -> str:
    """With three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usages)


@dataclass(frozen=True)
class ServerTimes:
    """CPU seconds of a server's processes by number, and of those that have ended, all together."""

    running: Mapping[int, float]
    ended: float

    def since(self, before: ServerTimes) -> float:
        """Seconds from then to now; what a process did before it ended counts once, as far as the clocks allow."""
        work = sum(seconds - before.running.get(pid, 0.0) for pid, seconds in self.running.items())
        gone = sum(seconds for pid, seconds in before.running.items() if pid not in self.running)
        return work + max(0.0, self.ended - before.ended - gone)


class Server:
    """A database server, by its first process.

    Parameters
    ----------
    pid : `int`
        The first process.
    """

    def __init__(self, pid: int) -> None:
        import psutil  # type: ignore[import-untyped, unused-ignore]

        self._process = psutil.Process(pid)
        self._errors = psutil.Error

    def times(self) -> ServerTimes:
        """What all processes have used so far."""
        running: dict[int, float] = {}
        for process in [self._process, *self._process.children(recursive=True)]:
            with contextlib.suppress(self._errors, OSError):
                running[process.pid] = self._of(process)
        ended = self._process.cpu_times()
        return ServerTimes(running, float(ended.children_user + ended.children_system))

    @staticmethod
    def _of(process: Any) -> float:
        """Nanoseconds where Linux has them; elsewhere hundredths of a second."""
        precise = Path(f"/proc/{process.pid}/schedstat")
        if precise.exists():
            return int(precise.read_text().split()[0]) / 1e9
        times = process.cpu_times()
        return float(times.user + times.system)


def timed(action: Callable[[], object], server: Server | None = None) -> Duration:
    """How long an action takes once."""
    before = server.times() if server else None
    cpu, wall = _cpu_seconds(), time.perf_counter()
    action()
    cpu, wall = _cpu_seconds() - cpu, time.perf_counter() - wall
    return Duration(cpu, wall, server.times().since(before) if server and before else 0.0)


def repeated(action: Callable[[], object], times: int) -> Callable[[], None]:
    """An action some times over."""

    def run() -> None:
        for _ in range(times):
            action()

    return run


def _best(durations: list[Duration]) -> Duration:
    least = min(durations, key=lambda d: d.cpu + d.server)
    return Duration(least.cpu, min(d.wall for d in durations), least.server)


def best_of(times: int, action: Callable[[], object], server: Server | None = None) -> Duration:
    """The shortest of several runs: what the action takes when nothing disturbs it."""
    return _best([timed(action, server) for _ in range(times)])


def best_batch(times: int, action: Callable[[], object], server: Server | None = None) -> Duration:
    """As `best_of` for one call, measured over batches that are long enough for the clocks; the first call is free."""
    action()
    once = timed(action).wall
    count = max(1, min(2000, round(BATCH_SECONDS / max(once, 1e-7))))
    return best_of(times, repeated(action, count), server).per(count)


class Recorder:
    """Writes measured rows, one JSON object a line.

    Parameters
    ----------
    file : `Path`
        Lines are appended to it.
    server : `Server`, optional
        The database server that works for us.
    times : `int`
        How often what can be repeated is repeated.
    """

    def __init__(self, file: Path, server: Server | None = None, times: int = 5) -> None:
        self._file, self._server, self.times = file, server, times

    def best(self, key: str, action: Callable[[], object], *, single: bool = False) -> None:
        """The best of several calls, in batches unless they change something (``single``)."""
        self._write(key, (best_of if single else best_batch)(self.times, action, self._server), 1)

    def question(self, key: str, action: Callable[[], Sized | int]) -> None:
        """As `best`; the number of results is written down too, and slow questions are asked less often."""
        answer: list[Sized | int] = []
        first = timed(lambda: answer.append(action())).wall
        times = self.times if first < 2.0 else 2
        duration = best_batch(times, action, self._server) if first < 1.0 else best_of(times, action, self._server)
        self._write(key, duration, 1, results=answer[0] if isinstance(answer[0], int) else len(answer[0]))

    def total(self, key: str, actions: Iterable[tuple[int, Callable[[], object]]]) -> None:
        """All of a sequence of changes, each of so many things; preparing the next one is not counted.

        The first of several is not counted either: it loads modules and opens files.
        """
        duration, n, first = Duration(0.0, 0.0), 0, None
        for things, action in actions:
            taken = timed(action, self._server)
            if first is None:
                first = things, taken
            else:
                duration, n = duration + taken, n + things
        if n == 0 and first is not None:
            n, duration = first
        self._write(key, duration.per(n), n)

    def timed(self, action: Callable[[], object]) -> Duration:
        """How long an action takes once, the server's work included."""
        return timed(action, self._server)

    def write_best(self, key: str, durations: list[Duration], n: int) -> None:
        """The best of durations that were taken elsewhere, each of n things."""
        self._write(key, _best(durations).per(n), n)

    def _write(self, key: str, duration: Duration, n: int, results: int | None = None) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        row = {"key": key, **asdict(duration), "n": n, "results": results, "peak_mb": round(peak)}
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
