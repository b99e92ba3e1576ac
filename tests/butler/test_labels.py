"""Names for repositories, from both environment variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.butler.labels import known_repositories, resolve_label
from skybutler.errors import ConfigError, NotFoundError, RepositoryNotFoundError
from support.s3 import S3Server

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


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', "a: [1]", "- a", "text"])
def test_an_index_with_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "index").write_text(text)
    monkeypatch.setenv(INDEX, str(tmp_path / "index"))
    with pytest.raises(ConfigError, match="index"):
        known_repositories()


def test_labels_with_stops_and_files_with_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Butler.create(tmp_path / "here", outfile=tmp_path / "etc" / "dp02.yaml")
    monkeypatch.setenv(TEXT, json.dumps({"dp0.2": (tmp_path / "etc" / "dp02.yaml").as_uri()}))
    with Butler("dp0.2") as butler:
        assert butler.config.root == str(tmp_path / "here")
    with pytest.raises(NotFoundError, match=r"neither a repository label nor a directory.*Did you mean 'dp0.2'"):
        Butler("dp0.3")


def test_a_path_needs_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INDEX, "/none/such.yaml")
    with pytest.raises(RepositoryNotFoundError):
        Butler(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="does not exist"):
        Butler("nothing")


def test_what_butler_knows_of_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Butler.get_known_repos() == set()
    with pytest.raises(KeyError, match=INDEX):
        Butler.get_repo_uri("mine")
    Butler.create(tmp_path / "here", outfile=tmp_path / "other.yaml")
    Butler.create(tmp_path / "there")
    monkeypatch.setenv(TEXT, "{mine: s3://bucket/x, dp02: /repo/dp02}")
    assert Butler.get_known_repos() == {"mine", "dp02"}
    assert Butler.get_repo_uri("mine") == "s3://bucket/x"
    assert Butler.get_repo_uri("other", return_label=True) == "other"
    with pytest.raises(KeyError, match="Did you mean 'mine'"):
        Butler.get_repo_uri("mime")
    found = [Butler.has_repo_config(tmp_path / n) for n in ("here", "other.yaml", "there", "none.yaml")]
    assert found == [False, True, True, False]
    assert Butler.has_repo_config((tmp_path / "there").as_uri())


@pytest.mark.s3
def test_an_index_in_an_object_store(s3_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from skybutler.storage import open_storage

    root = s3_environment.new_root()
    open_storage(root).write("index.yaml", b"dp02: /repo/dp02\n")
    monkeypatch.setenv(INDEX, f"{root.rstrip('/')}/index.yaml")
    assert resolve_label("dp02") == "/repo/dp02"
    monkeypatch.setenv(INDEX, f"{root.rstrip('/')}/none.yaml")
    with pytest.raises(ConfigError, match="none.yaml"):
        known_repositories()
