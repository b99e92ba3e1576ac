"""Names for repositories, from both environment variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.butler.labels import known_repositories, resolve_label
from skybutler.errors import ConfigError, NotFoundError, RepositoryNotFoundError

TEXT, INDEX = "DAF_BUTLER_REPOSITORIES", "DAF_BUTLER_REPOSITORY_INDEX"


@pytest.fixture(autouse=True)
def no_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start without labels in an empty directory."""
    monkeypatch.delenv(TEXT, raising=False)
    monkeypatch.delenv(INDEX, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_variables_there_are_no_labels() -> None:
    assert known_repositories() == {}
    assert resolve_label("main") == "main"


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_an_index_file_names_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    index = tmp_path / "the index.yaml"
    index.write_text("main: /repo/main\ndp02: file:///repo/dp02\n")
    monkeypatch.setenv(INDEX, scheme + (str(index).replace(" ", "%20") if scheme else str(index)))
    assert resolve_label("main") == "/repo/main"
    assert resolve_label("dp02") == "/repo/dp02"


@pytest.mark.parametrize("text", [json.dumps({"main": "/repo/main"}), "main: /repo/main"])
def test_the_other_variable_holds_the_mapping_itself(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TEXT, text)
    assert known_repositories() == {"main": "/repo/main"}


@pytest.mark.parametrize("by_text", [True, False])
def test_a_butler_opens_by_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_text: bool) -> None:
    Butler.create(tmp_path / "here")
    text = json.dumps({"mine": str(tmp_path / "here")})
    (tmp_path / "index.yaml").write_text(text)
    monkeypatch.setenv(*((TEXT, text) if by_text else (INDEX, str(tmp_path / "index.yaml"))))
    with Butler("mine") as butler:
        assert butler.config.root == str(tmp_path / "here")
    with pytest.raises(NotFoundError, match="mine"):
        Butler("mien")


def test_places_and_directories_are_not_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main").mkdir()
    monkeypatch.setenv(TEXT, '{"main": "/elsewhere"}')
    assert resolve_label("main") == "main"
    assert resolve_label("./main") == "./main"
    assert resolve_label("a/b") == "a/b"
    assert resolve_label(Path("x.yaml")) == "x.yaml"
    assert resolve_label("file:///a/b") == "/a/b"


def test_a_label_without_any_index_is_no_repository() -> None:
    with pytest.raises(RepositoryNotFoundError):
        Butler("nowhere")


def test_both_variables_contradict_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEXT, "{}")
    monkeypatch.setenv(INDEX, "x")
    with pytest.raises(ConfigError, match="both"):
        known_repositories()


@pytest.mark.parametrize("text", ["[1, 2]", "{", "text"])
def test_malformed_mappings_are_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TEXT, text)
    with pytest.raises(ConfigError, match=r"index|REPOSITORIES"):
        known_repositories()


def test_a_missing_index_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INDEX, "/none/such.yaml")
    with pytest.raises(ConfigError, match=r"/none/such\.yaml"):
        known_repositories()
