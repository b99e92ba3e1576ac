"""Putting, getting, checking and removing datasets as files."""

from __future__ import annotations

import dataclasses
import pickle
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from skybutler.datasets import DatasetRef, FileRecord
from skybutler.datastore import Datastore
from skybutler.errors import (
    ChecksumMismatchError,
    ConfigError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    FormatError,
    ParameterError,
    StorageClassError,
    TemplateError,
    UnknownComponentError,
)
from support.datasets import make_ref

DATA = {"a": 1, "b": [1.5, None, "ü"], "c": {"d": True}}


def put(datastore: Datastore, obj: Any, ref: DatasetRef, in_use: Callable[[str], bool] = lambda _: True) -> FileRecord:
    with datastore.stage() as stage:
        return datastore.write(datastore.prepare(obj, ref), stage, in_use=in_use)


def metadata_ref(**options: Any) -> DatasetRef:
    return make_ref("calexp_metadata", ["visit", "detector"], **options)


@pytest.fixture
def local(tmp_path: Path) -> Datastore:
    return Datastore.open(tmp_path / "root")


def test_what_is_put_is_got(datastore: Datastore) -> None:
    ref = metadata_ref()
    record = put(datastore, DATA, ref)
    assert record.path == (
        "u/me/run/calexp_metadata/20261013/r/r_1.2_x_y/77/calexp_metadata_Cam_Era_r_r_1_2_x_y_77_R22_S11_a_u_me_run.yaml"
    )
    assert (record.formatter, record.storage_class, record.component) == ("yaml", "StructuredDataDict", "")
    assert datastore.get(ref, record) == DATA
    assert datastore.exists(record)
    assert datastore.verify(record).size == record.size
    assert datastore.uri(record) == datastore.root + record.path
    assert datastore.path_of(ref) == record.path


def test_what_small_files_will_be_is_known_before_they_are_written(datastore: Datastore) -> None:
    small = datastore.prepare(DATA, metadata_ref())
    with datastore.stage() as stage:
        assert datastore.write(small, stage) == small.record
    large = datastore.prepare({"text": "x" * 20_000}, metadata_ref(run="other"))
    assert large.record is None
    with datastore.stage() as stage:
        record = datastore.write(large, stage)
    assert datastore.verify(record).size == record.size > 20_000


def test_files_are_staged(datastore: Datastore) -> None:
    stage = datastore.stage()
    record = datastore.write(datastore.prepare(DATA, metadata_ref()), stage)
    assert datastore.get(metadata_ref(), record) == DATA  # before the commit
    stage.rollback()
    assert not datastore.exists(record)


def test_a_failing_writer_leaves_nothing(datastore: Datastore) -> None:
    with pytest.raises(FormatError, match="object"):
        put(datastore, {"a": object()}, metadata_ref())
    assert list(datastore.storage.files()) == []


