"""Export files that are cut off, of old forms, or far away: said with the line, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ButlerError, FormatError
from skybutler.transfer.yaml_values import old_id
from support.s3 import S3Server
from support.transfer import content_of, save_everything

OLD = """version: 0
data:
- {type: run, name: old/run}
- {type: collection, collection_type: TAGGED, name: tag}
- {type: collection, collection_type: CALIBRATION, name: calib}
- {type: collection, collection_type: CHAINED, name: chain, children: [[tag, null], [old/run, null]]}
- {type: dimension, element: instrument, records: [{name: Cam}]}
- {type: dimension, element: detector, records: [{instrument: Cam, id: 3, full_name: S3}]}
- {type: dataset_type, name: bias, dimensions: [instrument, detector], storage_class: StructuredDataDict,
   is_calibration: true}
- {type: dataset, dataset_type: bias, run: old/run, records: [
   {dataset_id: 12, data_id: {instrument: Cam, detector: 3}, path: b.yaml, formatter: f.g.H}]}
- {type: associations, collection: tag, collection_type: TAGGED, dataset_ids: [12]}
- {type: associations, collection: calib, collection_type: CALIBRATION, validity_ranges: [
   {begin: 2020-01-01 00:00:00, end: null, dataset_ids: 12}]}
"""


def test_old_forms(target: Butler, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("a: 1\n")
    (tmp_path / "old.yaml").write_text(OLD)
    report = target.import_(directory=tmp_path, filename="old.yaml", transfer="copy")
    assert (report.datasets.new, report.tagged.new, report.certified.new, report.files) == (1, 1, 1, 1)
    (ref,) = target.query_datasets("bias", "chain")
    assert ref.id.bytes == old_id(12)
    ((_, identifier, span),) = target.registry.calibrations.ranges("calib", "bias")
    assert identifier == old_id(12)
    assert str(span) == "[2020-01-01T00:00:37, ∞)"
    assert not target.import_(directory=tmp_path, filename="old.yaml", transfer="copy").is_change


@pytest.fixture
def text(stored: Butler, tmp_path: Path) -> str:
    with stored.export(directory=tmp_path / "out", format="yaml", transfer="copy") as export:
        save_everything(stored, export)
    return (tmp_path / "out" / "export.yaml").read_text()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_that_is_cut_off_anywhere(target: Butler, text: str, tmp_path: Path, share: float) -> None:
    before = content_of(target)
    cut = text[: int(share * len(text))].rstrip("\n")
    (tmp_path / "out" / "export.yaml").write_text(cut)
    with pytest.raises(FormatError, match=r"line \d+|no 'data'|no export file"):
        target.import_(directory=tmp_path / "out", format="yaml", transfer="copy")
    assert content_of(target) == before


@pytest.mark.parametrize("lost", ["    formatter: ", "    purpose: ", "      detector: 3"])
def test_a_file_that_is_cut_off_at_the_end_of_a_line(target: Butler, text: str, tmp_path: Path, lost: str) -> None:
    (tmp_path / "out" / "export.yaml").write_text(text[: text.rindex(lost)])
    with pytest.raises(
        FormatError, match=r"line \d+: (the last record of '\w+' is not complete|data IDs .* different)"
    ):
        target.import_(directory=tmp_path / "out", format="yaml", transfer="copy")


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("version: 1.0.2", "version: 1.1.0", "version 1.1.0"),
        ("version: 1.0.2", "version: 2.0.0", "version 2.0.0"),
        ("- type: associations", "- type: relations", r"line \d+: unknown block type 'relations'"),
        ("universe_namespace: daf_butler", "universe_namespace: other", "dimensions of 'other'"),
        ("full_name: R0_S1", "full_nam: R0_S1", r"line \d+: detector records have no field 'full_nam'"),
        ("!uuid", "!!python/object/apply:os.system", "python/object"),
    ],
)
def test_what_cannot_be_read(target: Butler, text: str, tmp_path: Path, old: str, new: str, says: str) -> None:
    before = content_of(target)
    (tmp_path / "out" / "export.yaml").write_text(text.replace(old, new))
    with pytest.raises(ButlerError, match=says):
        target.import_(directory=tmp_path / "out", format="yaml", transfer="copy")
    assert content_of(target) == before


def test_records_that_contradict_those_here(target: Butler, text: str, tmp_path: Path) -> None:
    target.insert_dimension_data("instrument", {"name": "Cam", "class_name": "lsst.obs.cam.Cam", "detector_max": 5})
    before = content_of(target)
    with pytest.raises(ButlerError, match=r"instrument .*\(detector_max: 5 != 4\).*nothing was imported"):
        target.import_(directory=tmp_path / "out", format="yaml", transfer="copy")
    assert content_of(target) == before
    assert len(text) > 0


@pytest.mark.s3
def test_exports_in_an_object_store(
    stored: Butler, make: Callable[..., Butler], s3_environment: S3Server, tmp_path: Path
) -> None:
    place = s3_environment.new_root() + "/exported files"
    with stored.export(directory=place, format="yaml", transfer="copy") as export:
        save_everything(stored, export)
    target = make(seed={"datastore": {"root": s3_environment.new_root()}})
    report = target.import_(directory=place, format="yaml", transfer="copy")
    assert report.files == 8
    assert content_of(target) == content_of(stored)
    assert target.get("plain", instrument="Cam", detector=2, collections="all") == {"detector": 2}
    with target.export(directory=tmp_path / "down", format="yaml", transfer="copy") as export:
        save_everything(target, export)
    assert len(list((tmp_path / "down").rglob("*_S*.yaml"))) == 8
    assert not target.import_(directory=tmp_path / "down", format="yaml").is_change
