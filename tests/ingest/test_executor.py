"""Answers in order, items taken no faster than answers, dying workers noticed, no worker outliving its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from skybutler.errors import InvalidError, UnavailableError
from skybutler.ingest.executor import open_executor
from support.calls import die, process_id, slow_square


@pytest.mark.parametrize("processes", [1, 2])
def test_answers_come_in_order(processes: int) -> None:
    with open_executor(processes) as executor:
        assert list(executor.map(slow_square, range(50))) == [n * n for n in range(50)]
        assert list(executor.map(slow_square, [])) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_items_are_taken_as_answers_are(processes: int) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield len(taken)

    with open_executor(processes) as executor:
        answers = executor.map(abs, endless())
        assert [next(answers) for _ in range(3)] == [1, 2, 3]
    assert len(taken) < 30


def test_other_processes_do_the_work() -> None:
    with open_executor(2) as executor:
        assert os.getpid() not in set(executor.map(process_id, range(4)))


def test_errors_of_the_function_are_raised() -> None:
    with open_executor(2) as executor, pytest.raises(ZeroDivisionError):
        list(executor.map((1).__truediv__, [0]))


def test_dead_worker_is_an_error_of_ours() -> None:
    with open_executor(2) as executor, pytest.raises(UnavailableError, match="worker process died"):
        list(executor.map(die, [1]))


@pytest.mark.parametrize("processes", [0, -1])
def test_number_of_processes_is_checked(processes: int) -> None:
    with pytest.raises(InvalidError, match="must be 1 or more"), open_executor(processes):
        pass


WITH_WORKERS = """
import os, sys, time
from skybutler.ingest.executor import open_executor
if __name__ == "__main__":
    with open_executor(2) as executor:
        for pid in executor.map(os.getpgid, [0]):
            print("ready", flush=True)
        list(executor.map(time.sleep, [60] * 4))
"""


def test_workers_end_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", WITH_WORKERS], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(signal.SIGKILL)
    assert children
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
