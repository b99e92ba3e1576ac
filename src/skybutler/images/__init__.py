"""Images in memory: boxes, pixels, masks, exposures, their sky coordinates, cameras.  Knows nothing of files."""

from skybutler.images.assembly import Amplifier, assemble
from skybutler.images.box import Box, Interval
from skybutler.images.camera import Camera, CameraAmplifier, CameraDetector
from skybutler.images.exposure import DetectorLabel, Exposure, FilterLabel
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage
from skybutler.images.metadata import Metadata
from skybutler.images.visit_info import Observatory, VisitInfo, Weather
from skybutler.images.wcs import SkyWcs

__all__ = [
    "Amplifier",
    "Box",
    "Camera",
    "CameraAmplifier",
    "CameraDetector",
    "DetectorLabel",
    "Exposure",
    "FilterLabel",
    "Image",
    "Interval",
    "Mask",
    "MaskedImage",
    "Metadata",
    "Observatory",
    "SkyWcs",
    "VisitInfo",
    "Weather",
    "assemble",
]
