"""``PhotoCalib`` of lsst.afw.image: counts to nanojanskys and AB magnitudes, of numbers and catalogs.  No files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skybutler.compat.geom import Point2D
from skybutler.compat.geom.coordinates import Coordinates
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.errors import InvalidError
from skybutler.images.photo_calib import PhotoCalib as PlainPhotoCalib

from .pixels import position_of

__all__ = ["Measurement", "PhotoCalib", "makePhotoCalibFromCalibZeroPoint"]


class Measurement(NamedTuple):
    """A value and its error."""

    value: float
    error: float


class PhotoCalib(Wrapped):
    """The calibration of an image: nanojanskys per count.

    Parameters
    ----------
    calibrationMean, calibrationErr : `float`
        Mean, and its error.
    bbox : `Box2I`, optional
        Accepted.
    """

    __slots__ = ()

    def __init__(self, calibrationMean: float, calibrationErr: float = 0.0, bbox: Any = None) -> None:
        self.plain = PlainPhotoCalib(calibrationMean, calibrationErr)

    def getCalibrationMean(self) -> float:
        """Nanojanskys per count, on average."""
        return float(self.plain.mean)

    def getCalibrationErr(self) -> float:
        """Error of the mean."""
        return float(self.plain.error)

    def getInstFluxAtZeroMagnitude(self) -> float:
        """Counts of a star of AB magnitude 0: the zero point as counts."""
        return float(self.plain.inst_flux_at_zero_magnitude)

    def getLocalCalibration(self, point: Any) -> float:
        """Nanojanskys per count at a place."""
        x, y = position_of(point)
        return float(self.plain.at(x, y))

    @property
    def isConstant(self) -> bool:
        """Whether it is the same everywhere."""
        return bool(self.plain.is_constant)

    def instFluxToNanojansky(self, *values: Any) -> Any:
        """Nanojanskys of counts.

        Parameters
        ----------
        *values
            Counts, their error, and a place, of which the error and the place may be missing; or a catalog and the
            name of its flux, such as ``slot_PsfFlux``.

        Returns
        -------
        nanojanskys : `float`, `Measurement` or `numpy.ndarray`, (n, 2)
            A number without an error, a `Measurement` with one, values and errors of a catalog.
        """
        return self._converted(self.plain.inst_flux_to_nanojansky, values)

    def instFluxToMagnitude(self, *values: Any) -> Any:
        """AB magnitudes of counts; what is given and returned is that of `instFluxToNanojansky`."""
        return self._converted(self.plain.inst_flux_to_magnitude, values)

    def _converted(self, convert: Any, values: tuple[Any, ...]) -> Any:
        if len(values) == 2 and isinstance(values[1], str):
            return _of_catalog(convert, *values)
        numbers = [v for v in values if not isinstance(v, Coordinates)]
        places = [v for v in values if isinstance(v, Coordinates)]
        if not 1 <= len(numbers) <= 2 or len(places) > 1:
            raise InvalidError(
                f"Counts cannot be converted from {', '.join(map(repr, values))}.",
                hint="Give counts, their error and a Point2D, or a catalog and the name of a flux.",
            )
        x, y = position_of(places[0]) if places else (None, None)
        if len(numbers) == 1:
            return convert(numbers[0], x=x, y=y)
        return Measurement(*convert(numbers[0], numbers[1], x=x, y=y))

    def magnitudeToInstFlux(self, magnitude: float, point: Point2D | None = None) -> float:
        """Counts of a star of an AB magnitude."""
        x, y = position_of(point)
        return float(self.plain.magnitude_to_inst_flux(magnitude, x, y))

    def calibrateImage(self, maskedImage: Any, includeScaleUncertainty: bool = True) -> Any:
        """A masked image in nanojanskys."""
        masked = to_plain(maskedImage)
        return to_compat(self.plain.calibrate(masked, include_calibration_error=includeScaleUncertainty))


def _of_catalog(convert: Any, catalog: Any, flux: str) -> npt.NDArray[np.float64]:
    """Converted fluxes and errors of the sources of a catalog, (n, 2)."""
    stem = flux.removesuffix("_instFlux")
    names = catalog.getSchema().getNames() if hasattr(catalog, "getSchema") else ()
    x, y = catalog["slot_Centroid_x"], catalog["slot_Centroid_y"]
    counts = catalog[f"{stem}_instFlux"]
    if f"{stem}_instFluxErr" in names or stem.startswith("slot_"):
        return np.stack(convert(counts, catalog[f"{stem}_instFluxErr"], x=x, y=y), axis=-1)
    values = np.asarray(convert(counts, x=x, y=y), np.float64)
    return np.stack([values, np.full_like(values, np.nan)], axis=-1)


def makePhotoCalibFromCalibZeroPoint(instFluxMag0: float, instFluxMag0Err: float = 0.0) -> PhotoCalib:
    """The calibration in which a star of AB magnitude 0 has a number of counts."""
    return PhotoCalib.of(PlainPhotoCalib.from_inst_flux_at_zero_magnitude(instFluxMag0, instFluxMag0Err))
