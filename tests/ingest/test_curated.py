"""Curated calibrations in a repository: written, written again, changed, and fetched by time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError, DataIdValueError, MissingFileError, ReadOnlyError
from skybutler.images import Camera
from skybutler.ingest.curated import write_curated_calibrations
from skybutler.ingest.instruments import register_instrument
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.sim.curated import simulate_defects
from skybutler.sky.timespan import Timespan, parse_time

CALIB = "LSSTCam-imSim/calib"
IMSIM = Instrument.load("LSSTCam-imSim")


@pytest.fixture
def tree(tmp_path: Path, shared: Path) -> Path:
    """Real kernels and simulated defects of three detectors."""
    shutil.copytree(shared / "data/curated/imsim", tmp_path / "tree")
    simulate_defects(tmp_path / "tree", IMSIM, [IMSIM.detector(d) for d in (93, 94, 95)], scale=32)
    return tmp_path / "tree"


def at(date: str) -> Timespan:
    return Timespan.from_instant(parse_time(date, scale="utc"))


def files_in(butler: Butler) -> set[str]:
    found = (Path(folder) / name for folder, _, names in os.walk(butler.config.root) for name in names)
    return {str(path) for path in found if path.suffix in (".fits", ".yaml", ".ecsv")}


def test_the_camera_alone(butler: Butler) -> None:
    report = write_curated_calibrations(butler, "lsst.obs.lsst.LsstCamImSim")
    assert (report.written, report.present, report.certified) == ({"camera": 1}, {}, 1)
    assert (report.collection, report.source) == (CALIB, None)
    camera = butler.get("camera", instrument="LSSTCam-imSim", collections=CALIB)
    assert isinstance(camera, Camera)
    assert camera == nominal_camera(IMSIM)
    (valid,) = butler.calibrations.validity(CALIB)
    assert (valid.ref.run, valid.timespan) == (f"{CALIB}/unbounded", Timespan(None, None))
    again = write_curated_calibrations(butler, "LSSTCam-imSim")
    assert (again.written, again.present, again.certified) == ({}, {"camera": 1}, 0)


def test_a_tree(butler: Butler, tree: Path) -> None:
    n = len(list((tree / "defects").rglob("*.ecsv")))
    report = write_curated_calibrations(butler, IMSIM, data=tree)
    assert report.written == {"camera": 1, "bfk": 3, "defects": n}
    assert report.certified == n + 4
    kernel = butler.get("bfk", detector=42, collections=CALIB, timespan=at("2022-10-05"))
    assert isinstance(kernel["detKernels"]["R11_S20"], np.ndarray)
    ranges = [v for v in butler.calibrations.validity(CALIB, "defects") if v.ref.data_id["detector"] == 94]
    assert ranges[0].timespan.begin_ns == parse_time("1970-01-01", scale="utc")
    assert ranges[-1].timespan.end_ns == Timespan.MAX_NS
    assert [a.timespan.end_ns for a in ranges[:-1]] == [b.timespan.begin_ns for b in ranges[1:]]
    for valid in ranges:
        found = butler.get("defects", detector=94, collections=CALIB,
                                timespan=Timespan.from_instant(valid.timespan.begin_ns))  # fmt: skip
        assert isinstance(found, Table)
        assert found.meta["DETECTOR"] == 94
        date = found.meta["CALIBDATE"].replace("-", "").replace(":", "")
        assert valid.ref.run == f"{CALIB}/curated/{date}Z"
    runs = butler.collections.query(f"{CALIB}/curated/*")
    assert f"{CALIB}/curated/19700101T000000Z" in runs


def test_repeating_changes_nothing(butler: Butler, tree: Path) -> None:
    first = write_curated_calibrations(butler, IMSIM, data=tree)
    before = files_in(butler), butler.calibrations.validity(CALIB)
    again = write_curated_calibrations(butler, IMSIM, data=tree)
    assert (again.written, again.present, again.certified) == ({}, first.written, 0)
    assert (files_in(butler), butler.calibrations.validity(CALIB)) == before


def test_another_content_is_a_conflict_that_names_it(butler: Butler, tree: Path) -> None:
    write_curated_calibrations(butler, IMSIM, data=tree)
    before = files_in(butler), butler.calibrations.validity(CALIB)
    changed = tree / "bfk/r11_s20/19700101T000000.yaml"
    changed.write_text(changed.read_text().replace("badAmps: []", "badAmps: [C00]"))
    (tree / "bfk/r11_s21").mkdir()
    (tree / "bfk/r11_s21/19700101T000000.yaml").write_text("badAmps: []\n")
    with pytest.raises(ConflictingDefinitionError, match=r"'bfk' with data ID .*42.*r11_s20/19700101T000000.yaml"):
        write_curated_calibrations(butler, IMSIM, data=tree)
    assert (files_in(butler), butler.calibrations.validity(CALIB)) == before
    report = write_curated_calibrations(butler, IMSIM, labels=["DM-1", "b"], data=tree)
    assert report.collection == f"{CALIB}/DM-1/b"
    kernel = butler.get("bfk", detector=42, collections=report.collection)
    assert kernel["badAmps"] == ["C00"]
    assert f"{CALIB}/DM-1/b/curated/19700101T000000Z" in butler.collections.query()


def test_a_later_file_needs_room(butler: Butler, tree: Path) -> None:
    write_curated_calibrations(butler, IMSIM, data=tree)
    shutil.copy(tree / "bfk/r11_s20/19700101T000000.yaml", tree / "bfk/r11_s20/20220101T000000.yaml")
    with pytest.raises(ConflictingDefinitionError, match="butler decertify-calibrations REPO LSSTCam-imSim/calib bfk"):
        write_curated_calibrations(butler, IMSIM, data=tree)
    butler.calibrations.decertify(CALIB, "bfk", Timespan(None, None))
    report = write_curated_calibrations(butler, IMSIM, data=tree)
    assert report.written == {"bfk": 1}
    assert report.certified == 4
    found = butler.find_dataset("bfk", detector=42, collections=CALIB, timespan=at("2023-01-01"))
    assert found is not None
    assert found.run.endswith("20220101T000000Z")


def test_names(butler: Butler, tree: Path) -> None:
    report = write_curated_calibrations(butler, IMSIM, prefix="2.2i", labels=["DM-30694"], collection="2.2i/calib")
    assert report.collection == "2.2i/calib"
    assert "2.2i/calib/DM-30694/unbounded" in butler.collections.query()
    assert butler.get("camera", collections="2.2i/calib").name == "LSSTCam-imSim"


def test_one_file_for_a_raft(butler: Butler, tree: Path, tmp_path: Path) -> None:
    text = (tree / "defects/r22_s11/19700101T000000.ecsv").read_text()
    (tmp_path / "rafts/defects/R22").mkdir(parents=True)
    (tmp_path / "rafts/defects/R22/20200101.ecsv").write_text(text)
    report = write_curated_calibrations(butler, IMSIM, data=tmp_path / "rafts")
    assert report.written["defects"] == 9
    for detector in (90, 98):
        assert len(butler.get("defects", detector=detector, collections=CALIB)) > 0


def test_mistakes_leave_nothing(butler: Butler, tree: Path, tmp_path: Path) -> None:
    before = files_in(butler)
    with pytest.raises(MissingFileError):
        write_curated_calibrations(butler, IMSIM, data=tmp_path / "nowhere")
    (tree / "defects/r22_s11/19700101T000000.ecsv").write_text("x0 y0\n1 2\n")
    with pytest.raises(OSError, match="ECSV"):
        write_curated_calibrations(butler, IMSIM, data=tree)
    assert CALIB not in butler.collections.query()
    assert files_in(butler) == before


def test_who_may_not(empty_butler: Butler) -> None:
    with pytest.raises(DataIdValueError, match="butler register-instrument REPO LSSTCam-imSim"):
        write_curated_calibrations(empty_butler, IMSIM)
    with Butler(empty_butler.config.root) as reader, pytest.raises(ReadOnlyError):
        write_curated_calibrations(reader, IMSIM)


def test_a_configured_folder(tree: Path, tmp_path: Path) -> None:
    shutil.move(tree, tmp_path / "repo/curated/imsim")
    seed: dict[str, Any] = {"curated_calibrations": "<butlerRoot>/curated"}
    Butler.create(tmp_path / "repo", seed=seed)
    with Butler(tmp_path / "repo", writeable=True) as made:
        register_instrument(made, IMSIM)
        assert write_curated_calibrations(made, IMSIM).written["bfk"] == 3


@pytest.mark.s3
def test_in_an_object_store(tree: Path, tmp_path: Path, s3_environment: Any) -> None:
    Butler.create(tmp_path / "repo", seed={"datastore": {"root": s3_environment.new_root()}}, override=True)
    with Butler(tmp_path / "repo", writeable=True) as made:
        register_instrument(made, IMSIM)
        first = write_curated_calibrations(made, IMSIM, data=tree)
        again = write_curated_calibrations(made, IMSIM, data=tree)
        assert (again.written, again.present, again.certified) == ({}, first.written, 0)
        assert made.get("camera", collections=CALIB) == nominal_camera(IMSIM)
        assert "detKernels" in made.get("bfk", detector=94, collections=CALIB)
        (tree / "bfk/r22_s11/19700101T000000.yaml").write_text("badAmps: []\n")
        with pytest.raises(ConflictingDefinitionError, match="another content"):
            write_curated_calibrations(made, IMSIM, data=tree)


def test_a_real_camera_file_is_a_camera(butler: Butler, shared: Path) -> None:
    """As the calibrations of DP0.2 have it, with the formatter that their export names."""
    from skybutler.ingest import ingest_files

    butler.register_dataset_type("camera", ["instrument"], "Camera", is_calibration=True)
    path = shared / "data/cameras/camera_LSSTCam-imSim_LSSTCam-imSim_calib_unbounded.fits"
    table = {"filename": [str(path)], "instrument": ["LSSTCam-imSim"]}
    generic = "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter"
    ingest_files(butler, "camera", "2.2i/calib/DM-30694/unbounded", table, formatter=generic, transfer="direct")
    camera = butler.get("camera", collections="2.2i/calib/DM-30694/unbounded")
    assert isinstance(camera, Camera)
    assert camera["R22_S11"].serial != ""
    with pytest.raises(ConflictingDefinitionError, match="'camera' with data ID .* another content"):
        write_curated_calibrations(butler, IMSIM, prefix="2.2i", labels=["DM-30694"])
