"""The names of ``lsst.afw.cameraGeom``."""

from __future__ import annotations

from .camera import (
    FIELD_ANGLE,
    FOCAL_PLANE,
    PIXELS,
    Amplifier,
    Camera,
    Detector,
    DetectorType,
    ReadoutCorner,
)
from .missing import missing

__all__ = ["FIELD_ANGLE", "FOCAL_PLANE", "PIXELS", "Amplifier", "Camera", "Detector", "DetectorType", "ReadoutCorner"]

__getattr__ = missing(
    "lsst.afw.cameraGeom",
    __all__,
    {
        "TAN_PIXELS": "CameraDetector.pixels_to_tangent_pixels of skybutler.images has that map.",
        "makeCameraFromPath": "Cameras are described in YAML: docs/how-to/add-an-instrument.md.",
        "utils": "skybutler.display draws mosaics of the focal plane.",
    },
)
