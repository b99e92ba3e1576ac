"""Which function reads and writes the rows of which class.  Loads none of them; knows no files.

Both tables have ``module:function`` names, which are resolved when an object of the class is first met.  They come from
here only, never from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from .archive import Archive, ArchiveWriter

__all__ = ["READERS", "WRITERS", "reader", "writer"]

Reader: TypeAlias = "Callable[[Archive, int], object]"
Writer: TypeAlias = "Callable[[ArchiveWriter, int, Any], None]"

_HERE = "skybutler.formatters.afw."
_IMAGES = "skybutler.images."

_CURVES = tuple(
    f"{kind}TransmissionCurve"
    for kind in ("Constant", "Identity", "Product", "Radial", "SpatiallyConstant", "Transformed")
)

READERS: Mapping[str, str] = {
    "ApCorrMap": _HERE + "photometry:read_aperture_corrections",
    "Calib": _HERE + "photometry:read_calib",
    "Camera": _HERE + "camera:read_camera",
    "Chebyshev1Function2D": _HERE + "kernels:read_chebyshev_function",
    "Chebyshev1Function2F": _HERE + "kernels:read_chebyshev_function",
    "ChebyshevBoundedField": _HERE + "fields:read_chebyshev_field",
    "CoaddBoundedField": _HERE + "coadd_means:read_coadd_field",
    "CoaddInputs": _HERE + "coadd_inputs:read_coadd_inputs",
    "CoaddPsf": _HERE + "coadd_psf:read_coadd_psf",
    "CoaddTransmissionCurve": _HERE + "coadd_means:read_coadd_transmission",
    "Detector": _HERE + "detector:read_detector",
    "DoubleGaussianPsf": _HERE + "kernels:read_double_gaussian_psf",
    "ExposureSummaryStats": _HERE + "summary_stats:read_summary_stats",
    "FilterLabel": _HERE + "filter_label:read_filter_label",
    "FixedKernel": _HERE + "kernels:read_fixed_kernel",
    "Footprint": _HERE + "footprint:read_footprint",
    "GaussianPsf": _HERE + "psf:read_gaussian_psf",
    **{f"HeavyFootprint{kind}": _HERE + "footprint:read_heavy_footprint" for kind in "FDIU"},
    "KernelPsf": _HERE + "kernels:read_kernel_psf",
    "LinearCombinationKernel": _HERE + "kernels:read_linear_combination_kernel",
    "PcaPsf": _HERE + "kernels:read_kernel_psf",
    "PhotoCalib": _HERE + "photometry:read_photo_calib",
    "PiffPsf": _HERE + "piff:read_piff_psf",
    "PixelAreaBoundedField": _HERE + "fields:read_pixel_area_field",
    "Polygon": _HERE + "polygon:read_polygon",
    "PolynomialFunction2D": _HERE + "kernels:read_polynomial_function",
    "PolynomialFunction2F": _HERE + "kernels:read_polynomial_function",
    "ProductBoundedField": _HERE + "fields:read_product_field",
    "PsfexPsf": _HERE + "psfex:read_psfex_psf",
    "SingleGaussianPsf": _HERE + "psf:read_gaussian_psf",
    "SkyWcs": _HERE + "wcs:read_sky_wcs",
    "SpanSet": _HERE + "footprint:read_span_set",
    "TanWcs": _HERE + "wcs:read_tan_wcs",
    "TransformBoundedField": _HERE + "fields:read_transform_field",
    "TransformMap": _HERE + "transforms:read_transform_map",
    "TransformPoint2ToPoint2": _HERE + "transforms:read_transform",
    "VisitInfo": _HERE + "visit_info:read_visit_info",
    **dict.fromkeys(_CURVES, _HERE + "transmission:read_curve"),
}
"""Function ``read(archive, number)`` by the name that a file has for a class."""

WRITERS: Mapping[str, str] = {
    _HERE + "transforms.TransformMap": _HERE + "transforms:write_transform_map",
    _HERE + "unknown.StoredObject": _HERE + "unknown:write_stored",
    _IMAGES + "aperture_corrections.ApertureCorrections": _HERE + "photometry:write_aperture_corrections",
    _IMAGES + "camera.Camera": _HERE + "camera:write_camera",
    _IMAGES + "camera.CameraDetector": _HERE + "detector:write_detector",
    _IMAGES + "coadd_means.CoaddField": _HERE + "coadd_means:write_coadd_field",
    _IMAGES + "coadd_means.CoaddTransmission": _HERE + "coadd_means:write_coadd_transmission",
    _IMAGES + "coadd_inputs.CoaddInputs": _HERE + "coadd_inputs:write_coadd_inputs",
    _IMAGES + "exposure.FilterLabel": _HERE + "filter_label:write_filter_label",
    _IMAGES + "fields.ChebyshevField": _HERE + "fields:write_chebyshev_field",
    _IMAGES + "fields.PixelAreaField": _HERE + "fields:write_pixel_area_field",
    _IMAGES + "fields.ProductField": _HERE + "fields:write_product_field",
    _IMAGES + "fields.TransformField": _HERE + "fields:write_transform_field",
    _IMAGES + "kernels.FixedKernel": _HERE + "kernels:write_fixed_kernel",
    _IMAGES + "kernels.LinearCombinationKernel": _HERE + "kernels:write_linear_combination_kernel",
    _IMAGES + "kernels.SpatialFunction": _HERE + "kernels:write_spatial_function",
    _IMAGES + "photo_calib.PhotoCalib": _HERE + "photometry:write_photo_calib",
    _IMAGES + "point_maps.PointMap": _HERE + "transforms:write_transform",
    _IMAGES + "polygon.Polygon": _HERE + "polygon:write_polygon",
    _IMAGES + "psf.GaussianPsf": _HERE + "psf:write_gaussian_psf",
    _IMAGES + "psfs_coadd.CoaddPsf": _HERE + "coadd_psf:write_coadd_psf",
    _IMAGES + "psfs_kernel.KernelPsf": _HERE + "kernels:write_kernel_psf",
    _IMAGES + "psfs_piff.PiffPsf": _HERE + "piff:write_piff_psf",
    _IMAGES + "psfs_psfex.PsfexPsf": _HERE + "psfex:write_psfex_psf",
    _IMAGES + "summary_stats.SummaryStats": _HERE + "summary_stats:write_summary_stats",
    _IMAGES + "transmission.TransmissionCurve": _HERE + "transmission:write_curve",
    _IMAGES + "visit_info.VisitInfo": _HERE + "visit_info:write_visit_info",
    _IMAGES + "wcs.SkyWcs": _HERE + "wcs:write_sky_wcs",
    "skybutler.tables.footprint.Footprint": _HERE + "footprint:write_footprint",
}
"""Function ``write(writer, number, obj)`` by the dotted name of a class of ours, or of one it is derived from."""


def reader(kind: str) -> Reader | None:
    """The function that reads objects of a class, `None` if we have none."""
    found: Reader | None = _load(READERS[kind]) if kind in READERS else None
    return found


def writer(cls: type) -> Writer | None:
    """The function that writes objects of a class, `None` if we have none."""
    for base in cls.__mro__:
        name = f"{base.__module__}.{base.__qualname__}"
        if name in WRITERS:
            found: Writer = _load(WRITERS[name])
            return found
    return None


@cache
def _load(function: str) -> Any:
    return resolve_name(function)
