"""Cameras, detectors and amplifiers with the spellings of lsst.afw.cameraGeom."""

from __future__ import annotations

import math
import pickle

import pytest

from skybutler.compat.afw.camera import FIELD_ANGLE, FOCAL_PLANE, PIXELS, Camera, Detector
from skybutler.compat.geom import Box2I, Extent2I, Point2D, Point2I
from skybutler.compat.wrapping import to_compat
from skybutler.errors import InvalidError
from skybutler.images import DetectorLabel
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera


@pytest.fixture(scope="module")
def camera() -> Camera:
    return to_compat(nominal_camera(Instrument.load("HSC")))


def test_detectors_of_a_camera(camera: Camera) -> None:
    assert isinstance(camera, Camera)
    assert (camera.getName(), len(camera)) == ("HSC", 112)
    detector = camera["0_24"]
    assert camera[25] == detector == camera.get(25)
    assert camera.get("9_99") is None
    assert 25 in camera
    assert (detector.getId(), detector.getName(), detector.getSerial()) == (25, "0_24", "")
    assert list(camera.getIdIter()) == list(range(112)) == [d.getId() for d in camera]
    assert next(camera.getNameIter()) == "1_53"
    assert detector.getBBox() == Box2I(Point2I(0, 0), Extent2I(2048, 4176))
    assert (detector.getType().name, detector.getPhysicalType()) == ("SCIENCE", "S10892")
    assert camera[104].getType().name == "FOCUS"
    assert not detector.hasCrosstalk()
    assert list(detector.getPixelSize()) == [0.015, 0.015]
    assert camera.getFpBBox().getWidth() == pytest.approx(540.0, abs=10.0)


def test_places(camera: Camera) -> None:
    detector = camera[25]
    middle = Point2D(1023.5, 2087.5)
    focal = detector.transform(middle, PIXELS, FOCAL_PLANE)
    assert list(focal) == pytest.approx(list(detector.getCenter(FOCAL_PLANE)))
    assert list(focal) == pytest.approx([95.526, -28.875])
    assert list(detector.transform(focal, FOCAL_PLANE, PIXELS)) == pytest.approx(list(middle))
    angle = detector.getCenter(FIELD_ANGLE)
    assert math.hypot(*angle) == pytest.approx(math.radians(0.311), rel=1e-2)
    assert list(detector.transform([angle, angle], FIELD_ANGLE, PIXELS)[1]) == pytest.approx(list(middle), abs=1e-6)
    assert list(detector.getCorners(PIXELS)[2]) == [2047.5, 4175.5]
    assert [d.getId() for d in camera.findDetectors(focal)] == [25]
    assert [d.getId() for d in camera.findDetectors(angle, FIELD_ANGLE)] == [25]
    orientation = camera[50].getOrientation()
    assert orientation.getYaw().asDegrees() == pytest.approx(180.0)
    assert list(orientation.getReferencePoint()) == [1023.5, 2087.5]
    assert list(orientation.getFpPosition()) == [0.0, 34.857]
    assert orientation.getPitch().asDegrees() == orientation.getRoll().asDegrees() == 0.0


def test_amplifiers(camera: Camera) -> None:
    detector = camera[25]
    assert len(detector) == 4
    amplifiers = detector.getAmplifiers()
    assert [a.getName() for a in detector] == [a.getName() for a in amplifiers] == ["0", "1", "2", "3"]
    second = detector["1"]
    assert second == detector[1]
    assert second.getBBox() == Box2I(Point2I(512, 0), Extent2I(512, 4176))
    assert (second.getGain(), second.getReadNoise(), second.getSaturation()) == (3.0, 4.5, 57000.0)
    assert math.isnan(second.getSuspectLevel())
    assert second.getReadoutCorner().name == "LL"
    assert second.getRawBBox() == Box2I(Point2I(0, 0), Extent2I(536, 4241))
    assert second.getRawDataBBox().getDimensions() == Extent2I(512, 4176)
    assert second.getRawHorizontalOverscanBBox().getWidth() == 16
    assert second.getRawVerticalOverscanBBox().getHeight() == 16
    assert second.getRawPrescanBBox().getWidth() == 8
    assert not second.getRawFlipX()
    assert not second.getRawFlipY()


def test_detectors_without_their_camera(camera: Camera) -> None:
    label = to_compat(DetectorLabel(25, "0_24", "123"))
    assert isinstance(label, Detector)
    assert (label.getId(), label.getName(), label.getSerial()) == (25, "0_24", "123")
    with pytest.raises(InvalidError, match=r"only id, name and serial.*butler.get\('camera'"):
        label.getBBox()
    alone = to_compat(camera[25].plain)
    assert alone.getCenter(FOCAL_PLANE) == camera[25].getCenter(FOCAL_PLANE)
    with pytest.raises(InvalidError, match="optics of detector 0_24 are not known"):
        alone.getCenter(FIELD_ANGLE)
    with pytest.raises(InvalidError, match="no system of coordinates"):
        alone.getCenter("ACTUAL_PIXELS")
    assert pickle.loads(pickle.dumps(camera[25])).getCenter(FIELD_ANGLE) == camera[25].getCenter(FIELD_ANGLE)