def test_another_datasets_file_is_not_replaced(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    with pytest.raises(FileExistsInStoreError, match="template must tell them apart"):
        put(datastore, {"b": 2}, metadata_ref())
    assert datastore.get(metadata_ref(), record) == DATA


@pytest.mark.parametrize("storage_class", ["StructuredDataDict", "ArrowTable"])
def test_an_orphaned_file_is_replaced(datastore: Datastore, storage_class: str) -> None:
    ref = make_ref("x", ["visit"], storage_class)
    old, new = (({"a": [i]} if storage_class == "StructuredDataDict" else pa.table({"a": [i]})) for i in (1, 2))
    put(datastore, old, ref)
    asked: list[str] = []

    def in_use(path: str) -> bool:
        asked.append(path)
        return False

    record = put(datastore, new, ref, in_use=in_use)
    assert datastore.get(ref, record) == new
    assert asked == [record.path]
    assert len(list(datastore.storage.files())) == 1


def test_removing(datastore: Datastore, tmp_path: Path) -> None:
    record = put(datastore, DATA, metadata_ref())
    outside = tmp_path / "outside.yaml"
    outside.write_text("a: 1")
    direct = FileRecord(outside.as_uri(), "yaml", "StructuredDataDict")
    datastore.remove([record, record, direct, dataclasses.replace(record, path="gone")])
    assert not datastore.exists(record)
    assert datastore.get(metadata_ref(), direct) == {"a": 1}
    with pytest.raises(FileNotFoundInStoreError):
        datastore.get(metadata_ref(), record)


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
    with urllib.request.urlopen(datastore.signed_url(record, 60), timeout=10) as answer:
        assert len(answer.read()) == record.size


def test_put_converts_and_refuses(local: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(local, {"x": np.arange(3)}, ref)
    assert local.get(ref, record).to_pydict() == {"x": [0, 1, 2]}
    with pytest.raises(StorageClassError, match=r"'ArrowTable' holds .*Table.* type str .*DataFrame"):
        put(local, "text", make_ref("t", ["visit"], "ArrowTable"))


def test_get_converts_and_refuses(local: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(local, pa.table({"x": [0.5], "y": [1]}), ref)
    assert local.get(ref, record, storage_class="ArrowAstropy").colnames == ["x", "y"]
    assert local.get(ref, record, storage_class="DataFrame").x.tolist() == [0.5]
    assert local.get(ref, record, component="columns") == ["x", "y"]
    assert local.get(ref, record, component="rowcount") == 1
    assert list(local.get(ref, record, component="columns", storage_class="DataFrameIndex")) == ["x", "y"]
    with pytest.raises(StorageClassError, match="'Timespan' holds"):
        local.get(ref, record, storage_class="Timespan")


def test_a_component_ref_reads_its_component(local: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(local, pa.table({"x": [0.5], "y": [1]}), ref)
    assert local.get(ref.make_component_ref("rowcount", "int"), record) == 1


def test_unknown_components_and_parameters_get_the_nearest(local: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(local, pa.table({"x": [0.5], "y": [1]}), ref)
    assert local.get(ref, record, parameters={"columns": "x"}).column_names == ["x"]
    with pytest.raises(ParameterError, match="'columns'"):
        local.get(ref, record, parameters={"column": "x"})
    with pytest.raises(UnknownComponentError, match="'schema'"):
        local.get(ref, record, component="scheme")
    other = put(local, DATA, metadata_ref())
    with pytest.raises(UnknownComponentError, match="It has none"):
        local.get(metadata_ref(), other, component="wcs")
    with pytest.raises(ParameterError, match="It has none"):
        local.get(metadata_ref(), other, parameters={"bbox": 1})


def test_foreign_formatter_names_are_read(local: Datastore) -> None:
    record = put(local, DATA, metadata_ref())
    foreign = dataclasses.replace(record, formatter="lsst.daf.butler.formatters.yaml.YamlFormatter")
    assert local.get(metadata_ref(), foreign) == DATA
    with pytest.raises(FormatError, match="no formatter 'os.system'"):
        local.get(metadata_ref(), dataclasses.replace(record, formatter="os.system"))


def test_configuration_changes_paths_and_formats(tmp_path: Path) -> None:
    config = {
        "root": "ignored here",
        "templates": {"default": "{run:/}/{datasetType}/{visit:?}_{detector:?}_{id}", "packages": "{run}/p_{id}"},
        "formatters": {"calexp_metadata": "json", "StructuredDataDict": {"formatter": "yaml", "parameters": {}}},
    }
    datastore = Datastore.open(tmp_path, config)
    ref = metadata_ref()
    record = put(datastore, DATA, ref)
    assert record.path == f"u/me/run/calexp_metadata/77_3_{ref.id}.json"
    assert datastore.get(ref, record) == DATA
    assert datastore.path_of(make_ref("packages")) == f"u_me_run/p_{ref.id}.yaml"
    assert datastore.path_of(ref, ".fits.fz").endswith(".fits.fz")


def test_wrong_configurations_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'default'"):
        Datastore.open(tmp_path, {"templates": {"default": 5}})
    with pytest.raises(TemplateError, match="run or id"):
        Datastore.open(tmp_path, {"templates": {"x": "{visit}"}})
    with pytest.raises(ConfigError, match="formatter"):
        Datastore.open(tmp_path, {"formatters": {"x": 5}})
    broken = Datastore.open(tmp_path, {"formatters": {"x": {"formatter": "yaml", "parameters": {"colour": 1}}}})
    with pytest.raises(ConfigError, match="colour"):
        put(broken, DATA, make_ref("x", ["visit"]))
    with pytest.raises(StorageClassError, match="No formatter"):
        put(Datastore.open(tmp_path), [], make_ref("x", ["visit"], "ArrowColumnList"))


def test_paths_of_many(local: Datastore) -> None:
    dataset_type = make_ref("calexp", ["visit", "detector"]).dataset_type
    columns = {
        "run": "r", "instrument": ["Cam"] * 2, "day_obs": 1, "band": "g", "physical_filter": "g1", "visit": [5, 6],
        "detector": [1, 2], "detector.full_name": ["a", "b"],
    }  # fmt: skip
    assert local.stems(dataset_type, columns, 2) == [
        "r/calexp/1/g/g1/5/calexp_Cam_g_g1_5_a_r",
        "r/calexp/1/g/g1/6/calexp_Cam_g_g1_6_b_r",
    ]


def test_a_datastore_travels_to_other_processes(datastore: Datastore) -> None:
    record = put(datastore, DATA, metadata_ref())
    assert pickle.loads(pickle.dumps(datastore)).get(metadata_ref(), record) == DATA


def test_a_small_get_costs_little(tmp_path: Path) -> None:
    datastore = Datastore.open(tmp_path, {"formatters": {"StructuredDataDict": "json"}})
    refs = [metadata_ref(id=uuid.UUID(int=i), run=f"r{i}") for i in range(50)]
    with datastore.stage() as stage:
        records = [datastore.write(datastore.prepare(DATA, ref), stage) for ref in refs]
    start = time.process_time()
    for _ in range(10):
        for ref, record in zip(refs, records, strict=True):
            datastore.get(ref, record)
    assert (time.process_time() - start) / 500 < 300e-6  # measured 30 microseconds
