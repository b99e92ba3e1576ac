"""The disk fills up during an ingest: what is in is whole, nothing lies about, and the same again completes it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.ingest import register_instrument
from support.many_raws import data_ids, write_many
from support.raws import IMSIM
from support.repositories import Command, ingested, require_whole

N, SIZE = 700, 5 << 20


@pytest.mark.parametrize("place", ["sqlite-and-files", "sqlite", "postgresql-and-files"])
def test_full_disk(
    request: pytest.FixtureRequest, tmp_path: Path, small_tmpfs: Callable[[int], Path], place: str
) -> None:
    raws = write_many(tmp_path / "raws", data_ids(N), padding=5000)
    disk = small_tmpfs(SIZE)
    root = disk / "repository"
    seed = None
    if place == "sqlite":
        root = tmp_path / "repository"
        seed = {"registry": {"db": f"sqlite:///{disk}/registry.sqlite3"}}
    elif place == "postgresql-and-files":
        seed = {"registry": {"db": request.getfixturevalue("postgres_database")()}}
    Butler.create(root, seed=seed, override=True)
    with Butler(root, writeable=True) as butler:
        register_instrument(butler, IMSIM)
    if place == "sqlite":
        free = (disk / "registry.sqlite3").stat().st_size
        (disk / "ballast").write_bytes(bytes(SIZE - free - (400 << 10)))
    command = ("ingest-raws", root, tmp_path / "raws", "--transfer", "copy")
    ended = Command(*command).end()
    assert (ended.status, "Traceback" in ended.err) == (1, False)
    assert "space left" in ended.err.lower()
    assert "Ingested before that: " in ended.err
    assert "The same command goes on from there." in ended.err
    said = int(ended.err.split("Ingested before that: ")[1].split()[0])
    with Butler(root) as butler:
        there = ingested(butler)
        assert len(there) == said < N
        require_whole(butler, {key: raws[key] for key in there})
    (disk / "ballast").unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    again = Command(*command).end()
    assert again.status == 0, again.err
    with Butler(root) as butler:
        require_whole(butler, raws)
