"""Every storage test runs on a local directory, on a real S3 server, and on a chain of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.storage import LocalStorage, Storage, open_storage
from skybutler.storage.chain import Chain
from support.s3 import S3Server


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3), pytest.param("chain", marks=pytest.mark.s3)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage."""
    if request.param == "local":
        return LocalStorage(tmp_path / "root")
    server: S3Server = request.getfixturevalue("s3_environment")
    remote = open_storage(server.new_root())
    return remote if request.param == "s3" else Chain({"disk": LocalStorage(tmp_path / "root"), "bucket": remote})
