"""A store that is slow, busy, away, or breaks off: what passes is waited out, what does not is told, and soon."""

from __future__ import annotations

import os
import re
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import (
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    UnavailableError,
)
from skybutler.storage import Stage, Storage, open_storage
from support.faults import FaultyProxy
from support.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, free_ports

pytestmark = pytest.mark.s3

LARGE = 20 << 20


def behind(proxy: FaultyProxy, server: S3Server, **settings: Any) -> Storage:
    """An empty storage that is reached through the proxy."""
    options = {**server.options, "endpoint": proxy.endpoint, "retry_seconds": 15, "timeout": 15, **settings}
    return open_storage(server.new_root(), options)


@pytest.fixture
def storage(faulty: FaultyProxy, s3_server: S3Server) -> Storage:
    return behind(faulty, s3_server)


def _downloaded(storage: Storage) -> bytes:
    with storage.local_path("x") as path:
        return path.read_bytes()


def _is_removed(storage: Storage) -> bool:
    storage.remove(["x"])
    return list(storage.files()) == []


READS: dict[str, Callable[[Storage], object]] = {
    "read": lambda storage: storage.read("x"),
    "ranges": lambda storage: b"".join(storage.read_ranges("x", [(0, 5), (5, 9)])),
    "stream": lambda storage: storage.open("x").read(),
    "download": _downloaded,
}
OTHERS: dict[str, Callable[[Storage], object]] = {
    "exists": lambda storage: storage.exists("x"),
    "sizes": lambda storage: storage.sizes(["x"]).tolist() == [9],
    "list": lambda storage: list(storage.files()) == ["x"],
    "create": lambda storage: storage.write("y", b"abc").size == 3,
    "overwrite": lambda storage: storage.write("x", b"abc", overwrite=True).size == 3,
    "remove": _is_removed,
}


@pytest.mark.parametrize("kind", ["busy", "error", "reset", "lost answer", "cut"])
@pytest.mark.parametrize("what", [*READS, *OTHERS])
def test_what_passes_is_waited_out(what: str, kind: str, storage: Storage, faulty: FaultyProxy) -> None:
    storage.write("x", b"123456789")
    faulty.fail(kind, times=2)
    if what in READS:
        assert READS[what](storage) == b"123456789"
    else:
        assert OTHERS[what](storage) is True
    assert all(fault.times == 0 for fault in faulty.faults) or kind == "cut"  # an empty answer cannot be cut
    if what == "create":
        assert storage.read("y") == b"abc"


@pytest.mark.parametrize("what", [*READS, *OTHERS])
@pytest.mark.parametrize("kind", ["busy", "reset"])
def test_what_does_not_pass_is_told(what: str, kind: str, s3_server: S3Server, faulty: FaultyProxy) -> None:
    storage = behind(faulty, s3_server, retry_seconds=0.3)
    storage.write("x", b"123456789")
    fault = faulty.fail(kind, times=10_000)
    with pytest.raises(UnavailableError) as caught:
        (READS | OTHERS)[what](storage)
    assert 10_000 - fault.times <= 7  # in the seconds that are usual it would be tried more often
    text = str(caught.value)
    assert faulty.endpoint in text
    assert f"s3://{BUCKET}/" in text
    assert ("503 Service" in text) == (kind == "busy" and fault.times < 10_000)
    assert SECRET_KEY not in text
    assert ACCESS_KEY not in text
    assert len(text.splitlines()) == 1


def test_pauses_grow(s3_server: S3Server, faulty: FaultyProxy) -> None:
    storage = behind(faulty, s3_server, retry_seconds=1.5)
    faulty.fail("reset", times=10_000)
    with pytest.raises(UnavailableError):
        storage.write("x", b"1")
    assert 3 <= faulty.count("PUT") <= 10


def test_a_slow_store_is_waited_for_as_long_as_configured(s3_server: S3Server, faulty: FaultyProxy) -> None:
    behind(faulty, s3_server).write("x", b"1")
    storage = behind(faulty, s3_server, timeout=0.3, retry_seconds=0.5)
    slow = faulty.fail("slow", times=20, seconds=1.0)
    with pytest.raises(UnavailableError, match="did not answer"):  # who waits longer than a second gets an answer
        storage.read("x")
    assert slow.times > 10


def test_a_store_that_is_away() -> None:
    endpoint = f"http://127.0.0.1:{free_ports(1)[0]}"
    options = {"endpoint": endpoint, "access_key_id": "a", "secret_access_key": "b", "retry_seconds": 0.2}
    with pytest.raises(UnavailableError, match=f"{re.escape(endpoint)} did not answer.*s3://bucket/x"):
        open_storage("s3://bucket", options).read("x")


