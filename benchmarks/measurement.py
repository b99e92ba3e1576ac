"""What a benchmark yields, and how times are taken."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One number with its unit; ``limit`` is the largest value allowed, if something is promised."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.limit is None or self.value <= self.limit


@dataclass(frozen=True)
class Duration:
    """Seconds of one action: of the processors (ours and those of finished children), and on the wall."""

    cpu: float
    wall: float


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usages)


def timed(action: Callable[[], object]) -> Duration:
    """How long an action takes once."""
    cpu, wall = _cpu_seconds(), time.perf_counter()
    action()
    return Duration(_cpu_seconds() - cpu, time.perf_counter() - wall)


def best_of(times: int, action: Callable[[], object]) -> Duration:
    """The shortest of several runs: what the action takes when nothing disturbs it."""
    durations = [timed(action) for _ in range(times)]
    return Duration(min(d.cpu for d in durations), min(d.wall for d in durations))
