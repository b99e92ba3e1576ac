"""Whether a repository is whole: rows, files and content agree, and nothing lies about."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from skybutler import Butler
from skybutler.storage.local import SCRATCH_PREFIX
from support.raws import RUN

DataId = tuple[int, int]

_PROGRAM = """
import atexit, os
# what `wait4` tells counts the process that forked as well
atexit.register(lambda: os.pwrite({peak}, open("/proc/self/status", "rb").read(), 0))
from skybutler.cli.main import main
main()
"""


class Ended(NamedTuple):
    """How a command ended: exit status, output, messages, peak memory in bytes (0 if it was killed)."""

    status: int
    out: str
    err: str
    memory: int


class Command:
    """``butler ...`` in a process of its own.

    Parameters
    ----------
    *arguments
        Of the command line.
    **options
        For `subprocess.Popen`.
    """

    def __init__(self, *arguments: object, **options: Any) -> None:
        self._out, self._err, self._peak = (TemporaryFile() for _ in range(3))  # noqa: SIM115 - closed by `end`
        peak = self._peak.fileno()
        command = [sys.executable, "-c", _PROGRAM.format(peak=peak), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=self._out, stderr=self._err, pass_fds=[peak], **options)

    def wait_for(self, message: str, times: int = 1) -> None:
        """Wait until the command has said something so many times."""
        while os.pread(self._err.fileno(), 1 << 20, 0).count(message.encode()) < times:
            if self.process.poll() is not None:
                raise RuntimeError(f"It ended without saying {message!r}: {self.end()}")
            time.sleep(0.005)

    def end(self) -> Ended:
        """Wait for the end."""
        status = self.process.wait()
        peak = re.search(r"VmHWM:\s+(\d+) kB", _text(self._peak))
        return Ended(status, _text(self._out), _text(self._err), 1024 * int(peak[1]) if peak else 0)


def _text(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode()


_NO_DATASETS = (
    "butler.yaml",
    *(f"{name}.sqlite3{end}" for name in ("skybutler", "registry") for end in ("", "-wal", "-shm")),
)


def ingested(butler: Butler, run: str = RUN) -> set[DataId]:
    """Exposure and detector of the raws of a run; an error when one is there twice."""
    if not butler.collections.query(run):
        return set()
    found = [(ref.data_id["exposure"], ref.data_id["detector"]) for ref in butler.query_datasets("raw", run)]
    assert len(set(found)) == len(found)
    return set(found)


def require_whole(butler: Butler, sources: Mapping[DataId, Path], run: str = RUN, *, scraps: int = 0) -> None:
    """Exactly these raws are in the run, each with the content of its source, and the datastore has no other files.

    So many may have been half-written by processes that were killed; they bear names that nothing takes for a file.
    """
    root = Path(butler.config.root)
    found: dict[DataId, Path] = {}
    if butler.collections.query(run):
        for ref in butler.query_datasets("raw", run):
            key = ref.data_id["exposure"], ref.data_id["detector"]
            assert key not in found
            found[key] = Path(butler.get_uri(ref).removeprefix("file://"))
    assert found.keys() == sources.keys()
    assert [key for key, path in found.items() if path.read_bytes() != sources[key].read_bytes()] == []
    exposures = {r.data_id["exposure"] for r in butler.query_dimension_records("exposure")}
    assert exposures == {exposure for exposure, _ in sources}
    there = {path for path in root.rglob("*") if path.is_file() and path.name not in _NO_DATASETS}
    others = there - set(found.values())
    assert {path for path in found.values() if path.is_relative_to(root)} <= there
    assert len(others) <= scraps
    assert [path for path in others if not path.name.startswith(SCRATCH_PREFIX)] == []
