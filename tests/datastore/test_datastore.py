"""Putting, getting, checking and removing datasets as files."""

from __future__ import annotations

import dataclasses
import pickle
import time
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from skybutler.datasets import FileRecord
from skybutler.datastore import Datastore
from skybutler.errors import (
    ConfigError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    FormatError,
    StorageClassError,
    TemplateError,
)
from support.datasets import DATA, make_ref, metadata_ref, put


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


def test_put_converts_and_refuses(datastore: Datastore) -> None:
    ref = make_ref("t", ["visit"], "ArrowTable")
    record = put(datastore, {"x": np.arange(3)}, ref)
    assert datastore.get(ref, record).to_pydict() == {"x": [0, 1, 2]}
    with pytest.raises(StorageClassError, match=r"'ArrowTable' holds .*Table.* type str .*DataFrame"):
        put(datastore, "text", make_ref("t", ["visit"], "ArrowTable"))


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


def test_paths_of_many(datastore: Datastore) -> None:
    dataset_type = make_ref("calexp", ["visit", "detector"]).dataset_type
    columns = {
        "run": "r", "instrument": ["Cam"] * 2, "day_obs": 1, "band": "g", "physical_filter": "g1", "visit": [5, 6],
        "detector": [1, 2], "detector.full_name": ["a", "b"],
    }  # fmt: skip
    assert datastore.stems(dataset_type, columns, 2) == [
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
