"""Trees of text calibrations: real ones, and ones with mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler.errors import ButlerError, ConflictError, InvalidError, MissingFileError, UnreadableFileError
from skybutler.ingest.curated_files import CuratedFile, find_curated
from skybutler.instruments import Instrument
from skybutler.sky.timespan import Timespan, parse_time
from support.instruments import OWN

IMSIM = Instrument.load("LSSTCam-imSim")
DEFECTS = (
    "# %ECSV 1.0\n# ---\n# datatype:\n"
    + "".join(f"# - {{name: {name}, datatype: int64}}\n" for name in ("x0", "y0", "width", "height"))
    + "# meta: {DETECTOR: 94}\n# schema: astropy-2.0\nx0 y0 width height\n1 2 3 4\n"
)


def trivial_camera(folder: Path) -> Instrument:
    """A description of the instrument that some real calibrations are of."""
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(OWN))
    document |= {"name": "trivial_camera"}
    document["camera"]["detectors"] = [{"id": 0, "name": "ccd00", "position": [0.0, 0.0], "layout": "small"}]
    (folder / "trivial.yaml").write_text(yaml.safe_dump(document))
    return Instrument.load(folder / "trivial.yaml")


def put(folder: Path, place: str, content: str = DEFECTS) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def utc(text: str) -> int:
    return parse_time(text, scale="utc")


def test_real_kernels(shared: Path) -> None:
    tree = find_curated(shared / "data/curated", IMSIM)  # found by the alias imsim
    assert tree.root == shared / "data/curated/imsim"
    assert [(f.kind.name, f.data_id["detector"], f.date) for f in tree.files] == [
        ("bfk", d, "19700101T000000Z") for d in (0, 42, 94)
    ]
    assert {f.timespan for f in tree.files} == {Timespan(utc("1970-01-01"), None)}
    assert tree.files[0].begin_ns == 8_000_082_000  # as in the exports of the field, whose dates are UTC


def test_real_dates_of_several_forms(shared: Path, tmp_path: Path) -> None:
    camera = trivial_camera(tmp_path)
    shutil.copytree(shared / "data/curated/trivial_camera", tmp_path / "trivial_camera")
    shutil.rmtree(tmp_path / "trivial_camera/qe_curve/ccd00/per_amp")
    tree = find_curated(tmp_path, camera)
    begin, middle, later = utc("1970-01-01"), utc("2015-01-05T01:15:00"), utc("1980-01-01")
    assert [(f.kind.name, f.kind.storage_class, f.date, f.timespan) for f in tree.files] == [
        ("defects", "Defects", "19700101T000000Z", Timespan(begin, middle)),
        ("defects", "Defects", "20150105T011500Z", Timespan(middle, None)),
        ("qe_curve", "QECurve", "19700101T000000Z", Timespan(begin, later)),
        ("qe_curve", "QECurve", "19800101T000000Z", Timespan(later, None)),
    ]
    assert {f.formatter for f in tree.files} == {"calibration-text"}


def test_two_ways_of_measuring_are_one_too_many(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"Two files are for the same qe_curve .*per_amp.*per_detector"):
        find_curated(shared / "data/curated/trivial_camera", trivial_camera(tmp_path))


def test_the_file_of_a_raft_is_for_all_its_detectors(tmp_path: Path) -> None:
    put(tmp_path, "defects/R22/20200101.ecsv")
    files = find_curated(tmp_path, IMSIM).files
    assert [f.data_id["detector"] for f in files] == list(range(90, 99))
    put(tmp_path, "defects/r22_s11/20210101.ecsv")
    later: list[CuratedFile] = [f for f in find_curated(tmp_path, IMSIM).files if f.data_id["detector"] == 94]
    assert [f.timespan for f in later] == [
        Timespan(utc("2020-01-01"), utc("2021-01-01")), Timespan(utc("2021-01-01"), None),
    ]  # fmt: skip


def test_filters_and_whole_instruments(tmp_path: Path) -> None:
    text = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: wavelength, datatype: float64}\nwavelength\n1.0\n"
    put(tmp_path, "transmission_filter/R_SIM_1.4/2020-01-01T00:00.ecsv", text)
    put(tmp_path, "transmission_system/R22_S11/r_sim_1.4/2020-01-01.ecsv", text)
    put(tmp_path, "transmission_optics/20200101T000000.ecsv", text)
    assert [dict(f.data_id) for f in find_curated(tmp_path, IMSIM).files] == [
        {"instrument": "LSSTCam-imSim", "physical_filter": "r_sim_1.4"},
        {"instrument": "LSSTCam-imSim"},
        {"instrument": "LSSTCam-imSim", "physical_filter": "r_sim_1.4", "detector": 94},
    ]


def test_what_is_something_else_is_told(tmp_path: Path) -> None:
    put(tmp_path, "defects/r22_s11/20200101.ecsv")
    for other in ("defects/README.md", "defects/.hidden", "defekts/r22_s11/20200101.ecsv", "README"):
        put(tmp_path, other, "x")
    assert find_curated(tmp_path, IMSIM).passed_over == ("defects/README.md", "defekts")


@pytest.mark.parametrize(
    "place, content, error, said",
    [
        ("defects/r22_s1/20200101.ecsv", DEFECTS, InvalidError, r"'r22_s1' is no detector .*Did you mean 'r22_s"),
        ("defects/20200101.ecsv", DEFECTS, InvalidError, "names its detector"),
        ("defects/r22_s11/yesterday.ecsv", DEFECTS, InvalidError, "'yesterday' is no date"),
        ("defects/r22_s11/20201301.ecsv", DEFECTS, InvalidError, "2020-13-01"),
        ("defects/r22_s10/20200101.ecsv", DEFECTS, UnreadableFileError, "of detector 94, but its folder .* 93"),
        ("defects/r22_s11/20200101.ecsv", DEFECTS.replace("width", "wide"), UnreadableFileError, "no column 'width'"),
        ("defects/r22_s11/20200101.ecsv", "", UnreadableFileError, "ECSV"),
        ("transmission_filter/r/20200101.ecsv", DEFECTS, InvalidError, "'r' is no physical filter"),
        ("dark/r22_s11/20200101.ecsv", DEFECTS, MissingFileError, "expected as TYPE/DETECTOR/DATE.ecsv"),
    ],
)
def test_mistakes(tmp_path: Path, place: str, content: str, error: type[ButlerError], said: str) -> None:
    put(tmp_path, place, content)
    with pytest.raises(error, match=said):
        find_curated(tmp_path, IMSIM)


def test_duplicates_and_missing_folders(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no directory"):
        find_curated(tmp_path / "nowhere", IMSIM)
    for name in ("20200101.ecsv", "2020-01-01T00.00.ecsv"):
        put(tmp_path, f"defects/r22_s11/{name}")
    with pytest.raises(InvalidError, match="no date"):
        find_curated(tmp_path, IMSIM)
    (tmp_path / "defects/r22_s11/2020-01-01T00.00.ecsv").rename(tmp_path / "defects/r22_s11/20200101T0000.ecsv")
    with pytest.raises(ConflictError, match="same defects since 20200101T000000Z"):
        find_curated(tmp_path, IMSIM)
