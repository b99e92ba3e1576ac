"""Smooth functions of position in a box of pixels: polynomials, products, pixel areas.  Knows nothing of files."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.ast_maps import AstFunction
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats, frozen
from skybutler.sky.vectors import unit_vectors

if TYPE_CHECKING:
    from skybutler.images.wcs import SkyWcs

__all__ = ["BoundedField", "ChebyshevField", "PixelAreaField", "ProductField", "TransformField"]

_NODES = 32
"""Of Gauss' quadrature along each axis: exact for polynomials up to order 63."""


class BoundedField(ABC):
    """A function of pixel position that is meant within a box; immutable, equal by value.

    Attributes
    ----------
    bbox : `Box`
        Where it is meant, in parent coordinates; outside of it, it is continued as it happens to be.
    """

    __slots__ = ()

    bbox: Box

    @abstractmethod
    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        """Values at positions of one shape."""

    @abstractmethod
    def scaled(self, factor: float) -> BoundedField:
        """This field times a number."""

    def evaluate(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Values at pixel positions.

        Parameters
        ----------
        x, y : array_like
            0-based parent pixels, broadcast together.

        Returns
        -------
        values : `numpy.ndarray`
            Float64, of the broadcast shape.
        """
        px, py = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        return np.asarray(self._evaluate(px, py), dtype=np.float64)

    def on_grid(self, box: Box) -> Floats:
        """Values at the centres of all pixels of a box, (ny, nx)."""
        return self.evaluate(np.arange(box.x.start, box.x.stop)[None, :], np.arange(box.y.start, box.y.stop)[:, None])

    def integrate(self) -> float:
        """Integral over the area of all pixels of the box, by Gauss' quadrature: exact for polynomials."""
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        width, height = self.bbox.dimensions
        x, y = self.bbox.center[0] + nodes * width / 2, self.bbox.center[1] + nodes * height / 2
        values = self.evaluate(x[None, :], y[:, None])
        return float(weights @ values @ weights) * width * height / 4

    def mean(self) -> float:
        """Mean over the area of the box.

        Raises
        ------
        InvalidError
            Raised if the box is empty.
        """
        if self.bbox.is_empty:
            raise InvalidError(f"{self!r} has no mean: its box is empty.")
        return self.integrate() / self.bbox.area

    def __mul__(self, factor: object) -> BoundedField:
        return self.scaled(float(factor)) if isinstance(factor, int | float | np.number) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> BoundedField:
        return self.scaled(1.0 / float(divisor)) if isinstance(divisor, int | float | np.number) else NotImplemented


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class ChebyshevField(ByValue, BoundedField):
    """A sum of products of Chebyshev polynomials of the first kind.

    Parameters
    ----------
    bbox : `Box`
        Pixels whose area is mapped to -1 .. 1 on both axes.  It may be empty if the field is constant.
    coefficients : array_like, (ny + 1, nx + 1)
        Of ``T_i(v) T_j(u)``, the first axis belonging to y.

    Raises
    ------
    InvalidError
        Raised if there are no coefficients, or several for an empty box.
    """

    bbox: Box
    coefficients: Floats

    def __init__(self, bbox: Box, coefficients: npt.ArrayLike) -> None:
        given = frozen(coefficients)
        if given.ndim != 2 or given.size == 0:
            raise InvalidError(f"Coefficients of a Chebyshev field have the axes y and x, not the shape {given.shape}.")
        if bbox.is_empty and given.size > 1:
            raise InvalidError(f"A Chebyshev field of the shape {given.shape} needs a box that is not empty.")
        object.__setattr__(self, "bbox", Box((0, 0), (0, 0)) if bbox.is_empty else bbox)
        object.__setattr__(self, "coefficients", given)

    @classmethod
    def fit(
        cls, bbox: Box, x: npt.ArrayLike, y: npt.ArrayLike, values: npt.ArrayLike, orders: tuple[int, int] = (2, 2)
    ) -> ChebyshevField:
        """The field closest to values in the least-squares sense.

        Parameters
        ----------
        bbox : `Box`
            Its box.
        x, y, values : array_like
            Positions and what was found there.
        orders : pair of `int`
            Largest order in x and in y.

        Raises
        ------
        InvalidError
            Raised if there are fewer values than coefficients.
        """
        px, py, found = (np.ravel(np.asarray(a, dtype=np.float64)) for a in (x, y, values))
        nx, ny = orders
        if found.size < (nx + 1) * (ny + 1):
            raise InvalidError(f"{found.size} values do not determine {(nx + 1) * (ny + 1)} coefficients.")
        u, v = _unit(px, bbox.x), _unit(py, bbox.y)
        terms = np.polynomial.chebyshev.chebvander2d(v, u, [ny, nx])
        solution = np.linalg.lstsq(terms, found, rcond=None)[0]
        return cls(bbox, solution.reshape(ny + 1, nx + 1))

    @property
    def is_constant(self) -> bool:
        """Whether it has the same value everywhere."""
        return self.coefficients.size == 1

    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        if self.is_constant:
            return np.full(x.shape, self.coefficients[0, 0])
        u, v = _unit(x, self.bbox.x), _unit(y, self.bbox.y)
        return np.asarray(np.polynomial.chebyshev.chebval2d(v, u, self.coefficients))

    def scaled(self, factor: float) -> ChebyshevField:
        return ChebyshevField(self.bbox, self.coefficients * factor)

    def __repr__(self) -> str:
        if self.is_constant:
            return f"ChebyshevField({self.bbox}, constant {self.coefficients[0, 0]:.6g})"
        ny, nx = self.coefficients.shape
        return f"ChebyshevField({self.bbox}, orders x={nx - 1} y={ny - 1})"


def _unit(position: Floats, interval: tuple[int, int]) -> Floats:
    """Positions along an axis, -1 and 1 at the outer edges of the first and last pixel."""
    start, stop = interval
    return (2.0 * position - (start + stop - 1)) / (stop - start)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProductField(ByValue, BoundedField):
    """A product of fields of one box.

    Parameters
    ----------
    factors : `tuple` [`BoundedField`]
        At least one.

    Raises
    ------
    InvalidError
        Raised if there is none or their boxes differ.
    """

    factors: tuple[BoundedField, ...]
    bbox: Box = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        boxes = {factor.bbox for factor in self.factors}
        if len(boxes) != 1:
            raise InvalidError(f"Fields of one box make a product, not of {', '.join(map(str, boxes)) or 'none'}.")
        object.__setattr__(self, "bbox", boxes.pop())

    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        return np.asarray(math.prod(factor.evaluate(x, y) for factor in self.factors))

    def scaled(self, factor: float) -> ProductField:
        first, *rest = self.factors
        return ProductField((first.scaled(factor), *rest))

    def __repr__(self) -> str:
        return f"ProductField({' * '.join(map(repr, self.factors))})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PixelAreaField(ByValue, BoundedField):
    """The area of pixels on the sky.

    Parameters
    ----------
    bbox : `Box`
        Where it is meant.
    wcs : `SkyWcs`
        Sky coordinates of the pixels.
    scaling : `float`
        Multiplied to areas in steradians, for other units or calibrations.
    """

    bbox: Box
    wcs: SkyWcs
    scaling: float = 1.0

    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        def edge(dx: float, dy: float) -> Any:
            return unit_vectors(*self.wcs.pixel_to_sky(x + dx, y + dy))

        across, up = edge(0.5, 0.0) - edge(-0.5, 0.0), edge(0.0, 0.5) - edge(0.0, -0.5)
        return np.asarray(np.linalg.norm(np.cross(across, up), axis=-1) * self.scaling)

    def scaled(self, factor: float) -> PixelAreaField:
        return PixelAreaField(self.bbox, self.wcs, self.scaling * factor)

    def __repr__(self) -> str:
        return f"PixelAreaField({self.bbox}, {self.wcs!r}, scaling={self.scaling:.6g})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TransformField(ByValue, BoundedField):
    """A function that Starlink's AST library evaluates.

    Parameters
    ----------
    bbox : `Box`
        Where it is meant.
    text : `str`
        A mapping from two axes to one, as AST's Channel writes it.
    """

    bbox: Box
    text: str
    _function: AstFunction = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_function", AstFunction(self.text))

    def _evaluate(self, x: Floats, y: Floats) -> Floats:
        return self._function(x, y)

    def scaled(self, factor: float) -> ProductField:
        return ProductField((self, ChebyshevField(self.bbox, [[factor]])))

    def __repr__(self) -> str:
        return f"TransformField({self.bbox})"
