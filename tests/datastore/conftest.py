"""Every datastore test runs on a local directory and on a real S3 server."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.datastore import Datastore
from support.s3 import S3Server


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An unused root for a datastore."""
    if request.param == "local":
        return str(tmp_path / "root")
    server: S3Server = request.getfixturevalue("s3_environment")
    return server.new_root()


@pytest.fixture
def datastore(root: str) -> Datastore:
    """An empty datastore."""
    return Datastore.open(root)
