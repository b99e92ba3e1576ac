"""A Dask cluster as a site runs it: a scheduler and workers, each a process of its own that may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

TESTS = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0


class DaskCluster:
    """A scheduler on this machine, and workers that a nanny starts again when they die.

    Parameters
    ----------
    folder : `Path`
        For logs and what workers leave.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self._workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._read_address()

    def _read_address(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._scheduler.poll() is None:
            if self._file.exists() and (text := self._file.read_text()):
                return str(json.loads(text)["address"])
            time.sleep(0.05)
        raise RuntimeError((self._folder / "scheduler.log").read_text())

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": str(TESTS),  # for `support`
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver",
        }
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(self._file), *options]
        with open(self._folder / f"{what}.log", "ab") as log:
            return subprocess.Popen(command, cwd=self._folder, env=environment, stdout=log, stderr=log)

    def add_worker(self) -> None:
        """Start a worker of one thread, with its nanny."""
        options = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(self._folder))
        self._workers.append(self._start("worker", *options))

    def worker_pids(self) -> list[int]:
        """The processes that work, at this moment."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            found = client.run(os.getpid, on_error="ignore").values()
            return sorted(pid for pid in found if isinstance(pid, int))

    def kill_scheduler(self) -> None:
        """The end of the cluster."""
        self._scheduler.kill()
        self._scheduler.wait()

    def close(self) -> None:
        """End everything."""
        started = [*self._workers, self._scheduler]
        family = [child for p in started if p.poll() is None for child in psutil.Process(p.pid).children(True)]
        for process in (*started, *family):
            process.kill()
        for process in started:
            process.wait()
        psutil.wait_procs(family, timeout=100)
