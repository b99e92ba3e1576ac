"""Kernels: fixed images, and sums of them with weights that change with position.  Knows nothing of PSFs or files."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.by_value import ByValue, Floats, frozen

__all__ = [
    "ChebyshevFunction",
    "FixedKernel",
    "Kernel",
    "LinearCombinationKernel",
    "PolynomialFunction",
    "SpatialFunction",
]


class SpatialFunction(ABC):
    """A number by position, as the sum of terms of order 0, 1, 2 ... in x and y together.

    Coefficients are of the terms in the order (x, y): (0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), ...
    """

    __slots__ = ()

    @abstractmethod
    def __call__(self, x: float, y: float) -> float:
        """The value at a position."""


def _order(coefficients: Floats) -> int:
    """The highest order of so many coefficients."""
    order = (math.isqrt(8 * coefficients.size + 1) - 3) // 2
    if coefficients.ndim != 1 or order < 0 or coefficients.size != (order + 1) * (order + 2) // 2:
        raise InvalidError(
            f"No order of a function of x and y has {coefficients.size} coefficients: 1, 3, 6, 10 ... do."
        )
    return order


def _terms(order: int, x: Floats, y: Floats) -> Floats:
    """Products of the functions of x and y, by their values from order 0 on."""
    return np.array([x[total - n] * y[n] for total in range(order + 1) for n in range(total + 1)])


@dataclass(frozen=True, slots=True, eq=False, init=False)
class PolynomialFunction(ByValue, SpatialFunction):
    """A polynomial.

    Parameters
    ----------
    coefficients : array_like
        1, 3, 6, 10 ... of them.

    Raises
    ------
    InvalidError
        Raised if there is another number of them.
    """

    coefficients: Floats

    def __init__(self, coefficients: npt.ArrayLike) -> None:
        object.__setattr__(self, "coefficients", frozen(coefficients))
        _order(self.coefficients)

    def __call__(self, x: float, y: float) -> float:
        order = _order(self.coefficients)
        powers = np.arange(order + 1)
        return float(np.dot(self.coefficients, _terms(order, np.power(float(x), powers), np.power(float(y), powers))))


@dataclass(frozen=True, slots=True, eq=False, init=False)
class ChebyshevFunction(ByValue, SpatialFunction):
    """A sum of products of Chebyshev polynomials of the first kind.

    Parameters
    ----------
    coefficients : array_like
        1, 3, 6, 10 ... of them.
    low, high : pair of `float`
        Positions (x, y) that are mapped to (-1, -1) and (1, 1).

    Raises
    ------
    InvalidError
        Raised if there is another number of coefficients, or no area between the positions.
    """

    coefficients: Floats
    low: tuple[float, float]
    high: tuple[float, float]

    def __init__(self, coefficients: npt.ArrayLike, low: tuple[float, float], high: tuple[float, float]) -> None:
        object.__setattr__(self, "coefficients", frozen(coefficients))
        object.__setattr__(self, "low", (float(low[0]), float(low[1])))
        object.__setattr__(self, "high", (float(high[0]), float(high[1])))
        _order(self.coefficients)
        if not (self.low[0] < self.high[0] and self.low[1] < self.high[1]):
            raise InvalidError(f"There is no area between {self.low} and {self.high}.")

    def __call__(self, x: float, y: float) -> float:
        order = _order(self.coefficients)
        u, v = ((2.0 * p - a - b) / (b - a) for p, a, b in zip((x, y), self.low, self.high, strict=True))
        of_u, of_v = (
            np.asarray(np.polynomial.chebyshev.chebvander(t, order), dtype=np.float64).ravel() for t in (u, v)
        )
        return float(np.dot(self.coefficients, _terms(order, of_u, of_v)))


class Kernel(ABC):
    """Pixels to convolve with, by position; immutable, equal by value.

    Attributes
    ----------
    center : pair of `int`
        (x, y) of the pixel that stays where it is.
    """

    __slots__ = ()

    center: tuple[int, int]

    @property
    @abstractmethod
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny)."""

    @property
    @abstractmethod
    def is_varying(self) -> bool:
        """Whether it changes with position."""

    @abstractmethod
    def at(self, x: float, y: float) -> Floats:
        """Pixels (ny, nx) at a position, not normalised."""


