"""Datastores that answer, are gone, read-only, untidy, on disk and in a bucket."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.butler.config import RepositoryConfig
from skybutler.upkeep.finding import Finding
from skybutler.upkeep.store_health import examine_store
from support.s3 import S3Server


@pytest.fixture
def local(tmp_path: Path) -> RepositoryConfig:
    """A repository with files on disk."""
    return Butler.create(tmp_path / "repo")


def _bad(config: RepositoryConfig, paths: list[str] = [], *, write: bool = False) -> list[Finding]:  # noqa: B006
    return [f for f in examine_store(config, "repo", paths, write=write) if f.level != "ok"]


def test_all_is_well(local: RepositoryConfig) -> None:
    before = sorted(os.listdir(local.root))
    (Path(local.root) / "a.txt").write_text("x")
    assert _bad(local, ["a.txt", "/absolute/b.txt", "c.zip#unzip=d"], write=True) == []
    assert sorted(os.listdir(local.root)) == sorted([*before, "a.txt"])


def test_files_that_are_gone(local: RepositoryConfig) -> None:
    (found,) = _bad(local, ["a.txt"])
    assert (found.level, found.fix) == ("error", "butler verify repo")
    assert "1 of 1" in found.says


def test_a_disk_that_is_not_mounted(tmp_path: Path) -> None:
    config = RepositoryConfig(str(tmp_path), "sqlite:///x", datastore_root=str(tmp_path / "none"))
    (found,) = _bad(config)
    assert (found.level, "is not there" in found.says) == ("error", True)


def test_half_written_files_and_permissions(local: RepositoryConfig) -> None:
    root = Path(local.root)
    (root / "u").mkdir()
    (root / "u" / ".tmp-1.fits").touch()
    (root / "u" / ".tmp-2.fits").touch()
    root.chmod(0o777)
    by_check = {f.check: f for f in _bad(local)}
    assert by_check["half-written files"].says.startswith("2 files")
    assert by_check["permissions"].fix == f"chmod o-w {root}"


def _try_writing(root: str) -> list[str]:
    found = examine_store(RepositoryConfig(root, "sqlite:///x"), "repo", [], write=True)
    return [f"{f.level} {f.check}: {f.says}" for f in found]


def test_a_read_only_folder(local: RepositoryConfig, unprivileged: Callable[..., Any]) -> None:
    Path(local.root).chmod(0o555)
    said = unprivileged(_try_writing, local.root)
    assert any(text.startswith("error datastore write:") for text in said)
    assert any("you may only read" in text for text in said)


@pytest.mark.s3
def test_a_bucket(s3_environment: S3Server) -> None:
    config = RepositoryConfig("/r", "sqlite:///x", datastore_root=s3_environment.new_root())
    found = list(examine_store(config, "repo", [], write=True))
    assert [f.level for f in found] == ["ok", "ok"]
    assert found[0].says.startswith("s3://butler/")


@pytest.mark.s3
def test_wrong_keys(s3_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wr0ng")
    (found,) = _bad(RepositoryConfig("/r", "sqlite:///x", datastore_root=s3_environment.new_root()))
    assert found.level == "error"
    assert "wr0ng" not in repr(found)


def test_wrong_settings(tmp_path: Path) -> None:
    config = RepositoryConfig(str(tmp_path), "sqlite:///x", datastore={"templates": {"default": "{run"}})
    (found,) = _bad(config)
    assert found.level == "error"
