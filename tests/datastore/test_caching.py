"""What is kept as a local copy: by configuration and environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skybutler.datasets import DatasetRef, FileRecord
from skybutler.datastore import Datastore
from skybutler.datastore.caching import Caching
from skybutler.errors import ChecksumMismatchError, ConfigError, FileNotFoundInStoreError
from support.datasets import DATA, make_ref, metadata_ref, put
from support.faults import FaultyProxy
from support.s3 import S3Server

TABLE = make_ref("table", ["visit"], "ArrowAstropy")
ROWS = Table({"a": np.arange(1000), "b": np.arange(1000) * 0.5})


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own and no settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("DIRECTORY", "DIRECTORY_IF_UNSET", "EXPIRATION_MODE"):
        monkeypatch.delenv(f"DAF_BUTLER_CACHE_{name}", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


def remote(server: S3Server, proxy: FaultyProxy, cached: Any, root: str | None = None) -> Datastore:
    settings = {**server.options, "endpoint": proxy.endpoint}
    return Datastore.open(root or server.new_root(), {"s3": settings, "cached": cached})


def got(datastore: Datastore, proxy: FaultyProxy, ref: DatasetRef, record: FileRecord, **how: Any) -> int:
    """How many requests a get needs."""
    before = len(proxy.requests)
    datastore.get(ref, record, **how)
    return len(proxy.requests) - before


@pytest.mark.s3
@pytest.mark.parametrize("ref, obj", [(metadata_ref(), DATA), (TABLE, ROWS)], ids=["bytes", "written to a file"])
def test_what_was_put_or_got_is_near(
    ref: DatasetRef, obj: Any, s3_server: S3Server, faulty: FaultyProxy, tmp_path: Path
) -> None:
    cached = {"root": str(tmp_path / "cache")}
    writer = remote(s3_server, faulty, cached)
    record = put(writer, obj, ref)
    assert got(writer, faulty, ref, record) == 0
    reader = remote(s3_server, faulty, {"root": str(tmp_path / "other")}, writer.root)
    assert got(reader, faulty, ref, record) > 0
    assert got(reader, faulty, ref, record) == 0


@pytest.mark.s3
def test_parts_are_read_from_a_copy_but_do_not_make_one(
    s3_server: S3Server, faulty: FaultyProxy, tmp_path: Path
) -> None:
    plain = remote(s3_server, faulty, None)
    record = put(plain, ROWS, TABLE)
    datastore = remote(s3_server, faulty, {"root": str(tmp_path / "cache")}, plain.root)
    columns = {"parameters": {"columns": ["a"]}}
    assert got(datastore, faulty, TABLE, record, **columns) > 0
    assert got(datastore, faulty, TABLE, record, **columns) > 0
    datastore.get(TABLE, record)
    assert got(datastore, faulty, TABLE, record, **columns) == 0


@pytest.mark.s3
@pytest.mark.parametrize(
    "cached, is_kept",
    [
        ({}, True),
        ({"default": False}, False),
        ({"default": False, "cacheable": {"calexp_metadata": True}}, True),
        ({"cacheable": {"StructuredDataDict": False}}, False),
        ({"cacheable": {"detector+visit": False}}, False),
        ({"expiry": {"mode": "disabled"}}, False),
        ({"expiry": {"mode": None}}, True),
        ({"expiry": {"mode": "files", "threshold": 0}}, False),
    ],
)
def test_what_is_kept(
    cached: dict[str, Any], is_kept: bool, s3_server: S3Server, faulty: FaultyProxy, tmp_path: Path
) -> None:
    datastore = remote(s3_server, faulty, {"root": str(tmp_path / "cache"), **cached})
    record = put(datastore, DATA, metadata_ref())
    assert got(datastore, faulty, metadata_ref(), record) == (0 if is_kept else 1)


@pytest.mark.s3
def test_a_write_that_was_lost_is_told(s3_server: S3Server, faulty: FaultyProxy, tmp_path: Path) -> None:
    plain = remote(s3_server, faulty, None)
    faulty.fail("lost write", method="PUT")
    record = put(plain, DATA, metadata_ref())
    cached = remote(s3_server, faulty, {"root": str(tmp_path / "cache")}, plain.root)
    for datastore in (plain, cached):
        with pytest.raises(FileNotFoundInStoreError):
            datastore.get(metadata_ref(), record)
    plain.storage.write(record.path, bytes(record.size))
    with pytest.raises(ChecksumMismatchError, match="s3://.* has changed"):  # copies are compared
        cached.get(metadata_ref(), record)
    plain.storage.write(record.path, bytes(3), overwrite=True)
    for datastore in (plain, cached):
        with pytest.raises(ChecksumMismatchError, match="s3://.* has 3 bytes"):
            datastore.get(metadata_ref(), record)
    assert list((tmp_path / "cache").iterdir()) == []


def test_local_files_are_not_copied(tmp_path: Path) -> None:
    datastore = Datastore.open(tmp_path / "root", {"cached": {"root": str(tmp_path / "cache")}})
    record = put(datastore, DATA, metadata_ref())
    assert datastore.get(metadata_ref(), record) == DATA
    assert not (tmp_path / "cache").exists()


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def directory(config: Any) -> str | None:
        caching = Caching.open(config)
        return caching.cache.directory if caching is not None else None

    home, own, one, two = (str(tmp_path / name) for name in ("home/.cache/skybutler", "own", "one", "two"))
    assert directory(None) is None
    assert directory({}) == home
    monkeypatch.setenv("DAF_BUTLER_CACHE_DIRECTORY_IF_UNSET", one)
    assert [directory(config) for config in (None, {}, {"root": own})] == [None, one, own]
    monkeypatch.setenv("DAF_BUTLER_CACHE_DIRECTORY", two)
    assert [directory(config) for config in (None, {}, {"root": own})] == [two] * 3
    assert directory({"root": f"file://{own}"}) == two


@pytest.mark.parametrize(
    "given, limit",
    [("size=5", "size=5"), ("null", "none"), ("files=100", "files=100"), ("disabled", None), ("", "age=7")],
)
def test_limits_of_the_environment_come_first(given: str, limit: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAF_BUTLER_CACHE_EXPIRATION_MODE", given)
    caching = Caching.open({"expiry": {"mode": "age", "threshold": 7}})
    assert (str(caching.cache.limit) if caching is not None else None) == limit


@pytest.mark.parametrize("given, message", [("size", "EXPIRATION_MODE: mode 'size' needs"), ("sice=1", "Did you mean")])
def test_wrong_limits_of_the_environment(given: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAF_BUTLER_CACHE_EXPIRATION_MODE", given)
    with pytest.raises(ConfigError, match=message):
        Caching.open({})


@pytest.mark.parametrize(
    "config, message",
    [
        (3, "must be a mapping, not 3"),
        ({"rot": "x"}, "'datastore.cached.rot'. Did you mean 'root'"),
        ({"root": "s3://bucket/x"}, "must be a local directory"),
        ({"default": "yes"}, "true and false, not 'yes'"),
        ({"cacheable": ["x"]}, "must be a mapping"),
        ({"cacheable": {"x": 1}}, "true and false, not 1"),
        ({"expiry": "size=4"}, "mapping with mode and threshold"),
        ({"expiry": {"mode": "sise"}}, "unknown mode 'sise'. Did you mean 'size'"),
        ({"expiry": {"mode": "size"}}, "needs a threshold, .*, not None"),
        ({"expiry": {"mode": "size", "threshold": -4}}, "needs a threshold, .*, not -4"),
        ({"expiry": {"mode": "size", "threshold": True}}, "needs a threshold, .*, not True"),
    ],
)
def test_wrong_configurations(config: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        Datastore.open(tmp_path, {"cached": config})
