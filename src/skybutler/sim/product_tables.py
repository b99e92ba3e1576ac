"""Tables of sources, objects, forced sources and visits with the columns of data preview 0.2.  Knows no files.

Fluxes are nanojansky, positions ICRS degrees, times TAI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images import Box, Exposure, ExposureRecord, VisitInfo
from skybutler.sim.objects import Objects
from skybutler.sim.source_columns import aperture_column
from skybutler.tables import ExposureCatalog, SourceCatalog

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ccd_visit_table",
    "forced_source_table",
    "object_table",
    "source_table",
    "visit_summary",
    "visit_table",
]

Columns = dict[str, Any]

_FLUXES = {
    "psfFlux": "base_PsfFlux",
    "gaussianFlux": "base_GaussianFlux",
    "cModelFlux": "modelfit_CModel",
    "kronFlux": "ext_photometryKron_KronFlux",
    "calibFlux": "base_CircularApertureFlux_12_0",
    **{f"ap{radius:02.0f}Flux": aperture_column(radius) for radius in (3.0, 6.0, 9.0, 12.0, 17.0, 25.0)},
}
_FLAGS = (
    "bad", "saturated", "saturatedCenter", "interpolated", "interpolatedCenter", "cr", "crCenter", "suspect",
    "suspectCenter", "edge", "offimage", "clipped", "clippedCenter", "inexact_psf", "inexact_psfCenter",
    "sensor_edge", "sensor_edgeCenter", "streak", "streakCenter",
)  # fmt: skip
_SUMMARY = {
    "psfSigma": "psf_sigma", "psfArea": "psf_area", "psfIxx": "psf_ixx", "psfIyy": "psf_iyy", "psfIxy": "psf_ixy",
    "ra": "ra", "dec": "dec", "pixelScale": "pixel_scale", "zenithDistance": "zenith_distance",
    "expTime": "exp_time", "zeroPoint": "zero_point", "skyBg": "sky_bg", "skyNoise": "sky_noise",
    "meanVar": "mean_var", "magLim": "mag_lim",
}  # fmt: skip
_MJD_1970 = 40587
_NS_PER_DAY = 86_400_000_000_000


def source_table(catalog: SourceCatalog, exposure: Exposure) -> pd.DataFrame:
    """The sources of one detector and visit (``sourceTable``), with index ``sourceId``."""
    n = len(catalog)
    info, label, detector = exposure.visit_info, exposure.filter_label, exposure.detector
    columns: Columns = {
        "sourceId": catalog["id"],
        "coord_ra": catalog.ra,
        "coord_dec": catalog.dec,
        "ccdVisitId": np.full(n, exposure.id or 0, dtype=np.int64),
        "parentSourceId": catalog["parent"],
        "x": catalog.x,
        "y": catalog.y,
        "xErr": catalog.x_error,
        "yErr": catalog.y_error,
        "centroid_flag": catalog.centroid_flag,
        "ra": catalog.ra,
        "decl": catalog.dec,
    }
    columns |= _fluxes(catalog, exposure, [name for name in _FLUXES if not name.startswith(("cModel", "kron"))])
    columns |= _shapes(catalog) | _pixel_flags(catalog)
    columns |= {name: catalog[name] for name in catalog.names if name.startswith("calib_")}
    columns |= {
        "extendedness": catalog["base_ClassificationExtendedness_value"],
        "detect_isPrimary": catalog["detect_isPrimary"],
        "deblend_nChild": catalog["deblend_nChild"],
        "visit": np.full(n, 0 if info is None else info.id, dtype=np.int64),
        "detector": np.full(n, -1 if detector is None else detector.id, dtype=np.int64),
        "band": np.full(n, "" if label is None else label.band, dtype=object),
        "physical_filter": np.full(n, "" if label is None else label.physical, dtype=object),
    }
    return _frame(columns, "sourceId")


def object_table(objects: Objects, coadds: Mapping[str, Exposure], tract: int, patch: int) -> pd.DataFrame:
    """The objects of one patch (``objectTable``), with index ``objectId``; columns of a band begin with its name."""
    ref = objects.ref
    n = len(ref)
    reference = np.full(n, "", dtype=object)
    for band in coadds:
        reference[ref[f"merge_measurement_{band}"]] = band
    columns: Columns = {
        "objectId": ref["id"],
        "coord_ra": ref.ra,
        "coord_dec": ref.dec,
        "x": ref.x,
        "y": ref.y,
        "xErr": ref.x_error,
        "yErr": ref.y_error,
        "tract": np.full(n, tract, dtype=np.int64),
        "patch": np.full(n, patch, dtype=np.int64),
        "parentObjectId": ref["parent"],
        "refBand": reference,
        "refExtendedness": ref["base_ClassificationExtendedness_value"],
        "footprintArea": ref["base_FootprintArea_value"],
        "deblend_nChild": ref["deblend_nChild"],
        "detect_fromBlend": ref["parent"] > 0,
        "detect_isIsolated": (ref["parent"] == 0) & (ref["deblend_nChild"] == 0),
        "detect_isDeblendedSource": ref["deblend_nChild"] == 0,
        "detect_isPatchInner": ref["detect_isPatchInner"],
        "detect_isTractInner": ref["detect_isTractInner"],
        "detect_isPrimary": ref["detect_isPrimary"],
    }
    columns |= {f"shape_{name.removeprefix('shape_').removeprefix('i')}": v for name, v in _shapes(ref).items()}
    for band in sorted(coadds, key="ugrizy".find):
        columns |= _of_band(band, objects, coadds[band])
    return _frame(columns, "objectId")


def _of_band(band: str, objects: Objects, coadd: Exposure) -> Columns:
    """Columns of one band: forced fluxes, and what was measured freely."""
    forced, free = objects.forced[band], objects.meas[band]
    columns: Columns = {"ra": free.ra, "decl": free.dec}
    columns |= _fluxes(forced, coadd, _FLUXES)
    freely = _fluxes(free, coadd, ("psfFlux", "cModelFlux"))
    columns |= {f"free_{name}": values for name, values in freely.items()}
    columns["extendedness"] = forced["base_ClassificationExtendedness_value"]
    columns["kronRad"] = forced["ext_photometryKron_KronFlux_radius"]
    columns |= _shapes(forced) | _pixel_flags(forced)
    inputs = coadd.coadd_inputs
    if inputs is not None:
        count = np.zeros(len(forced), dtype=np.int32)
        for record in inputs.ccds:
            if record.wcs is None:
                continue
            (x, y), box = record.wcs.sky_to_pixel(forced.ra, forced.dec), record.bbox
            count += (x > box.x.start) & (x < box.x.stop - 1) & (y > box.y.start) & (y < box.y.stop - 1)
        columns["inputCount"] = count
    return {f"{band}_{name}": values for name, values in columns.items()}


def forced_source_table(
    forced: Iterable[tuple[SourceCatalog, Exposure]], primary: npt.NDArray[np.int64], ids: Sequence[int], patch: int
) -> pd.DataFrame:
    """Fluxes of the objects of one patch on the exposures it was made of (``forcedSourceTable``).

    Parameters
    ----------
    forced : iterable of (`SourceCatalog`, `Exposure`)
        What `skybutler.sim.measurement.measure_at` found at the places of the objects on each exposure.
    primary : `~numpy.ndarray`
        Ids of the objects that count.
    ids : sequence of `int`
        First id of the forced sources of each exposure.
    patch : `int`
        Sequence number of the patch.
    """
    parts = []
    for (catalog, exposure), first in zip(forced, ids, strict=True):
        seen = ~catalog["base_PixelFlags_flag_offimage"]
        seen &= catalog["deblend_nChild"] == 0
        kept = catalog[seen]
        n, label = len(kept), exposure.filter_label
        columns: Columns = {
            "forcedSourceId": first + np.arange(n, dtype=np.int64),
            "objectId": kept["id"],
            "parentObjectId": kept["parent"],
            "coord_ra": kept.ra,
            "coord_dec": kept.dec,
            "ccdVisitId": np.full(n, exposure.id or 0, dtype=np.int64),
            "band": np.full(n, "" if label is None else label.band, dtype=object),
            "patch": np.full(n, patch, dtype=np.int64),
            "detect_isPrimary": np.isin(kept["id"], primary),
        }
        parts.append(columns | _fluxes(kept, exposure, ("psfFlux",)) | _pixel_flags(kept))
    return _stacked(parts, "forcedSourceId")


def visit_table(exposures: Iterable[Exposure]) -> pd.DataFrame:
    """Visits of some exposures (``visitTable``), one row for each, with index ``visitId``."""
    rows: dict[int, Columns] = {}
    for exposure in exposures:
        info = exposure.visit_info
        if info is not None and info.id is not None and info.id not in rows:
            rows[info.id] = {"visitId": info.id, "visit": info.id, **_of_visit(exposure, info)}
    return _rows(list(rows.values()), "visitId")


def ccd_visit_table(exposures: Iterable[Exposure]) -> pd.DataFrame:
    """Detectors of visits (``ccdVisitTable``), with index ``ccdVisitId``."""
    rows = []
    for exposure in exposures:
        info, stats, detector = exposure.visit_info, exposure.summary_stats, exposure.detector
        if info is None or stats is None or detector is None:
            continue
        row: Columns = {"ccdVisitId": exposure.id, "visitId": info.id, "detector": detector.id}
        row |= _of_visit(exposure, info) | {"ra": stats.ra, "decl": stats.dec}
        row |= {
            "zenithDistance": stats.zenith_distance,
            "darkTime": info.dark_time,
            "xSize": exposure.bbox.x.size,
            "ySize": exposure.bbox.y.size,
            "pixelScale": stats.pixel_scale,
            "seeing": stats.psf_sigma * stats.pixel_scale * 2.354820045,
            "psfSigma": stats.psf_sigma,
            "psfArea": stats.psf_area,
            "psfIxx": stats.psf_ixx,
            "psfIyy": stats.psf_iyy,
            "psfIxy": stats.psf_ixy,
            "skyBg": stats.sky_bg,
            "skyNoise": stats.sky_noise,
            "zeroPoint": stats.zero_point,
            "meanVar": stats.mean_var,
            "magLim": stats.mag_lim,
        }
        for i, corner in enumerate(("llc", "lrc", "urc", "ulc")):
            row[f"{corner}ra"], row[f"{corner}dec"] = stats.ra_corners[i], stats.dec_corners[i]
        rows.append(row)
    return _rows(rows, "ccdVisitId")


def visit_summary(exposures: Iterable[tuple[Exposure, Box]]) -> ExposureCatalog:
    """The exposures of one visit with their objects (``visitSummary``); ids are those of the detectors.

    Parameters
    ----------
    exposures : iterable of (`Exposure`, `Box`)
        What is known of each, and all of its pixels.
    """
    records = []
    for exposure, box in exposures:
        info, stats, detector, label = (
            exposure.visit_info, exposure.summary_stats, exposure.detector, exposure.filter_label
        )  # fmt: skip
        if info is None or stats is None or detector is None or label is None:
            raise InvalidError(f"{exposure!r} cannot be summed up: it has no circumstances, statistics or labels.")
        fields: Columns = {"visit": info.id, "physical_filter": label.physical or "", "band": label.band or ""}
        fields |= {column: stats[name] for column, name in _SUMMARY.items()}
        fields |= {"raCorners": np.array(stats.ra_corners), "decCorners": np.array(stats.dec_corners)}
        names = ("wcs", "psf", "photo_calib", "aperture_corrections", "valid_polygon", "visit_info", "detector")
        parts = {name: getattr(exposure, name) for name in names}
        records.append(ExposureRecord(detector.id or 0, box, parts, fields))
    return ExposureCatalog.from_records(records)


def _of_visit(exposure: Exposure, info: VisitInfo) -> Columns:
    """What both tables of visits have."""
    label = exposure.filter_label
    middle_ns, exposure_s = info.date_ns or 0, info.exposure_time or 0.0
    begin_ns = middle_ns - round(exposure_s * 5e8)
    return {
        "physical_filter": None if label is None else label.physical,
        "band": None if label is None else label.band,
        "ra": info.boresight_ra,
        "decl": info.boresight_dec,
        "skyRotation": info.rotation_angle,
        "azimuth": info.boresight_azimuth,
        "altitude": info.boresight_altitude,
        "zenithDistance": None if info.boresight_altitude is None else 90.0 - info.boresight_altitude,
        "airmass": info.airmass,
        "expTime": exposure_s,
        "expMidpt": np.datetime64(middle_ns, "ns"),
        "expMidptMJD": middle_ns / _NS_PER_DAY + _MJD_1970,
        "obsStart": np.datetime64(begin_ns, "ns"),
        "obsStartMJD": begin_ns / _NS_PER_DAY + _MJD_1970,
    }


def _fluxes(catalog: SourceCatalog, exposure: Exposure, names: Iterable[str]) -> Columns:
    """Calibrated fluxes with errors and flags."""
    calibration, columns = exposure.photo_calib, Columns()
    if calibration is None:
        raise InvalidError("Fluxes of an exposure without a photometric calibration are not known.")
    x, y = catalog["base_SdssCentroid_x"], catalog["base_SdssCentroid_y"]
    for name in names:
        flux, error = (catalog[f"{_FLUXES[name]}_instFlux{end}"] for end in ("", "Err"))
        columns[name] = calibration.inst_flux_to_nanojansky(flux, x=x, y=y)
        # The error of the calibration is that of all fluxes of the exposure, and not in theirs.
        columns[f"{name}Err"] = error * calibration.at(x, y)
        columns[f"{name}_flag"] = catalog[f"{_FLUXES[name]}_flag"]
    return columns


def _shapes(catalog: SourceCatalog) -> Columns:
    names = {f"i{m}": m for m in ("xx", "yy", "xy")} | {f"i{m}PSF": f"psf_{m}" for m in ("xx", "yy", "xy")}
    shapes = {name: catalog[f"base_SdssShape_{column}"] for name, column in names.items()}
    return shapes | {"shape_flag": catalog["base_SdssShape_flag"]}


def _pixel_flags(catalog: SourceCatalog) -> Columns:
    found = {flag: f"base_PixelFlags_flag_{flag}" for flag in _FLAGS}
    return {f"pixelFlags_{flag}": catalog[name] for flag, name in found.items() if name in catalog}


def _frame(columns: Mapping[str, Any], index: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(dict(columns)).set_index(index)


def _stacked(parts: Sequence[Columns], index: str) -> pd.DataFrame:
    names = list(dict.fromkeys(name for part in parts for name in part))
    return _frame({name: np.concatenate([part[name] for part in parts]) for name in names}, index)


def _rows(rows: Sequence[Columns], index: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows)).set_index(index)
