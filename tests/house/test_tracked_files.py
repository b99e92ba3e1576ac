"""What is in the repository is for everyone: no path of somebody's machine, nothing forgotten."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

MACHINE_PATHS = re.compile(r"(?<![\w.:/])/(?:work|farm|tmp|root|home|Users)/[A-Za-z.]")
LEFT_OVERS = re.compile(r"\b(?:TODO|FIXME|XXX)\b|^(?:<{7}|>{7}) ", re.MULTILINE)
THIS_FILE = "tests/house/test_tracked_files.py"


def _tracked_text(root: Path) -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
    texts = {}
    for name in listed.split("\0"):
        path = root / name
        if name and name != THIS_FILE and path.is_file() and b"\0" not in (data := path.read_bytes())[:8192]:
            texts[name] = data.decode("utf-8")
    return texts


def test_no_machine_paths(repository_root: Path) -> None:
    found = [
        f"{name}: {m[0]}" for name, text in _tracked_text(repository_root).items() for m in MACHINE_PATHS.finditer(text)
    ]
    assert found == []


def test_nothing_left_over(repository_root: Path) -> None:
    found = [
        f"{name}: {m[0]}" for name, text in _tracked_text(repository_root).items() for m in LEFT_OVERS.finditer(text)
    ]
    assert found == []


def test_patterns_find_what_they_should() -> None:
    assert MACHINE_PATHS.search("see /home/someone/x")
    assert not MACHINE_PATHS.search("https://example.org/home/x")
    assert LEFT_OVERS.search("# TODO: later")
