"""What a coadd has as the weighted mean of its inputs: fields and transmission curves.  Knows nothing of files.

Checked against formulas and files that we write, not against a file of other software: none was at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.fields import BoundedField, ChebyshevField, ProductField
from skybutler.images.polygon import Polygon
from skybutler.images.transmission import TransmissionCurve
from skybutler.images.wcs import SkyWcs

__all__ = ["CoaddField", "CoaddTerm", "CoaddTransmission"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class CoaddTerm(ByValue, Generic[T_co]):
    """What one input contributes.

    Parameters
    ----------
    value : `BoundedField` or `TransmissionCurve`
        By position in the input.
    wcs : `SkyWcs`
        Sky coordinates of the input.
    weight : `float`
        How much it counts.
    bounds : four of `float`
        Smallest and largest (x0, y0, x1, y1) in the input where it counts.
    valid_polygon : `Polygon`, optional
        Where it counts, if not everywhere between the bounds.
    """

    value: T_co
    wcs: SkyWcs
    weight: float
    bounds: tuple[float, float, float, float]
    valid_polygon: Polygon | None = None

    def contains(self, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Whether positions of the input are where it counts."""
        x0, y0, x1, y1 = self.bounds
        inside = np.asarray((x0 <= x) & (x < x1) & (y0 <= y) & (y < y1))
        return inside if self.valid_polygon is None else inside & self.valid_polygon.contains(x, y)


def bounds_of(box: Box) -> tuple[float, float, float, float]:
    """The outer borders of the pixels of a box."""
    return box.x.start - 0.5, box.y.start - 0.5, box.x.stop - 0.5, box.y.stop - 0.5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoaddField(ByValue, BoundedField):
    """The weighted mean of the inputs' fields at each position.

    Parameters
    ----------
    bbox : `Box`
        Pixels of the coadd.
    wcs : `SkyWcs`
        Sky coordinates of the coadd.
    terms : `tuple` of `CoaddTerm`
        What the inputs contribute.
    missing : `float`
        Value where no input counts.
    """

    bbox: Box
    wcs: SkyWcs
    terms: tuple[CoaddTerm[BoundedField], ...]
    missing: float = math.nan

    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        ra, dec = self.wcs.pixel_to_sky(x, y)
        total, weights = np.zeros(x.shape), np.zeros(x.shape)
        for term in self.terms:
            px, py = term.wcs.sky_to_pixel(ra, dec)
            weight = term.weight * term.contains(px, py)
            # Where it does not count its value may be anything, also not a number.
            total += np.where(weight != 0.0, weight * term.value.evaluate(px, py), 0.0)
            weights += weight
        return np.where(weights != 0.0, total / np.where(weights != 0.0, weights, 1.0), self.missing)

    def scaled(self, factor: float) -> ProductField:
        return ProductField((self, ChebyshevField(self.bbox, [[factor]])))

    def __repr__(self) -> str:
        return f"CoaddField({self.bbox}, {len(self.terms)} inputs)"


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class CoaddTransmission(ByValue, TransmissionCurve):
    """The weighted mean of the inputs' transmission curves at each position.

    Parameters
    ----------
    wcs : `SkyWcs`
        Sky coordinates of the coadd.
    terms : sequence of `CoaddTerm`
        What the inputs contribute.
    wavelength_bounds : pair of `float`, optional
        Between which wavelengths it changes, Angstrom; those of the inputs together if not given.
    ends : pair of `float`
        Throughput at shorter and longer wavelengths, as other software notes it; the inputs know better.
    """

    wcs: SkyWcs
    terms: tuple[CoaddTerm[TransmissionCurve], ...]
    wavelength_bounds: tuple[float, float]
    ends: tuple[float, float]

    def __init__(
        self,
        wcs: SkyWcs,
        terms: Sequence[CoaddTerm[TransmissionCurve]],
        wavelength_bounds: tuple[float, float] | None = None,
        ends: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        if wavelength_bounds is None:
            found = [term.value.wavelength_bounds for term in terms]
            wavelength_bounds = (
                min((low for low, _ in found), default=-math.inf),
                max((high for _, high in found), default=math.inf),
            )
        values: dict[str, Any] = {
            "wcs": wcs,
            "terms": tuple(terms),
            "wavelength_bounds": wavelength_bounds,
            "ends": ends,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _sample(self, wavelengths: Floats, x: float, y: float) -> Floats:
        ra, dec = self.wcs.pixel_to_sky(x, y)
        total, weights = np.zeros(wavelengths.shape), 0.0
        for term in self.terms:
            px, py = term.wcs.sky_to_pixel(ra, dec)
            if term.contains(px, py):
                total = total + term.weight * term.value.sample(wavelengths, float(px), float(py))
                weights += term.weight
        if weights == 0.0:
            raise InvalidError(f"None of the {len(self.terms)} inputs of the coadd saw ({x:g}, {y:g}).")
        return np.asarray(total / weights)

    def __repr__(self) -> str:
        low, high = self.wavelength_bounds
        return f"CoaddTransmission({len(self.terms)} inputs, {low:g} to {high:g} Angstrom)"
