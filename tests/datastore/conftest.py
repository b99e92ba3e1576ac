"""Every datastore test runs on a local directory, on a real S3 server, and on a chain of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.datastore import Datastore
from support.s3 import S3Server


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3), pytest.param("chain", marks=pytest.mark.s3)])
def datastore(request: pytest.FixtureRequest, tmp_path: Path) -> Datastore:
    """An empty datastore."""
    local = str(tmp_path / "root")
    if request.param == "local":
        return Datastore.open(local)
    server: S3Server = request.getfixturevalue("s3_environment")
    if request.param == "s3":
        return Datastore.open(server.new_root())
    return Datastore.open("", {"datastores": [{"root": local}, {"root": server.new_root()}]})
