"""Copying datasets between repositories from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]


@pytest.fixture
def other(good: Good, tmp_path: Path) -> Path:
    """An empty repository."""
    good("create", tmp_path / "other")
    return tmp_path / "other"


def count(repo: Path) -> int:
    with Butler(repo) as butler:
        return butler.query_all_datasets("*", find_first=False).count() if butler.collections.query() else 0


def test_everything_and_again(good: Good, repo: Path, other: Path) -> None:
    command = ("transfer-datasets", repo, other, "--register-dataset-types")
    assert good(*command, "--dry-run") == "Would transfer 6 datasets.\n"
    assert count(other) == 0
    assert good(*command) == "Transferred 6 datasets.\n"
    assert count(other) == 6
    assert good(*command) == "Transferred 0 datasets.\nAlready there: 6.\n"


def test_some_by_type_collection_and_condition(good: Good, repo: Path, other: Path) -> None:
    command = ("transfer-datasets", repo, other, "--register-dataset-types", "--json")
    found: dict[str, Any] = json.loads(good(*command, "-d", "numbers", "--collections", "both", "--find-first"))
    assert found == {"transferred": 3, "present": 0, "missing": 0, "files_missing_of": [], "dry_run": False}
    assert json.loads(good(*command, "note"))["transferred"] == 1
    assert json.loads(good(*command, "numbers", "--collections", "u/one", "--limit", "1"))["present"] == 1
    assert json.loads(good(*command, "numbers", "--where", "detector = 1"))["transferred"] == 1


def test_a_missing_file_is_named(run: Callable[..., Any], repo: Path, other: Path) -> None:
    with Butler(repo) as butler:
        Path(butler.get_uri("note", instrument="Cam", collections="u/one").removeprefix("file://")).unlink()
    result = run("transfer-datasets", repo, other, "--register-dataset-types")
    assert result.exit_code == 0
    assert result.stdout == "Transferred 5 datasets.\n"
    assert "'note'" in result.stderr


def test_mistakes(bad: Bad, good: Good, repo: Path, other: Path, tmp_path: Path) -> None:
    assert "--register-dataset-types" in bad("transfer-datasets", repo, other)
    assert "instrument" in bad("transfer-datasets", repo, other, "--register-dataset-types", "--no-transfer-dimensions")
    assert "move" in bad("transfer-datasets", repo, other, "-t", "move", status=2)
    assert "nowhere" in bad("transfer-datasets", repo, tmp_path / "nowhere")
    assert "Did you mean 'numbers'" in bad("transfer-datasets", repo, other, "nmbers")
    assert "Nothing was found" in bad("transfer-datasets", repo, other, "numbers", "--where", "detector = 77", status=0)
    assert count(other) == 0
