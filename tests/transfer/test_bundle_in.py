"""Bundles taken in: what went out comes back, on all engines; and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skybutler import Butler, CollectionType
from skybutler.errors import (
    ButlerError,
    ChecksumMismatchError,
    CollectionTypeError,
    ConflictingDefinitionError,
    DatasetExistsError,
    FormatError,
    InconsistentUniverseError,
    MissingFileError,
    ParameterError,
    ReadOnlyError,
    UnreadableFileError,
)
from skybutler.sky.timespan import Timespan
from skybutler.storage.checksum import of_bytes
from skybutler.transfer.bundle_in import is_bundle
from support.exchange import content, files_below, fill, run_rows


@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_what_went_out_comes_back(origin: Butler, dest: Butler, tmp_path: Path, name: str) -> None:
    refs = fill(origin)
    origin.export_bundle(tmp_path / name, transfer="copy")
    assert is_bundle(tmp_path / name)
    report = dest.import_bundle(tmp_path / name)
    assert report.datasets.new == report.files == len(refs)
    assert content(dest) == content(origin)
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]
    assert files_below(dest) == files_below(origin)
    assert dest.get("bias", instrument="Cam", detector=1, collections="calib/c", timespan=Timespan.from_ns(3, 4)) == {
        "b": 1
    }
    again = dest.import_bundle(tmp_path / name)
    assert not again.is_change
    assert again.datasets.existing == len(refs)
    assert content(dest) == content(origin)


def test_files_can_be_elsewhere(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    origin.export_bundle(tmp_path / "b")
    with pytest.raises(MissingFileError, match="without_datastore"):
        dest.import_bundle(tmp_path / "b")
    assert run_rows(dest) == {}
    assert content(dest)["collections"] == []
    dest.import_bundle(tmp_path / "b", directory=origin.datastore.root)
    assert content(dest) == content(origin)
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]


def test_files_can_be_in_place(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    origin.export_bundle(tmp_path / "b")
    for path in files_below(origin):
        dest.datastore.storage.write(path, origin.datastore.storage.read(path))
    broken = sorted(files_below(origin))[0]
    dest.datastore.storage.write(broken, b"", overwrite=True)
    with pytest.raises(ChecksumMismatchError, match=broken.rpartition("/")[2]):
        dest.import_bundle(tmp_path / "b")
    dest.datastore.storage.write(broken, origin.datastore.storage.read(broken), overwrite=True)
    dest.import_bundle(tmp_path / "b")
    assert content(dest) == content(origin)
    assert dest.get(refs[0]) == origin.get(refs[0])


def test_without_files(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    origin.export_bundle(tmp_path / "b")
    dest.import_bundle(tmp_path / "b", without_datastore=True)
    assert {i: row[:3] for i, row in run_rows(dest).items()} == {i: row[:3] for i, row in run_rows(origin).items()}
    assert dest.registry.file_record(refs[0].id.bytes) is None
    assert files_below(dest) == set()


def test_a_part_comes_into_what_is_there(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    dest.transfer_from(origin, refs[:2], register_dataset_types=True, transfer_dimensions=True)
    origin.export_bundle(tmp_path / "b", refs[:4], collections=["tag/x"], transfer="auto")
    report = dest.import_bundle(tmp_path / "b")
    assert (report.datasets.new, report.datasets.existing, report.files) == (2, 2, 2)
    assert (report.tagged.new, report.collections.existing) == (1, 1)
    assert set(run_rows(dest)) == {str(r.id) for r in refs[:4]}


def test_zip_files_of_datasets_stay_zip_files(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path)
    origin.prune_datasets(refs[:5], unstore=True, purge=True)
    origin.prune_datasets(refs[5:], unstore=True, purge=True)
    origin.ingest_zip(place)
    for name in ("b", "b.zip"):
        origin.export_bundle(tmp_path / name, transfer="copy")
    dest.import_bundle(tmp_path / "b.zip")
    there, here = content(origin), content(dest)
    del there["collections"], here["collections"]  # summaries remember what was once in tags
    assert here == there
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]
    assert len(files_below(dest)) == 1


# ------------------------------------------------------------------------------------------------------ contradictions
def other_detector(dest: Butler) -> None:
    dest.insert_dimension_data("instrument", {"name": "Cam", "visit_max": 1000, "exposure_max": 1000,
                                              "detector_max": 10, "visit_system": 1})  # fmt: skip
    dest.insert_dimension_data("detector", {"instrument": "Cam", "id": 2, "full_name": "another"})


def other_type(dest: Butler) -> None:
    dest.register_dataset_type("bias", ["instrument"])


def other_kind(dest: Butler) -> None:
    dest.collections.register("tag/x", CollectionType.RUN)


def other_chain(dest: Butler) -> None:
    dest.collections.register("run/b", CollectionType.RUN)
    dest.collections.register("chain/outer", CollectionType.CHAINED)
    dest.collections.redefine_chain("chain/outer", ["run/b"])


def other_dataset(dest: Butler) -> None:
    dest.register_dataset_type("note", [])
    dest.put({"mine": 1}, "note", run="run/a")


CONTRADICTIONS: list[tuple[Any, type[ButlerError], str]] = [
    (other_detector, ConflictingDefinitionError, "full_name is 'another', not 'R1_S0'"),
    (other_type, ConflictingDefinitionError, "'bias' differs"),
    (other_kind, CollectionTypeError, "tag/x"),
    (other_chain, ConflictingDefinitionError, "chain/outer.*run/b here, and chain/all, run/b"),
    (other_dataset, DatasetExistsError, "'note'"),
]


@pytest.mark.parametrize("prepare, error, said", CONTRADICTIONS)
def test_contradictions_are_named_and_nothing_is_written(
    origin: Butler, dest: Butler, tmp_path: Path, prepare: Any, error: type[ButlerError], said: str
) -> None:
    fill(origin)
    origin.export_bundle(tmp_path / "b", transfer="copy")
    prepare(dest)
    before, files = content(dest), files_below(dest)
    with pytest.raises(error, match=said):
        dest.import_bundle(tmp_path / "b")
    assert content(dest) == before
    assert files_below(dest) == files


def test_members_that_contradict(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    origin.export_bundle(tmp_path / "b", transfer="copy")
    biases = [r for r in refs if r.dataset_type.name == "bias"]
    dest.transfer_from(origin, refs, register_dataset_types=True, transfer_dimensions=True)
    dest.collections.register("calib/c", CollectionType.CALIBRATION)
    dest.registry.calibrations.certify("calib/c", [biases[1].id.bytes], Timespan.from_ns(5, 15))
    before = content(dest)
    with pytest.raises(ConflictingDefinitionError, match="already certified"):
        dest.import_bundle(tmp_path / "b")
    assert content(dest) == before


# -------------------------------------------------------------------------------------------------------------- damage
@pytest.fixture
def bundle(local_pair: tuple[Butler, Butler], tmp_path: Path) -> Path:
    """A bundle with files of the first of two repositories."""
    fill(local_pair[0])
    local_pair[0].export_bundle(tmp_path / "b", transfer="copy")
    return tmp_path / "b"


def refused(dest: Butler, place: Path, error: type[ButlerError], said: str) -> None:
    with pytest.raises(error, match=said):
        dest.import_bundle(place)
    assert content(dest)["collections"] == []
    assert files_below(dest) == set()


def test_changed_tables(local_pair: tuple[Butler, Butler], bundle: Path) -> None:
    table = bundle / "datasets" / "calexp.parquet"
    whole = table.read_bytes()
    for wrong in (whole[:-1], whole[:40] + b"\x00" + whole[41:], b""):
        table.write_bytes(wrong)
        refused(local_pair[1], bundle, ChecksumMismatchError, r"calexp\.parquet")
    table.unlink()
    refused(local_pair[1], bundle, MissingFileError, r"calexp\.parquet")


def test_changed_and_missing_files(local_pair: tuple[Butler, Butler], bundle: Path) -> None:
    file = next(p for p in sorted((bundle / "files").rglob("*")) if p.is_file())
    whole = file.read_bytes()
    for wrong in (whole + b" ", b"x" * len(whole)):
        file.unlink()
        file.write_bytes(wrong)
        refused(local_pair[1], bundle, ChecksumMismatchError, file.name)
    file.unlink()
    refused(local_pair[1], bundle, MissingFileError, file.name)


def test_a_truncated_zip_file(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin, dest = local_pair
    fill(origin)
    origin.export_bundle(tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes()[:-30])
    refused(dest, tmp_path / "x.zip", UnreadableFileError, "not a whole zip")


def test_what_is_no_bundle(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert not is_bundle(tmp_path / "d")
    assert not is_bundle(tmp_path / "none")
    assert not is_bundle(tmp_path / "none.zip")
    refused(local_pair[1], tmp_path / "d", MissingFileError, "no bundle")
    (tmp_path / "d" / "manifest.json").write_text('{"format": "x"}')
    assert not is_bundle(tmp_path / "d")
    refused(local_pair[1], tmp_path / "d", FormatError, "'x'")
    with pytest.raises(ParameterError):
        local_pair[1].import_bundle(tmp_path / "d", transfer="move")
    with Butler(local_pair[1].config, writeable=False) as reader, pytest.raises(ReadOnlyError):
        reader.import_bundle(tmp_path / "d")


def forged(bundle: Path, path: str, change: Any) -> None:
    """Another table with a checksum that fits, as somebody else's program may write it."""
    table = change(pq.read_table(bundle / path))
    pq.write_table(table, bundle / path)
    manifest = json.loads((bundle / "manifest.json").read_text())
    stored = of_bytes((bundle / path).read_bytes())
    for entry in manifest["tables"]:
        if entry["path"] == path:
            entry.update(bytes=stored.size, checksum=stored.checksum.hex(), rows=table.num_rows)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def with_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values, table.schema.field(name).type))


