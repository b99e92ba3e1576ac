"""Getting datasets, whole and in part, and looking after their files."""

from __future__ import annotations

import dataclasses
import urllib.request
from pathlib import Path

import pyarrow as pa
import pytest

from skybutler.datastore import Datastore
from skybutler.errors import (
    ChecksumMismatchError,
    FormatError,
    ParameterError,
    StorageClassError,
    UnknownComponentError,
)
from support.datasets import DATA, make_ref, metadata_ref, put


def test_existence_of_many(datastore: Datastore, tmp_path: Path) -> None:
    record = put(datastore, DATA, metadata_ref())
    outside = tmp_path / "a b.yaml"
    outside.write_text("")
    paths = [record.path, "nope", outside.as_uri(), str(outside), outside.as_uri() + "x"]
    assert datastore.exist(paths).tolist() == [True, False, True, True, False]


def test_a_file_that_changed_is_noticed(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    good = datastore.storage.read(record.path)
    datastore.storage.write(record.path, good[:-1] + b" ", overwrite=True)
    assert datastore.get(metadata_ref(), record)  # the size is right
    with pytest.raises(ChecksumMismatchError, match="content"):
        datastore.verify(record)
    datastore.storage.write(record.path, good[:-1], overwrite=True)
    for read in (datastore.verify, lambda record: datastore.get(metadata_ref(), record)):
        with pytest.raises(ChecksumMismatchError, match="recorded"):
            read(record)
    assert datastore.get(metadata_ref(), dataclasses.replace(record, size=-1))


def test_sizes_are_checked_however_a_file_is_read(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    source = datastore.source(dataclasses.replace(record, size=3))
    for read in (source.open, source.read_bytes, lambda: source.read_ranges([(0, 1)])):
        with pytest.raises(ChecksumMismatchError):
            read()
    with pytest.raises(ChecksumMismatchError), source.local_path():
        pass
    with datastore.source(record).open() as stream:
        assert stream.read(1) == b"a"


def test_anyone_can_read_a_signed_url(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    with urllib.request.urlopen(datastore.signed_url(record, 60), timeout=100) as answer:
        assert len(answer.read()) == record.size


def test_get_converts_and_refuses(datastore: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(datastore, pa.table({"x": [0.5], "y": [1]}), ref)
    assert datastore.get(ref, record, storage_class="ArrowAstropy").colnames == ["x", "y"]
    assert datastore.get(ref, record, storage_class="DataFrame").x.tolist() == [0.5]
    assert datastore.get(ref, record, component="columns") == ["x", "y"]
    assert datastore.get(ref, record, component="rowcount") == 1
    assert list(datastore.get(ref, record, component="columns", storage_class="DataFrameIndex")) == ["x", "y"]
    with pytest.raises(StorageClassError, match="'Timespan' holds"):
        datastore.get(ref, record, storage_class="Timespan")


def test_a_component_ref_reads_its_component(datastore: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(datastore, pa.table({"x": [0.5], "y": [1]}), ref)
    assert datastore.get(ref.make_component_ref("rowcount", "int"), record) == 1


def test_unknown_components_and_parameters_get_the_nearest(datastore: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(datastore, pa.table({"x": [0.5], "y": [1]}), ref)
    assert datastore.get(ref, record, parameters={"columns": "x"}).column_names == ["x"]
    with pytest.raises(ParameterError, match="'columns'"):
        datastore.get(ref, record, parameters={"column": "x"})
    with pytest.raises(UnknownComponentError, match="'schema'"):
        datastore.get(ref, record, component="scheme")
    other = put(datastore, DATA, metadata_ref())
    with pytest.raises(UnknownComponentError, match="It has none"):
        datastore.get(metadata_ref(), other, component="wcs")
    with pytest.raises(ParameterError, match="It has none"):
        datastore.get(metadata_ref(), other, parameters={"bbox": 1})


def test_foreign_formatter_names_are_read(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    foreign = dataclasses.replace(record, formatter="lsst.daf.butler.formatters.yaml.YamlFormatter")
    assert datastore.get(metadata_ref(), foreign) == DATA
    with pytest.raises(FormatError, match="no formatter 'os.system'"):
        datastore.get(metadata_ref(), dataclasses.replace(record, formatter="os.system"))
