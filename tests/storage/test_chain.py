"""What only a chain has: members that miss a file, are away, or fail."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.errors import FileExistsInStoreError, FileNotFoundInStoreError, UnavailableError
from skybutler.storage import LocalStorage, Stage, Storage, open_storage
from skybutler.storage.chain import Chain
from support.faults import FaultyProxy
from support.s3 import S3Server


@pytest.fixture
def a(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "a")


@pytest.fixture
def b(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "b")


@pytest.fixture
def chain(a: Storage, b: Storage) -> Chain:
    return Chain({"a": a, "b": b})


def test_each_file_is_looked_for(chain: Chain, a: Storage, b: Storage) -> None:
    a.write("x", b"1")
    b.write("x", b"22")
    b.write("y", b"333")
    assert (chain.read("x"), chain.read("y")) == (b"1", b"333")
    assert chain.sizes(["x", "y", "z"]).tolist() == [1, 3, -1]
    assert [chain.exists(path) for path in "xyz"] == [True, True, False]
    assert sorted(chain.files()) == ["x", "y"]
    assert [chain.url(path) for path in "xyz"] == [a.url("x"), b.url("y"), a.url("z")]
    with pytest.raises(FileNotFoundInStoreError, match="no file z in any of the stores a, b"):
        chain.read("z")


@pytest.mark.parametrize(
    "content",
    [lambda: b"12", lambda: io.BytesIO(b"12"), lambda: lambda path: path.write_bytes(b"12")],
    ids=["bytes", "stream", "callable"],
)
def test_all_members_get_the_same(content: Callable[[], bytes], chain: Chain, a: Storage, b: Storage) -> None:
    stored = chain.write("d/x.y", content())
    assert stored.size == 2
    assert a.read("d/x.y") == b.read("d/x.y") == b"12"


def test_a_write_that_fails_in_one_is_taken_back_in_all(chain: Chain, a: Storage, b: Storage) -> None:
    b.write("x", b"old")
    with pytest.raises(FileExistsInStoreError):
        chain.write("x", b"new")
    assert (a.exists("x"), b.read("x")) == (False, b"old")
    chain.write("x", b"new", overwrite=True)
    assert a.read("x") == b.read("x") == b"new"


def test_a_stage_takes_files_out_of_the_members_they_went_to(chain: Chain, a: Storage, b: Storage) -> None:
    stage = Stage(chain)
    stage.write("x", b"1", storage=chain.only(["b"]))
    stage.write("y", b"1")
    b_only, both = (a.exists("x"), b.exists("x")), (a.exists("y"), b.exists("y"))
    assert (b_only, both) == ((False, True), (True, True))
    stage.sync()
    stage.rollback()
    assert list(chain.files()) == []


def test_parts_of_a_chain(chain: Chain, b: Storage) -> None:
    assert chain.only(["b"]) is b
    assert chain.only(["a", "b"]) is chain


@pytest.mark.s3
def test_signed_urls_are_those_of_an_object_store(tmp_path: Path, s3_environment: S3Server, a: Storage) -> None:
    remote = open_storage(s3_environment.new_root())
    chain = Chain({"a": a, "remote": remote})
    chain.write("x", b"1")
    a.write("y", b"1")
    assert chain.signed_url("x").startswith(s3_environment.endpoint)
    assert chain.signed_url("y") == a.url("y")


@pytest.mark.s3
def test_a_member_that_did_not_answer_is_asked_last(
    a: Storage,
    s3_server: S3Server,
    faulty: FaultyProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 0.2}
    chain = Chain({"remote": open_storage(s3_server.new_root(), settings), "a": a})
    chain.write("x", b"1")
    fault = faulty.fail("busy", times=1000)
    assert chain.read("x") == b"1"
    assert "Store 'remote' cannot serve x" in caplog.text
    asked = len(faulty.requests)
    assert chain.read("x") == b"1"
    assert chain.exists("x")
    assert len(faulty.requests) == asked
    with pytest.raises(UnavailableError):  # it might have what the other has not
        chain.read("y")
    fault.times = 0
    monkeypatch.setattr("skybutler.storage.chain.AWAY_SECONDS", 0.0)
    with pytest.raises(FileNotFoundInStoreError):
        chain.read("y")
    chain._away.clear()
    asked = len(faulty.requests)
    assert chain.read("x") == b"1"
    assert len(faulty.requests) > asked


@pytest.mark.s3
def test_sizes_where_a_member_is_away(a: Storage, s3_server: S3Server, faulty: FaultyProxy) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 0.2}
    chain = Chain({"remote": open_storage(s3_server.new_root(), settings), "a": a})
    a.write("x", b"1")
    faulty.fail("busy", times=1000)
    assert chain.sizes(["x"]).tolist() == [1]
    with pytest.raises(UnavailableError):
        chain.sizes(["x", "y"])
