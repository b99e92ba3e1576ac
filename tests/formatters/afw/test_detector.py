"""One detector in an archive."""

from __future__ import annotations

from io import BytesIO

from astropy.io import fits

from skybutler.formatters.afw import Archive, ArchiveWriter
from skybutler.images import CameraDetector
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera


def test_a_detector_alone_has_its_own_transforms() -> None:
    camera = nominal_camera(Instrument.load("LSSTCam-imSim"))
    writer, buffer = ArchiveWriter(), BytesIO()
    writer.put(camera[94])
    writer.file().writeto(buffer)
    archive = Archive(fits.open(BytesIO(buffer.getvalue())), "memory")
    assert archive.get(1, CameraDetector) == camera[94]
    assert sorted(set(archive.classes.values())) == ["Detector", "TransformMap", "TransformPoint2ToPoint2"]
