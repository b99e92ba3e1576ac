"""A process notices that the one which started it was killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from skybutler.parent_process import follow_parent

SCRIPT = """
import multiprocessing, os, sys, time
from pathlib import Path
from skybutler.parent_process import follow_parent

def child(begun, ended):
    assert follow_parent(lambda: (Path(ended).touch(), os._exit(1)))
    Path(begun).touch()
    time.sleep(600)

if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=child, args=sys.argv[1:]).start()
    time.sleep(600)
"""


def waited_for(file: Path) -> bool:
    deadline = time.monotonic() + 100
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return file.exists()


def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    with subprocess.Popen([sys.executable, tmp_path / "script.py", begun, ended]) as process:
        assert waited_for(begun)
        assert not ended.exists()
        process.kill()
    assert waited_for(ended)


def test_a_process_that_nobody_started_goes_on() -> None:
    assert not follow_parent(lambda: None)
