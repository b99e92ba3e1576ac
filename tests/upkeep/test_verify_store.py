"""Verifying and repairing while the object store is away, slow or refuses: an error that says so, and no change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import ButlerError, DeniedError, UnavailableError
from skybutler.registry.stored import StoredFiles
from skybutler.storage import open_storage
from skybutler.upkeep.problem import Problem, Remedies
from skybutler.upkeep.verify import repair, verify
from support.faults import FaultyProxy
from support.kept import RUN, make_kept, path, refs
from support.s3 import S3Server

pytestmark = pytest.mark.s3

ALL = Remedies(delete_orphans=True, remove_missing=True, accept_changed=True, older_than=-60.0)
FAULTS: list[tuple[str, type[ButlerError]]] = [
    ("reset", UnavailableError),
    ("busy", UnavailableError),
    ("denied", DeniedError),
]


@pytest.fixture
def root(s3_environment: S3Server) -> str:
    return s3_environment.new_root()


@pytest.fixture
def kept(
    database_url: str, tmp_path: Path, root: str, faulty: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Butler]:
    """A repository with six notes behind a proxy that can fail, and something of everything wrong with its files."""
    config = make_kept(database_url, tmp_path / "repo", root)
    monkeypatch.setenv("AWS_ENDPOINT_URL", faulty.endpoint)
    text = Path(config.root, "butler.yaml").read_text()
    assert text.count(f"root: {root}") == 1
    Path(config.root, "butler.yaml").write_text(
        text.replace(f"root: {root}", f"root: {root}\n  s3: {{retry_seconds: 0.3}}")
    )
    with Butler(tmp_path / "repo", writeable=True, collections=RUN) as butler:
        first, second, *_ = refs(butler)
        storage = butler.datastore.storage
        storage.remove([path(butler, first)])
        storage.write(path(butler, second), b"a: 1\n", overwrite=True)
        storage.write(f"{RUN}/note/lost", b"x")
        yield butler


def state(butler: Butler, root: str, server: S3Server) -> Any:
    """All files, past the proxy; all file records; the journal."""
    storage = open_storage(root, server.options)
    registry = butler.registry
    stored = StoredFiles(registry.database, registry.dataset_types, registry.collections)
    return (
        {path: storage.read(path) for path in storage.files()},
        [file for part in stored.records() for file in part],
        [entry for part in registry.journal.entries() for entry in part],
        registry.datasets.trash(100),
    )


def look(butler: Butler) -> list[Problem]:
    return list(verify(butler, remedies=ALL))


@pytest.mark.parametrize("kind, error", FAULTS)
@pytest.mark.parametrize("part", ["", "list-type", "/note/note_"])
def test_looking(
    kind: str, error: type[ButlerError], part: str, kept: Butler, root: str, s3_server: S3Server, faulty: FaultyProxy
) -> None:
    """All requests, only listings, or only those of single files."""
    before = state(kept, root, s3_server)
    faulty.fail(kind, times=100_000, part=part)
    with pytest.raises(error, match="s3://"):
        look(kept)
    faulty.faults.clear()
    assert state(kept, root, s3_server) == before
    assert {p.kind for p in look(kept)} == {"missing-file", "changed-file", "orphaned-file"}


@pytest.mark.parametrize("kind, error", FAULTS)
def test_reading(
    kind: str, error: type[ButlerError], kept: Butler, root: str, s3_server: S3Server, faulty: FaultyProxy
) -> None:
    """The files are there, and their content cannot be read: that is not called a change of each."""
    before = state(kept, root, s3_server)
    faulty.fail(kind, times=100_000, method="GET", part="/note/note_")
    with pytest.raises(error, match="s3://"):
        look(kept)
    faulty.faults.clear()
    assert state(kept, root, s3_server) == before


@pytest.mark.parametrize("kind, error", FAULTS)
def test_mending(
    kind: str, error: type[ButlerError], kept: Butler, root: str, s3_server: S3Server, faulty: FaultyProxy
) -> None:
    problems = look(kept)
    before = state(kept, root, s3_server)
    faulty.fail(kind, times=100_000)
    for problem in problems[:2]:  # an orphan goes into the trash, and waits there
        with pytest.raises(error, match="s3://"):
            list(repair(kept, [problem]))
    faulty.faults.clear()
    assert state(kept, root, s3_server) == before
    faulty.fail(kind, times=100_000)
    (mended,) = repair(kept, problems[2:])
    assert mended[1] == 1
    faulty.faults.clear()
    assert state(kept, root, s3_server)[0] == before[0]
    assert [p.kind for p in look(kept)] == ["missing-file", "changed-file", "trashed-file"]
    assert [count for _, count in repair(kept, look(kept))] == [1, 1, 1]
    assert look(kept) == []


def test_a_slow_store_is_waited_for(kept: Butler, faulty: FaultyProxy) -> None:
    kinds = [p.kind for p in look(kept)]
    faulty.fail("slow", times=5, seconds=0.5)
    faulty.fail("busy", times=2)
    assert [p.kind for p in look(kept)] == kinds
    assert faulty.faults[0].times == 0
