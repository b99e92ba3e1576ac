"""Tables of a bundle: columns out and back, in row groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import FormatError
from skybutler.storage import LocalStorage
from skybutler.transfer.bundle_tables import TableWriter, read_table

TYPES = {"t": "string", "i": "int64", "f": "double", "b": "bool", "r": "binary", "id": "id"}
ROWS: dict[str, list[Any]] = {
    "t": ["a", None, "é"],
    "i": [1, None, -(2**63) + 1],
    "f": [0.1, None, -1.5],
    "b": [1, None, 0],
    "r": [b"\x00\xff", None, b""],
    "id": [bytes(16), b"\x01" * 16, b"\x02" * 16],
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = TableWriter(tmp_path, "sub/x.parquet", "kind", "name", TYPES)
    writer.add(ROWS)
    writer.add({name: [] for name in TYPES})
    writer.add({name: values * 10_000 for name, values in ROWS.items()})
    entry = writer.close()
    assert (entry.path, entry.kind, entry.name, entry.rows) == ("sub/x.parquet", "kind", "name", 30_003)
    assert entry.bytes == (tmp_path / "sub" / "x.parquet").stat().st_size
    found = list(read_table(LocalStorage(tmp_path), entry, tuple(TYPES)))
    assert max(len(b["i"]) for b in found) <= 10_000
    assert {name: [v for b in found for v in b[name]] for name in TYPES} == {
        name: values * 10_001 for name, values in ROWS.items()
    }
    some = list(read_table(LocalStorage(tmp_path), entry, ("f",)))
    assert set(some[0]) == {"f"}
    with pytest.raises(FormatError, match="no column g"):
        list(read_table(LocalStorage(tmp_path), entry, ("f", "g")))


def test_an_empty_table(tmp_path: Path) -> None:
    entry = TableWriter(tmp_path, "x.parquet", "kind", "", TYPES).close()
    assert [b for b in read_table(LocalStorage(tmp_path), entry, ("t",)) if b["t"]] == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 100])
def test_what_is_no_table(tmp_path: Path, data: bytes) -> None:
    entry = TableWriter(tmp_path, "x.parquet", "kind", "", TYPES).close()
    (tmp_path / "x.parquet").write_bytes(data)
    with pytest.raises(FormatError, match=r"x\.parquet cannot be read"):
        list(read_table(LocalStorage(tmp_path), entry, ("t",)))


def test_an_abandoned_table(tmp_path: Path) -> None:
    writer = TableWriter(tmp_path, "x.parquet", "kind", "", TYPES)
    writer.add(ROWS)
    writer.abandon()
