"""Whether a repository is whole, from end to end: found, mended, journaled, and mended all the same after a kill."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import MissingCollectionError, ReadOnlyError
from skybutler.registry.stored import StoredFiles
from skybutler.upkeep.problem import Problem, Remedies
from skybutler.upkeep.verify import repair, verify
from support.kept import RUN, make_kept, path, refs, rewrite, wait_a_little
from support.repositories import Command
from support.world import make_world

NOW = Remedies(delete_orphans=True, remove_missing=True, accept_changed=True, older_than=0.0)


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> Iterator[Butler]:
    with Butler(make_kept(database_url, tmp_path / "repo"), writeable=True, collections=RUN) as butler:
        yield butler


def kinds(butler: Butler) -> set[str]:
    return {p.kind for p in verify(butler, remedies=NOW)}


def injure(butler: Butler) -> None:
    """Something of everything."""
    first, second, *_ = refs(butler)
    butler.datastore.storage.remove([path(butler, first)])
    rewrite(butler, second, b"a: 1\n")
    butler.datastore.storage.write(f"{RUN}/note/lost", b"x")
    with butler.registry.transaction():
        for table, values in (("trash", "'gone'"), ("shared_file", "99999, 'x'"), ("collection_summary", "88, 99")):
            butler.registry.database.execute(f"INSERT INTO {table} VALUES ({values})")
        butler.registry.database.execute("DELETE FROM collection_governor")
    wait_a_little()


KINDS = {"missing-file", "changed-file", "orphaned-file", "trashed-file", "dangling-row", "missing-summary"}


def test_everything_is_found_mended_and_journaled(kept: Butler) -> None:
    assert kinds(kept) == set()
    injure(kept)
    assert kinds(kept) == KINDS
    assert kinds(kept) == KINDS  # looking changes nothing
    problems = list(verify(kept, remedies=NOW))
    mended = list(repair(kept, problems))
    assert [count for _, count in mended] == [p.count for p in problems]
    assert kinds(kept) == set()
    entries = [e for part in kept.registry.journal.entries(actions=["repair"]) for e in part]
    assert {e.subject for e in entries} == KINDS
    assert len(refs(kept)) == 5


def test_the_small_world_is_sound(database_url: str, tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo", seed={"registry": {"db": database_url}}, override=True)
    with Butler(tmp_path / "repo", writeable=True) as butler:
        make_world(butler.registry)
        assert list(verify(butler)) == []


def test_nothing_is_mended_by_a_reader(kept: Butler) -> None:
    injure(kept)
    with Butler(kept.config) as reader:
        problems = list(verify(reader, remedies=NOW))
        assert {p.kind for p in problems} == KINDS
        with pytest.raises(ReadOnlyError):
            list(repair(reader, problems))
    assert kinds(kept) == KINDS


def test_rows_only_and_chosen_files_only(kept: Butler) -> None:
    injure(kept)
    rows = {"dangling-row", "missing-summary"}
    assert {p.kind for p in verify(kept, files=False, remedies=NOW)} == rows
    assert {p.kind for p in verify(kept, collections=[RUN], remedies=NOW)} == {"missing-file", "changed-file"}
    with pytest.raises(MissingCollectionError):
        list(verify(kept, collections=["u/rum"]))


def test_a_damaged_database_is_told(kept: Butler) -> None:
    """SQLite finds pages that are not what they should be."""
    database = kept.registry.database
    if database.dialect != "sqlite":
        assert database.faults() == []
        pytest.skip("PostgreSQL has tools of its own")
    (page,) = database.query("SELECT rootpage FROM sqlite_master WHERE name = 'tag'")
    file = Path(kept.config.resolved(kept.config.registry).partition(":///")[2])
    database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.close()
    content = bytearray(file.read_bytes())
    start = 8192 * (page[0] - 1)
    content[start] = 7
    file.write_bytes(bytes(content))
    with Butler(kept.config) as butler:
        damaged = next(p for p in verify(butler, files=False) if p.kind == "damaged-database")
        assert damaged.count >= 1
        assert damaged.repair is None


N = 3_000


@pytest.mark.parametrize("seed", range(3))
def test_a_repair_that_is_killed_is_completed_by_the_next(kept: Butler, seed: int) -> None:
    folder = Path(kept.config.root) / RUN / "note"
    for i in range(N):
        (folder / f"lost{i}").touch()
    before = {path(kept, ref) for ref in refs(kept)}
    options = ("--repair", "--apply", "--delete-orphans", "--older-than", "0s")
    began = time.monotonic()
    assert Command("verify", kept.config.root, "--no-files").end().status == 0
    usual = time.monotonic() - began
    command = Command("verify", kept.config.root, *options)
    time.sleep(usual * random.Random(seed).uniform(0.8, 2.0))
    command.process.kill()
    command.end()
    problems: list[Problem] = list(verify(kept, remedies=NOW))
    assert {p.kind for p in problems} <= {"orphaned-file", "trashed-file"}
    list(repair(kept, problems))
    assert kinds(kept) == set()
    registry = kept.registry
    stored = StoredFiles(registry.database, registry.dataset_types, registry.collections)
    assert {file.path for part in stored.records() for file in part} == before
    assert {str(f.relative_to(kept.config.root)) for f in folder.rglob("*") if f.is_file()} == before
