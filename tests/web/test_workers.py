from __future__ import annotations

import importlib
import os
import tempfile
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

from skybutler.errors import InvalidError, OverloadedError, ParameterError, UnavailableError
from skybutler.vo.soda import parse_stencil
from skybutler.web import workers
from skybutler.web.workers import WorkerPool

MEMORY = 1 << 30


@pytest.fixture
def pool(tmp_path):
    made = WorkerPool(1, MEMORY, tmp_path, most_waiting=2)
    yield made
    made.close()


def always():
    return True


def test_a_process_answers_and_says_what_is_wrong(pool):
    first = pool.submit(100, always, os.getpid).result(100)
    assert first != os.getpid()
    assert pool.submit(100, always, os.getpid).result(100) == first
    with pytest.raises(ParameterError, match="2 numbers") as caught:
        pool.submit(100, always, parse_stencil, "circle", "1 2").result(100)
    assert caught.value.hint.startswith("They are RA")
    with pytest.raises(TypeError):
        pool.submit(100, always, len, 3).result(100)


def test_answers_may_be_long(pool):
    for n in (1 << 20, 100, 3 << 20, 1 << 14, (1 << 14) + 1, 0):
        made = pool.submit(100, always, bytes.ljust, b"long", n, b"-").result(100)
        assert made == b"long".ljust(n, b"-")
    with pytest.raises(UnavailableError, match="died"):
        pool.submit(100, always, os._exit, 3).result(100)
    assert pool.submit(100, always, bytes, 1 << 20).result(100) == bytes(1 << 20)


def test_a_process_that_dies_is_replaced(pool):
    first = pool.submit(100, always, os.getpid).result(100)
    with pytest.raises(UnavailableError, match="died"):
        pool.submit(100, always, os._exit, 3).result(100)
    assert pool.submit(100, always, os.getpid).result(100) != first


def test_limits_of_time_and_memory(pool):
    first = pool.submit(100, always, os.getpid).result(100)
    with pytest.raises(UnavailableError, match="longer than the 0.5 s"):
        pool.submit(0.5, always, time.sleep, 3600).result(100)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    with pytest.raises(InvalidError, match="more memory than the 1024 MB"):
        pool.submit(100, always, bytearray, 2 * MEMORY).result(100)
    assert pool.submit(100, always, bytearray, 10).result(100) == bytearray(10)


HOLDER = """
held = []

def load():
    held.append(bytearray(2 << 30))

def hold_all():
    size = 1 << 30
    while True:
        try:
            held.append(bytearray(size))
        except MemoryError:
            if size == 1:
                raise
            size //= 2
"""


@pytest.fixture
def holder(tmp_path, monkeypatch):
    """A module that processes can import, which holds memory."""
    (tmp_path / "holder.py").write_text(HOLDER)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("holder")


def test_what_holds_all_memory_can_still_say_so(pool, holder):
    """It needs what there is, to the last byte, and goes on holding it."""
    for _ in range(2):
        with pytest.raises(InvalidError, match="more memory than the 1024 MB"):
            pool.submit(100, always, holder.hold_all).result(100)


def test_what_is_loaded_first_counts_for_nothing(tmp_path, holder):
    pool = WorkerPool(1, MEMORY, tmp_path, load=holder.load)
    try:
        assert pool.submit(100, always, bytearray, MEMORY // 16).result(100) == bytearray(MEMORY // 16)
    finally:
        pool.close()


def test_work_that_is_not_wanted_any_more_ends_with_its_process(pool):
    first = pool.submit(100, always, os.getpid).result(100)
    wanted, looks = [True], []

    def go_on():
        looks.append(time.monotonic())
        return wanted[0]

    running = pool.submit(0, go_on, time.sleep, 3600)
    while len(looks) < 3:  # the first is before it begins
        time.sleep(0.01)
    waiting = [pool.submit(0, go_on, time.sleep, 3600) for _ in range(2)]
    with pytest.raises(OverloadedError):
        pool.submit(0, always, time.sleep, 3600)
    wanted[0] = False
    assert wait([running, *waiting], 100).not_done == set()
    assert isinstance(running.exception(), UnavailableError)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert pool.submit(100, always, os.getpid).result(100) != first


def test_temporary_files_go_with_a_process_that_is_ended(pool, tmp_path):
    name = Path(pool.submit(100, always, tempfile.mkdtemp).result(100))
    assert tmp_path in name.parents
    assert name.exists()
    with pytest.raises(UnavailableError, match="died"):
        pool.submit(100, always, os._exit, 3).result(100)
    again = Path(pool.submit(100, always, tempfile.mkdtemp).result(100))  # one process has ended, another has begun
    assert not name.exists()
    pool.close()
    assert not again.exists()


def test_a_process_that_is_done_soon_stays_though_nobody_wants_its_work(pool, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_GRACE_S", 60.0)  # machines may be busy
    first = pool.submit(100, always, os.getpid).result(100)
    wanted, pipe = [True], tmp_path / "pipe"
    os.mkfifo(pipe)

    def go_on():
        if len(wanted) > 3 and wanted[0]:  # it has begun
            wanted[0] = False
            pipe.write_text("what it has waited for")  # so that it is done before it is waited for
        wanted.append(True)
        return wanted[0]

    with pytest.raises(UnavailableError, match="ended before"):
        pool.submit(0, go_on, pipe.read_text).result(100)
    assert pool.submit(100, always, os.getpid).result(100) == first


def test_closing_ends_what_runs(tmp_path):
    pool = WorkerPool(1, MEMORY, tmp_path)
    process = pool.submit(100, always, os.getpid).result(100)
    running = pool.submit(0, always, time.sleep, 3600)
    pool.close()
    assert isinstance(running.exception(), UnavailableError)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(UnavailableError, match="ending"):
        pool.submit(100, always, os.getpid)
