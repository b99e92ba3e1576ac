"""``butler.yaml``: what is accepted, what is refused and how it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skybutler.butler.config import CONFIG_NAME, ROOT_TAG, RepositoryConfig, idle_keys, load_yaml
from skybutler.errors import ConfigError, RepositoryNotFoundError

HOSTILE = "registry:\n  db: !!python/object/apply:os.system ['touch pwned']\n"


def write(folder: Path, text: str, name: str = CONFIG_NAME) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    write(tmp_path, "")
    config = RepositoryConfig.read(tmp_path)
    assert config.root == str(tmp_path)
    assert config.resolved(config.registry) == f"sqlite:///{tmp_path}/skybutler.sqlite3"
    assert config.resolved(config.datastore_root) == str(tmp_path)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    given = {
        "registry": {"db": "postgresql://host/db", "namespace": "mine"},
        "datastore": {"root": "s3://bucket/x", "checksum": True, "templates": {"default": "{run}/{datasetType}"}},
        "storage_classes": {"Mine": {"pytype": "builtins.dict"}},
    }
    config = RepositoryConfig.from_mapping(given, str(tmp_path))
    assert RepositoryConfig.from_mapping(config.to_mapping(), str(tmp_path)) == config
    elsewhere = RepositoryConfig.from_mapping(config.to_mapping(standalone=True), "/elsewhere")
    assert elsewhere == config


def test_a_directory_its_file_and_a_file_elsewhere_are_read(tmp_path: Path) -> None:
    file = write(tmp_path / "repo", "registry:\n  namespace: n\n")
    other = write(tmp_path, f"root: {tmp_path / 'repo'}\n", "other.yml")
    assert RepositoryConfig.read(file) == RepositoryConfig.read(tmp_path / "repo")
    assert RepositoryConfig.read(other).root == str(tmp_path / "repo")


def test_a_relative_place_gives_an_absolute_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "repo", "")
    monkeypatch.chdir(tmp_path)
    assert RepositoryConfig.read("repo").root == str(tmp_path / "repo")


@pytest.mark.parametrize("place", ["", "nowhere", "nowhere.yaml"])
def test_no_repository_is_said_with_the_command_that_makes_one(tmp_path: Path, place: str) -> None:
    with pytest.raises(RepositoryNotFoundError, match="not a repository") as caught:
        RepositoryConfig.read(tmp_path / place)
    assert "butler create" in str(caught.value)


def test_a_repository_of_the_original_is_refused_with_a_way_out(tmp_path: Path) -> None:
    write(tmp_path, "registry:\n  db: sqlite:///x\n  managers:\n    attributes: lsst.daf.butler.registry.X\n")
    with pytest.raises(ConfigError, match=r"lsst\.daf\.butler") as caught:
        RepositoryConfig.read(tmp_path)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text, said",
    [
        ("registry:\n  bd: sqlite:///x\n", "registry.bd"),
        ("datastore:\n  rot: x\n", "datastore.rot"),
        ("regisrty: {}\n", "regisrty"),
        ("- a\n- b\n", "mapping"),
        ("registry: [a\n", "not valid YAML"),
        ("registry: text\n", "registry"),
        ("datastore: [1]\n", "datastore"),
        ("storage_classes: 7\n", "storage_classes"),
        ("registry:\n  db: [1, 2]\n", "registry.db"),
        ("datastore:\n  root: {a: b}\n", "datastore.root"),
        (HOSTILE, "not valid YAML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        RepositoryConfig.read(tmp_path)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_near_names_are_offered(tmp_path: Path) -> None:
    write(tmp_path, "registry:\n  namespce: x\n")
    with pytest.raises(ConfigError, match="namespace"):
        RepositoryConfig.read(tmp_path)


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        load_yaml(write(tmp_path, HOSTILE))
    assert not (tmp_path / "pwned").exists()


def test_keys_of_the_original_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, f"datastore:\n  cls: lsst.x.FileDatastore\n  root: {ROOT_TAG}\nregistry:\n  cls: y\n")
    assert RepositoryConfig.read(tmp_path).datastore == {}


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"a: b: c: d"])
def test_broken_yaml_is_a_config_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"x\.yaml"):
        load_yaml(tmp_path / "x.yaml")


def test_a_missing_yaml_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=os.strerror(2)):
        load_yaml(tmp_path / "none.yaml")


def test_its_text_has_no_secrets() -> None:
    url = "postgresql://ann:S3cret@db.example.org/survey"
    content = {"registry": {"db": url}, "datastore": {"s3": {"secret_access_key": "S3cret"}}}
    config = RepositoryConfig.from_mapping(content, "/repo")
    assert repr(config) == "RepositoryConfig('/repo', registry='postgresql://ann:***@db.example.org/survey')"
    assert config.registry == url


def test_keys_that_mean_nothing_here() -> None:
    content = {"cls": "x", "registry": {"db": "y", "engines": {}}, "datastore": None}
    assert idle_keys(content) == ["cls", "registry.engines"]
