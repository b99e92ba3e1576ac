"""Descriptions of instruments: the packaged one against an independent reading of the camera file, and users' own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler.errors import ConfigError, NotFoundError
from skybutler.instruments import Instrument, known_instruments
from support.instruments import OWN, changed, write_description


@pytest.mark.parametrize("name", ["LSSTCam-imSim", "lsst.obs.lsst.LsstCamImSim", "imsim"])
def test_imsim_is_found_by_each_of_its_names(name: str) -> None:
    assert Instrument.load(name).name == "LSSTCam-imSim"


def test_imsim_detectors_equal_the_camera_file(imsim: Instrument, shared: Path) -> None:
    expected = json.loads((shared / "expect/camera_LSSTCam-imSim.json").read_text())
    assert len(imsim.detectors) == expected["n_detectors"]
    assert len({d.raft for d in imsim.detectors}) == expected["n_rafts"]
    for entry in expected["detectors"]:
        detector = imsim.detector(entry["id"])
        assert imsim.detector(entry["name"]) is detector
        assert (detector.full_name, detector.raft, detector.name_in_raft, detector.purpose) == (
            entry["name"],
            entry["raft"],
            entry["name_in_raft"],
            entry["purpose"],
        )
        x0, y0, x1, y1 = entry["bbox"]
        assert detector.layout.size == (x1 - x0 + 1, y1 - y0 + 1)
        centre = [
            at + imsim.camera.pixel_mm * ((low + high) / 2 - reference)
            for at, low, high, reference in zip(
                detector.position, (x0, y0), (x1, y1), imsim.camera.reference_pixel, strict=True
            )
        ]
        assert centre == pytest.approx(entry["bbox_centre_mm"], abs=1e-9)


def test_imsim_records_are_those_of_register_instrument(imsim: Instrument) -> None:
    records = imsim.records()
    assert list(records) == ["instrument", "detector", "physical_filter"]
    assert records["instrument"] == {
        "name": ["LSSTCam-imSim"],
        "visit_max": [9999999],
        "visit_system": [0],
        "exposure_max": [9999999],
        "detector_max": [1000],
        "class_name": ["lsst.obs.lsst.LsstCamImSim"],
    }
    assert {column: values[42] for column, values in records["detector"].items()} == {
        "instrument": "LSSTCam-imSim",
        "id": 42,
        "full_name": "R11_S20",
        "name_in_raft": "S20",
        "raft": "R11",
        "purpose": "SCIENCE",
    }
    assert dict(zip(records["physical_filter"]["name"], records["physical_filter"]["band"], strict=True)) == {
        f"{band}_sim_1.4": band for band in "ugrizy"
    }


def test_every_amplifier_of_a_layout_has_a_place_of_its_own(imsim: Instrument) -> None:
    for layout in imsim.layouts.values():
        width, height = layout.size
        covered = set()
        for amplifier in layout.amplifiers:
            x, y = amplifier.position
            _, _, w, h = amplifier.data
            assert x + w <= width
            assert y + h <= height
            covered.add((x, y))
        assert len(covered) == len(layout.amplifiers) == 16
        assert sum(a.data[2] * a.data[3] for a in layout.amplifiers) == width * height


def test_wrong_name_offers_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r"LSSTCam-imsin.*Did you mean 'LSSTCam-imSim'"):
        Instrument.load("LSSTCam-imsin")


def test_unrelated_name_lists_what_is_known() -> None:
    with pytest.raises(NotFoundError, match="Known are HSC, LSSTCam-imSim; another one needs the path"):
        Instrument.load("Kepler")


def test_own_instrument_from_a_file_and_from_a_folder(tmp_path: Path) -> None:
    path = write_description(tmp_path, OWN)
    assert [d.full_name for d in Instrument.load(path).detectors] == ["left", "right"]
    assert Instrument.load("BackyardCam", search=[tmp_path]).filters == {"Clear": None, "R": "r"}
    assert {i.name for i in known_instruments([tmp_path])} >= {"BackyardCam", "LSSTCam-imSim"}


def test_own_instruments_in_folders_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name in (("a", "BackyardCam"), ("b", "BackyardCam"), ("b", "GardenCam")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.yaml").write_text(yaml.safe_dump(changed("name", value=name)))
    monkeypatch.setenv("SKYBUTLER_INSTRUMENTS", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert [i.name for i in known_instruments()] == ["BackyardCam", "GardenCam", "HSC", "LSSTCam-imSim"]
    assert Instrument.load("BackyardCam").source == str(tmp_path / "a" / "BackyardCam.yaml")
    assert Instrument.load("BackyardCam", search=[tmp_path / "b"]).source == str(tmp_path / "b" / "BackyardCam.yaml")


def test_changed_description_is_read_again(tmp_path: Path) -> None:
    path = write_description(tmp_path, OWN)
    assert Instrument.load("BackyardCam", search=[tmp_path]).detector_max == 2
    path.write_text(yaml.safe_dump(changed("limits", "detector_max", value=5)))
    os.utime(path, ns=(0, 0))
    assert Instrument.load("BackyardCam", search=[tmp_path]).detector_max == 5


@pytest.mark.parametrize(
    "document, message",
    [
        (changed("limits", "visit_max", value="many"), "'visit_max' is 'many'; expected a whole number"),
        (changed("limits", "visit_max", value=True), "'visit_max' is True; expected a whole number"),
        (changed("limits", "vist_max", value=1), "unknown key 'vist_max'. Did you mean 'visit_max'"),
        (changed("visit_system", value="by-moon"), "'visit_system' is 'by-moon'; known are 'one-to-one'"),
        (changed("camera", "detectors", 1, "id", value=0), "detector id 0 is given twice"),
        (changed("camera", "detectors", 1, "layout", value="smal"), "'layout' is 'smal'.*Did you mean 'small'"),
        (changed("camera", "reference_pixel", value=[1]), "expected a list of 2 numbers"),
        (changed("header", "recognise", value={}), "'header.recognise' is empty"),
        (
            changed("header", "properties", "exposure_idd", value={"card": "X"}),
            "unknown observation property 'exposure_idd'. Did you mean 'exposure_id'",
        ),
        (changed("header", "properties", "object", value={"crad": "OBJ"}), "expected exactly one. Did you mean 'card'"),
        (changed("header", "properties", "object", value="OBJECT"), "expected a mapping such as {card: OBSID}"),
        (
            changed("header", "properties", "object", value={"const": 1, "factor": 2}),
            "'const' takes no option 'factor'",
        ),
        (changed("header", "properties", "datetime_begin", value={"mjd": "M", "scale": "tia"}), "time scale 'tia'"),
        (
            changed("header", "properties", "exposure_time", value={"property": "dark_time"}),
            "refer to each other in a circle: .*exposure_time",
        ),
    ],
)
def test_mistakes_in_a_description_are_named(tmp_path: Path, document: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Instrument.load(write_description(tmp_path, document))


def test_objects_in_yaml_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigError, match="not YAML"):
        Instrument.load(path)


def test_pattern_that_tells_files_is_checked(tmp_path: Path) -> None:
    path = write_description(tmp_path, changed("header", "recognise", value={"FRAMEID": {"match": "(A"}}))
    with pytest.raises(ConfigError, match=r"header\.recognise: 'match' is no regular expression"):
        Instrument.load(path)


def test_amplifiers_that_share_an_image(tmp_path: Path) -> None:
    document = changed("layouts", "small", "image", value=0)
    document["layouts"]["small"]["amplifier"] |= {"raw": [0, 0, 60, 90], "data": [2, 5, 50, 80]}
    document["layouts"]["small"]["rows"] = [
        {"name": "A{}", "extension": "{}", "y": 0, "columns": [0]},
        {"name": "A{}", "extension": "{}", "y": 0, "columns": [1], "mirrored": True},
    ]
    layout = Instrument.load(write_description(tmp_path, document)).layouts["small"]
    assert layout.image == 0
    first, second = layout.amplifiers
    assert (first.place, second.place) == ((0, 0), (60, 0))
    assert (first.data, second.data, second.raw) == ((2, 5, 50, 80), (8, 5, 50, 80), (0, 0, 60, 90))
    assert (first.position, second.position) == ((0, 0), (50, 0))
