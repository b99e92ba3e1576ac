"""Coadds: calibrated exposures brought onto a patch of a sky map and averaged.  Knows no repository and no files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images import (
    Box,
    CoaddInputs,
    Exposure,
    ExposureRecord,
    Image,
    Mask,
    Metadata,
    PhotoCalib,
    SkyWcs,
)
from skybutler.images.mask import DEFAULT_PLANES
from skybutler.images.psfs_coadd import CoaddPsf
from skybutler.sim.calexp import aperture_corrections
from skybutler.sim.detection import grown
from skybutler.sim.measurement import detections_on
from skybutler.sim.warp import REACH_PX, Grid, Warp
from skybutler.skymap import PatchInfo

__all__ = ["COADD_ZERO_POINT", "detected", "make_coadd", "patch_grid"]

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

COADD_ZERO_POINT = 27.0
"""AB magnitude of one count in a coadd."""
_PLANES = {**DEFAULT_PLANES, "STREAK": 9, "CLIPPED": 10, "INEXACT_PSF": 11, "REJECTED": 12, "SENSOR_EDGE": 13}
_LEFT_OUT = ("BAD", "EDGE", "NO_DATA")
_KEPT = ("SAT", "INTRP", "CR", "SUSPECT")
_OF_REJECTION = ("STREAK", "BAD")


def patch_grid(patch: PatchInfo, scale: int = 8) -> Grid:
    """Pixels of a patch with its border, ``scale`` times larger than those of the sky map.

    Pixel (x, y) of the grid covers pixels ``scale * x`` to ``scale * (x + 1) - 1`` of the tract.

    Raises
    ------
    InvalidError
        The scale is below 1.
    """
    if scale < 1:
        raise InvalidError(f"The scale of a coadd is {scale}; it must be 1 or more.")
    wcs = SkyWcs.from_fits_header(patch.wcs.to_fits_header())
    outer = patch.outer_bbox
    if scale == 1:
        return Grid(wcs, outer)
    cards = wcs.to_fits_header()
    for axis in "12":
        # FITS pixel p of the tract is (p - 0.5) / scale + 0.5.
        cards[f"CRPIX{axis}"] = (cards[f"CRPIX{axis}"] - 0.5) / scale + 0.5
        for row in "12":
            cards[f"CD{row}_{axis}"] = cards[f"CD{row}_{axis}"] * scale
    (y0, y1), (x0, x1) = outer.y, outer.x
    return Grid(SkyWcs(cards), Box((y0 // scale, -(-y1 // scale)), (x0 // scale, -(-x1 // scale))))


def make_coadd(patch: PatchInfo, calexps: Iterable[Exposure], *, scale: int = 8) -> Exposure:
    """Average exposures of one band over a patch.

    Parameters
    ----------
    patch : `PatchInfo`
        Where.
    calexps : iterable of `Exposure`
        Calibrated exposures of one filter; those that do not touch the patch are left out.
    scale : `int`
        How much larger pixels are than those of the sky map; that of the exposures keeps their resolution.

    Returns
    -------
    coadd : `Exposure`
        Of kind F in counts of magnitude 27, in the frame of the tract (divided by ``scale``).  Where no exposure has
        good pixels it is NaN and NO_DATA.  Exposures have weights by the inverse of their median variance.  The
        variance is that of the pixels before they were resampled, which gives fluxes the right errors though it is
        more than the scatter of resampled pixels.

    Raises
    ------
    InvalidError
        No exposure touches the patch, or they were taken through different filters.
    """
    grid = patch_grid(patch, scale)
    stack = _Stack(grid)
    for calexp in calexps:
        stack.add(calexp)
    return stack.mean()


@dataclass(frozen=True)
class _Input:
    """One exposure of a stack: what is remembered of it."""

    calexp: Exposure
    box: Box
    weight: float
    good_pixels: int


class _Stack:
    """Weighted sums on a grid."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._sum, self._weight, self._variance = (np.zeros(grid.box.shape, np.float64) for _ in range(3))
        self._mask = Mask.zeros(grid.box, _PLANES)
        self._inputs: list[_Input] = []

    def add(self, calexp: Exposure) -> None:
        """Add an exposure, if any of its good pixels is on the grid."""
        if calexp.wcs is None or calexp.photo_calib is None or calexp.psf is None:
            raise InvalidError("An exposure without WCS, calibration or PSF cannot be part of a coadd.")
        if self._inputs and calexp.filter_label != self._inputs[0].calexp.filter_label:
            raise InvalidError(
                f"A coadd is of one filter, not of {self._inputs[0].calexp.filter_label} and {calexp.filter_label}."
            )
        source = Grid(calexp.wcs, calexp.bbox)
        box = self._grid.overlap(source)
        if box.is_empty:
            return
        warp = Warp(source, self._grid, box)
        mask = calexp.mask
        planes = mask.planes
        bits = warp.nearest(mask.array)
        good = warp.inside & ((bits & mask.bits([p for p in _LEFT_OUT if p in planes])) == 0)
        if "STREAK" in planes:
            good &= ~warp.nearest(grown(mask.where("STREAK"), REACH_PX))
        if not good.any():
            return
        scale = calexp.photo_calib.mean / _coadd_calibration().mean * warp.area
        here = box.slices(self._grid.box)
        variance = warp.nearest(calexp.variance.array) * np.float32(scale**2 / warp.area)
        weight = 1.0 / float(np.median(variance[good]))
        image = warp.resampled(calexp.image.array) * np.float32(scale)
        self._sum[here] += np.where(good, weight * image, 0.0)
        self._variance[here] += np.where(good, weight**2 * variance, 0.0)
        self._weight[here] += np.where(good, weight, 0.0)
        marks = self._mask[box]
        for plane in _KEPT:
            marks.set(plane, good & ((bits & mask.bits(plane)) != 0))
        marks.set("SENSOR_EDGE", warp.inside & ((bits & mask.bits("EDGE")) != 0))
        rejected = warp.inside & ((bits & mask.bits([p for p in _OF_REJECTION if p in planes])) != 0)
        marks.set(("REJECTED", "INEXACT_PSF"), rejected)
        self._inputs.append(_Input(calexp, box, weight, int(good.sum())))

    def mean(self) -> Exposure:
        """The coadd."""
        if not self._inputs:
            raise InvalidError(f"No exposure touches the patch {self._grid.box}.")
        empty = self._weight == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            image = np.where(empty, np.nan, self._sum / self._weight).astype(np.float32)
            variance = np.where(empty, np.nan, self._variance / self._weight**2).astype(np.float32)
        self._mask.set("NO_DATA", empty)
        self._mask.set("INEXACT_PSF", self._mask.where("SENSOR_EDGE"))
        inputs = _coadd_inputs(self._grid, self._inputs)
        psf = CoaddPsf(inputs.ccds, self._grid.wcs)
        box = self._grid.box
        return Exposure(
            Image(image, box.xy0),
            self._mask,
            Image(variance, box.xy0),
            wcs=self._grid.wcs,
            psf=psf,
            photo_calib=_coadd_calibration(),
            aperture_corrections=aperture_corrections(psf, box),
            filter_label=self._inputs[0].calexp.filter_label,
            coadd_inputs=inputs,
            metadata=Metadata({"NINPUTS": len(self._inputs)}),
        )


