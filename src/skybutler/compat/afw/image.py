"""The names of ``lsst.afw.image``."""

from __future__ import annotations

from .exposure import (
    Exposure,
    ExposureD,
    ExposureF,
    ExposureI,
    ExposureInfo,
    ExposureL,
    ExposureU,
)
from .mask import Mask, MaskX
from .masked_image import (
    MaskedImage,
    MaskedImageD,
    MaskedImageF,
    MaskedImageI,
    MaskedImageL,
    MaskedImageU,
)
from .missing import missing
from .parts import ApCorrMap, CoaddInputs, TransmissionCurve
from .photo_calib import PhotoCalib, makePhotoCalibFromCalibZeroPoint
from .pixels import LOCAL, PARENT, Image, ImageD, ImageF, ImageI, ImageL, ImageOrigin, ImageU
from .visit_info import FilterLabel, RotType, VisitInfo

__all__ = [
    "LOCAL",
    "PARENT",
    "ApCorrMap",
    "CoaddInputs",
    "Exposure",
    "ExposureD",
    "ExposureF",
    "ExposureI",
    "ExposureInfo",
    "ExposureL",
    "ExposureU",
    "FilterLabel",
    "Image",
    "ImageD",
    "ImageF",
    "ImageI",
    "ImageL",
    "ImageOrigin",
    "ImageU",
    "Mask",
    "MaskX",
    "MaskedImage",
    "MaskedImageD",
    "MaskedImageF",
    "MaskedImageI",
    "MaskedImageL",
    "MaskedImageU",
    "PhotoCalib",
    "RotType",
    "TransmissionCurve",
    "VisitInfo",
    "makePhotoCalibFromCalibZeroPoint",
]

__getattr__ = missing(
    "lsst.afw.image",
    __all__,
    {
        "Calib": "PhotoCalib replaced it: exposure.getPhotoCalib().",
        "Filter": "FilterLabel replaced it: exposure.getFilter().",
        "DecoratedImage": "Read files with ImageF(path).",
        "makeExposure": "Use ExposureF(maskedImage, wcs).",
        "makeMaskedImage": "Use MaskedImageF(image, mask, variance).",
    },
)
