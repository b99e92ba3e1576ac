"""Throughput as a function of wavelength and, for some, of position.  Knows nothing of files or filters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.by_value import ByValue, Floats, frozen
from skybutler.images.point_maps import PointMap

__all__ = [
    "IdentityTransmission",
    "ProductTransmission",
    "RadialTransmission",
    "SpatiallyConstantTransmission",
    "TransformedTransmission",
    "TransmissionCurve",
]


class TransmissionCurve(ABC):
    """What part of the light passes; immutable, equal by value."""

    __slots__ = ()

    @property
    @abstractmethod
    def wavelength_bounds(self) -> tuple[float, float]:
        """Between which wavelengths it changes, Angstrom; infinite if it never does."""

    @abstractmethod
    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        """Throughputs at wavelengths, for light at a position."""

    def sample(self, wavelengths: npt.ArrayLike, x: float = 0.0, y: float = 0.0) -> Floats:
        """Throughputs.

        Parameters
        ----------
        wavelengths : array_like
            Angstrom.
        x, y : `float`
            Where the light arrives, in the frame that the curve is for: pixels of the exposure whose curve it is.
            Curves that are the same everywhere need no position.

        Returns
        -------
        throughputs : `numpy.ndarray`
            From 0 to 1, of the shape of ``wavelengths``.
        """
        return np.asarray(self._sample(np.asarray(wavelengths, dtype=np.float64), float(x), float(y)))

    def __mul__(self, other: TransmissionCurve) -> TransmissionCurve:
        """One behind the other."""
        if not isinstance(other, TransmissionCurve):
            return NotImplemented
        if isinstance(self, IdentityTransmission):
            return other
        return self if isinstance(other, IdentityTransmission) else ProductTransmission(self, other)


@dataclass(frozen=True, slots=True)
class IdentityTransmission(TransmissionCurve):
    """All light passes."""

    @property
    def wavelength_bounds(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        return np.ones_like(wavelengths)


def _increasing(values: Floats, what: str) -> None:
    if values.ndim != 1 or len(values) < 2 or not (np.diff(values) > 0.0).all():
        raise InvalidError(f"The {what} of a transmission curve are at least two, and increase.")


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class SpatiallyConstantTransmission(ByValue, TransmissionCurve):
    """Interpolated linearly between wavelengths, the same everywhere.

    Parameters
    ----------
    throughput, wavelengths : array_like, (n,)
        Values, and where they are, Angstrom, increasing.
    below, above : `float`
        Throughput at shorter and longer wavelengths.

    Raises
    ------
    InvalidError
        Raised if the wavelengths do not increase or are not as many as the values.
    """

    throughput: Floats
    wavelengths: Floats
    below: float
    above: float

    def __init__(
        self, throughput: npt.ArrayLike, wavelengths: npt.ArrayLike, below: float = 0.0, above: float = 0.0
    ) -> None:
        values, where = frozen(throughput), frozen(wavelengths)
        _increasing(where, "wavelengths")
        if values.shape != where.shape:
            raise InvalidError(f"A transmission curve has {where.size} wavelengths and {values.size} values.")
        _set(self, throughput=values, wavelengths=where, below=float(below), above=float(above))

    @property
    def wavelength_bounds(self) -> tuple[float, float]:
        return float(self.wavelengths[0]), float(self.wavelengths[-1])

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        return np.interp(wavelengths, self.wavelengths, self.throughput, self.below, self.above)

    def __repr__(self) -> str:
        return f"SpatiallyConstantTransmission({_span(self)})"


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class RadialTransmission(ByValue, TransmissionCurve):
    """Interpolated linearly between wavelengths and between distances from the origin.

    Parameters
    ----------
    throughput : array_like, (n_wavelengths, n_radii)
        Values.
    wavelengths, radii : array_like
        Angstrom, and distances in the unit of positions; increasing.  The outermost values hold further in and out.
    below, above : `float`
        Throughput at shorter and longer wavelengths.

    Raises
    ------
    InvalidError
        Raised if wavelengths or radii do not increase or are not as many as the values.
    """

    throughput: Floats
    wavelengths: Floats
    radii: Floats
    below: float
    above: float

    def __init__(
        self,
        throughput: npt.ArrayLike,
        wavelengths: npt.ArrayLike,
        radii: npt.ArrayLike,
        below: float = 0.0,
        above: float = 0.0,
    ) -> None:
        values, where, distances = frozen(throughput), frozen(wavelengths), frozen(radii)
        _increasing(where, "wavelengths")
        _increasing(distances, "radii")
        if values.shape != (len(where), len(distances)):
            raise InvalidError(
                f"A transmission curve has {len(where)} wavelengths, {len(distances)} radii and values of the shape "
                f"{values.shape}."
            )
        _set(self, throughput=values, wavelengths=where, radii=distances, below=float(below), above=float(above))

    @property
    def wavelength_bounds(self) -> tuple[float, float]:
        return float(self.wavelengths[0]), float(self.wavelengths[-1])

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        radius = min(max(math.hypot(x, y), self.radii[0]), self.radii[-1])
        outer = min(max(int(np.searchsorted(self.radii, radius)), 1), len(self.radii) - 1)
        part = (radius - self.radii[outer - 1]) / (self.radii[outer] - self.radii[outer - 1])
        values = self.throughput[:, outer - 1] * (1.0 - part) + self.throughput[:, outer] * part
        return np.asarray(np.interp(wavelengths, self.wavelengths, values, self.below, self.above))

    def __repr__(self) -> str:
        return f"RadialTransmission({_span(self)}, radii {self.radii[0]:g} to {self.radii[-1]:g})"


@dataclass(frozen=True, slots=True)
class ProductTransmission(TransmissionCurve):
    """Two curves one behind the other.

    Parameters
    ----------
    a, b : `TransmissionCurve`
        The curves, of one frame.
    """

    a: TransmissionCurve
    b: TransmissionCurve

    @property
    def wavelength_bounds(self) -> tuple[float, float]:
        bounds = [value for c in (self.a, self.b) for value in c.wavelength_bounds if math.isfinite(value)]
        return (min(bounds), max(bounds)) if bounds else (-math.inf, math.inf)

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        a, b = self.a.sample(wavelengths, x, y), self.b.sample(wavelengths, x, y)
        # Where one is opaque nothing passes, even if the other one is not known there.
        return np.asarray(np.where((a == 0.0) | (b == 0.0), 0.0, a * b))


@dataclass(frozen=True, slots=True)
class TransformedTransmission(TransmissionCurve):
    """A curve of another frame.

    Parameters
    ----------
    nested : `TransmissionCurve`
        The curve, for instance in focal-plane millimetres.
    transform : `PointMap`
        From the frame of the curve to this one.
    """

    nested: TransmissionCurve
    transform: PointMap

    @property
    def wavelength_bounds(self) -> tuple[float, float]:
        return self.nested.wavelength_bounds

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        there_x, there_y = self.transform.inverse()(x, y)
        return self.nested.sample(wavelengths, float(there_x), float(there_y))


def _set(curve: Any, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(curve, name, value)


def _span(curve: TransmissionCurve) -> str:
    first, last = curve.wavelength_bounds
    return f"{first:g} to {last:g} Angstrom"
