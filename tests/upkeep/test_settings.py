"""Labels, configuration and credentials, good and bad; secrets are never said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from skybutler import Butler
from skybutler.butler.config import RepositoryConfig
from skybutler.upkeep.finding import Finding
from skybutler.upkeep.settings import examine_config, examine_credentials, examine_labels


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and an environment without anything."""
    for name in ("DAF_BUTLER_REPOSITORIES", "DAF_BUTLER_REPOSITORY_INDEX", "LSST_DB_AUTH", "LSST_DB_AUTH_CREDENTIALS",
                 "PGPASSFILE", "PGPASSWORD"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _bad(found: list[Finding]) -> list[Finding]:
    return [f for f in found if f.level != "ok"]


def test_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = examine_labels()
    assert found.says == "none: DAF_BUTLER_REPOSITORY_INDEX is not set"
    monkeypatch.setenv("DAF_BUTLER_REPOSITORIES", "{a: /a, b: /b}")
    (found,) = examine_labels()
    assert found.says == "2 in DAF_BUTLER_REPOSITORIES: a, b"
    monkeypatch.setenv("DAF_BUTLER_REPOSITORY_INDEX", "/none")
    (found,) = examine_labels()
    assert (found.level, "both set" in found.says) == ("error", True)


def test_values_and_where_they_are_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = {"datastore": {"cls": "x", "templates": {"default": "{run:/}/{datasetType}_{id}"}}}
    Butler.create(tmp_path / "repo", seed=seed)
    monkeypatch.setenv("DAF_BUTLER_REPOSITORIES", json.dumps({"mine": str(tmp_path / "repo")}))
    content = yaml.safe_load((tmp_path / "repo" / "butler.yaml").read_text())
    content["datastore"]["cls"] = "x"
    (tmp_path / "repo" / "butler.yaml").write_text(yaml.safe_dump(content))
    config, found = examine_config("mine")
    assert isinstance(config, RepositoryConfig)
    said = "\n".join(f.says for f in found)
    assert f"'mine' stands for {tmp_path / 'repo'}" in said
    assert f"root = {tmp_path / 'repo'} (default)" in said
    assert "skybutler.sqlite3 (from the file)" in said
    assert "also set in the file: datastore.templates" in said
    assert "mean nothing here: datastore.cls" in said
    assert _bad(found) == []


@pytest.mark.parametrize(
    "text, words, fix",
    [
        ("regsitry: {db: x}", "unknown key 'regsitry'", "Did you mean 'registry'?"),
        ("registry: [", "not valid YAML", ""),
        ("registry: {db: 7}", "must be text", ""),
        ("registry: {managers: {}}", "lsst.daf.butler", "butler import"),
    ],
)
def test_wrong_configurations(tmp_path: Path, text: str, words: str, fix: str) -> None:
    (tmp_path / "butler.yaml").write_text(text)
    config, found = examine_config(str(tmp_path))
    assert config is None
    assert found[-1].level == "error"
    assert words in found[-1].says
    assert fix in found[-1].fix


def test_no_configuration(tmp_path: Path) -> None:
    config, found = examine_config(str(tmp_path))
    assert config is None
    assert "butler create" in found[-1].fix


@pytest.mark.parametrize(
    "content",
    [
        {"registry": {"db": "postgresql://ann:S3cret@h/d"}},
        {"datastore": {"root": "s3://b/x", "s3": {"secret_access_key": "S3cret"}}},
    ],
)
def test_secrets_that_others_can_read(tmp_path: Path, content: dict[str, object]) -> None:
    file = tmp_path / "butler.yaml"
    file.write_text(yaml.safe_dump(content))
    file.chmod(0o644)
    _, found = examine_config(str(tmp_path))
    (warning,) = _bad(found)
    assert "mode 0644" in warning.says
    assert "S3cret" not in repr(found)
    file.chmod(0o600)
    assert _bad(examine_config(str(tmp_path))[1]) == []


def test_a_configuration_that_everybody_may_change(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    (tmp_path / "repo" / "butler.yaml").chmod(0o666)
    (warning,) = _bad(examine_config(str(tmp_path / "repo"))[1])
    assert warning.fix == f"chmod o-w {tmp_path / 'repo' / 'butler.yaml'}"


def test_credentials(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = RepositoryConfig("/r", "postgresql://ann@db.example.org/survey")
    (only,) = (f for f in examine_credentials(config) if "AWS" not in f.says)
    assert "no password for db.example.org/survey here" in only.says
    auth = home / ".lsst" / "db-auth.yaml"
    auth.parent.mkdir()
    auth.write_text("- {url: 'postgresql://*.example.org', password: S3cret}\n")
    auth.chmod(0o600)
    (home / ".pgpass").write_text("*:*:*:*:S3cret\n")
    (home / ".pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSWORD", "S3cret")
    found = list(examine_credentials(config))
    assert _bad(found) == []
    said = "\n".join(f.says for f in found)
    assert f"comes from entry 1 of {auth}" in said
    assert "PGPASSWORD" in said
    assert "S3cret" not in repr(found)


def test_files_that_are_open_to_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = home / "auth.yaml"
    auth.write_text("- {url: 'postgresql://*', password: S3cret}\n")
    auth.chmod(0o644)
    monkeypatch.setenv("LSST_DB_AUTH", str(auth))
    (home / ".pgpass").touch(0o644)
    found = _bad(list(examine_credentials(RepositoryConfig("/r", "postgresql://h/d"))))
    assert [(f.level, f.fix) for f in found] == [
        ("error", f"Close it with: chmod 600 {auth}"),
        ("warning", f"chmod 600 {home / '.pgpass'}"),
    ]
    assert "S3cret" not in repr(found)


def test_a_password_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/none/such")
    assert [f.says for f in _bad(list(examine_credentials(None)))] == [
        "PGPASSFILE names /none/such, which cannot be found"
    ]