@pytest.mark.parametrize("path, change, error, said", [
    ("datasets/calexp.parquet", lambda t: t.drop_columns("run"), FormatError, "no column run"),
    ("datasets/note.parquet", lambda t: with_column(t, "path", ["../../x"]), ButlerError, "would leave"),
    ("datasets/note.parquet", lambda t: with_column(t, "formatter", [None]), FormatError, "no formatter"),
    ("datasets/calexp.parquet", lambda t: with_column(t, "visit", [77] * len(t)), ButlerError, "visit"),
    ("dataset_types.parquet", lambda t: with_column(t, "dimensions", ["pixie"] * len(t)), InconsistentUniverseError,
     "pixie"),
    ("dimensions/detector.parquet", lambda t: t.drop_columns("raft"), FormatError, "raft"),
    ("tagged.parquet", lambda t: with_column(t, "dataset", [bytes(16)] * len(t)), ButlerError, "not in this"),
    ("chains.parquet", lambda t: with_column(t, "child", ["chain/outer"] * len(t)), ButlerError, "Cycle"),
])  # fmt: skip
def test_forged_tables(
    local_pair: tuple[Butler, Butler], bundle: Path, path: str, change: Any, error: type[ButlerError], said: str
) -> None:
    forged(bundle, path, change)
    refused(local_pair[1], bundle, error, said)


def test_another_universe(local_pair: tuple[Butler, Butler], bundle: Path, tmp_path: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["universe"]["namespace"] = "elsewhere"
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    refused(local_pair[1], bundle, InconsistentUniverseError, "elsewhere")
    shutil.rmtree(bundle)
    local_pair[0].export_bundle(bundle)
    Butler.create(tmp_path / "old", dimensions=2)
    with Butler(tmp_path / "old", writeable=True) as old, pytest.raises(InconsistentUniverseError):
        old.import_bundle(bundle, without_datastore=True)
