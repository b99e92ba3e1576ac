"""Point-spread functions and shapes with the spellings of lsst.afw.  Knows no files."""

# ruff: noqa: N802 - the names are those of lsst.afw

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skybutler.compat.geom import Box2I, Extent2I, Point2D
from skybutler.compat.wrapping import Wrapped, to_compat
from skybutler.images.psf import GaussianPsf as PlainGaussianPsf
from skybutler.images.psf import Psf as PlainPsf

from .pixels import Image, box_of, position_of

__all__ = ["GaussianPsf", "Psf", "Quadrupole", "psf_of"]


class Quadrupole:
    """Second moments in square pixels.

    Parameters
    ----------
    ixx, iyy, ixy : `float`
        Moments.
    """

    __slots__ = ("ixx", "ixy", "iyy")

    def __init__(self, ixx: float = 1.0, iyy: float = 1.0, ixy: float = 0.0) -> None:
        self.ixx, self.iyy, self.ixy = float(ixx), float(iyy), float(ixy)

    def getIxx(self) -> float:
        """Along x."""
        return self.ixx

    def getIyy(self) -> float:
        """Along y."""
        return self.iyy

    def getIxy(self) -> float:
        """Across."""
        return self.ixy

    def getDeterminantRadius(self) -> float:
        """Fourth root of the determinant: the sigma of a round Gaussian of the same area."""
        return float(max(self.ixx * self.iyy - self.ixy * self.ixy, 0.0) ** 0.25)

    def getTraceRadius(self) -> float:
        """Root of half the trace."""
        return math.sqrt(max(0.5 * (self.ixx + self.iyy), 0.0))

    def getArea(self) -> float:
        """Area of the ellipse of these moments."""
        return math.pi * self.getDeterminantRadius() ** 2

    def getMatrix(self) -> Any:
        """Matrix (2, 2)."""
        return np.array([[self.ixx, self.ixy], [self.ixy, self.iyy]])

    def getParameterVector(self) -> Any:
        """Ixx, Iyy, Ixy."""
        return np.array([self.ixx, self.iyy, self.ixy])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quadrupole):
            return NotImplemented
        return (self.ixx, self.iyy, self.ixy) == (other.ixx, other.iyy, other.ixy)

    def __hash__(self) -> int:
        return hash((self.ixx, self.iyy, self.ixy))

    def __repr__(self) -> str:
        return f"Quadrupole(ixx={self.ixx!r}, iyy={self.iyy!r}, ixy={self.ixy!r})"


class Psf(Wrapped):
    """How the light of a star is spread over pixels; without a position, what is asked is for the average one."""

    __slots__ = ()

    def computeImage(self, position: Any = None, *_: Any) -> Image:
        """The image of a star at a position."""
        return to_compat(self.plain.compute_image(*position_of(position)))  # type: ignore[no-any-return]

    def computeKernelImage(self, position: Any = None, *_: Any) -> Image:
        """The PSF as a kernel, centred on pixel (0, 0)."""
        return to_compat(self.plain.compute_kernel_image(*position_of(position)))  # type: ignore[no-any-return]

    def computeShape(self, position: Any = None, *_: Any) -> Quadrupole:
        """Second moments."""
        return Quadrupole(*self.plain.shape(*position_of(position)))

    def computePeak(self, position: Any = None, *_: Any) -> float:
        """The highest pixel of the kernel."""
        return float(self.plain.compute_kernel_image(*position_of(position)).array.max())

    def computeBBox(self, position: Any = None, *_: Any) -> Box2I:
        """Box of the kernel image."""
        return box_of(self.plain.kernel_box(*position_of(position)))

    def computeImageBBox(self, position: Any = None, *_: Any) -> Box2I:
        """Box of the image of a star."""
        return box_of(self.plain.compute_image(*position_of(position)).bbox)

    def computeApertureFlux(self, radius: float, position: Any = None, *_: Any) -> float:
        """Part of the light within a circle."""
        return float(self.plain.aperture_flux(radius, *position_of(position)))

    def getAveragePosition(self) -> Point2D:
        """Mean position of the stars that the model was made from."""
        return Point2D(*self.plain.average_position)

    def getSigma(self, position: Any = None) -> float:
        """Size in pixels, the determinant radius."""
        return float(self.plain.sigma(*position_of(position)))

    def getDimensions(self) -> Extent2I:
        """Width and height of its images."""
        return Extent2I(*self.plain.kernel_box().dimensions)

    def clone(self) -> Psf:
        """Itself; it cannot be changed."""
        return self

    def isPersistable(self) -> bool:
        """Whether it can be written."""
        return True


class GaussianPsf(Psf):
    """The same round Gaussian everywhere.

    Parameters
    ----------
    width, height : `int`
        Pixels of its images.
    sigma : `float`
        Standard deviation, pixels.
    """

    __slots__ = ()

    def __init__(self, width: int, height: int, sigma: float) -> None:
        self.plain = PlainGaussianPsf(width, height, sigma)


def psf_of(plain: PlainPsf) -> Psf:
    """A PSF of the class for it."""
    return GaussianPsf.of(plain) if isinstance(plain, PlainGaussianPsf) else Psf.of(plain)
