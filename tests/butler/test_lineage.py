"""Provenance through a butler: recorded with the dataset, kept in its file, followed over steps."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skybutler import Butler, DatasetProvenance, DatasetRef, DatasetType, FileDataset
from skybutler.errors import DatasetExistsError, DatasetNotFoundError, InvalidError, ParameterError
from skybutler.images import Exposure, Image, MaskedImage

ELSEWHERE = uuid.UUID(int=77)


@pytest.fixture
def steps(small: Butler) -> dict[str, DatasetRef]:
    """Two raws; two calexps, one of a raw that is elsewhere too; a coadd of both; a catalog of coadd and calexp."""
    for name in ("raw", "calexp"):
        small.register_dataset_type(name, ["detector"])
    for name in ("coadd", "catalog"):
        small.register_dataset_type(name, ["instrument"])
    made = {f"raw{i}": small.put({}, "raw", detector=i) for i in range(2)}
    made["calexp0"] = small.put({}, "calexp", detector=0, provenance=DatasetProvenance([made["raw0"]]))
    given = DatasetProvenance([made["raw1"].id, ELSEWHERE], uuid.UUID(int=3), notes={"SOFTWARE": "1.0"})
    made["calexp1"] = small.put({}, "calexp", detector=1, provenance=given)
    made["coadd"] = small.put({}, "coadd", provenance=DatasetProvenance([made["calexp0"], made["calexp1"]]))
    made["catalog"] = small.put({}, "catalog", provenance=DatasetProvenance([made["coadd"], made["calexp1"]]))
    return made


def tree(small: Butler, dataset: Any, way: Any, depth: int | None = None) -> list[str]:
    lines = []
    for branch, node, again in small.lineage(dataset, way, depth).walk(way):
        name = node.ref.dataset_type.name + str(node.ref.data_id.get("detector", "")) if node.ref else "?"
        lines.append("-" * len(branch) + name + ("=" if again else "") + ("+" if node.more else ""))
    return lines


def test_inputs_over_all_steps(small: Butler, steps: dict[str, DatasetRef]) -> None:
    assert tree(small, steps["catalog"], "inputs") == [
        "catalog", "-coadd", "--calexp0", "---raw0", "--calexp1", "---raw1", "---?", "-calexp1=",
    ]  # fmt: skip
    assert tree(small, steps["raw0"], "inputs") == ["raw0"]


def test_outputs_over_all_steps(small: Butler, steps: dict[str, DatasetRef]) -> None:
    assert tree(small, str(steps["raw1"].id), "outputs") == ["raw1", "-calexp1", "--coadd", "---catalog", "--catalog="]
    assert tree(small, ELSEWHERE, "outputs")[:2] == ["?", "-calexp1"]


def test_depth(small: Butler, steps: dict[str, DatasetRef]) -> None:
    assert tree(small, steps["catalog"], "inputs", 0) == ["catalog+"]
    assert tree(small, steps["catalog"], "inputs", 1) == ["catalog", "-coadd+", "-calexp1+"]
    assert tree(small, steps["calexp0"], "inputs", 1) == ["calexp0", "-raw0"]


def test_both_directions_in_one_graph(small: Butler, steps: dict[str, DatasetRef]) -> None:
    graph = small.lineage(steps["calexp0"], "both")
    by_id = {ref.id: name for name, ref in steps.items()}
    assert {(by_id[a], by_id[b]) for a, b in graph.edges()} == {
        ("raw0", "calexp0"), ("calexp0", "coadd"), ("coadd", "catalog"),
    }  # fmt: skip
    plain = graph.to_dict()
    assert plain["root"] == str(steps["calexp0"].id)
    assert [d["dataset_type"] for d in plain["datasets"]] == ["calexp", "raw", "coadd", "catalog"]
    assert plain["datasets"][0]["data_id"] == {"instrument": "Cam", "detector": 0}


def test_what_is_recorded_of_one(small: Butler, steps: dict[str, DatasetRef]) -> None:
    found = small.get_provenance(steps["calexp1"])
    expected = DatasetProvenance([steps["raw1"].id, ELSEWHERE], uuid.UUID(int=3), notes={"SOFTWARE": "1.0"})
    assert found == expected
    assert small.get_provenance(str(steps["raw1"].id)) is None


def test_removed_inputs_stay_known_by_their_id(small: Butler, steps: dict[str, DatasetRef]) -> None:
    small.prune_datasets([steps["coadd"]], unstore=True, purge=True)
    assert tree(small, steps["catalog"], "inputs") == ["catalog", "-?", "-calexp1", "--raw1", "--?"]
    assert tree(small, steps["raw0"], "outputs") == ["raw0", "-calexp0"]


def test_a_circle_is_walked_once(small: Butler) -> None:
    """None can come about by honest means; forged provenance must not hang anybody."""
    kind = small.get_dataset_type("plain")
    ids = [uuid.UUID(int=i + 1) for i in range(3)]
    for i in range(3):
        data_id = small.registry.standardize({"instrument": "Cam", "detector": i}, "plain")
        small.put({}, DatasetRef(kind, data_id, "run/mine", ids[i]), provenance=DatasetProvenance([ids[(i + 1) % 3]]))
    assert tree(small, ids[0], "inputs") == ["plain0", "-plain1", "--plain2", "---plain0="]
    assert tree(small, ids[0], "outputs") == ["plain0", "-plain2", "--plain1", "---plain0="]


def test_bad_questions(small: Butler, steps: dict[str, DatasetRef]) -> None:
    with pytest.raises(DatasetNotFoundError, match="nothing in it was made from it"):
        small.lineage(uuid.UUID(int=5))
    with pytest.raises(InvalidError, match="'raw' \\(input\\)|neither a dataset nor a UUID"):
        small.lineage("raw")
    with pytest.raises(ParameterError, match="sideways"):
        small.lineage(steps["raw0"], "sideways")
    with pytest.raises(ParameterError, match="depth=-1"):
        small.lineage(steps["raw0"], depth=-1)


def test_a_put_that_fails_records_nothing(small: Butler) -> None:
    first = small.put({}, "plain", detector=0)
    identifier = uuid.UUID(int=8)
    same = DatasetRef(first.dataset_type, first.data_id, "run/mine", identifier)
    with pytest.raises(DatasetExistsError):
        small.put({}, same, provenance=DatasetProvenance([first]))
    other = DatasetRef(first.dataset_type, small.registry.standardize({"detector": 1}, "plain"), "run/mine", identifier)
    with pytest.raises(InvalidError, match="input of itself"):
        small.put({}, other, provenance=DatasetProvenance([identifier]))
    assert small.get_dataset(identifier) is None
    assert small.registry.database.query("SELECT count(*) FROM provenance") == [(0,)]


# --------------------------------------------------------------------------------------------------------------- files
def header(small: Butler, ref: DatasetRef) -> fits.Header:
    return fits.getheader(small.get_uri(ref).removeprefix("file://"), 0)


def test_fits_headers_carry_it_and_never_that_of_another_dataset(small: Butler) -> None:
    small.register_dataset_type("image", ["detector"], "ExposureF")
    source = small.put({}, "plain", detector=0)
    exposure = Exposure(MaskedImage(Image(np.zeros((4, 4), np.float32))))
    exposure.metadata["RUNNUM"] = 5
    long_run = "u/me/" + "a_very_long_name_of_a_run_" * 3
    first = small.put(exposure, "image", detector=0, run=long_run, provenance=DatasetProvenance([source.id]))
    cards = header(small, first)
    assert cards["LSST BUTLER ID"] == str(first.id)
    assert cards["LSST BUTLER RUN"] == long_run
    assert cards["LSST BUTLER DATAID DETECTOR"] == 0
    assert cards["LSST BUTLER N_INPUTS"] == 1
    assert cards["LSST BUTLER INPUT 0 DATASETTYPE"] == "plain"
    read = small.get(first)
    assert DatasetProvenance.from_flat(read.metadata)[1] == first.id

    plain = header(small, small.put(read, "image", detector=1))
    assert [name for name in plain if name.startswith("LSST BUTLER")] == []
    assert plain["RUNNUM"] == 5
    second = small.put(read, "image", detector=2, provenance=DatasetProvenance([first]))
    assert header(small, second)["LSST BUTLER INPUT 0 ID"] == str(first.id)
    assert header(small, second)["LSST BUTLER ID"] == str(second.id)
    assert small.get(second).metadata.all_values("LSST BUTLER ID") == [str(second.id)]


@pytest.mark.parametrize("storage_class", ["ArrowAstropy", "AstropyTable", "SimpleCatalog"])
def test_tables_carry_it_in_their_metadata(small: Butler, storage_class: str) -> None:
    small.register_dataset_type("table", ["detector"], storage_class)
    source = small.put({}, "plain", detector=0)
    table = Table({"a": [1, 2]}, meta={"SURVEY": "x"})
    ref = small.put(table, "table", detector=0, provenance=DatasetProvenance([source]))
    assert dict(table.meta) == {"SURVEY": "x"}
    found = small.get(ref, storage_class="AstropyTable")
    assert DatasetProvenance.from_flat(found.meta) == (DatasetProvenance([source.id]), ref.id)
    again = small.get(small.put(found, "table", detector=1), storage_class="AstropyTable")
    assert {k: v for k, v in again.meta.items() if "BUTLER" in k} == {}
    assert again.meta["SURVEY"] == "x"


def test_too_many_inputs_for_a_file_are_counted(small: Butler) -> None:
    small.register_dataset_type("table", ["detector"], "ArrowAstropy")
    inputs = [uuid.UUID(int=i + 1) for i in range(2001)]
    ref = small.put(Table({"a": [1]}), "table", detector=0, provenance=DatasetProvenance(inputs))
    meta = small.get(ref, storage_class="AstropyTable").meta
    assert meta["LSST.BUTLER.N_INPUTS"] == 2001
    assert "LSST.BUTLER.INPUT.0.ID" not in meta
    found = small.get_provenance(ref)
    assert found is not None
    assert found.input_ids == inputs


def test_ingested_files(small: Butler, tmp_path: Path) -> None:
    source = small.put({}, "plain", detector=3)
    kind, files = DatasetType("note", small.dimensions.conform(["detector"]), "StructuredDataDict"), []
    for i in range(3):
        (tmp_path / f"{i}.yaml").write_text("{}")
        ref = DatasetRef(kind, small.registry.standardize({"instrument": "Cam", "detector": i}, "plain"), "run/mine")
        made = DatasetProvenance([source]) if i != 1 else None
        files.append(FileDataset(tmp_path / f"{i}.yaml", ref, provenance=made))
    small.ingest(files[0], transfer="copy")
    small.ingest(*files, transfer="copy", skip_existing=True)
    found = [small.get_provenance(file.refs[0]) for file in files]
    assert found == [DatasetProvenance([source.id]), None, DatasetProvenance([source.id])]


def test_ingested_columns(small: Butler, tmp_path: Path) -> None:
    paths = [str(tmp_path / f"{i}.yaml") for i in range(3)]
    for path in paths:
        Path(path).write_text("{}")
    ids = np.arange(48, dtype=np.uint8).reshape(3, 16)
    made = [DatasetProvenance([ELSEWHERE], notes={"n": i}) for i in range(3)]
    columns: dict[str, list[Any]] = {"instrument": ["Cam"] * 3, "detector": [0, 1, 2]}
    small.ingest_columns("plain", columns, paths, transfer="direct", ids=ids, provenance=made)
    last = uuid.UUID(bytes=ids[2].tobytes())
    assert small.get_provenance(last) == made[2]
    assert tree(small, ELSEWHERE, "outputs") == ["?", "-plain0", "-plain1", "-plain2"]


def test_a_wide_lineage_takes_few_statements(small: Butler) -> None:
    """Some thousand inputs are read by some tens of statements, not by one each (time would be seconds then)."""
    inputs = [uuid.UUID(int=i + 1) for i in range(5000)]
    ref = small.put({}, "plain", detector=0, provenance=DatasetProvenance(inputs))
    start = time.process_time()
    assert len(small.lineage(ref).nodes) == 5001
    assert time.process_time() - start < 2