def test_refused_credentials_are_not_tried_again(s3_server: S3Server, faulty: FaultyProxy) -> None:
    storage = behind(faulty, s3_server, secret_access_key="wrong-secret")
    with pytest.raises(DeniedError, match="SignatureDoesNotMatch.*Check the AWS_") as caught:
        storage.write("x", b"1")
    assert "wrong-secret" not in str(caught.value)
    assert len(faulty.requests) == 1


def test_access_denied_by_the_store(storage: Storage, faulty: FaultyProxy) -> None:
    faulty.fail("denied")
    with pytest.raises(DeniedError, match=re.escape(f"{faulty.endpoint} refuses access to s3://{BUCKET}/")):
        storage.read("x")


def test_a_missing_bucket_is_not_taken_for_missing_objects(s3_server: S3Server) -> None:
    storage = open_storage("s3://no-such-bucket/a", s3_server.options)
    with pytest.raises(UnavailableError, match="no such bucket"):
        storage.read("x")
    with pytest.raises(UnavailableError, match="no such bucket"):
        list(storage.files())


def test_a_write_whose_answer_was_lost_is_no_conflict_with_itself(storage: Storage, faulty: FaultyProxy) -> None:
    faulty.fail("lost answer", method="PUT")
    storage.write("x", b"1")
    assert faulty.count("PUT") == 2
    with pytest.raises(FileExistsInStoreError):
        storage.write("x", b"1")


def test_a_write_of_another_is_a_conflict_even_if_an_answer_was_lost(storage: Storage, faulty: FaultyProxy) -> None:
    storage.write("x", b"other")
    faulty.fail("reset", method="PUT")
    with pytest.raises(FileExistsInStoreError):
        storage.write("x", b"1")
    assert storage.read("x") == b"other"


def test_a_lost_write_is_told_when_it_is_read(storage: Storage, faulty: FaultyProxy) -> None:
    faulty.fail("lost write", method="PUT")
    storage.write("x", b"1")
    with pytest.raises(FileNotFoundInStoreError, match="There is no object s3://"):
        storage.read("x")


# ------------------------------------------------------------------------------------------------------------- in parts
def test_parts_are_repeated(storage: Storage, faulty: FaultyProxy, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(LARGE))
    faulty.fail("busy", times=2, method="PUT", part="partNumber")
    faulty.fail("reset", times=2, method="PUT", part="partNumber")
    assert storage.write("large", tmp_path / "large").size == LARGE
    assert storage.sizes(["large"]).tolist() == [LARGE]


@pytest.mark.parametrize("method, part", [("PUT", "partNumber"), ("POST", "uploadId"), ("POST", "uploads")])
def test_a_failed_upload_leaves_nothing(
    method: str, part: str, s3_server: S3Server, faulty: FaultyProxy, tmp_path: Path
) -> None:
    storage = behind(faulty, s3_server, retry_seconds=0.2)
    (tmp_path / "large").write_bytes(bytes(LARGE))
    faulty.fail("busy", times=100, method=method, part=part)
    with pytest.raises(UnavailableError, match="503 Service Unavailable SlowDown"), Stage(storage) as stage:
        stage.write("large", tmp_path / "large")
    assert list(storage.files()) == []
    assert part == "uploads" or faulty.requests[-2][0] == "DELETE"  # the last one is the listing


class Breaking:
    """A stream that fails after some bytes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        if self._left <= 0:
            raise OSError("the disk is broken")
        part = min(self._left, size)
        self._left -= part
        return bytes(part)


def test_a_broken_source_leaves_nothing(storage: Storage, faulty: FaultyProxy) -> None:
    source: Any = Breaking(LARGE)
    with pytest.raises(OSError, match="disk is broken"):
        storage.write("large", source)
    assert faulty.count("DELETE") == 1
    assert list(storage.files()) == []


def test_signed_urls_are_served(storage: Storage) -> None:
    storage.write("a b", b"1")
    with urllib.request.urlopen(storage.signed_url("a b", 60)) as answer:
        assert answer.read() == b"1"


def test_a_forked_process_is_told_instead_of_waiting_for_ever(storage: Storage) -> None:
    storage.write("x", b"1")
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the fork itself
        child = os.fork()
    if child == 0:
        try:
            storage.read("x")
        except UnavailableError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert "forkserver" in os.read(reader, 1000).decode()
    os.close(reader)
    os.close(writer)
