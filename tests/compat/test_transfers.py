"""Transfers spelt as lsst.daf.butler spells them."""

from __future__ import annotations

from pathlib import Path

from lsst.resources import ResourcePath

from skybutler import Butler as PlainButler
from skybutler.compat.butler import Butler


def test_between_repositories(own_dp02: Butler, tmp_path: Path) -> None:
    kind = next(iter(own_dp02.registry.queryDatasetTypes()))
    refs = list(own_dp02.registry.queryDatasets(kind, collections="*"))[:3]
    PlainButler.create(tmp_path / "other")
    with Butler(tmp_path / "other", writeable=True) as other:
        other.transfer_dimension_records_from(own_dp02, refs)
        options = {"skip_missing": False, "register_dataset_types": True}
        assert sorted(other.transfer_from(own_dp02, refs, "copy", **options)) == sorted(refs)
        assert len(other.transfer_from(own_dp02, refs)) == 0


def test_zip_files_by_resource_path(own_dp02: Butler, tmp_path: Path) -> None:
    own_dp02._plain.register_dataset_type("note", [])
    ref = own_dp02.put({"a": 1}, "note")
    place = own_dp02.retrieve_artifacts_zip([ref], ResourcePath(str(tmp_path / "out")))
    assert isinstance(place, ResourcePath)
    files = own_dp02.retrieveArtifacts([ref], ResourcePath(str(tmp_path / "files")))
    (file,) = files
    assert isinstance(file, ResourcePath)
    assert file.exists()
    PlainButler.create(tmp_path / "other")
    with Butler(tmp_path / "other", writeable=True) as other:
        other.ingest_zip(place, "copy")
        assert other.get(ref) == {"a": 1}
        other.ingest_zip(str(place.ospath), skip_existing=True)
