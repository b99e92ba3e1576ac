"""A catalog of the sources on an exposure, detected and measured on its pixels.  Knows no truth and no files.

Columns have the names and units of those that LSST pipelines write.  Fluxes of models are what a Gaussian of the
measured shape would have; the algorithms are simpler than those of the pipelines and meant for simulated images.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images import BoundedField, Exposure, Psf
from skybutler.sim.detection import Detections, detect
from skybutler.sim.photometry import APERTURES_PX, Fluxes, Photometry
from skybutler.sim.source_columns import ALIASES, aperture_column, source_fields
from skybutler.tables import Footprint, PeakCatalog, SourceCatalog

__all__ = ["detections_on", "measure", "measure_at"]

Columns = dict[str, Any]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_IGNORED = ("EDGE", "NO_DATA", "STREAK")
_WIDE_PX = 3
_FLAGS = {
    "bad": "BAD", "saturated": "SAT", "interpolated": "INTRP", "cr": "CR", "suspect": "SUSPECT", "edge": "EDGE",
    "clipped": "CLIPPED", "inexact_psf": "INEXACT_PSF", "sensor_edge": "SENSOR_EDGE", "streak": "STREAK",
}  # fmt: skip
_CENTRES = ("saturated", "interpolated", "cr", "suspect", "clipped", "inexact_psf", "sensor_edge", "streak")
_EXTENDED_RATIO = 0.985
_BRIGHT, _SIZE_TOLERANCE, _RESERVED = 50.0, 0.1, 5
_MATCH_PX = 1.0


def detections_on(exposure: Exposure, threshold: float = 5.0) -> Detections:
    """Footprints and peaks of an exposure, whose background is zero.

    Parameters
    ----------
    exposure : `Exposure`
        With a PSF.
    threshold : `float`
        In standard deviations of the image smoothed with the PSF.

    Raises
    ------
    InvalidError
        The exposure has no PSF.
    """
    psf, mask = _psf_of(exposure), exposure.mask
    ignored = mask.where([plane for plane in _IGNORED if plane in mask.planes]) | _wide(mask.where("BAD"))
    image, variance = (plane.array.astype(np.float32, copy=False) for plane in (exposure.image, exposure.variance))
    return detect(image, variance, psf.sigma(), ignored=ignored, threshold=threshold)


def measure(
    exposure: Exposure,
    *,
    first_id: int = 1,
    references: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    found: Detections | None = None,
) -> SourceCatalog:
    """Detect and measure the sources on an exposure.

    Parameters
    ----------
    exposure : `Exposure`
        With PSF, WCS and mask; its background is zero.
    first_id : `int`
        Id of the first source; the others follow.
    references : pair of array_like, optional
        Right ascensions and declinations (ICRS degrees) of the stars of a reference catalog: sources at their places
        count as used for the calibration.
    found : `Detections`, optional
        What is to be measured; `detections_on` the exposure if not given.

    Returns
    -------
    catalog : `SourceCatalog`
        Single sources and blends first, by footprint, then the parts of the blends (``parent`` is the id of theirs).

    Raises
    ------
    InvalidError
        The exposure has no PSF or no WCS.
    """
    found = detections_on(exposure) if found is None else found
    peaks = np.bincount(found.footprint, minlength=int(found.footprint.max(initial=-1)) + 1)
    first = np.flatnonzero(np.diff(found.footprint, prepend=-1))
    in_blend = peaks[found.footprint] > 1
    parts = _columns(exposure, found, np.arange(len(found)))
    whole = _columns(exposure, found, first[peaks > 1])
    # Of the footprints: the blend if there are several peaks, else the only peak.
    top = {name: values[first].copy() for name, values in parts.items()}
    for name, values in whole.items():
        top[name][peaks > 1] = values
    columns = {name: np.concatenate([values, parts[name][in_blend]]) for name, values in top.items()}
    n, n_parts = len(first), int(in_blend.sum())
    columns["id"] = first_id + np.arange(n + n_parts, dtype=np.int64)
    columns["parent"] = np.concatenate([np.zeros(n, np.int64), columns["id"][found.footprint[in_blend]]])
    columns["deblend_nChild"] = np.concatenate([np.where(peaks > 1, peaks, 0), np.zeros(n_parts, int)]).astype(np.int32)
    columns["detect_isPrimary"] = columns["deblend_nChild"] == 0
    columns |= _calibration_flags(exposure, columns, references)
    objects = {"footprint": _footprints(exposure, found, in_blend)}
    return SourceCatalog(columns, fields=source_fields(columns), aliases=ALIASES, objects=objects)


def measure_at(exposure: Exposure, catalog: SourceCatalog) -> SourceCatalog:
    """Measure fluxes on an exposure at the places of a catalog (forced photometry).

    Parameters
    ----------
    exposure : `Exposure`
        With PSF, WCS and mask; its background is zero.
    catalog : `SourceCatalog`
        Whose ids, parents and places on the sky are kept.

    Returns
    -------
    catalog : `SourceCatalog`
        The same rows, those that are not on the exposure included; ``base_PixelFlags_flag_offimage`` tells of them.

    Raises
    ------
    InvalidError
        The exposure has no PSF or no WCS.
    """
    if exposure.wcs is None:
        raise InvalidError("Places on the sky cannot be found on an exposure without a WCS.")
    x, y = exposure.wcs.sky_to_pixel(catalog.ra, catalog.dec)
    blend = catalog["deblend_nChild"] > 0
    kept = ("id", "coord_ra", "coord_dec", "parent", "deblend_nChild")
    columns: Columns = {name: catalog[name] for name in kept}
    columns |= {"base_SdssCentroid_x": x, "base_SdssCentroid_y": y}
    # Blends as a whole, and what they are made of as if it were all there is.
    parts, whole = (_forced(exposure, x[rows], y[rows]) for rows in (~blend, blend))
    for name, values in parts.items():
        columns[name] = np.empty(len(x), values.dtype)
        columns[name][~blend], columns[name][blend] = values, whole[name]
    return SourceCatalog(columns, fields=source_fields(columns), aliases=ALIASES)


def _forced(exposure: Exposure, x: Floats, y: Floats) -> Columns:
    x, y = x - exposure.xy0[0], y - exposure.xy0[1]
    width, height = exposure.dimensions
    # What is outside is measured as if it were at the edge, and flagged.
    column = np.clip(np.rint(x), 0, width - 1).astype(np.int64)
    row = np.clip(np.rint(y), 0, height - 1).astype(np.int64)
    at = np.clip(x, column - 0.5, column + 0.5), np.clip(y, row - 0.5, row + 0.5)
    fluxes = _flux_columns(exposure, _photometry(exposure, column, row, at))
    return fluxes | _pixel_flags(exposure, x, y)


def _columns(exposure: Exposure, found: Detections, peaks: npt.NDArray[np.intp]) -> Columns:
    """What is measured at some peaks, those of them that are not named being left out of account."""
    if exposure.wcs is None:
        raise InvalidError("Sources cannot be placed on the sky without a WCS.")
    photometry = _photometry(exposure, found.x[peaks], found.y[peaks])
    x0, y0 = exposure.xy0
    x, y = photometry.x + x0, photometry.y + y0
    ra, dec = exposure.wcs.pixel_to_sky(x, y)
    error = photometry.position_error
    area = np.bincount(found.spans[:, 3], found.spans[:, 2] - found.spans[:, 1] + 1)
    columns: Columns = {
        "coord_ra": np.radians(ra),
        "coord_dec": np.radians(dec),
        "base_SdssCentroid_x": x,
        "base_SdssCentroid_y": y,
        "base_SdssCentroid_xErr": error.astype(np.float32),
        "base_SdssCentroid_yErr": error.astype(np.float32),
        "base_SdssCentroid_flag": ~photometry.fitted,
        "base_FootprintArea_value": area[found.footprint[peaks]].astype(np.int32),
    }
    columns |= _flux_columns(exposure, photometry)
    return columns | _pixel_flags(exposure, photometry.x, photometry.y)


def _photometry(exposure: Exposure, x: Any, y: Any, at: tuple[Floats, Floats] | None = None) -> Photometry:
    """Photometry at peaks, counted from the first pixel of the exposure."""
    psf, (x0, y0) = _psf_of(exposure), exposure.xy0
    image, variance = (
        np.nan_to_num(plane.array).astype(np.float32, copy=False) for plane in (exposure.image, exposure.variance)
    )
    return Photometry(
        image,
        variance,
        x,
        y,
        psf.sigma(),
        lambda column, row: _kernel_at(psf, column + x0, row + y0),
        at,
    )


def _psf_of(exposure: Exposure) -> Psf:
    if exposure.psf is None:
        raise InvalidError("Sources cannot be measured on an exposure without a PSF.")
    return exposure.psf


def _kernel_at(psf: Psf, x: float, y: float) -> Floats:
    """Image of a point at a position; of a coadd that has no image there, the average one."""
    try:
        return psf.compute_kernel_image(x, y).array
    except InvalidError:
        return psf.compute_kernel_image().array


def _flux_columns(exposure: Exposure, photometry: Photometry) -> Columns:
    """Fluxes and shapes."""
    corrections: Mapping[str, BoundedField] = exposure.aperture_corrections or {}
    x, y = photometry.x + exposure.xy0[0], photometry.y + exposure.xy0[1]
    columns: Columns = {}

    def add(name: str, fluxes: Fluxes, flag: Bools) -> Floats:
        key = f"{name}_instFlux"
        factor = corrections[key].evaluate(x, y) if key in corrections else np.ones(len(x))
        columns[key], columns[f"{key}Err"] = fluxes.value * factor, fluxes.error * factor
        columns[f"{name}_flag"] = flag | ~np.isfinite(fluxes.value)
        if key in corrections:
            columns[f"{name}_apCorr"] = factor
        return np.asarray(columns[key])

    none = np.zeros(len(x), dtype=bool)
    psf_flux = add("base_PsfFlux", photometry.psf_flux, none)
    moments, psf_moments = photometry.moments(), photometry.psf_moments()
    for name, values in (("xx", moments.xx), ("yy", moments.yy), ("xy", moments.xy)):
        columns[f"base_SdssShape_{name}"] = values
        columns[f"base_SdssShape_psf_{name}"] = getattr(psf_moments, name)
    columns["base_SdssShape_flag"] = moments.failed
    gaussian = add("base_GaussianFlux", moments.flux, moments.failed)
    model = Fluxes(*(np.where(moments.failed, psf, own) for psf, own in _pairs(photometry.psf_flux, moments.flux)))
    add("modelfit_CModel", model, none)
    truncated = photometry.truncated
    for radius in APERTURES_PX:
        add(aperture_column(radius), photometry.aperture(radius), truncated(radius))
    radii = photometry.kron_radius()
    add("ext_photometryKron_KronFlux", photometry.aperture(radii), none)
    columns["ext_photometryKron_KronFlux_radius"] = radii.astype(np.float32)
    columns["base_ClassificationExtendedness_value"] = np.where(
        moments.failed, np.nan, (psf_flux < _EXTENDED_RATIO * gaussian).astype(np.float64)
    )
    columns["base_ClassificationExtendedness_flag"] = moments.failed
    if exposure.photo_calib is not None:
        calibration = exposure.photo_calib
        columns["base_LocalPhotoCalib"] = np.asarray(calibration.at(x, y), dtype=np.float64)
        columns["base_LocalPhotoCalibErr"] = np.full(len(x), calibration.error)
    return columns


def _pairs(one: Fluxes, other: Fluxes) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    return (one.value, other.value), (one.error, other.error)


def _pixel_flags(exposure: Exposure, x: Floats, y: Floats) -> Columns:
    """Whether pixels near sources, counted from the first one, have planes of the mask set."""
    mask, columns = exposure.mask, Columns()
    reach = max(2, round(2.0 * _psf_of(exposure).sigma()))
    height, width = mask.array.shape
    column, row = (np.rint(values).astype(np.int64) for values in (x, y))
    outside = (column < 0) | (row < 0) | (column >= width) | (row >= height)
    padded = np.pad(mask.array, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
    around = windows[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    near = np.bitwise_or.reduce(around, axis=(1, 2))
    middle = np.bitwise_or.reduce(around[:, reach - 1 : reach + 2, reach - 1 : reach + 2], axis=(1, 2))
    for flag, plane in _FLAGS.items():
        if plane in mask.planes:
            columns[f"base_PixelFlags_flag_{flag}"] = near & mask.bits(plane) != 0
            if flag in _CENTRES:
                columns[f"base_PixelFlags_flag_{flag}Center"] = middle & mask.bits(plane) != 0
    if "NO_DATA" in mask.planes:
        columns["base_PixelFlags_flag_edge"] |= near & mask.bits("NO_DATA") != 0
    columns["base_PixelFlags_flag_offimage"] = outside
    columns["base_PixelFlags_flag"] = np.zeros(len(x), dtype=bool)
    return columns


def _footprints(exposure: Exposure, found: Detections, in_blend: Bools) -> list[Footprint]:
    """That of each row of `measure`: parts of a blend have its pixels and their own peak."""
    x0, y0 = exposure.xy0
    n = int(found.footprint.max(initial=-1)) + 1
    edges = np.searchsorted(found.spans[:, 3], np.arange(n + 1))
    spans = [found.spans[a:b, :3] + (y0, x0, x0) for a, b in itertools.pairwise(edges.tolist())]
    x, y = found.x + x0, found.y + y0
    values = exposure.image.array[found.y, found.x]
    peaks = PeakCatalog(
        {"id": np.arange(1, len(found) + 1), "f_x": x, "f_y": y, "i_x": x, "i_y": y, "peakValue": values}
    )
    bounds = np.searchsorted(found.footprint, np.arange(n + 1))
    ranges = itertools.pairwise(bounds.tolist())
    whole = [Footprint(s, peaks[a:b]) for s, (a, b) in zip(spans, ranges, strict=True)]
    parts = np.flatnonzero(in_blend).tolist()
    return [*whole, *(Footprint(spans[found.footprint[k]], peaks[k : k + 1]) for k in parts)]


def _calibration_flags(
    exposure: Exposure, columns: Mapping[str, Any], references: tuple[npt.ArrayLike, npt.ArrayLike] | None
) -> Columns:
    """Which sources a calibration would use."""
    with np.errstate(divide="ignore", invalid="ignore"):
        significance = columns["base_PsfFlux_instFlux"] / columns["base_PsfFlux_instFluxErr"]
    clean = (columns["deblend_nChild"] == 0) & (columns["parent"] == 0) & ~columns["base_SdssCentroid_flag"]
    for flag in ("edge", "saturatedCenter", "interpolatedCenter", "crCenter", "bad"):
        clean &= ~columns[f"base_PixelFlags_flag_{flag}"]
    candidate = clean & (significance > _BRIGHT)
    size, of_psf = (
        np.sqrt((columns[f"base_SdssShape_{psf}xx"] + columns[f"base_SdssShape_{psf}yy"]) / 2) for psf in ("", "psf_")
    )
    star = candidate & (np.abs(size / of_psf - 1) < _SIZE_TOLERANCE)
    reserved = star & (np.cumsum(star) % _RESERVED == 0)
    known = clean & (significance > 10.0)
    known &= _at_references(exposure, columns, references)
    return {
        "calib_detected": clean & (significance > 10.0),
        "calib_psf_candidate": star,
        "calib_psf_used": star & ~reserved,
        "calib_psf_reserved": reserved,
        "calib_astrometry_used": known,
        "calib_photometry_used": known & star,
        "calib_photometry_reserved": known & reserved,
    }


def _at_references(
    exposure: Exposure, columns: Mapping[str, Any], references: tuple[npt.ArrayLike, npt.ArrayLike] | None
) -> Bools:
    x, y = columns["base_SdssCentroid_x"], columns["base_SdssCentroid_y"]
    matched = np.zeros(len(x), dtype=bool)
    if references is None or exposure.wcs is None or not len(x):
        return matched
    at = np.stack(exposure.wcs.sky_to_pixel(*references), axis=-1)
    box = exposure.bbox.grow(2)
    at = at[(at[:, 0] >= box.x.start) & (at[:, 0] < box.x.stop) & (at[:, 1] >= box.y.start) & (at[:, 1] < box.y.stop)]
    for part in np.array_split(at, max(1, len(at) // 1000)):
        distance = np.hypot(x[:, None] - part[:, 0], y[:, None] - part[:, 1])
        matched |= (distance < _MATCH_PX).any(axis=1)
    return matched


def _wide(bad: Bools) -> Bools:
    """Bad pixels of runs too wide for what is drawn across them to look like sky."""
    windows = np.lib.stride_tricks.sliding_window_view
    whole = windows(np.pad(bad, ((0, 0), (_WIDE_PX - 1, _WIDE_PX - 1))), _WIDE_PX, axis=1).all(axis=2)
    return np.asarray(windows(whole, _WIDE_PX, axis=1).any(axis=2))
