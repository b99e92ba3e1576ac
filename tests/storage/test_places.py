"""URIs and the storages they mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ConfigError
from skybutler.storage import LocalStorage, is_absolute, locate, open_storage
from skybutler.storage.places import local_file, to_uri
from support.s3 import S3Server

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names)
def test_a_file_uri_means_the_path_it_was_made_of(name: str) -> None:
    path = str(Path("/data") / name.strip("/").replace("/", "_").replace("..", "_"))
    assert local_file(to_uri(path)) == path


def test_a_directory_and_its_uri_open_the_same(tmp_path: Path) -> None:
    root = tmp_path / "a b#c"
    open_storage(root).write("x", b"1")
    assert open_storage(root.as_uri()).read("x") == b"1"
    assert open_storage(str(root)).root == root.as_uri() + "/"


def test_a_file_is_located_by_uri_and_by_path(tmp_path: Path) -> None:
    path = tmp_path / "a b#c"
    path.write_bytes(b"1")
    for text in (path.as_uri(), str(path)):
        storage, inner = locate(text)
        assert storage.read(inner) == b"1"
        assert storage.url(inner) == path.as_uri()


@pytest.mark.s3
def test_an_object_is_located_by_uri(s3_environment: S3Server) -> None:
    storage = open_storage(s3_environment.new_root())
    storage.write("a b#c", b"1")
    other, inner = locate(storage.url("a b#c"))
    assert other.read(inner) == b"1"


@pytest.mark.parametrize("uri", ["s4://bucket/x", "https//x://y", "ftp://host/x"])
def test_unknown_schemes_are_refused(uri: str) -> None:
    with pytest.raises(ConfigError, match=r"s3"):
        open_storage(uri)
    with pytest.raises(ConfigError, match=r"s3"):
        locate(uri)


def test_a_file_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="three slashes"):
        open_storage("file://host/x")
    assert isinstance(open_storage("file://localhost/x"), LocalStorage)


def test_recorded_paths_know_whether_they_are_absolute() -> None:
    absolute = [is_absolute(path) for path in ("/a", "file:///a", "s3://b/c", "a/b:c")]
    assert absolute == [True, True, True, False]


# ------------------------------------------------------------------------------------------------------- object stores
@pytest.mark.s3
def test_settings_of_an_opened_bucket_hold_for_its_uris(s3_server: S3Server) -> None:
    storage = open_storage(s3_server.new_root(), s3_server.options)
    storage.write("a b", b"1")
    other, path = locate(storage.url("a b"))
    assert other.read(path) == b"1"
    assert locate(storage.url("c"))[0] is other


@pytest.mark.s3
def test_settings_hold_for_buckets_beside(s3_server: S3Server) -> None:
    storage = open_storage(s3_server.new_root(), s3_server.options)
    other, path = locate("s3://another-bucket/x/y", storage)
    assert (other.root, path, other.settings) == ("s3://another-bucket/", "x/y", storage.settings)
    assert locate("/a/b", storage)[0].settings == {}


def test_settings_of_a_storage_hold_for_its_own_bucket_whoever_opened_it_last(s3_server: S3Server) -> None:
    ours = {**s3_server.options, "region": "us-east-1"}
    mine = open_storage("s3://crowded/mine", ours)
    open_storage("s3://crowded/others", {**ours, "region": "eu-west-1"})
    assert locate("s3://crowded/elsewhere/file", mine)[0].settings == ours
