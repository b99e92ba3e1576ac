from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from skybutler.web.scratch import hold, scratch_folder

MAKES = """
import sys, time
from skybutler.web.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "large").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def names(folder):
    return {place.name for place in folder.iterdir()}


def test_a_folder_goes_at_the_end(tmp_path):
    with scratch_folder() as first, scratch_folder() as second:
        assert names(tmp_path) == {first.name, second.name}
    assert names(tmp_path) == set()


def test_what_a_killed_process_has_left_is_removed_by_the_next_one(tmp_path):
    (tmp_path / "skybutler-server-mine").mkdir()  # without a lock it is somebody else's
    process = subprocess.Popen([sys.executable, "-c", MAKES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        left = os.path.basename(process.stdout.readline().strip())
        with scratch_folder():
            assert left in names(tmp_path)  # its process lives
        process.kill()
    assert left in names(tmp_path)
    held = hold(tmp_path / left)
    with scratch_folder():
        assert left in names(tmp_path)  # another process of the same server lives
    os.close(held)
    with scratch_folder() as folder:
        assert names(tmp_path) == {folder.name, "skybutler-server-mine"}
