"""Detectors by id, name and place."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import NotFoundError
from skybutler.images import Camera
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera


@pytest.fixture(scope="module")
def camera() -> Camera:
    return nominal_camera(Instrument.load("LSSTCam-imSim"))


def test_detectors_by_id_and_name(camera: Camera) -> None:
    assert camera[94] is camera["R22_S11"]
    assert len(camera) == 189
    assert [d.id for d in camera] == list(range(189))
    assert 42 in camera
    assert "R99_S00" not in camera
    with pytest.raises(NotFoundError, match="Did you mean .*'R22_S11'"):
        camera["R22_S1"]
    assert camera[42]["C10"].box.shape == (2000, 509)
    with pytest.raises(NotFoundError, match="no amplifier 'C99'"):
        camera[42]["C99"]


def test_places(camera: Camera) -> None:
    assert camera[94].center == pytest.approx((-0.01, -0.01))
    assert np.ptp(camera[94].corners(), axis=0) == pytest.approx((40.72, 40.0))
    assert [d.id for d in camera.find_detectors(0.0, 0.0)] == [94]
    x, y = camera[42].center
    assert [d.name for d in camera.find_detectors(x, y)] == ["R11_S20"]
    assert camera.find_detectors(1000.0, 0.0) == []


def test_pixels_to_angles_and_back(camera: Camera) -> None:
    x, y = camera.pixel_to_field_angle(42, [0.0, 4071.0], 100.0)
    assert float(x[1] - x[0]) == pytest.approx(4071 * 0.01 * 9.6962736221907193e-05)
    back = camera.field_angle_to_pixel("R11_S20", x, y)
    np.testing.assert_allclose(back, [[0.0, 4071.0], [100.0, 100.0]], atol=1e-7)
