"""Bringing repositories up to date, with a backup, also when it is killed on the way."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.butler.config import RepositoryConfig
from skybutler.errors import ParameterError, SchemaVersionError
from skybutler.registry.registry import Registry
from skybutler.storage.local import SCRATCH_PREFIX
from skybutler.upkeep.migrate import _use_pg_dump, migrate_repository
from skybutler.upkeep.verify import verify
from support.kept import make_kept, refs
from support.old_schema import make_schema_1
from support.repositories import Command


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> RepositoryConfig:
    """A repository of schema 1 with six notes."""
    config = make_kept(database_url, tmp_path / "repo")
    with Butler(config, writeable=True) as butler:
        make_schema_1(butler.registry.database)
    return config


def backups(config: RepositoryConfig) -> list[Path]:
    file = Path(config.resolved(config.registry).partition(":///")[2])
    return [path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.schema-1-")]


def test_up_to_date(old: RepositoryConfig, database_url: str) -> None:
    with pytest.raises(SchemaVersionError, match="butler migrate"):
        Butler(old)
    said: list[int] = []
    done = migrate_repository(old, backup="sqlite" in database_url, announce=lambda step: said.append(step.version))
    assert said == [step.version for step in done.steps] == [2, 3]
    with Butler(old) as butler:
        assert len(refs(butler)) == 6
        assert list(verify(butler)) == []
    assert migrate_repository(old).steps == []


def test_a_dry_run_changes_nothing(old: RepositoryConfig) -> None:
    assert [step.version for step in migrate_repository(old, dry_run=True).steps] == [2, 3]
    assert "sqlite" not in old.registry or backups(old) == []
    with pytest.raises(SchemaVersionError):
        Butler(old)


def test_the_backup_is_the_repository_before(old: RepositoryConfig, tmp_path: Path) -> None:
    if "sqlite" not in old.registry:
        with pytest.raises(ParameterError, match="nothing was changed") as refused:
            migrate_repository(old)
        assert re.search(r"pg_dump .*--schema=n\w{8} '?postgresql://", refused.value.hint)
        assert "--no-backup" in refused.value.hint
        with pytest.raises(SchemaVersionError):
            Butler(old)
        return
    done = migrate_repository(old)
    assert done.backup is not None
    assert backups(old) == [Path(done.backup)]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(SCRATCH_PREFIX)] == []
    url = f"sqlite:///{done.backup}"
    with pytest.raises(SchemaVersionError, match="schema 1"):
        Registry.open(url, writeable=False)
    Path(old.resolved(old.registry).partition(":///")[2]).write_bytes(Path(done.backup).read_bytes())
    for end in ("-wal", "-shm"):
        Path(old.resolved(old.registry).partition(":///")[2] + end).unlink(missing_ok=True)
    assert [step.version for step in migrate_repository(old, backup=False).steps] == [2, 3]
    with Butler(old) as butler:
        assert len(refs(butler)) == 6


def test_a_password_is_not_told(tmp_path: Path) -> None:
    config = RepositoryConfig(str(tmp_path), "postgresql+psycopg://me:s3cret@host/db")
    said = str(_use_pg_dump(config.registry, config, 1))
    assert "s3cret" not in said
    assert "postgresql://me@host/db" in said


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment(old: RepositoryConfig, database_url: str, seed: int) -> None:
    began = time.monotonic()
    assert Command("migrate", old.root, "--dry-run").end().status == 0
    usual = time.monotonic() - began
    options = () if "sqlite" in database_url else ("--no-backup",)
    command = Command("migrate", old.root, *options)
    time.sleep(usual * random.Random(seed).uniform(0.6, 1.4))
    command.process.kill()
    command.end()
    again = Command("migrate", old.root, *options).end()
    assert again.status == 0, again.err
    with Butler(old) as butler:
        assert len(refs(butler)) == 6
        assert {p.kind for p in verify(butler) if p.is_wrong} == set()
        assert sum(len(part) for part in butler.registry.journal.entries(actions=["migrate"])) == 2
