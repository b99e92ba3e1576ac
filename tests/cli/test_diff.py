"""Comparing repositories from the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler


@pytest.fixture
def other(repo: Path) -> Path:
    """A copy of the repository."""
    return Path(shutil.copytree(repo, repo.with_name("other")))


def test_copies(good: Callable[..., str], repo: Path, other: Path) -> None:
    assert good("diff", repo, other) == "Nothing differs in 6 datasets and 5 dimension records.\n"
    assert good("diff", repo, repo, "--files", "--json").strip() == "[]"


def test_differences(run: Callable[..., Any], good: Callable[..., str], repo: Path, other: Path) -> None:
    with Butler(other, run="u/two", writeable=True) as butler:
        butler.put({"a": 1}, "numbers", instrument="Cam", detector=2)
        butler.insert_dimension_data("instrument", {"name": "C\x1bam"})
        butler.prune_datasets(butler.query_datasets("note", "u/one"), unstore=True, purge=True)
    found = run("diff", repo, other)
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[0].split("  ")[0] == "kind"
    assert "only in A" in lines[0]
    assert any(line.startswith("  + id ") and "run u/two, instrument Cam, detector 2" in line for line in lines)
    assert any(line.startswith("  - id ") and "run u/one, instrument Cam" in line for line in lines)
    assert "\x1b" not in found.stdout
    listed = json.loads(run("diff", repo, other, "--json").stdout)
    assert {(d["kind"], d["subject"], d["only_a"], d["only_b"]) for d in listed} == {
        ("dataset", "numbers", 0, 1),
        ("dataset", "note", 1, 0),
        ("record", "instrument", 0, 1),
    }
    where = ("--where", "instrument = 'Cam' AND detector < 2")
    assert run("diff", repo, other, "--collections", "u/two", *where).exit_code == 0
    assert "Nothing differs" in good("diff", repo, other, "--collections", "u/flats")


def test_mistakes(bad: Callable[..., str], repo: Path, other: Path, tmp_path: Path) -> None:
    assert "is not a repository" in bad("diff", repo, tmp_path)
    assert "Did you mean 'u/one'" in bad("diff", repo, other, "--collections", "u/onne")
    assert "detectr" in bad("diff", repo, other, "--where", "detectr = 1")
    bad("diff", repo, status=2)
