"""Repositories on both engines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from support.world import World, make_world


def create_on(url: str, root: Path, namespace: str | None = None) -> None:
    """Make a repository whose registry is at a URL."""
    registry = {"db": url} | ({"namespace": namespace} if namespace else {})
    Butler.create(root, seed={"registry": registry}, override=True)


@pytest.fixture
def repository(database_url: str, tmp_path: Path) -> Path:
    """An empty repository; the test runs once per engine."""
    create_on(database_url, tmp_path / "repo", f"n{uuid.uuid4().hex[:8]}" if "postgres" in database_url else None)
    return tmp_path / "repo"


@pytest.fixture
def butler(repository: Path) -> Iterator[Butler]:
    """A writeable butler of an empty repository, with run ``run/mine``."""
    with Butler(repository, run="run/mine") as butler:
        yield butler


@pytest.fixture
def world(butler: Butler) -> World:
    """The small world in a repository, without files."""
    return make_world(butler.registry)


@pytest.fixture
def small(butler: Butler) -> Butler:
    """One instrument with four detectors, and a type for them."""
    butler.insert_dimension_data("instrument", {"name": "Cam"})
    rows = ({"instrument": "Cam", "id": i, "full_name": f"R0_S{i}"} for i in range(4))
    butler.insert_dimension_data("detector", *rows)
    butler.register_dataset_type("plain", ["detector"])
    return butler
