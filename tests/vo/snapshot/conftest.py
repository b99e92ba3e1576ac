"""A repository of images without pixels that a test may change, on both databases, and its snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.vo.snapshot import SnapshotFolder
from support.observations import RUN, make_observations
from support.snapshots import Copied


@pytest.fixture
def repository(database_url: str, tmp_path: Path) -> Iterator[Copied]:
    make_observations(tmp_path / "repo", database_url)
    with Butler(tmp_path / "repo", writeable=True, run=RUN) as butler:
        yield Copied(butler, SnapshotFolder(tmp_path / "snapshots"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_for_all(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database for all tests of a module."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('copied') / 'registry.sqlite3'}"
        return
    from support.postgres import fresh_database

    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture(scope="module")
def copied(database_for_all: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """A repository with a snapshot, neither of which a test may change."""
    place = tmp_path_factory.mktemp("copied")
    make_observations(place / "repo", database_for_all)
    with Butler(place / "repo", writeable=True, run=RUN) as butler:
        found = Copied(butler, SnapshotFolder(place / "snapshots"))
        found.make()
        yield found