def _coadd_calibration() -> PhotoCalib:
    return PhotoCalib.from_zero_point(COADD_ZERO_POINT)


def _coadd_inputs(grid: Grid, inputs: Sequence[_Input]) -> CoaddInputs:
    """Records of the exposures, and of the visits they are of."""
    ccds, visits = [], dict[int, list[_Input]]()
    for one in inputs:
        calexp = one.calexp
        visit = int(calexp.visit_info.id) if calexp.visit_info and calexp.visit_info.id is not None else 0
        visits.setdefault(visit, []).append(one)
        fields = {
            "visit": visit,
            "ccd": calexp.detector.id if calexp.detector is not None else 0,
            "filter": calexp.filter_label.physical if calexp.filter_label is not None else "",
            "weight": one.weight,
            "goodpix": one.good_pixels,
        }
        names = ("wcs", "psf", "photo_calib", "aperture_corrections", "valid_polygon", "visit_info", "detector")
        ccds.append(
            ExposureRecord(calexp.id or 0, calexp.bbox, {name: getattr(calexp, name) for name in names}, fields)
        )
    records = []
    for visit, parts in visits.items():
        first = parts[0].calexp
        whole = parts[0].box
        for part in parts[1:]:
            whole = whole.union(part.box)
        fields = {
            "filter": first.filter_label.physical if first.filter_label is not None else "",
            "weight": float(np.mean([part.weight for part in parts])),
            "goodpix": sum(part.good_pixels for part in parts),
        }
        objects = {"wcs": grid.wcs, "photo_calib": _coadd_calibration(), "visit_info": first.visit_info}
        records.append(ExposureRecord(visit, whole, objects, fields))
    return CoaddInputs(records, ccds)


def detected(coadd: Exposure) -> Exposure:
    """A coadd with the plane DETECTED of its mask set, which shares nothing else that could be changed."""
    copy = coadd.copy()
    copy.mask.set("DETECTED", detections_on(copy).pixels())
    return copy
