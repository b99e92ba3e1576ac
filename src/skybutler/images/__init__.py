"""Images in memory: boxes, pixels, masks, exposures, their sky coordinates, cameras.  Knows nothing of files."""

from skybutler.images.aperture_corrections import ApertureCorrections
from skybutler.images.assembly import Amplifier, assemble
from skybutler.images.box import Box, Interval
from skybutler.images.camera import Camera, CameraAmplifier, CameraDetector
from skybutler.images.coadd_inputs import CoaddInputs, ExposureRecord
from skybutler.images.coadd_means import CoaddField, CoaddTerm, CoaddTransmission
from skybutler.images.exposure import DetectorLabel, Exposure, FilterLabel
from skybutler.images.fields import BoundedField, ChebyshevField, PixelAreaField, ProductField, TransformField
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage, MaskedPixel
from skybutler.images.metadata import Metadata
from skybutler.images.photo_calib import PhotoCalib
from skybutler.images.polygon import Polygon
from skybutler.images.psf import GaussianPsf, Psf
from skybutler.images.psfs_coadd import CoaddPsf
from skybutler.images.psfs_kernel import KernelPsf, PcaPsf
from skybutler.images.psfs_piff import PiffPsf
from skybutler.images.psfs_psfex import PsfexPsf
from skybutler.images.summary_stats import SummaryStats
from skybutler.images.transmission import (
    IdentityTransmission,
    ProductTransmission,
    RadialTransmission,
    SpatiallyConstantTransmission,
    TransformedTransmission,
    TransmissionCurve,
)
from skybutler.images.visit_info import Observatory, VisitInfo, Weather
from skybutler.images.wcs import SkyWcs

__all__ = [
    "Amplifier",
    "ApertureCorrections",
    "BoundedField",
    "Box",
    "Camera",
    "CameraAmplifier",
    "CameraDetector",
    "ChebyshevField",
    "CoaddField",
    "CoaddInputs",
    "CoaddPsf",
    "CoaddTerm",
    "CoaddTransmission",
    "DetectorLabel",
    "Exposure",
    "ExposureRecord",
    "FilterLabel",
    "GaussianPsf",
    "IdentityTransmission",
    "Image",
    "Interval",
    "KernelPsf",
    "Mask",
    "MaskedImage",
    "MaskedPixel",
    "Metadata",
    "Observatory",
    "PcaPsf",
    "PhotoCalib",
    "PiffPsf",
    "PixelAreaField",
    "Polygon",
    "ProductField",
    "ProductTransmission",
    "Psf",
    "PsfexPsf",
    "RadialTransmission",
    "SkyWcs",
    "SpatiallyConstantTransmission",
    "SummaryStats",
    "TransformField",
    "TransformedTransmission",
    "TransmissionCurve",
    "VisitInfo",
    "Weather",
    "assemble",
]
