"""Uploads that were never finished are found and given up."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skybutler.errors import DeniedError, UnavailableError
from skybutler.storage import LocalStorage, open_storage
from skybutler.storage.chain import Chain
from skybutler.storage.s3 import S3Storage
from skybutler.storage.s3_uploads import abort_uploads, unfinished_uploads
from support.s3 import S3Server, begin_upload, free_ports

pytestmark = pytest.mark.s3


@pytest.fixture
def storage(s3_server: S3Server) -> S3Storage:
    return S3Storage(s3_server.new_root(), s3_server.options)


def test_uploads_are_listed_and_given_up(storage: S3Storage, s3_server: S3Server, tmp_path: Path) -> None:
    assert unfinished_uploads(storage) == []
    for path in ("a/x.fits", "b c/ü+&.fits"):
        begin_upload(storage, path)
    begin_upload(S3Storage(s3_server.new_root(), s3_server.options), "elsewhere")
    found = unfinished_uploads(storage)
    assert sorted(upload.path for upload in found) == ["a/x.fits", "b c/ü+&.fits"]
    assert all(abs(datetime.now(UTC) - upload.began) < timedelta(minutes=5) for upload in found)
    assert list(storage.files()) == []
    chain = Chain({"disk": LocalStorage(tmp_path), "bucket": storage})
    abort_uploads(unfinished_uploads(chain))
    assert unfinished_uploads(storage) == []
    abort_uploads(found)  # nothing to be done


def test_an_upload_of_a_killed_process(storage: S3Storage, s3_server: S3Server) -> None:
    code = """
        import os, sys
        from skybutler.storage import open_storage
        class Endless:
            n = 0
            def read(self, size):
                self.n += 1
                if self.n > 40:
                    os._exit(9)
                return bytes(min(size, 1 << 20))
        open_storage(sys.argv[1], {"endpoint": sys.argv[2], "access_key_id": sys.argv[3],
            "secret_access_key": sys.argv[4], "region": "us-east-1"}).write("large", Endless())
    """
    options = s3_server.options
    arguments = [storage.root, options["endpoint"], options["access_key_id"], options["secret_access_key"]]
    done = subprocess.run([sys.executable, "-c", re.sub(r"(?m)^ {8}", "", code), *arguments], check=False)
    assert done.returncode == 9
    assert list(storage.files()) == []
    found = unfinished_uploads(storage)
    assert {upload.path for upload in found} <= {"large"}
    abort_uploads(found)
    assert unfinished_uploads(storage) == []


def test_stores_that_refuse_or_are_away(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {**s3_server.options, "secret_access_key": "wrong"}
    with pytest.raises(DeniedError, match="does not let us look"):
        unfinished_uploads(open_storage(s3_server.new_root(), options))
    options = {**s3_server.options, "endpoint": f"http://127.0.0.1:{free_ports(1)[0]}"}
    with pytest.raises(UnavailableError, match="did not answer"):
        unfinished_uploads(S3Storage("s3://bucket/x", options))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    public = {"endpoint": s3_server.endpoint, "skip_signature": True}
    with pytest.raises(DeniedError, match="only found with an access key"):
        unfinished_uploads(S3Storage("s3://bucket/x", public))


def test_directories_have_none(tmp_path: Path) -> None:
    assert unfinished_uploads(LocalStorage(tmp_path)) == []
