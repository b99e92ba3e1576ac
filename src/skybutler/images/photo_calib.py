"""From counts to nanojanskys and AB magnitudes.  Knows nothing of files or catalogs.

Reference: AB magnitudes of Oke & Gunn 1983, ApJ 266, 713: magnitude 0 is 10^(-48.6/2.5) erg/s/cm^2/Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.fields import BoundedField
from skybutler.images.image import Image
from skybutler.images.masked_image import MaskedImage

__all__ = ["NANOJANSKY_AT_ZERO_MAGNITUDE", "PhotoCalib"]

NANOJANSKY_AT_ZERO_MAGNITUDE = 1e23 * 10 ** (48.6 / -2.5) * 1e9
"""Flux of AB magnitude 0: 3.63e12 nJy."""

_MAGNITUDE = 2.5 / math.log(10.0)

Measured: TypeAlias = Any  # a number or an array, as was given; with an error a pair of them


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PhotoCalib(ByValue):
    """The calibration of an image: nanojanskys per count, the same everywhere or changing with position.

    Parameters
    ----------
    mean : `float`
        Nanojanskys per count, on average.
    error : `float`
        Standard error of ``mean``.
    field : `BoundedField`, optional
        Nanojanskys per count by position; the same everywhere if not given.

    Raises
    ------
    InvalidError
        Raised if mean or error is negative; NaN stands for what is not known.
    """

    mean: float
    error: float = 0.0
    field: BoundedField | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", float(self.mean))
        object.__setattr__(self, "error", float(self.error))
        if self.mean < 0.0 or self.error < 0.0:
            raise InvalidError(f"A calibration of {self.mean} +- {self.error} nJy per count cannot be negative.")

    @classmethod
    def from_field(cls, field: BoundedField, error: float = 0.0) -> PhotoCalib:
        """A calibration that changes with position, with the mean of a field (nanojanskys per count)."""
        return cls(field.mean(), error, field)

    @classmethod
    def from_zero_point(cls, magnitude: float, error: float = 0.0) -> PhotoCalib:
        """The calibration in which one count is a star of an AB magnitude: 31.4 makes counts nanojanskys.

        Parameters
        ----------
        magnitude : `float`
            The zero point.
        error : `float`
            Its standard error, magnitudes.
        """
        mean = NANOJANSKY_AT_ZERO_MAGNITUDE * 10 ** (-0.4 * magnitude)
        return cls(mean, mean * error / _MAGNITUDE)

    @classmethod
    def from_inst_flux_at_zero_magnitude(cls, counts: float, error: float = 0.0) -> PhotoCalib:
        """The calibration in which a star of AB magnitude 0 has a number of counts (``FLUXMAG0`` of old headers).

        Raises
        ------
        InvalidError
            Raised if ``counts`` is not positive.
        """
        if not counts > 0.0:
            raise InvalidError(f"A star of magnitude 0 cannot have {counts} counts.")
        mean = NANOJANSKY_AT_ZERO_MAGNITUDE / counts
        return cls(mean, mean * error / counts)

    @property
    def is_constant(self) -> bool:
        """Whether it is the same everywhere."""
        return self.field is None

    @property
    def inst_flux_at_zero_magnitude(self) -> float:
        """Counts of a star of AB magnitude 0, on average."""
        return NANOJANSKY_AT_ZERO_MAGNITUDE / self.mean if self.mean else math.inf

    @property
    def zero_point(self) -> float:
        """AB magnitude of one count, on average."""
        return 2.5 * math.log10(self.inst_flux_at_zero_magnitude)

    def at(self, x: npt.ArrayLike | None = None, y: npt.ArrayLike | None = None) -> Any:
        """Nanojanskys per count at positions (0-based parent pixels), or the mean without them.

        Raises
        ------
        InvalidError
            Raised if only one of ``x`` and ``y`` is given.
        """
        if (x is None) != (y is None):
            raise InvalidError("A position has both x and y.")
        if x is None or y is None:
            return self.mean
        if self.field is None:
            return np.full(np.broadcast_shapes(np.shape(x), np.shape(y)), self.mean)
        return self.field.evaluate(x, y)

    def inst_flux_to_nanojansky(
        self,
        flux: npt.ArrayLike,
        flux_error: npt.ArrayLike | None = None,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
    ) -> Measured:
        """Fluxes of sources.

        Parameters
        ----------
        flux : array_like
            Counts, of one source or a column of them.
        flux_error : array_like, optional
            Their standard errors.
        x, y : array_like, optional
            Where the sources are; without positions the mean calibration is used.

        Returns
        -------
        nanojansky : `float` or `numpy.ndarray`
            With ``flux_error`` a pair of fluxes and errors; these include the error of the calibration.
        """
        counts, calibration = np.asarray(flux, dtype=np.float64), self.at(x, y)
        value = counts * calibration
        if flux_error is None:
            return _as_given(value)
        return _as_given(value), _as_given(self._error(counts, flux_error, calibration))

    def inst_flux_to_magnitude(
        self,
        flux: npt.ArrayLike,
        flux_error: npt.ArrayLike | None = None,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
    ) -> Measured:
        """AB magnitudes of sources, as `inst_flux_to_nanojansky`; NaN for fluxes that are not positive."""
        counts, calibration = np.asarray(flux, dtype=np.float64), self.at(x, y)
        value = np.asarray(counts * calibration)
        positive = np.where(value > 0.0, value, np.nan)
        magnitude = -2.5 * np.log10(positive / NANOJANSKY_AT_ZERO_MAGNITUDE)
        if flux_error is None:
            return _as_given(magnitude)
        return _as_given(magnitude), _as_given(_MAGNITUDE * self._error(counts, flux_error, calibration) / positive)

    def _error(self, counts: Floats, error: npt.ArrayLike, calibration: Any) -> Floats:
        return np.asarray(np.hypot(np.asarray(error, dtype=np.float64) * calibration, counts * self.error))

    def magnitude_to_inst_flux(
        self, magnitude: npt.ArrayLike, x: npt.ArrayLike | None = None, y: npt.ArrayLike | None = None
    ) -> Measured:
        """Counts of stars of AB magnitudes."""
        nanojansky = NANOJANSKY_AT_ZERO_MAGNITUDE * 10 ** (-0.4 * np.asarray(magnitude, dtype=np.float64))
        return _as_given(nanojansky / self.at(x, y))

    def calibrate(self, masked_image: MaskedImage, *, include_calibration_error: bool = True) -> MaskedImage:
        """An image in nanojanskys.

        Parameters
        ----------
        masked_image : `MaskedImage`
            Counts.
        include_calibration_error : `bool`
            Add the error of the calibration to the variance, though all pixels share it.

        Returns
        -------
        calibrated : `MaskedImage`
            New pixels, of kind D if the image has that and of F otherwise, with a copy of the mask.
        """
        image, variance = masked_image.image, masked_image.variance
        scale = self.mean if self.field is None else self.field.on_grid(image.bbox)
        counts = image.array.astype(np.float64)
        spread = variance.array * np.square(scale)
        if include_calibration_error:
            spread = spread + np.square(counts * self.error)
        dtype = np.float64 if image.kind == "D" else np.float32
        return MaskedImage(
            Image((counts * scale).astype(dtype), image.xy0, "nJy"),
            masked_image.mask.copy(),
            Image(spread.astype(variance.array.dtype), image.xy0, "nJy**2"),
        )

    def __str__(self) -> str:
        what = "spatially constant" if self.field is None else repr(self.field)
        return f"{what} with mean: {self.mean:.6g} error: {self.error:.6g}"

    def __repr__(self) -> str:
        field = "" if self.field is None else f", {self.field!r}"
        return f"PhotoCalib({self.mean!r}, {self.error!r}{field})"


def _as_given(value: Any) -> Any:
    """A number for a number, an array for an array."""
    return float(value) if np.ndim(value) == 0 else cast(Floats, value)
