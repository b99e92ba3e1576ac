"""Migrating from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skybutler import Butler
from support.old_schema import make_schema_1


def test_migrate(good: Callable[..., str], bad: Callable[..., str], repo: Path) -> None:
    assert good("migrate", repo) == "Nothing to do: the repository is up to date.\n"
    with Butler(repo, writeable=True) as butler:
        make_schema_1(butler.registry.database)
    assert f"butler migrate {'REPO'}" in bad("query-collections", repo)
    planned = good("migrate", repo, "--dry-run")
    assert planned.startswith("Schema 1 -> 2: makes the tables")
    assert planned.endswith("Nothing was changed.\n")
    done = good("migrate", repo)
    assert "Before, the registry was copied to " in done
    (backup,) = repo.glob("skybutler.sqlite3.schema-1-*")
    assert str(backup) in done
    assert "u/one" in good("query-collections", repo)
    assert good("verify", repo) == "Nothing is wrong.\n"
    assert "migrate" in good("log", repo)


def test_newer_repositories_are_refused(bad: Callable[..., str], repo: Path) -> None:
    with Butler(repo, writeable=True) as butler:
        butler.registry.database.execute("UPDATE repository SET value = '99' WHERE key = 'schema_version'")
    assert "pip install --upgrade skybutler" in bad("migrate", repo)


def test_no_repository(bad: Callable[..., str], tmp_path: Path) -> None:
    assert "is not a repository" in bad("migrate", tmp_path)
