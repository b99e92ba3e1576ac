"""Processes that die are replaced and lose nothing, short jobs need none, none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from skybutler.errors import InvalidError, UnavailableError
from skybutler.ingest import processes as module
from skybutler.ingest.executor import Executor, SerialExecutor
from skybutler.ingest.processes import open_executor
from support.calls import DEADLY, SQUARES, die, die_once, process_id, record_process, slow_square, squares


@pytest.fixture
def pair() -> Iterator[Executor]:
    """Two processes, from the first call on."""
    with open_executor(2, patience_s=0) as executor:
        yield executor


def test_answers_come_in_order(pair: Executor) -> None:
    assert list(pair.map(slow_square, range(100))) == [n * n for n in range(100)]
    assert list(pair.map(slow_square, [])) == []


def test_items_are_taken_as_answers_are(pair: Executor) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield len(taken)

    answers = pair.map(abs, endless())
    assert [next(answers) for _ in range(3)] == [1, 2, 3]
    assert len(taken) < 30


def test_other_processes_do_the_work(pair: Executor) -> None:
    assert os.getpid() not in set(pair.map(process_id, range(4)))


def test_short_job_is_done_here() -> None:
    with open_executor(2, patience_s=30.0) as executor:
        assert set(executor.map(process_id, range(100))) == {os.getpid()}


def test_work_is_done_here_until_processes_have_started() -> None:
    with open_executor(2, patience_s=0.001) as executor:
        answers = list(executor.map(slow_square, range(2000)))
        assert answers == [n * n for n in range(2000)]
        assert os.getpid() not in set(executor.map(process_id, range(4)))
    assert isinstance(executor, module.ProcessExecutor)


def test_one_process_is_this_one() -> None:
    with open_executor(1) as executor:
        assert isinstance(executor, SerialExecutor)


def test_errors_of_the_function_are_raised(pair: Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        list(pair.map((1).__truediv__, [0]))
    assert list(pair.map(abs, [-1])) == [1]


def test_process_that_dies_once_is_replaced(pair: Executor, tmp_path: Path) -> None:
    markers = [str(tmp_path / str(n)) for n in range(6)]
    assert list(pair.map(die_once, markers)) == markers


def test_item_that_ends_processes_is_found_and_the_others_have_their_answers(pair: Executor) -> None:
    items = [tuple(range(first, first + 10)) for first in range(0, 60, 10)]
    answers = [n for part in pair.map(squares, items, SQUARES) for n in part]
    assert answers == [-DEADLY if n == DEADLY else n * n for n in range(60)]


def test_item_that_ends_processes_is_an_error_without_remedy(pair: Executor) -> None:
    with pytest.raises(UnavailableError, match="the 3 processes that read 7 died.*fewer processes"):
        list(pair.map(die, [7]))


def test_too_many_deaths_are_an_error(pair: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DEATHS", 4)
    with pytest.raises(UnavailableError, match="[4-7] worker processes died, the last one over \\(13,\\)"):
        list(pair.map(squares, [(DEADLY,)] * 4, SQUARES))


def test_killed_while_working(pair: Executor, tmp_path: Path) -> None:
    """Kills at any moment, also between calls and in the middle of an answer."""
    killed: set[str] = set()
    done = threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < 4:
            for name in sorted({path.name for path in tmp_path.iterdir()} - killed)[:1]:
                os.kill(int(name), signal.SIGKILL)
                killed.add(name)
            time.sleep(0.2)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        answers = list(pair.map(record_process, [str(tmp_path)] * 80))
    finally:
        done.set()
        thread.join()
    assert len(answers) == 80
    assert len(killed) == 4
    assert len(set(answers)) > 2


@pytest.mark.parametrize("processes", [0, -1])
def test_number_of_processes_is_checked(processes: int) -> None:
    with pytest.raises(InvalidError, match="must be 1 or more"), open_executor(processes):
        pass


WITH_WORKERS = """
import os, sys, time
from skybutler.ingest.processes import open_executor
if __name__ == "__main__":
    with open_executor(2, patience_s=0) as executor:
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
    assert len(children) > 2
    _, alive = psutil.wait_procs(children, timeout=100)
    assert alive == []


def _listening() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background is started deaf to it


def test_interrupt_ends_workers_at_once() -> None:
    command = [sys.executable, "-c", WITH_WORKERS]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_listening
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        for process in (parent, *children):  # as a terminal does
            with suppress(psutil.NoSuchProcess):  # one may have ended with another
                process.send_signal(signal.SIGINT)
        _, errors = parent.communicate(timeout=100)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    _, alive = psutil.wait_procs(children, timeout=100)
    assert alive == []


WITHOUT_GUARD = """
import time
from skybutler.ingest.processes import open_executor
with open_executor(2, patience_s=0) as executor:
    print(list(executor.map(time.sleep, [0, 0])))
"""


def test_script_without_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WITHOUT_GUARD)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert "A worker process ended before it could work. A script that starts processes needs" in done.stderr
