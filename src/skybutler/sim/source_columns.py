"""What the columns of simulated source catalogs mean: names, types, units, slots.  Knows no values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skybutler.sim.photometry import APERTURES_PX
from skybutler.tables import Field

__all__ = ["ALIASES", "aperture_column", "source_fields"]


def aperture_column(radius: float) -> str:
    """First part of the columns of a circular aperture of some pixels, ``base_CircularApertureFlux_12_0``."""
    return f"base_CircularApertureFlux_{radius:.1f}".replace(".", "_")


ALIASES: Mapping[str, str] = {
    "slot_Centroid": "base_SdssCentroid",
    "slot_Shape": "base_SdssShape",
    "slot_PsfShape": "base_SdssShape_psf",
    "slot_PsfFlux": "base_PsfFlux",
    "slot_ApFlux": "base_CircularApertureFlux_12_0",
    "slot_CalibFlux": "base_CircularApertureFlux_12_0",
    "slot_GaussianFlux": "base_GaussianFlux",
    "slot_ModelFlux": "modelfit_CModel",
}
"""Slots."""

_FLUXES = {
    "base_PsfFlux": "that fits the image of a point best",
    "base_GaussianFlux": "in the Gaussian that fits best",
    "modelfit_CModel": "in the model of a galaxy that fits best: a Gaussian",
    "ext_photometryKron_KronFlux": "in a circle of 2.5 times the mean distance of the light",
    **{aperture_column(radius): f"in a circle of {radius} pixels" for radius in APERTURES_PX},
}

_DESCRIBED: dict[str, tuple[str, str, str]] = {
    "id": ("L", "unique ID", ""),
    "coord_ra": ("Angle", "position in ra/dec", "rad"),
    "coord_dec": ("Angle", "position in ra/dec", "rad"),
    "parent": ("L", "unique ID of parent source", ""),
    "deblend_nChild": ("I", "number of children this object has; 0 if it is no blend", ""),
    "detect_isPrimary": ("Flag", "no blend of others, and where this image is the one that counts", ""),
    "detect_isPatchInner": ("Flag", "in the inner region of its patch", ""),
    "detect_isTractInner": ("Flag", "in the inner region of its tract", ""),
    "calib_detected": ("Flag", "detected for the calibration", ""),
    "calib_psf_candidate": ("Flag", "a star that the PSF could be made from", ""),
    "calib_psf_used": ("Flag", "used for the PSF", ""),
    "calib_psf_reserved": ("Flag", "kept aside to check the PSF", ""),
    "calib_astrometry_used": ("Flag", "used for the astrometry", ""),
    "calib_photometry_used": ("Flag", "used for the photometry", ""),
    "calib_photometry_reserved": ("Flag", "kept aside to check the photometry", ""),
    "base_SdssCentroid_x": ("D", "position", "pixel"),
    "base_SdssCentroid_y": ("D", "position", "pixel"),
    "base_SdssCentroid_xErr": ("F", "standard deviation of x", "pixel"),
    "base_SdssCentroid_yErr": ("F", "standard deviation of y", "pixel"),
    "base_SdssCentroid_flag": ("Flag", "no peak was fitted: the position is that of the brightest pixel", ""),
    "base_SdssShape_flag": ("Flag", "the moments did not converge", ""),
    "base_FootprintArea_value": ("I", "pixels in the footprint", "pixel"),
    "base_ClassificationExtendedness_value": ("D", "0 for points, 1 for what is wider", ""),
    "base_ClassificationExtendedness_flag": ("Flag", "could not be told", ""),
    "base_LocalPhotoCalib": ("D", "nanojansky per count at the position", ""),
    "base_LocalPhotoCalibErr": ("D", "standard deviation of the calibration", ""),
    "ext_photometryKron_KronFlux_radius": ("F", "radius of the circle", "pixel"),
    "base_PixelFlags_flag": ("Flag", "pixels could not be looked at", ""),
    "base_PixelFlags_flag_offimage": ("Flag", "not on the image", ""),
    **{f"base_SdssShape_{m}": ("D", f"adaptive moment {m}", "pixel^2") for m in ("xx", "yy", "xy")},
    **{f"base_SdssShape_psf_{m}": ("D", f"adaptive moment {m} of the PSF", "pixel^2") for m in ("xx", "yy", "xy")},
}


def source_fields(names: Iterable[str]) -> list[Field]:
    """Fields of some columns, those that every catalog has first."""
    wanted = list(names)
    first = [name for name in ("id", "coord_ra", "coord_dec", "parent") if name in wanted]
    return [_field(name) for name in dict.fromkeys([*first, *wanted])]


def _field(name: str) -> Field:
    if name in _DESCRIBED:
        kind, doc, unit = _DESCRIBED[name]
        return Field(name, kind, doc, unit)
    for flux, what in _FLUXES.items():
        match name.removeprefix(flux):
            case "_instFlux":
                return Field(name, "D", f"flux {what}", "count")
            case "_instFluxErr":
                return Field(name, "D", f"standard deviation of the flux {what}", "count")
            case "_apCorr":
                return Field(name, "D", "aperture correction that was applied", "")
            case "_flag":
                return Field(name, "Flag", "no flux was found, or not all of it", "")
    flag = name.removeprefix("base_PixelFlags_flag_")
    where = "at the centre" if flag.endswith("Center") else "near the source"
    return Field(name, "Flag", f"{flag.removesuffix('Center')} pixels {where}", "")
