"""The manifest of a bundle: written, read, and everything that can be wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import ChecksumMismatchError, FormatError, InvalidError, MissingFileError, SchemaVersionError
from skybutler.storage import LocalStorage
from skybutler.storage.checksum import of_bytes
from skybutler.transfer.bundle_manifest import MANIFEST, Manifest, TableEntry, check_tables, read_manifest

DATA = b"PAR1 a table"
ENTRY = TableEntry("t/a.parquet", "datasets", "calexp", 7, len(DATA), of_bytes(DATA).checksum.hex())


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    """A bundle of one table."""
    made = LocalStorage(tmp_path / "bundle")
    made.write("t/a.parquet", DATA)
    made.write(MANIFEST, Manifest("daf_butler", 8, [ENTRY], 3, 100).text().encode())
    return made


def test_read_is_the_inverse_of_write(storage: LocalStorage) -> None:
    manifest = read_manifest(storage)
    assert manifest == Manifest("daf_butler", 8, [ENTRY], 3, 100)
    assert manifest.rows("datasets") == 7
    assert manifest.of_kind("chains") == []
    check_tables(storage, manifest.tables)
    storage.write(MANIFEST, Manifest("x", 0).text().encode(), overwrite=True)
    assert read_manifest(storage) == Manifest("x", 0)


@pytest.mark.parametrize("wrong", [DATA[:-1], DATA[:-1] + b"!", b""])
def test_changed_tables_are_named(storage: LocalStorage, wrong: bytes) -> None:
    storage.write("t/a.parquet", wrong, overwrite=True)
    with pytest.raises(ChecksumMismatchError, match=r"a\.parquet has changed"):
        check_tables(storage, [ENTRY])


def test_missing_tables_are_named(storage: LocalStorage) -> None:
    storage.remove(["t/a.parquet"])
    with pytest.raises(MissingFileError, match=r"t/a\.parquet"):
        check_tables(storage, [ENTRY])
    with pytest.raises(InvalidError, match="would leave"):
        check_tables(storage, [TableEntry("../../etc/passwd", "datasets", "x", 1, 1, "")])


def test_newer_versions_are_refused(storage: LocalStorage) -> None:
    content = json.loads(storage.read(MANIFEST)) | {"version": 2, "created_by": "skybutler 99"}
    storage.write(MANIFEST, json.dumps(content).encode(), overwrite=True)
    with pytest.raises(SchemaVersionError, match="version 2.*skybutler 99"):
        read_manifest(storage)


@pytest.mark.parametrize("change", [
    {"format": "other"}, {"version": "x"}, {"universe": None}, {"tables": [{"path": 1}]}, {"tables": None},
    {"files": 7},
])  # fmt: skip
def test_wrong_manifests_are_told(storage: LocalStorage, change: dict[str, Any]) -> None:
    content = json.loads(storage.read(MANIFEST)) | change
    storage.write(MANIFEST, json.dumps(content).encode(), overwrite=True)
    with pytest.raises(FormatError):
        read_manifest(storage)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"{}"])
def test_what_is_no_manifest(storage: LocalStorage, data: bytes) -> None:
    storage.write(MANIFEST, data, overwrite=True)
    with pytest.raises(FormatError, match="damaged"):
        read_manifest(storage)
    storage.remove([MANIFEST])
    with pytest.raises(MissingFileError, match="no bundle"):
        read_manifest(storage)
