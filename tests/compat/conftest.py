"""A repository to be used with foreign spellings; tests that change things get one of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler.compat.butler import Butler
from support.dp02 import COLLECTION, RUN, make_dp02


@pytest.fixture(scope="session")
def dp02_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("compat") / "repo"
    make_dp02(root, 8)
    return root


@pytest.fixture
def dp02(dp02_root: Path) -> Iterator[Butler]:
    """The repository, read-only."""
    with Butler(dp02_root, collections=COLLECTION) as butler:
        yield butler


@pytest.fixture
def own_dp02(dp02_root: Path, tmp_path: Path) -> Iterator[Butler]:
    """A copy of it, writeable."""
    shutil.copytree(dp02_root, tmp_path / "repo")
    with Butler(tmp_path / "repo", collections=COLLECTION, run=RUN) as butler:
        yield butler
