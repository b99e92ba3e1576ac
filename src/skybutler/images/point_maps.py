"""Maps from one plane to another: affine, radial, and one after the other.  Knows neither cameras nor files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = ["Affine", "Chain", "PointMap", "Radial"]

Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[float, float]

_STEPS, _PRECISION = 30, 1e-15
"""Newton's method: steps at most, and the relative change at which it ends."""


class PointMap(ABC):
    """From points of one plane to points of another."""

    @abstractmethod
    def apply(self, points: Floats) -> Floats:
        """Map points.

        Parameters
        ----------
        points : `numpy.ndarray`, (..., 2)
            Positions (x, y).

        Returns
        -------
        mapped : `numpy.ndarray`, (..., 2)
        """

    @abstractmethod
    def inverse(self) -> PointMap:
        """The map back.

        Raises
        ------
        InvalidError
            There is none.
        """

    def __call__(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Map coordinates, which are broadcast together."""
        px, py = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        mapped = self.apply(np.stack([px, py], axis=-1))
        return mapped[..., 0], mapped[..., 1]

    def then(self, other: PointMap) -> PointMap:
        """This map and another one after it."""
        return Chain((*_parts(self), *_parts(other)))


def _parts(point_map: PointMap) -> tuple[PointMap, ...]:
    return point_map.maps if isinstance(point_map, Chain) else (point_map,)


@dataclass(frozen=True, slots=True)
class Affine(PointMap):
    """``matrix @ point + offset``.

    Parameters
    ----------
    matrix : pair of pairs of `float`
        Rows.
    offset : pair of `float`
        Where the origin goes.
    """

    matrix: tuple[Pair, Pair]
    offset: Pair = (0.0, 0.0)

    @classmethod
    def scaling(cls, scale: Pair, offset: Pair = (0.0, 0.0)) -> Affine:
        """Each axis on its own."""
        return cls(((scale[0], 0.0), (0.0, scale[1])), offset)

    def apply(self, points: Floats) -> Floats:
        mapped: Floats = points @ np.array(self.matrix).T + np.array(self.offset)
        return mapped

    def inverse(self) -> Affine:
        (a, b), (c, d) = self.matrix
        det = a * d - b * c
        if det == 0.0:
            raise InvalidError(f"The matrix {self.matrix} has no inverse.")
        if b == c == 0.0:  # without the rounding of a determinant
            rows = ((1.0 / a, 0.0), (0.0, 1.0 / d))
        else:
            rows = ((d / det, -b / det), (-c / det, a / det))
        x, y = self.offset
        return Affine(rows, tuple(-(m * x + n * y) for m, n in rows))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Radial(PointMap):
    """The distance from the origin goes through a polynomial, the direction stays.

    Parameters
    ----------
    coefficients : `tuple` [`float`]
        Of the powers 0, 1, 2, ... of the distance.
    inverted : `bool`
        Whether the map goes from the value of the polynomial to the distance.
    """

    coefficients: tuple[float, ...]
    inverted: bool = False

    def apply(self, points: Floats) -> Floats:
        radius = np.hypot(points[..., 0], points[..., 1])
        mapped = self._solve(radius) if self.inverted else np.polynomial.polynomial.polyval(radius, self.coefficients)
        zero = radius == 0.0
        factor = np.divide(mapped, np.where(zero, 1.0, radius))
        result: Floats = points * np.where(zero, 0.0, factor)[..., None]
        return result

    def _solve(self, value: Floats) -> Floats:
        """Distances whose polynomial has these values, by Newton's method from what the linear term gives."""
        slope = np.polynomial.polynomial.polyder(self.coefficients)
        radius: Floats = value / self.coefficients[1]
        for _ in range(_STEPS):
            error = np.polynomial.polynomial.polyval(radius, self.coefficients) - value
            change = error / np.polynomial.polynomial.polyval(radius, slope)
            radius = radius - change
            if np.all(np.abs(change) <= _PRECISION * np.abs(radius)):
                break
        return radius

    def inverse(self) -> Radial:
        if len(self.coefficients) < 2 or self.coefficients[0] != 0.0 or self.coefficients[1] == 0.0:
            raise InvalidError(f"A radial map with coefficients {self.coefficients} has no inverse near the origin.")
        return Radial(self.coefficients, not self.inverted)


@dataclass(frozen=True, slots=True)
class Chain(PointMap):
    """Maps one after the other; none is the identity."""

    maps: tuple[PointMap, ...]

    def apply(self, points: Floats) -> Floats:
        for part in self.maps:
            points = part.apply(points)
        return points

    def inverse(self) -> Chain:
        return Chain(tuple(part.inverse() for part in reversed(self.maps)))
