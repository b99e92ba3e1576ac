"""``butler repos``: labels listed, entered, removed and tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., Result]
Rows = Callable[..., list[dict[str, Any]]]

TEXT, INDEX = "DAF_BUTLER_REPOSITORIES", "DAF_BUTLER_REPOSITORY_INDEX"


@pytest.fixture(autouse=True)
def no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without labels."""
    monkeypatch.delenv(TEXT, raising=False)
    monkeypatch.delenv(INDEX, raising=False)


def test_labels(good: Good, rows: Rows, run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There are no labels" in run("repos", "list").stderr
    monkeypatch.setenv(TEXT, f"{{mine: '{repo}', other: '/nowhere'}}")
    assert [r["label"] for r in rows("repos", "list")] == ["mine", "other"]
    assert "u/one" in good("query-collections", "mine")


def test_wrong_labels(bad: Bad, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEXT, f"{{mine: '{repo}'}}")
    assert "Did you mean 'mine'?" in bad("query-collections", "mime")
    monkeypatch.setenv(INDEX, str(tmp_path / "none.yaml"))
    assert "both set" in bad("repos", "list")
    monkeypatch.delenv(TEXT)
    assert "does not exist" in bad("repos", "list")


def test_a_label_is_entered_and_removed(
    good: Good, bad: Bad, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index.yaml"
    assert INDEX in bad("repos", "add", "mine", repo)
    shown = good("repos", "add", "mine", repo, "--index", index)
    assert f"export {INDEX}={index}" in shown
    monkeypatch.setenv(INDEX, str(index))
    monkeypatch.chdir(repo.parent)
    assert "export" not in good("repos", "add", "again", "repo")
    assert "as before" in good("repos", "add", "again", repo)
    assert "u/one" in good("query-collections", "again")
    assert "--replace" in bad("repos", "add", "again", tmp_path, "--no-check")
    assert "not a repository" in bad("repos", "add", "empty", tmp_path)
    good("repos", "remove", "again")
    assert "Did you mean 'mine'?" in bad("repos", "remove", "mime")
    assert "again" not in good("repos", "list")


def test_configuration_files_with_other_names(good: Good, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good("create", tmp_path / "data", "--outfile", tmp_path / "dp02.yaml")
    monkeypatch.setenv(INDEX, str(tmp_path / "index.yaml"))
    good("repos", "add", "dp02", tmp_path / "dp02.yaml")
    assert str(tmp_path / "data") in good("config-dump", "dp02")


def test_repositories_are_tried(
    good: Good, rows: Rows, run: Run, bad: Bad, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good("create", tmp_path / "broken")
    (tmp_path / "broken" / "skybutler.sqlite3").write_bytes(b"not a database, but long enough to be taken for one" * 99)
    monkeypatch.setenv(TEXT, f"{{mine: '{repo}', other: '/nowhere', broken: '{tmp_path}/broken'}}")
    (tried,) = rows("repos", "test", "mine")
    assert (tried["ok"], tried["collections"]) == (True, 4)
    assert tried["ms"] < 60_000
    ended = run("repos", "test", "--all")
    assert ended.exit_code == 1
    lines = {line.split()[0]: line for line in ended.stdout.splitlines()}
    assert "not a usable SQLite registry" in lines["broken"]
    assert "there is no /nowhere/butler.yaml" in lines["other"]
    assert "opens" in lines["mine"]
    assert "Did you mean 'mine'?" in bad("repos", "test", "mime")
    assert "--all" in bad("repos", "test", status=2)


def test_no_labels_to_try(run: Run) -> None:
    assert "no labels" in run("repos", "test", "--all").stderr
