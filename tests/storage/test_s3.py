"""What only object stores have: credentials, endpoints, servers that do not answer."""

from __future__ import annotations

import pytest

from skybutler.errors import ConfigError, DeniedError, FileExistsInStoreError, UnavailableError
from skybutler.storage import open_storage
from support.faults import FaultyProxy
from support.s3 import S3Server, free_ports

pytestmark = pytest.mark.s3


def test_settings_can_be_given_instead_of_the_environment(s3_server: S3Server) -> None:
    storage = open_storage(s3_server.new_root(), s3_server.options)
    storage.write("x", b"1")
    assert storage.read("x") == b"1"
    assert storage.local_root is None


def test_the_endpoint_variable_of_lsst_is_understood(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv("S3_ENDPOINT_URL" if name == "AWS_ENDPOINT_URL" else name, value)
    storage = open_storage(s3_server.new_root())
    storage.write("x", b"1")
    assert list(storage.files()) == ["x"]


def test_a_wrong_secret_is_denied(s3_server: S3Server) -> None:
    storage = open_storage(s3_server.new_root(), {**s3_server.options, "secret_access_key": "wrong"})
    with pytest.raises(DeniedError, match="credentials"):
        storage.write("x", b"1")


def test_a_server_that_is_not_there() -> None:
    options = {
        "endpoint": f"http://127.0.0.1:{free_ports(1)[0]}",
        "access_key_id": "a",
        "secret_access_key": "b",
        "retry_seconds": 0,
    }
    with pytest.raises(UnavailableError, match="s3://bucket/x"):
        open_storage("s3://bucket", options).read("x")


@pytest.mark.parametrize("uri", ["s3://", "s3:///x"])
def test_a_bucket_is_needed(uri: str) -> None:
    with pytest.raises(ConfigError, match="bucket"):
        open_storage(uri)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="colour"):
        open_storage("s3://bucket", {"colour": "blue"})


@pytest.mark.parametrize("is_long", [False, True])
def test_sizes_of_many_come_from_a_listing_while_it_is_short(
    is_long: bool, s3_server: S3Server, faulty: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage(s3_server.new_root(), {**s3_server.options, "endpoint": faulty.endpoint})
    paths = [f"a/{i % 3}/{i:03d}" for i in range(240)]
    for i, path in enumerate(paths):
        storage.write(path, bytes(i))
    if is_long:  # as if there were much else
        monkeypatch.setattr("skybutler.storage.s3._LISTED_MORE", 0)
    asked = len(faulty.requests)
    assert storage.sizes([*paths, "a/none", "b"]).tolist() == [*range(240), -1, -1]
    requests = len(faulty.requests) - asked
    assert requests > 100 if is_long else requests <= 5
    assert storage.sizes(paths[:3]).tolist() == [0, 1, 2]


@pytest.mark.parametrize("is_said", [True, False])
def test_a_store_without_conditional_writes(is_said: bool, s3_server: S3Server, faulty: FaultyProxy) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 0.2}
    if is_said:
        settings["conditional_put"] = "disabled"
    storage = open_storage(s3_server.new_root(), settings)
    faulty.fail("unconditional", times=1000, method="PUT")
    storage.write("x", b"1")
    with pytest.raises(FileExistsInStoreError):
        storage.write("x", b"2")
    storage.write("x", b"3", overwrite=True)
    assert storage.read("x") == b"3"
