"""Objects: detections on the coadds of several bands brought together, measured in each.  Knows no truth and no files.

The steps are those of LSST pipelines: detections are merged (``deepCoadd_mergeDet``), everything is measured in each
band (``deepCoadd_meas``), for each object one band is chosen (``deepCoadd_ref``), and fluxes are measured in all bands
at its place (``deepCoadd_forced_src``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images import Exposure
from skybutler.sim.detection import Detections, components
from skybutler.sim.measurement import detections_on, measure, measure_at
from skybutler.sim.source_columns import ALIASES, source_fields
from skybutler.skymap import PatchInfo, TractInfo
from skybutler.tables import SourceCatalog

__all__ = ["PRIORITY", "Objects", "make_objects"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

PRIORITY = "irzygu"
"""Bands, the one first that decides where an object is if it was detected there."""
_SAME_PX = 2.0


@dataclass(frozen=True)
class Objects:
    """Catalogs of one patch; the rows of ``ref``, of ``meas`` and ``forced`` of each band are the same objects.

    Parameters
    ----------
    merged : `SourceCatalog`
        One row for each footprint, with ``merge_footprint_<band>``, and one for each peak of a blend, with
        ``merge_peak_<band>``: the bands in which it was detected.
    meas : `dict` [`str`, `SourceCatalog`]
        Measured in each band by itself.
    ref : `SourceCatalog`
        Measured in the band that decides, with ``merge_measurement_<band>``, ``detect_isPatchInner``,
        ``detect_isTractInner`` and ``detect_isPrimary``.
    forced : `dict` [`str`, `SourceCatalog`]
        Fluxes in each band at the places of ``ref``.
    """

    merged: SourceCatalog
    meas: Mapping[str, SourceCatalog]
    ref: SourceCatalog
    forced: Mapping[str, SourceCatalog]


def make_objects(
    coadds: Mapping[str, Exposure], tract: TractInfo, patch: PatchInfo, *, first_id: int = 1, scale: int = 8
) -> Objects:
    """Detect and measure the objects of a patch.

    Parameters
    ----------
    coadds : mapping of `str` to `Exposure`
        Coadds of the patch by band, all on the same pixels.
    tract, patch : `TractInfo`, `PatchInfo`
        Where.
    first_id : `int`
        Id of the first object; the others follow.
    scale : `int`
        That of the coadds.

    Raises
    ------
    InvalidError
        There are no coadds, or their pixels are not the same.
    """
    bands = [band for band in PRIORITY if band in coadds] + [band for band in coadds if band not in PRIORITY]
    if len({coadd.bbox for coadd in coadds.values()}) != 1:
        raise InvalidError("Objects need coadds on the same pixels, and at least one.")
    merged = _merge([detections_on(coadds[band]) for band in bands])
    meas = {band: measure(coadds[band], first_id=first_id, found=merged.detections) for band in bands}
    rows = merged.rows()
    for i, band in enumerate(bands):
        in_band = merged.in_bands[i][rows]
        for catalog in meas.values():
            catalog[f"merge_peak_{band}"] = in_band
    ref = _reference(meas, bands)
    _add_inner(ref, tract, patch, scale)
    forced = {band: measure_at(coadds[band], ref) for band in bands}
    return Objects(_merged_catalog(ref, merged, bands), meas, ref, forced)


@dataclass(frozen=True)
class _Merged:
    """Peaks of all bands; for each band which of them were detected there."""

    detections: Detections
    in_bands: list[Bools]

    def rows(self) -> Ints:
        """The peak of each row that `measure` makes: the first of each footprint, then those of blends."""
        footprint = self.detections.footprint
        first = np.flatnonzero(np.diff(footprint, prepend=-1))
        of_blend = np.bincount(footprint, minlength=len(first))[footprint] > 1
        return np.concatenate([first, np.flatnonzero(of_blend)])


def _merge(found: list[Detections]) -> _Merged:
    """Footprints that touch become one; a peak is new if no band before has one as near as two pixels."""
    x, y = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    significance = np.empty(0, dtype=np.float64)
    in_bands: list[Bools] = []
    covered = np.zeros(found[0].shape, dtype=bool)
    for one in found:
        covered |= one.pixels()
        distance = np.hypot(one.x[:, None] - x, one.y[:, None] - y)
        known = (distance <= _SAME_PX).any(axis=1) if len(x) else np.zeros(len(one), dtype=bool)
        seen = (distance <= _SAME_PX).any(axis=0) if len(one) else np.zeros(len(x), dtype=bool)
        n_new = int((~known).sum())
        in_bands = [np.pad(flags, (0, n_new)) for flags in in_bands]
        in_bands.append(np.concatenate([seen, np.ones(n_new, dtype=bool)]))
        x, y = np.concatenate([x, one.x[~known]]), np.concatenate([y, one.y[~known]])
        significance = np.concatenate([significance, one.significance[~known]])
    spans, number = components(covered, y, x)
    order = np.lexsort((x, y, -significance, number))
    detections = Detections(spans, x[order], y[order], number[order], significance[order], found[0].shape)
    return _Merged(detections, [flags[order] for flags in in_bands])


def _reference(meas: Mapping[str, SourceCatalog], bands: list[str]) -> SourceCatalog:
    """Each row from the first of the bands in which it was detected."""
    ref = meas[bands[0]].copy(deep=True)
    chosen = np.zeros(len(ref), dtype=np.int64)
    for i in range(len(bands) - 1, -1, -1):
        chosen[ref[f"merge_peak_{bands[i]}"]] = i
    for i, band in enumerate(bands):
        rows = chosen == i
        for name in meas[band].names:
            ref[name][rows] = meas[band][name][rows]
        ref[f"merge_measurement_{band}"] = rows
    return ref


def _add_inner(ref: SourceCatalog, tract: TractInfo, patch: PatchInfo, scale: int) -> None:
    """Which objects this patch of this tract has for itself."""
    (y0, y1), (x0, x1) = patch.inner_bbox.y, patch.inner_bbox.x
    x, y = ((ref[f"base_SdssCentroid_{axis}"] + 0.5) * scale - 0.5 for axis in "xy")
    in_patch = (x >= x0 - 0.5) & (x < x1 - 0.5) & (y >= y0 - 0.5) & (y < y1 - 0.5)
    in_tract = np.asarray(tract.inner_sky_region.contains(ref["coord_ra"], ref["coord_dec"]), dtype=bool)
    ref["detect_isPatchInner"], ref["detect_isTractInner"] = in_patch, in_tract
    ref["detect_isPrimary"] = in_patch & in_tract & (ref["deblend_nChild"] == 0)


def _merged_catalog(ref: SourceCatalog, merged: _Merged, bands: list[str]) -> SourceCatalog:
    """Ids and places of all footprints and peaks, and the bands in which they were detected."""
    names = ("id", "coord_ra", "coord_dec", "parent", "deblend_nChild", "base_SdssCentroid_x", "base_SdssCentroid_y")
    columns = {name: ref[name] for name in names}
    footprint = merged.detections.footprint[merged.rows()]
    for i, band in enumerate(bands):
        any_peak = np.zeros(int(footprint.max(initial=-1)) + 1, dtype=bool)
        any_peak[merged.detections.footprint[merged.in_bands[i]]] = True
        columns[f"merge_footprint_{band}"] = any_peak[footprint]
        columns[f"merge_peak_{band}"] = ref[f"merge_peak_{band}"]
    return SourceCatalog(columns, fields=source_fields(columns), aliases={"slot_Centroid": ALIASES["slot_Centroid"]})
