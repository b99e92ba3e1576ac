"""Every storage test runs on a local directory and on a real S3 server."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.storage import LocalStorage, Storage, open_storage
from support.s3 import S3Server


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage."""
    if request.param == "local":
        return LocalStorage(tmp_path / "root")
    server: S3Server = request.getfixturevalue("s3_environment")
    return open_storage(server.new_root())
