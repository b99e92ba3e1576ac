"""One store or several, described by a configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from skybutler.datasets import DatasetRef
from skybutler.datastore import Datastore
from skybutler.errors import (
    ChecksumMismatchError,
    ConfigError,
    DatasetTypeRejectedError,
    FileNotFoundInStoreError,
    InvalidError,
    UnavailableError,
)
from skybutler.storage.chain import Chain
from support.datasets import make_ref
from support.s3 import S3Server, free_ports

NOTE = make_ref("note", ["visit"])


def chain(tmp_path: Path, *sections: dict[str, Any], **more: Any) -> Datastore:
    """A datastore of directories ``a``, ``b``, ... with more settings each."""
    stores = [{"name": name, "root": str(tmp_path / name), **s} for name, s in zip("abc", sections, strict=False)]
    return Datastore.open("unused", {"datastores": stores, **more})


def put(datastore: Datastore, ref: DatasetRef, obj: Any = None) -> Any:
    with datastore.stage() as stage:
        return datastore.write(datastore.prepare({"x": 1} if obj is None else obj, ref), stage)


def holders(tmp_path: Path, path: str) -> str:
    return "".join(name for name in "abc" if (tmp_path / name / path).exists())


def test_everything_goes_to_all_that_take_it(tmp_path: Path) -> None:
    datastore = chain(tmp_path, {}, {"constraints": {"reject": ["note"]}}, {})
    record = put(datastore, NOTE)
    assert holders(tmp_path, record.path) == "ac"
    assert datastore.get(NOTE, record) == {"x": 1}
    assert datastore.uris(record) == [f"file://{tmp_path}/{name}/{record.path}" for name in "ac"]
    assert datastore.uri(record) == datastore.uris(record)[0]
    datastore.verify(record)
    datastore.remove([record])
    assert holders(tmp_path, record.path) == ""


def test_what_no_store_takes_is_refused(tmp_path: Path) -> None:
    datastore = chain(tmp_path, {"constraints": {"accept": ["x"]}}, {"constraints": {"reject": ["all"]}})
    with pytest.raises(DatasetTypeRejectedError, match="takes no 'note' .*'a' accepts x; 'b' rejects all"):
        put(datastore, NOTE)
    assert not list(tmp_path.rglob("*"))


def test_a_single_store_has_constraints_too(tmp_path: Path) -> None:
    datastore = Datastore.open(tmp_path / "a", {"constraints": {"accept": ["note"]}})
    put(datastore, NOTE)
    with pytest.raises(DatasetTypeRejectedError, match="takes no 'other' .* it accepts note"):
        put(datastore, make_ref("other", ["visit"]))


def test_the_first_that_has_it_serves(tmp_path: Path) -> None:
    datastore = chain(tmp_path, {}, {})
    record = put(datastore, NOTE)
    (tmp_path / "b" / record.path).write_text("x: 2")
    assert datastore.get(NOTE, record) == {"x": 1}
    (tmp_path / "a" / record.path).unlink()
    with pytest.raises(ChecksumMismatchError):
        datastore.verify(record)
    (tmp_path / "b" / record.path).write_text("x: 3\n")
    assert datastore.get(NOTE, record) == {"x": 3}
    (tmp_path / "b" / record.path).unlink()
    assert not datastore.exists(record)
    for act in (lambda: datastore.get(NOTE, record), lambda: datastore.verify(record)):
        with pytest.raises(FileNotFoundInStoreError, match="in any of the stores a, b"):
            act()


@pytest.mark.parametrize("damage", [b"x", b"", b"{[" * 10])
def test_a_damaged_copy_is_passed_over(damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    datastore = chain(tmp_path, {}, {})
    record = put(datastore, NOTE)
    (tmp_path / "a" / record.path).write_bytes(damage[: record.size])
    assert datastore.get(NOTE, record) == {"x": 1}
    assert "Store 'a' cannot serve" in caplog.text


def test_a_failing_write_leaves_nothing_anywhere(tmp_path: Path) -> None:
    datastore = chain(tmp_path, {}, {})
    (tmp_path / "b").write_text("in the way")
    with pytest.raises((FileNotFoundInStoreError, UnavailableError, InvalidError, OSError)):
        put(datastore, NOTE)
    assert not [path for path in (tmp_path / "a").rglob("*") if path.is_file()]


@pytest.mark.s3
def test_a_store_that_is_away(tmp_path: Path, s3_environment: S3Server) -> None:
    root = s3_environment.new_root()
    away = {"endpoint": f"http://127.0.0.1:{free_ports(1)[0]}", "retry_seconds": 0.2}
    both: list[dict[str, Any]] = [{"name": "bucket", "root": root}, {"name": "disk", "root": str(tmp_path / "disk")}]
    record = put(Datastore.open("", {"datastores": both}), NOTE)
    both[0]["s3"] = away
    datastore = Datastore.open("", {"datastores": both})
    assert datastore.get(NOTE, record) == {"x": 1}
    assert datastore.exists(record)
    other = make_ref("other", ["visit"])
    with pytest.raises(UnavailableError):
        put(datastore, other)
    assert not (tmp_path / "disk" / datastore.path_of(other)).exists()
    with pytest.raises(UnavailableError):
        datastore.remove([record])
    assert not (tmp_path / "disk" / record.path).exists()  # what can be removed is
    with pytest.raises(UnavailableError):  # it may be where nobody answers
        datastore.exists(record)


# --------------------------------------------------------------------------------------------------------------- ingest
@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "in.yaml").write_text("x: 7")
    return str(tmp_path / "in.yaml")


def ingest(datastore: Datastore, source: str, mode: str | None) -> Any:
    kind = NOTE.dataset_type
    with datastore.stage() as stage:
        files = datastore.ingest(
            [source], mode, formatter="yaml", storage_class=kind.storage_class, stage=stage, stems=["n/1"],
            dataset_type=kind,
        )  # fmt: skip
    return files.path[0]


@pytest.mark.parametrize("mode", ["auto", "copy", "move", "link", "hardlink", "symlink"])
def test_ingested_files_go_to_all_that_take_them(mode: str, tmp_path: Path, source: str) -> None:
    datastore = chain(tmp_path, {}, {"constraints": {"reject": ["note"]}}, {})
    path = ingest(datastore, source, mode)
    assert (path, holders(tmp_path, path)) == ("n/1.yaml", "ac")
    assert os.path.exists(source) == (mode != "move")


@pytest.mark.s3
def test_modes_of_a_directory_and_a_bucket(tmp_path: Path, source: str, s3_environment: S3Server) -> None:
    stores = [{"root": str(tmp_path / "a")}, {"root": s3_environment.new_root()}]
    datastore = Datastore.open("", {"datastores": stores})
    with pytest.raises(InvalidError, match="cannot be linked into s3://"):
        ingest(datastore, source, "symlink")
    assert list(datastore.storage.files()) == []
    path = ingest(datastore, source, "auto")
    assert (tmp_path / "a" / path).samefile(source)
    assert isinstance(datastore.storage, Chain)
    assert [member.read(path) for member in datastore.storage.members.values()] == [b"x: 7"] * 2


def test_in_place_one_store_is_enough(tmp_path: Path) -> None:
    datastore = chain(tmp_path, {}, {})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in.yaml").write_text("x: 7")
    for source in ("in.yaml", str(tmp_path / "b" / "in.yaml"), f"file://{tmp_path}/b/in.yaml"):
        assert ingest(datastore, source, None) == "in.yaml"
    assert ingest(datastore, "in.yaml", "direct") == f"file://{tmp_path}/b/in.yaml"


# -------------------------------------------------------------------------------------------------------- configuration
def test_the_form_of_the_peer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = {
        "cls": "lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore",
        "datastore_constraints": [{}, {"constraints": {"accept": ["note"]}}, {"constraints": {"reject": ["all"]}}],
        "datastores": [
            {"datastore": {"cls": "lsst.daf.butler.datastores.inMemoryDatastore.InMemoryDatastore"}},
            {
                "datastore": {
                    "cls": "lsst.daf.butler.datastores.fileDatastore.FileDatastore", "root": str(tmp_path / "a"),
                    "templates": {"default": "{run}/{datasetType}/{visit}"}, "records": {"table": "x"},
                }
            },
            {"datastore": {"root": str(tmp_path / "b")}},
        ],
    }  # fmt: skip
    datastore = Datastore.open("", config)
    assert "Store 1 of the datastore would be in memory" in caplog.text
    record = put(datastore, NOTE)
    assert record.path == "u_me_run/note/77.yaml"
    assert holders(tmp_path, record.path) == "a"


@pytest.mark.parametrize(
    "config, message",
    [
        ({"datastores": {}}, "must be a list of stores"),
        ({"datastores": []}, "must be a list of stores"),
        ({"datastores": ["x"]}, "Store 1 .* must be a mapping"),
        ({"datastores": [{"name": "x"}]}, "Store 1 .* needs a 'root'"),
        ({"datastores": [{"root": "a", "rot": 1}]}, "unknown key 'rot'. Did you mean 'root'"),
        ({"datastores": [{"root": "a"}, {"root": "a"}]}, "Two stores .* name 'a'"),
        ({"datastores": [{"root": "a"}], "datastore_constraints": []}, "a list of 1, one for each"),
        ({"datastores": [{"root": "a", "constraints": 3}]}, "store 'a': 'constraints' must be a mapping"),
        ({"datastores": [{"cls": "x.InMemoryDatastore"}]}, "None of the stores .* keeps files"),
        (
            {
                "datastores": [{"root": "a", "constraints": {"accept": ["x"]}}],
                "datastore_constraints": [{"accept": ["y"]}],
            },
            "constraints twice",
        ),
        (
            {"datastores": [{"root": n, "templates": {"default": f"{n}/{{id}}"}} for n in "ab"]},
            "same files: their 'templates' cannot differ",
        ),
    ],
)
def test_wrong_configurations(config: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        Datastore.open(tmp_path, config)
