"""Calibrations out of one repository and into another, with validity, chains, files and names of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler, CollectionType
from skybutler.errors import CollectionTypeError, ConflictError, MissingCollectionError, NotFoundError, TemplateError
from skybutler.ingest import register_instrument, write_curated_calibrations
from skybutler.transfer.calibrations import export_calibrations
from skybutler.transfer.yaml_values import ExportLoader

DETECTOR = "{run:/}/{datasetType}/{datasetType}_{instrument}_{physical_filter:?}_{detector:?}_{run}"
"""Names with the number of the detector, where the datastore's have its full name."""


def ranges(butler: Butler, collection: str = "*") -> list[tuple[Any, ...]]:
    return [(v.collection, v.ref.id, v.ref.run, v.timespan) for v in butler.calibrations.validity(collection)]


def paths(folder: Path) -> list[str]:
    blocks = yaml.load((folder / "export.yaml").read_text(), ExportLoader)["data"]
    return sorted(r["path"] for b in blocks if b["type"] == "dataset" for r in b["records"])


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != "export.yaml")


def test_all_of_it_there_and_back(stored: Butler, target: Butler, tmp_path: Path) -> None:
    done = export_calibrations(stored, tmp_path / "out")
    assert done.file == str(tmp_path / "out" / "export.yaml")
    assert set(done.collections) == {"calib", "all", "tag/x", "run/a"}  # a chain needs its children
    assert [(r.dataset_type.name, r.run, r.data_id["detector"]) for r in done.refs] == [
        ("bias", "calib/r", d) for d in range(4)
    ]
    assert files(tmp_path / "out") == paths(tmp_path / "out") == [
        f"calib/r/bias/bias_Cam_R0_S{d}_calib_r.yaml" for d in range(4)
    ]  # fmt: skip
    target.import_(directory=tmp_path / "out", filename="export.yaml", transfer="copy")
    assert ranges(target) == ranges(stored)
    assert target.collections.get_info("all").children == ("tag/x", "run/a", "calib")
    assert target.get("bias", detector=3, collections="calib") == {"bias": 3}
    assert [k.name for k in target.query_dataset_types() if not k.is_calibration] == []


def test_chosen_collections_and_types(stored: Butler, target: Butler, tmp_path: Path) -> None:
    stored.register_dataset_type("dark", ["detector"], is_calibration=True)
    dark = stored.put({"dark": 0}, "dark", instrument="Cam", detector=0, run="calib/r")
    stored.collections.register("calib/two", CollectionType.CALIBRATION)
    span = stored.calibrations.validity("calib")[0].timespan
    stored.calibrations.certify("calib/two", [dark], span)
    done = export_calibrations(stored, tmp_path / "two", ["calib/*"])
    assert (done.collections, [r.id for r in done.refs]) == (("calib/two",), [dark.id])
    stored.calibrations.certify("calib", [dark], span)
    done = export_calibrations(stored, tmp_path / "dark", "all", dataset_types="da*")
    assert [r.id for r in done.refs] == [dark.id]
    target.import_(directory=tmp_path / "dark", filename="export.yaml", transfer="copy")
    assert ranges(target) == [("calib", dark.id, "calib/r", span)]


@pytest.mark.parametrize("mode", ["copy", "hardlink", "symlink"])
def test_names_of_ones_own(stored: Butler, target: Butler, tmp_path: Path, mode: str) -> None:
    export_calibrations(stored, tmp_path / "out", "calib", transfer=mode, template=DETECTOR)
    names = [f"calib/r/bias/bias_Cam_{d}_calib_r.yaml" for d in range(4)]
    assert paths(tmp_path / "out") == files(tmp_path / "out") == names
    assert (tmp_path / "out" / names[0]).is_symlink() == (mode == "symlink")
    target.import_(directory=tmp_path / "out", filename="export.yaml", transfer="copy")
    assert target.get("bias", detector=2, collections="calib") == {"bias": 2}


@pytest.mark.parametrize(
    "template, error, said",
    [
        ("{run}/{datasetType}_{detector}_{visit}", TemplateError, "visit"),
        ("{run}/{datasetType}_{instrument}", TemplateError, "lacks detector"),
        ("{run}/{datasetType}_{instrument", TemplateError, "malformed|template"),
        ("../{run}/{instrument}_{detector}", TemplateError, "template"),
    ],
)
def test_templates_that_cannot_be(
    stored: Butler, tmp_path: Path, template: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        export_calibrations(stored, tmp_path / "out", template=template)
    assert not (tmp_path / "out" / "export.yaml").exists()
    assert not list((tmp_path / "out").rglob("*.yaml"))


def test_types_that_would_share_a_file(stored: Butler, tmp_path: Path) -> None:
    stored.register_dataset_type("dark", ["detector"], is_calibration=True)
    dark = stored.put({"dark": 0}, "dark", instrument="Cam", detector=0, run="calib/r")
    stored.calibrations.certify("calib", [dark], stored.calibrations.validity("calib")[0].timespan)
    with pytest.raises(ConflictError, match="Two files would become calib/r/Cam_0.yaml"):
        export_calibrations(stored, tmp_path / "out", template="{run:/}/{instrument}_{detector}")
    assert not list((tmp_path / "out").rglob("*.yaml"))


def test_mistakes(stored: Butler, target: Butler, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(ConflictError, match="is there already"):
        export_calibrations(stored, tmp_path / "there")
    with pytest.raises(CollectionTypeError, match="'run/a' is a RUN collection"):
        export_calibrations(stored, tmp_path / "out", "run/a")
    with pytest.raises(MissingCollectionError):
        export_calibrations(stored, tmp_path / "out", "calip")
    with pytest.raises(NotFoundError, match="any CALIBRATION collection"):
        export_calibrations(target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_curated_ones_are_read_alike_afterwards(make: Any, tmp_path: Path, shared: Path) -> None:
    first, second = make(), make()
    for butler in (first, second):
        register_instrument(butler, "LSSTCam-imSim")
    write_curated_calibrations(first, "LSSTCam-imSim", data=shared / "data/curated")
    export_calibrations(first, tmp_path / "out")
    second.import_(directory=tmp_path / "out", filename="export.yaml", transfer="copy")
    where: dict[str, Any] = {"collections": "LSSTCam-imSim/calib"}
    kernels = [b.get("bfk", detector=42, **where)["detKernels"]["R11_S20"] for b in (first, second)]
    assert kernels[0].tolist() == kernels[1].tolist()
    assert second.get("camera", **where) == first.get("camera", **where)
    again = write_curated_calibrations(second, "LSSTCam-imSim", data=shared / "data/curated")
    assert (again.written, again.certified) == ({}, 0)
