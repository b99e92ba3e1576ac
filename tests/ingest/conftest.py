"""Repositories on both engines, with and without the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.ingest import register_instrument
from support.instruments import RAW
from support.raws import IMSIM

MakeButler = Callable[..., Butler]


@pytest.fixture
def make_butler(database_url: str, tmp_path: Path) -> Iterator[MakeButler]:
    """Makes the test's repository, optionally of another universe, and opens it for writing."""
    with ExitStack() as stack:

        def make(dimensions: int | None = None) -> Butler:
            root = tmp_path / "repository"
            Butler.create(root, seed={"registry": {"db": database_url}}, override=True, dimensions=dimensions)
            return stack.enter_context(Butler(root, writeable=True))

        yield make


@pytest.fixture
def empty_butler(make_butler: MakeButler) -> Butler:
    """A repository without anything."""
    return make_butler()


@pytest.fixture
def butler(empty_butler: Butler) -> Butler:
    """A repository with the camera."""
    register_instrument(empty_butler, IMSIM)
    return empty_butler


@pytest.fixture(scope="session")
def real_raw(shared: Path) -> Path:
    return shared / "data" / RAW