def _checked_center(center: tuple[int, int] | None, width: int, height: int) -> tuple[int, int]:
    if center is None:
        return (width - 1) // 2, (height - 1) // 2
    if not (0 <= center[0] < width and 0 <= center[1] < height):
        raise InvalidError(f"The centre {center} is not in a kernel of {width} x {height} pixels.")
    return int(center[0]), int(center[1])


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class FixedKernel(ByValue, Kernel):
    """The same pixels everywhere.

    Parameters
    ----------
    pixels : array_like, (ny, nx)
        The kernel.
    center : pair of `int`, optional
        (x, y) of the pixel that stays; the middle one if not given.

    Raises
    ------
    InvalidError
        Raised if there are no pixels, or the centre is outside.
    """

    pixels: Floats
    center: tuple[int, int]

    def __init__(self, pixels: npt.ArrayLike, center: tuple[int, int] | None = None) -> None:
        given = frozen(pixels)
        if given.ndim != 2 or not given.size:
            raise InvalidError(f"A kernel has two axes (y, x), and not the shape {given.shape}.")
        object.__setattr__(self, "pixels", given)
        object.__setattr__(self, "center", _checked_center(center, *self.dimensions))

    @property
    def dimensions(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_varying(self) -> bool:
        return False

    def at(self, x: float, y: float) -> Floats:
        return self.pixels

    def __repr__(self) -> str:
        return f"FixedKernel({self.dimensions[0]} x {self.dimensions[1]} pixels)"


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class LinearCombinationKernel(ByValue, Kernel):
    """A sum of kernels times weights.

    Parameters
    ----------
    kernels : sequence of `Kernel`
        Of one size and centre, themselves the same everywhere.
    weights : sequence of `float` or of `SpatialFunction`
        One for each.
    center : pair of `int`, optional
        (x, y) of the pixel that stays; that of the kernels if not given.

    Raises
    ------
    InvalidError
        Raised if there are no kernels, not as many weights, or kernels that differ in size or change with position.
    """

    kernels: tuple[Kernel, ...]
    weights: tuple[float, ...] | tuple[SpatialFunction, ...]
    center: tuple[int, int]

    def __init__(
        self,
        kernels: tuple[Kernel, ...],
        weights: tuple[float, ...] | tuple[SpatialFunction, ...],
        center: tuple[int, int] | None = None,
    ) -> None:
        if not kernels or len(kernels) != len(weights):
            raise InvalidError(f"{len(kernels)} kernels with {len(weights)} weights make no sum.")
        if len({kernel.dimensions for kernel in kernels}) > 1 or any(kernel.is_varying for kernel in kernels):
            raise InvalidError("Kernels that are added have one size, and are each the same everywhere.")
        functions = sum(isinstance(weight, SpatialFunction) for weight in weights)
        if functions not in (0, len(weights)):
            raise InvalidError("Weights of kernels are all numbers, or all functions of position.")
        object.__setattr__(self, "kernels", tuple(kernels))
        object.__setattr__(self, "weights", tuple(weights))
        given = kernels[0].center if center is None else center
        object.__setattr__(self, "center", _checked_center(given, *self.dimensions))

    @property
    def dimensions(self) -> tuple[int, int]:
        return self.kernels[0].dimensions

    @property
    def is_varying(self) -> bool:
        return isinstance(self.weights[0], SpatialFunction)

    def at(self, x: float, y: float) -> Floats:
        numbers = [w(x, y) if isinstance(w, SpatialFunction) else w for w in self.weights]
        parts = [weight * kernel.at(x, y) for weight, kernel in zip(numbers, self.kernels, strict=True)]
        return np.asarray(np.sum(parts, axis=0))

    def __repr__(self) -> str:
        width, height = self.dimensions
        return f"LinearCombinationKernel({len(self.kernels)} of {width} x {height} pixels)"
