"""Exports asked for as code for lsst.daf.butler does."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler as PlainButler
from skybutler.compat.butler import Butler


@pytest.fixture
def butler(tmp_path: Path) -> Butler:
    PlainButler.create(tmp_path / "repo")
    plain = PlainButler(tmp_path / "repo", run="u/run")
    plain.insert_dimension_data("instrument", {"name": "Cam"}, {"name": "Other"})
    plain.register_dataset_type("plain", ["instrument"])
    plain.put({"a": 1}, "plain", instrument="Cam")
    return Butler.of(plain)


def test_out_and_in(butler: Butler, tmp_path: Path) -> None:
    from lsst.resources import ResourcePath

    (tmp_path / "out").mkdir()
    with butler.export(directory=str(tmp_path / "out"), format="yaml", transfer="copy") as export:
        export.saveDatasets(butler.registry.queryDatasets("plain", collections="u/run"), elements=[])
        export.saveCollection("u/run")
        export.saveDataIds(butler.registry.queryDataIds(["instrument"], instrument="Cam"), elements=["instrument"])
        export.saveDimensionData("instrument", list(butler.registry.queryDimensionRecords("instrument")))
    PlainButler.create(tmp_path / "new")
    with Butler(str(tmp_path / "new"), writeable=True) as new:
        new.import_(directory=ResourcePath(str(tmp_path / "out"), forceDirectory=True), format="yaml", transfer="copy")
        assert new.get("plain", instrument="Cam", collections="u/run") == {"a": 1}
        assert {r.name for r in new.registry.queryDimensionRecords("instrument")} == {"Cam", "Other"}
        with (tmp_path / "out" / "export.yaml").open() as stream:
            new.import_(directory=str(tmp_path / "out"), filename=stream, transfer="copy")


def test_arguments_that_make_no_sense(butler: Butler) -> None:
    with pytest.raises(TypeError), butler.export(filename="x.yaml", transfer="copy"):
        pass
