"""Real cameras and other objects alone in their files, round trips, and files that are something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skybutler.errors import ButlerError, FormatError, UnknownComponentError, UnreadableFileError
from skybutler.formatters import Source, read_exposure
from skybutler.formatters.afw import Column
from skybutler.formatters.afw.unknown import StoredObject
from skybutler.formatters.catalog import DEFAULTS
from skybutler.images import Camera
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from support.files import Files

MakeFiles = Callable[[str, str], Files]
SIZES = {"LATISS": 1, "LSSTComCam": 9, "LSST-UCDCam": 2, "LSST-TS8": 225, "LSSTCam-PhoSim": 201, "LSSTCam": 205}


def real(shared: Path, name: str) -> bytes:
    return (shared / f"data/cameras/camera_{name}_{name}_calib_unbounded.fits").read_bytes()


@pytest.fixture
def cameras(files: MakeFiles) -> Files:
    return files("camera", "Camera")


def test_against_independently_decoded_values(cameras: Files, shared: Path) -> None:
    expected = json.loads((shared / "expect/camera_LSSTCam-imSim.json").read_text())
    camera: Camera = cameras.read_bytes(real(shared, "LSSTCam-imSim"))
    assert camera.name == "LSSTCam-imSim"
    assert len(camera) == expected["n_detectors"]
    assert len({d.name.split("_")[0] for d in camera}) == expected["n_rafts"]
    for wanted in expected["detectors"]:
        detector = camera[wanted["id"]]
        assert (detector.name, detector.purpose) == (wanted["name"], wanted["purpose"])
        x0, y0, x1, y1 = wanted["bbox"]
        assert list(detector.box.corners()) == [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        assert detector.center == pytest.approx(wanted["bbox_centre_mm"], abs=1e-9)
    amplifier = camera["R11_S20"]["C10"]
    assert (amplifier.gain, amplifier.saturation, amplifier.suspect_level, amplifier.read_noise) == (
        0.7, 142857.0, None, 7.0,
    )  # fmt: skip
    assert amplifier.raw is not None
    assert amplifier.raw.data.corners().__next__() == (3, 0)
    assert (amplifier.raw.flip_x, amplifier.raw.flip_y) == (True, False)
    assert len(camera[42].crosstalk) == 16
    assert camera[42].serial.startswith("ITL-3800C")


@pytest.mark.parametrize("name", SIZES)
def test_all_real_cameras(name: str, cameras: Files, shared: Path) -> None:
    camera: Camera = cameras.read_bytes(real(shared, name))
    assert (camera.name, len(camera)) == (name, SIZES[name])
    for detector in camera:
        assert len(detector.amplifiers) in (8, 16)
        assert detector.pixel_size == (0.01, 0.01)
        x, y = detector.pixels_to_focal_plane(*detector.reference_pixel)
        assert (float(x), float(y)) == pytest.approx(detector.position[:2], abs=1e-9)


@pytest.mark.parametrize("name", ["LSSTCam", "LSST-UCDCam"])
def test_a_real_camera_written_and_read_again(name: str, cameras: Files, shared: Path) -> None:
    camera: Camera = cameras.read_bytes(real(shared, name))
    assert cameras.round_trip(camera) == camera


def test_the_nominal_camera(cameras: Files) -> None:
    camera = nominal_camera(Instrument.load("LSSTCam-imSim"))
    again = cameras.round_trip(camera)
    assert again == camera
    cameras.write(again, {"LSST BUTLER ID": "x"})
    assert cameras.read() == camera


def test_names_may_have_blanks(cameras: Files) -> None:
    from dataclasses import replace

    camera = nominal_camera(Instrument.load("LSSTCam-imSim"))
    few = replace(camera, name="My Cam", detectors=tuple(replace(d, serial="A 1 b") for d in camera.detectors[:2]))
    assert cameras.round_trip(few) == few


def test_other_files(cameras: Files, shared: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no index"):
        cameras.read_bytes((shared / "data/gen2_repos/obs_test/defects/defects.fits").read_bytes())
    with pytest.raises(UnreadableFileError):
        cameras.read_bytes(b"SIMPLE  = nothing")
    whole = real(shared, "LATISS")
    with pytest.raises(UnreadableFileError):
        cameras.read_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="transform"):
        cameras.read_bytes(whole.replace(b"WinMap", b"GrimMap"[:6]))
    with pytest.raises(UnknownComponentError):
        cameras.read_bytes(whole) and cameras.read("detectors")


@pytest.mark.parametrize(
    "name, storage_class", [("photoCalib-version1", "PhotoCalib"), ("visitInfo-version-4", "VisitInfo")]
)
def test_files_of_other_objects(files: MakeFiles, shared: Path, name: str, storage_class: str) -> None:
    place = files("afw-object", storage_class)
    found = place.read_bytes((shared / f"data/exposures/{name}.fits").read_bytes())
    if storage_class == "PhotoCalib":
        assert (found.mean, found.error) == (123.0, 45.0)
    else:
        assert (found.id, found.instrument) == (987654, "TestCameraOne")
    place.write(found, {"LSST BUTLER ID": "x"})
    assert place.read() == found
    assert place.formatter.read_provenance(Source(place.storage, place.path)) == {"LSST BUTLER ID": "x"}


def test_every_part_of_a_real_calexp_alone(files: MakeFiles, shared: Path) -> None:
    exposure = read_exposure(shared / "data/exposures/calexp.fits")
    for storage_class, name in (
        ("Wcs", "wcs"), ("Psf", "psf"), ("PhotoCalib", "photo_calib"), ("ApCorr", "aperture_corrections"),
        ("Detector", "detector"), ("TransmissionCurve", "transmission_curve"), ("CoaddInputs", "coadd_inputs"),
        ("Polygon", "valid_polygon"), ("FilterLabel", "filter_label"), ("ExposureSummaryStats", "summary_stats"),
    ):  # fmt: skip
        place = files(DEFAULTS[storage_class], storage_class)
        assert place.round_trip(getattr(exposure, name)) == getattr(exposure, name), name


def test_a_class_that_is_not_known(files: MakeFiles) -> None:
    place = files("afw-object", "TablePersistable")
    place.write(StoredObject("Fancy", "", (((Column("bytes", "QB"),), ({"bytes": b"x"},)),)))
    with pytest.raises(FormatError, match="holds a Fancy, which skybutler does not know"):
        place.read()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 71_999), st.integers(0, 255)), min_size=1, max_size=8))
@example(changes=[(2880 * 4 + 100, 255)])
def test_a_damaged_file_is_refused_or_read(cameras: Files, shared: Path, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(real(shared, "LATISS"))
    for place, value in changes:
        damaged[place] = value
    with suppress(ButlerError):
        assert isinstance(cameras.read_bytes(bytes(damaged)), Camera)


def test_a_text_longer_than_the_file(cameras: Files, shared: Path) -> None:
    from io import BytesIO

    from astropy.io import fits

    with fits.open(BytesIO(real(shared, "LATISS"))) as hdus:
        place = hdus["Detector"].fileinfo()["datLoc"]
    for count, said in ((2**40, "lie outside"), (-1, "lie outside")):
        damaged = bytearray(real(shared, "LATISS"))
        damaged[place : place + 8] = count.to_bytes(8, "big", signed=True)
        with pytest.raises(UnreadableFileError, match=said):
            cameras.read_bytes(bytes(damaged))
