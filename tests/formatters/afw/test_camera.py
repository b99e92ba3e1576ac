"""Cameras whose tables contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter
from skybutler.images import Camera
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera


@pytest.fixture
def one() -> Camera:
    camera = nominal_camera(Instrument.load("LSSTCam-imSim"))
    return replace(camera, detectors=camera.detectors[:1])


def again(camera: Camera, folder: Path, **changes: Any) -> Camera:
    """Written, a cell of some columns changed, and read."""
    writer = ArchiveWriter()
    writer.put(camera)
    writer.file().writeto(folder / "c.fits")
    with fits.open(folder / "c.fits", mode="update") as hdus:
        for column, value in changes.items():
            (place, *_) = [hdu for hdu in hdus[2:] if column in hdu.columns.names]
            place.data[column][0] = value
    with fits.open(folder / "c.fits") as hdus:
        found = Archive(hdus, "c.fits").get(1, Camera)
        assert found is not None
        return found


def test_what_afw_leaves_out_may_be_missing(one: Camera, tmp_path: Path) -> None:
    detector = replace(
        one[0], pixels_to_tangent_pixels=None, amplifiers=(replace(one[0].amplifiers[0], raw=None, suspect_level=5.0),)
    )
    bare = replace(one, detectors=(detector,))
    assert again(bare, tmp_path) == bare


def test_wrong_amount_of_crosstalk(one: Camera, tmp_path: Path) -> None:
    wrong = replace(one, detectors=(replace(one[0], crosstalk=((0.0, 1.0), (1.0, 0.0))),))
    with pytest.raises(UnreadableFileError, match="4 coefficients of crosstalk for 16 amplifiers"):
        again(wrong, tmp_path)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"type": 9}, "type of detector numbered 9"),
        ({"readoutcorner": -1}, "readout corner numbered -1"),
        ({"transform": 1}, "object 1 is no TransformPoint2ToPoint2, but Camera"),
        ({"detector": 3}, "object 3 is a TransformMap where a CameraDetector should be"),
    ],
)
def test_contradictions(one: Camera, tmp_path: Path, changes: dict[str, int], said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        again(one, tmp_path, **changes)
