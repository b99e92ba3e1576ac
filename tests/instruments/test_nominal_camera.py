"""The camera that a description gives, against the one that the original software persisted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.images import Camera
from skybutler.instruments import Instrument
from skybutler.instruments.camera import corner_field_angles
from skybutler.instruments.nominal_camera import nominal_camera
from support.files import Files
from support.instruments import OWN, write_description


def test_it_is_the_real_one(tmp_path: Path, shared: Path) -> None:
    name = "camera_LSSTCam-imSim_LSSTCam-imSim_calib_unbounded.fits"
    real = Files(tmp_path, "camera", "Camera").read_bytes((shared / "data/cameras" / name).read_bytes())
    ours = nominal_camera(Instrument.load("LSSTCam-imSim"))
    assert isinstance(real, Camera)
    corners = np.array([[0.0, 0.0], [4071.0, 0.0], [4071.0, 3999.0], [0.0, 3999.0]])
    for mine, theirs in zip(ours, real, strict=True):
        assert (mine.id, mine.name, mine.purpose, mine.box, mine.physical_type) == (
            theirs.id, theirs.name, theirs.purpose, theirs.box, theirs.physical_type,
        )  # fmt: skip
        assert mine.position == pytest.approx(theirs.position, abs=1e-9)
        assert (mine.reference_pixel, mine.pixel_size) == (theirs.reference_pixel, theirs.pixel_size)
        np.testing.assert_allclose(
            mine.pixels_to_focal_plane.apply(corners), theirs.pixels_to_focal_plane.apply(corners), atol=1e-9
        )
        assert mine.pixels_to_tangent_pixels is not None
        assert theirs.pixels_to_tangent_pixels is not None
        np.testing.assert_allclose(
            mine.pixels_to_tangent_pixels.apply(corners), theirs.pixels_to_tangent_pixels.apply(corners), atol=1e-6
        )
        assert mine.amplifiers == theirs.amplifiers
    assert ours.focal_plane_to_field_angle == real.focal_plane_to_field_angle


def test_rotated_detectors_agree_with_the_regions(tmp_path: Path) -> None:
    instrument = Instrument.load(write_description(tmp_path, OWN))
    camera = nominal_camera(instrument)
    outlines = corner_field_angles(instrument, padding=0)
    for detector, outline in zip(instrument.detectors, outlines, strict=True):
        found = camera.focal_plane_to_field_angle.apply(camera[detector.id].corners())
        np.testing.assert_allclose(found, outline, atol=1e-15)
