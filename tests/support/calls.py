"""Functions that worker processes of the tests can import."""

import os
import signal
import time


def slow_square(n: int) -> int:
    """The square, some milliseconds later for some numbers."""
    time.sleep(0.001 * (n % 3))
    return n * n


def process_id(_: int) -> int:
    """The process that does the call."""
    return os.getpid()


def die(_: int) -> None:
    """Kill the process that does the call."""
    os.kill(os.getpid(), signal.SIGKILL)
