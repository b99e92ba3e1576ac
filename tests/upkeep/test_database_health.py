"""Databases that are well, locked, damaged, of another version, empty, or not there."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from skybutler import Butler
from skybutler.butler.config import RepositoryConfig
from skybutler.upkeep import database_health
from skybutler.upkeep.database_health import examine_database
from skybutler.upkeep.finding import Finding
from support.postgres import GuardedServer
from support.world import World


def _examined(config: RepositoryConfig, **options: bool) -> dict[str, Finding]:
    """The worst finding of each check."""
    _, found = examine_database(config, "repo", **options)
    ranks = ("error", "warning", "ok")
    return {f.check: f for f in sorted(found, key=lambda f: ranks.index(f.level), reverse=True)}


@pytest.fixture
def local(tmp_path: Path) -> RepositoryConfig:
    """A repository on SQLite."""
    return Butler.create(tmp_path / "repo")


def _file(config: RepositoryConfig) -> Path:
    return Path(config.resolved(config.registry).partition(":///")[2])


def test_all_is_well(world: World, butler: Butler) -> None:
    paths, found = examine_database(butler.config, "repo", write=True)
    assert [f for f in found if f.level != "ok"] == []
    assert {"database", "schema", "statistics", "trash", "locks", "database write"} <= {f.check for f in found}
    assert paths == []


def test_versions(butler: Butler) -> None:
    for version, fix in (("1", "butler migrate repo"), ("99", "pip install --upgrade skybutler")):
        butler.registry.database.execute("UPDATE repository SET value = ? WHERE key = 'schema_version'", (version,))
        found = _examined(butler.config)["schema"]
        assert (found.level, found.fix) == ("error", fix)


def test_trash_and_statistics(butler: Butler, monkeypatch: pytest.MonkeyPatch) -> None:
    butler.registry.database.execute("INSERT INTO trash (path) VALUES ('a/b')")
    monkeypatch.setattr(database_health, "_MANY", 0)
    found = _examined(butler.config)
    assert (found["trash"].level, found["trash"].fix) == ("warning", "butler verify repo --repair --apply")
    assert (found["statistics"].level, "analyze()" in found["statistics"].fix) == ("warning", True)


def test_the_advice_about_statistics_works(local: RepositoryConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_health, "_MANY", 0)
    monkeypatch.chdir(Path(local.root).parent)
    with Butler("repo", run="r") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.register_dataset_type("note", ["instrument"], "StructuredDataDict")
        butler.put({}, "note", instrument="Cam")
    advice = _examined(local)["statistics"].fix
    subprocess.run(advice.replace("python", sys.executable, 1), shell=True, check=True)
    assert _examined(local)["statistics"].level == "ok"


# --------------------------------------------------------------------- SQLite
def test_a_file_that_is_locked(local: RepositoryConfig) -> None:
    holder = sqlite3.connect(_file(local), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    # what the system tells of locks is not all it would tell of another process, so the pid is this one's
    found = _examined(local)["locks"]
    holder.close()
    if Path("/proc/locks").exists():
        assert found.level == "warning"
        assert f"process {os.getpid()}" in found.says


def test_files_that_are_no_database(local: RepositoryConfig) -> None:
    file = _file(local)
    file.write_bytes(b"this is no database at all, however long it may be " * 999)
    assert "not a usable SQLite registry" in _examined(local)["database"].says
    file.write_bytes(b"")
    found = _examined(local)
    assert found["database file"].fix == "Restore a backup."
    assert found["schema"].level == "error"
    file.unlink()
    assert "does not exist" in _examined(local)["database"].says


def test_a_damaged_file(local: RepositoryConfig) -> None:
    with Butler(local, writeable=True) as butler:
        butler.registry.database.execute("PRAGMA journal_mode=delete")
    content = bytearray(_file(local).read_bytes())
    content[20 * 8192 : 30 * 8192] = b"\xff" * (10 * 8192)
    _file(local).write_bytes(content)
    found = _examined(local)
    assert found["integrity"].level == "error"
    assert "recover" in found["integrity"].fix


def test_journals(local: RepositoryConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_health, "file_system_of", lambda _: "nfs4")
    found = _examined(local)["journal"]
    assert (found.level, "PRAGMA journal_mode=DELETE" in found.fix) == ("error", True)
    with Butler(local, writeable=True) as butler:
        butler.registry.database.execute("PRAGMA journal_mode=delete")
    assert _examined(local)["journal"].level == "ok"
    monkeypatch.setattr(database_health, "file_system_of", lambda _: "ext4")
    assert _examined(local)["journal"].level == "warning"


def test_large_files_are_read_when_asked(local: RepositoryConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_health, "_MOST_CHECKED", 10)
    assert "not looked at" in _examined(local)["integrity"].says
    assert "whole" in _examined(local, full=True)["integrity"].says


def test_a_file_from_the_future(local: RepositoryConfig) -> None:
    os.utime(_file(local), (time.time() + 9999,) * 2)
    assert "future" in _examined(local)["clock"].says


# ----------------------------------------------------------------- PostgreSQL
@pytest.mark.postgres
def test_servers_that_do_not_let_us_in(guarded_server: GuardedServer, tmp_path: Path) -> None:
    for url, words in (
        (guarded_server.guarded_url(password="Wr0ng"), "password authentication failed"),
        (guarded_server.guarded_url(), "no password supplied"),
        ("postgresql://ann:Wr0ng@127.0.0.1:1/survey", "did not answer"),
        ("postgresql://ann:Wr0ng/@127.0.0.1:1/survey", "cannot be read"),
    ):
        found = _examined(RepositoryConfig(str(tmp_path), url))["database"]
        assert found.level == "error"
        assert words in found.says
        assert found.fix
        assert "Wr0ng" not in repr(found)


@pytest.mark.postgres
def test_an_empty_database_and_a_long_transaction(
    guarded_server: GuardedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = guarded_server.guarded_url(password=guarded_server.password)
    config = RepositoryConfig(str(tmp_path), url)
    assert "butler create" in _examined(config)["schema"].fix
    monkeypatch.setattr(database_health, "_LONG", 0.0)
    with psycopg.connect(url, application_name="sleeper") as other:
        other.execute("SELECT 1")
        found = _examined(config)["locks"]
    assert (found.level, "sleeper" in found.says) == ("warning", True)
    assert "pg_terminate_backend" in found.fix
