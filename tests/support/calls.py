"""Functions that worker processes of the tests can import."""

import os
import signal
import time
from pathlib import Path

from skybutler.ingest.executor import Remedy
from skybutler.ingest.raw_metadata import RawMetadata, read_metadata
from skybutler.ingest.raw_search import RawBatch


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


Numbers = tuple[int, ...]

DEADLY = 13


def squares(numbers: Numbers) -> list[int]:
    """The squares; one number ends the process."""
    if DEADLY in numbers:
        die(DEADLY)
    return [n * n for n in numbers]


def _parts(numbers: Numbers) -> list[Numbers]:
    size = -(-len(numbers) // 10)
    return [numbers[i : i + size] for i in range(0, len(numbers), size)]


def _give_up(numbers: Numbers, reason: str) -> list[int]:
    assert numbers == (DEADLY,)
    assert "died" in reason
    return [-DEADLY]


SQUARES = Remedy(_parts, _give_up)


def die_once(marker: str) -> str:
    """Kill the process that does the first call for this file, which is made by that."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        die(0)
    return marker


def wait_for(path: str) -> int:
    """The process that waited until there was a file."""
    while not Path(path).exists():
        time.sleep(0.01)
    return os.getpid()


def record_process(folder: str) -> int:
    """Leave a file named as the process, then take a while."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.05)
    return os.getpid()


def time_out(_: int) -> None:
    """Raise what waiting for an answer may raise too."""
    raise TimeoutError("of the function")


def read_or_die(batch: RawBatch) -> RawMetadata:
    """What the files are, unless one is called deadly."""
    if any("deadly" in path for path in batch.paths):
        die(0)
    return read_metadata(batch)
