"""Columns and rows of Parquet files, from the bytes that hold them only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import ChecksumMismatchError, ConfigError, ParameterError, UnreadableFileError
from skybutler.formatters.catalog import FormatterChoice, load, make
from skybutler.formatters.formatter import Source
from skybutler.formatters.parquet_ranges import RangedFile, column_ranges, filter_columns
from skybutler.storage import LocalStorage, Storage, open_storage
from support.s3 import S3Server
from support.storages import Counting

ROWS, GROUPS = 80_000, 4
OVERHEAD = 70_000
"""Bytes of the end of a file, which is read first."""


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return LocalStorage(tmp_path)
    server: S3Server = request.getfixturevalue("s3_server")
    return open_storage(server.new_root(), server.options)


@pytest.fixture
def table() -> pa.Table:
    rng = np.random.default_rng(1)
    columns = {f"flux_{i}": rng.random(ROWS) for i in range(9)}
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rng.random(2 * ROWS)), 2)
    return pa.table(
        {
            "objectId": np.arange(ROWS),
            "band": ["g", "r"] * (ROWS // 2),
            "v": vectors,
            "a.b": rng.random(ROWS),
            **columns,
        }
    )


@pytest.fixture
def objects(storage: Storage, table: pa.Table) -> Counting:
    formatter = make(FormatterChoice("parquet", {"row_group_size": ROWS // GROUPS}))
    storage.write("o.parq", lambda path: formatter.write(table, path, StorageClasses.default()["ArrowTable"], None))
    return Counting(storage, remote=storage.local_root is None)


def _read(objects: Counting, **parameters: Any) -> pa.Table:
    objects.trips.clear()
    source = Source(objects, "o.parq")
    found: Any = load("parquet").read(source, StorageClasses.default()["ArrowTable"], None, parameters)
    return found


def test_only_the_columns_asked_for_are_read(objects: Counting, table: pa.Table) -> None:
    found = _read(objects, columns=["flux_3", "flux_7"])
    assert found.equals(table.select(["flux_3", "flux_7"]).replace_schema_metadata(found.schema.metadata))
    assert 2 * 8 * ROWS < objects.n_bytes < 1.01 * 2 * 8 * ROWS + OVERHEAD
    assert len(objects.trips) == 2


@pytest.mark.parametrize("name", ["v", "a.b", "band"])
def test_lists_texts_and_names_with_points(objects: Counting, table: pa.Table, name: str) -> None:
    found = _read(objects, columns=[name])
    assert found[name].equals(table[name])
    assert len(objects.trips) == 2


@pytest.mark.parametrize("as_expression", [True, False])
def test_groups_of_rows_that_cannot_match_are_not_read(objects: Counting, table: pa.Table, as_expression: bool) -> None:
    low, high = ROWS // 2 + 10, ROWS // 2 + 20  # in the third group
    condition: Any = [("objectId", ">=", low), ("objectId", "<", high)]
    if as_expression:
        condition = (pc.field("objectId") >= low) & (pc.field("objectId") < high)
    found = _read(objects, columns=["flux_5"], filters=condition)
    assert found["flux_5"].to_pylist() == table["flux_5"][low:high].to_pylist()
    assert 8 * ROWS / GROUPS < objects.n_bytes < 1.2 * 2 * 8 * ROWS / GROUPS + OVERHEAD
    assert len(objects.trips) == 2


def test_alternatives(objects: Counting, table: pa.Table) -> None:
    found = _read(objects, columns=["objectId"], filters=[[("objectId", "<", 3)], [("objectId", ">=", ROWS - 2)]])
    assert found["objectId"].to_pylist() == [0, 1, 2, ROWS - 2, ROWS - 1]
    assert objects.n_bytes < 1.2 * 2 * 8 * ROWS / GROUPS + OVERHEAD


def test_nothing_matches(objects: Counting) -> None:
    assert len(_read(objects, columns=["flux_1"], filters=[("objectId", "<", 0)])) == 0
    assert objects.n_bytes <= OVERHEAD


def test_everything(objects: Counting, table: pa.Table) -> None:
    found = _read(objects)
    assert found.equals(table.replace_schema_metadata(found.schema.metadata))
    assert len(objects.trips) == 2


def test_footers_longer_than_what_is_read_first(storage: Storage) -> None:
    wide = pa.table({f"a_rather_long_name_of_a_column_{i}": [1.0] * 5 for i in range(700)})
    storage.write("o.parq", lambda path: pq.write_table(wide, path, row_group_size=2))
    objects = Counting(storage, remote=storage.local_root is None)
    found = _read(objects, columns=["a_rather_long_name_of_a_column_7"])
    assert len(found) == 5
    assert len(objects.trips) <= 3


def test_unknown_names_of_filters(objects: Counting) -> None:
    for filters in ([("flux_33", ">", 0)], pc.field("flux_33") > 0):
        with pytest.raises(ParameterError, match=r"filter names 'flux_33'.*Did you mean 'flux_3'"):
            _read(objects, filters=filters)


def test_a_file_of_another_size(objects: Counting) -> None:
    with pytest.raises(ChecksumMismatchError):
        RangedFile(Source(objects, "o.parq", 5))


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_absurd_footers(tmp_path: Path, length: int) -> None:
    (tmp_path / "o.parq").write_bytes(b"PAR1" + bytes(100_000) + length.to_bytes(4, "little") + b"PAR1")
    with pytest.raises(UnreadableFileError, match=r"o\.parq"):
        _read(Counting(LocalStorage(tmp_path)))


@pytest.mark.parametrize("size", [0, -1, 1.5, "many", True])
def test_sizes_of_groups_that_there_are_not(size: Any) -> None:
    with pytest.raises(ConfigError, match="number of rows"):
        make(FormatterChoice("parquet", {"row_group_size": size}))


def test_groups_are_of_a_size_that_lets_some_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "t.parq"
    load("parquet").write(pa.table({"a": np.arange(150_000)}), path, StorageClasses.default()["ArrowTable"], None)
    assert pq.ParquetFile(path).num_row_groups == 3


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=8), st.data())
def test_any_range_is_what_the_file_has(
    tmp_path_factory: pytest.TempPathFactory, ranges: list[tuple[int, int]], data: st.DataObject
) -> None:
    content = bytes(i % 251 for i in range(300)) + bytes(8)
    folder = tmp_path_factory.mktemp("r")
    (folder / "f").write_bytes(content)
    file = RangedFile(Source(LocalStorage(folder), "f"))
    file._starts.clear()
    file._held.clear()
    file.fetch((start, min(start + length, len(content))) for start, length in ranges if start < len(content))
    for _ in range(5):
        start, n = data.draw(st.integers(0, 320)), data.draw(st.integers(0, 100))
        file.seek(start)
        assert file.read(n) == content[start : start + n]
        assert file.tell() == max(start, min(start + n, len(content)))


def test_names_in_filters() -> None:
    names = ["a", "ab", "x.y", "c"]
    assert filter_columns(None, names) == set()
    assert filter_columns([("a", "<", 1), ("ab", ">", 2)], names) == {"a", "ab"}
    assert filter_columns([[("a", "<", 1)], [("c", ">", 2)]], names) == {"a", "c"}
    assert filter_columns((pc.field("ab") > 1) & (pc.field("x.y") < 2), names) == {"ab", "x.y"}


def test_tables_without_groups(tmp_path: Path) -> None:
    pq.write_metadata(pa.schema([("a", pa.int64())]), tmp_path / "s.parq")
    assert list(column_ranges(pq.ParquetFile(tmp_path / "s.parq").metadata, None, [])) == []
