"""A repository on both engines, the small world in it, and a simulated survey."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from support.kept import RUN, make_kept
from support.s3 import S3Server
from support.world import World, make_world


@pytest.fixture
def butler(database_url: str, tmp_path: Path) -> Iterator[Butler]:
    """A writeable butler of an empty repository; the test runs once per engine."""
    registry = {"db": database_url}
    if "postgres" in database_url:
        registry["namespace"] = f"n{uuid.uuid4().hex[:8]}"
    Butler.create(tmp_path / "repo", seed={"registry": registry}, override=True)
    with Butler(tmp_path / "repo", writeable=True) as butler:
        yield butler


@pytest.fixture
def world(butler: Butler) -> World:
    """The small world in the repository, without files."""
    return make_world(butler.registry)


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def kept(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Butler]:
    """A repository with six notes, on both databases and both storages."""
    root = None
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3_environment")
        root = server.new_root()
    with Butler(make_kept(database_url, tmp_path / "repo", root), writeable=True, collections=RUN) as butler:
        yield butler
