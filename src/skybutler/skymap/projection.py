"""FITS sky projections, vectorised over tracts: pixels of a tangent plane to unit vectors and back.  Knows no tract.

The conventions are those of FITS WCS Paper II (Calabretta & Greisen 2002, A&A 395, 1077) with the default LONPOLE and
LATPOLE: the reference point of a zenithal projection is the pole of its native sphere, that of every other one is the
native origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from skybutler.errors import SkyMapError, nearest
from skybutler.sky.vectors import lonlat_deg, unit_vectors

if TYPE_CHECKING:
    from skybutler.images.wcs import SkyWcs

__all__ = ["PROJECTIONS", "Projection", "TractWcs", "tangent_axes"]

Floats = NDArray[np.float64]

_ZENITHAL: Final = frozenset({"TAN", "STG", "SIN", "ARC", "ZEA"})
PROJECTIONS: Final = (*sorted(_ZENITHAL), "AIT", "CAR", "CEA", "HPX", "MER", "MOL", "PAR", "QSC", "SFL", "TSC")
"""FITS codes that need no parameters and can be inverted."""


def tangent_axes(ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats, Floats]:
    """Unit vectors towards east, towards north and outwards at points of the sky; at a pole `ra_deg` decides.

    Parameters
    ----------
    ra_deg, dec_deg : `numpy.ndarray`, shape (...)
        ICRS degrees.

    Returns
    -------
    east, north, outward : `numpy.ndarray`, shape (..., 3)
        A right-handed frame.
    """
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    zero = np.zeros(np.broadcast(ra, dec).shape)
    east = np.stack([-np.sin(ra) + zero, np.cos(ra) + zero, zero], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec) + zero], axis=-1)
    return east, north, unit_vectors(ra_deg, dec_deg)


@dataclass(frozen=True)
class Projection:
    """A projection with its pixel scale and rotation, shared by all tracts of a sky map.

    Parameters
    ----------
    code : `str`
        Three-letter FITS code, one of `PROJECTIONS`.
    pixel_scale : `float`
        Size of a pixel at the reference point [arcsec].
    rotation : `float`
        Turn of the pixel axes [deg]: ``CD = scale * [[-cos, sin], [sin, cos]]``.

    Raises
    ------
    SkyMapError
        Raised for a code that is not supported.
    """

    code: str
    pixel_scale: float
    rotation: float = 0.0

    def __post_init__(self) -> None:
        if self.code not in PROJECTIONS:
            known = ", ".join(PROJECTIONS)
            raise SkyMapError(
                f"Projection '{self.code}' is not supported.", hint=nearest(self.code, PROJECTIONS) or f"Use {known}."
            )

    @cached_property
    def cd_deg(self) -> Floats:
        """The FITS CD matrix (2, 2) in degrees per pixel."""
        angle = np.radians(self.rotation)
        turn = np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(turn * (self.pixel_scale / 3600.0))

    @property
    def is_zenithal(self) -> bool:
        """Whether the plane touches the sphere at the pole of the native system."""
        return self.code in _ZENITHAL

    def frames(self, ra_deg: Floats, dec_deg: Floats) -> Floats:
        """Rotations from the native sphere of a projection about each reference point to ICRS.

        Parameters
        ----------
        ra_deg, dec_deg : `numpy.ndarray`, shape (n,)
            Reference points (CRVAL), ICRS degrees.

        Returns
        -------
        frames : `numpy.ndarray`, shape (n, 3, 3)
            Rows are the native axes x, y, z as ICRS unit vectors, so that ``v_icrs = v_native @ frame``.
        """
        east, north, outward = tangent_axes(ra_deg, dec_deg)
        if not self.is_zenithal:
            return np.stack([outward, east, north], axis=-2)
        # The default LONPOLE is 180 deg below the pole and 0 exactly at it, which turns both axes of the plane.
        sign = np.where(np.asarray(dec_deg) >= 90.0, -1.0, 1.0)[..., None]
        return np.stack([-sign * north, sign * east, outward], axis=-2)

    def to_sky(self, frames: Floats, dx: Floats, dy: Floats) -> Floats:
        """Unit vectors of pixel positions.

        Parameters
        ----------
        frames : `numpy.ndarray`, shape (n, 3, 3)
            One frame for each row of positions.
        dx, dy : `numpy.ndarray`, shape (n, k)
            Pixels from the reference pixel.

        Returns
        -------
        xyz : `numpy.ndarray`, shape (n, k, 3)
            ICRS unit vectors; NaN where the projection has no such point.
        """
        cd = np.radians(self.cd_deg)
        native = self._native(cd[0, 0] * dx + cd[0, 1] * dy, cd[1, 0] * dx + cd[1, 1] * dy)
        xyz = np.empty((*native[0].shape, 3))
        for axis in range(3):
            column = frames[:, None, :, axis]
            xyz[..., axis] = native[0] * column[..., 0] + native[1] * column[..., 1] + native[2] * column[..., 2]
        return xyz

    def to_pixels(self, frames: Floats, xyz: Floats) -> tuple[Floats, Floats]:
        """Pixel positions of unit vectors, the inverse of `to_sky`.

        Parameters
        ----------
        frames : `numpy.ndarray`, shape (n, 3, 3)
            One frame for each row of points.
        xyz : `numpy.ndarray`, shape (n, k, 3) or (1, k, 3)
            ICRS unit vectors.

        Returns
        -------
        dx, dy : `numpy.ndarray`, shape (n, k)
            Pixels from the reference pixel; NaN where a point cannot be projected.
        """
        axes = (frames[:, None, axis, :] for axis in range(3))
        x, y = self._plane(*(xyz[..., 0] * a[..., 0] + xyz[..., 1] * a[..., 1] + xyz[..., 2] * a[..., 2] for a in axes))
        inverse = np.linalg.inv(np.radians(self.cd_deg))
        return inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y

    def reach(self, pixels: float) -> float:
        """Angle [rad] surely not less than the distance of any point within ``pixels`` of the reference point."""
        radius = pixels * np.radians(self.pixel_scale / 3600.0)
        if self.code == "TAN":
            return float(np.arctan(radius))
        return min(float(2.0 * np.arctan(radius / 2.0)), np.pi) if self.code == "STG" else np.pi

    def _native(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Plane coordinates [rad] to native unit vectors."""
        if self.code == "TAN":
            norm = 1.0 / np.sqrt(1.0 + x * x + y * y)
            return -y * norm, x * norm, norm
        if self.code == "STG":
            square = x * x + y * y
            norm = 1.0 / (4.0 + square)
            return -4.0 * y * norm, 4.0 * x * norm, (4.0 - square) * norm
        phi, theta = self._wcslib("Pix2Sky", x, y)
        radius = np.cos(theta)
        return radius * np.cos(phi), radius * np.sin(phi), np.sin(theta)

    def _plane(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Native unit vectors to plane coordinates [rad]."""
        if self.code == "TAN":
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = np.where(z > 0.0, 1.0 / z, np.nan)
                return y * scale, -x * scale
        if self.code == "STG":
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = np.where(z > -1.0, 2.0 / (1.0 + z), np.nan)
                return y * scale, -x * scale
        return self._wcslib("Sky2Pix", np.arctan2(y, x), np.arctan2(z, np.hypot(x, y)))

    def _wcslib(self, direction: str, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """The rarer projections, as astropy has them; radians in and out."""
        from astropy.modeling import projections

        model: Any = getattr(projections, f"{direction}_{self.code}")()
        first, second = model(np.degrees(a), np.degrees(b))
        return np.radians(first), np.radians(second)


@dataclass(frozen=True)
class TractWcs:
    """Pixels of one tract to ICRS and back.

    Pixel positions are 0-based, whole numbers are pixel centres.

    Parameters
    ----------
    projection : `Projection`
        Projection, scale and rotation.
    crval : pair of `float`
        Reference point, (ra, dec) in ICRS degrees.
    crpix : pair of `float`
        Its 0-based pixel (x, y).
    """

    projection: Projection
    crval: tuple[float, float]
    crpix: tuple[float, float]

    @cached_property
    def _frames(self) -> Floats:
        return self.projection.frames(np.array([self.crval[0]]), np.array([self.crval[1]]))

    @property
    def pixel_scale(self) -> float:
        """Size of a pixel at the reference point [arcsec]."""
        return self.projection.pixel_scale

    def pixel_to_vector(self, x: Any, y: Any) -> Floats:
        """ICRS unit vectors, shape (..., 3), of pixel positions of shape (...)."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        dx, dy = x.ravel()[None] - self.crpix[0], y.ravel()[None] - self.crpix[1]
        return self.projection.to_sky(self._frames, dx, dy).reshape(*x.shape, 3)

    def vector_to_pixel(self, xyz: Floats) -> tuple[Floats, Floats]:
        """Pixel positions, each of shape (...), of ICRS unit vectors of shape (..., 3)."""
        shape = xyz.shape[:-1]
        dx, dy = self.projection.to_pixels(self._frames, xyz.reshape(1, -1, 3))
        return dx.reshape(shape) + self.crpix[0], dy.reshape(shape) + self.crpix[1]

    def pixel_to_sky(self, x: Any, y: Any) -> tuple[Any, Any]:
        """ICRS position of pixels.

        Parameters
        ----------
        x, y : `float` or array_like, shape (...)
            0-based pixel positions.

        Returns
        -------
        ra_deg, dec_deg : `float` or `numpy.ndarray`, shape (...)
            ICRS degrees, 0 <= ra < 360; NaN where the projection has no such point.
        """
        ra, dec = lonlat_deg(self.pixel_to_vector(x, y))
        return (float(ra), float(dec)) if np.ndim(ra) == 0 else (ra, dec)

    def sky_to_pixel(self, ra_deg: Any, dec_deg: Any) -> tuple[Any, Any]:
        """Pixel positions of points of the sky.

        Parameters
        ----------
        ra_deg, dec_deg : `float` or array_like, shape (...)
            ICRS degrees.

        Returns
        -------
        x, y : `float` or `numpy.ndarray`, shape (...)
            0-based pixel positions; NaN where a point cannot be projected (TAN: 90 deg and more away).
        """
        x, y = self.vector_to_pixel(unit_vectors(ra_deg, dec_deg))
        return (float(x), float(y)) if np.ndim(x) == 0 else (x, y)

    def to_sky_wcs(self) -> SkyWcs:
        """The same as the sky coordinates that exposures have."""
        from skybutler.images.wcs import SkyWcs

        return SkyWcs.from_fits_header(self.to_fits_header())

    def to_fits_header(self) -> dict[str, str | float]:
        """The FITS keywords of this WCS; CRPIX is 1-based there."""
        cd = self.projection.cd_deg
        return {
            "CTYPE1": f"RA---{self.projection.code}",
            "CTYPE2": f"DEC--{self.projection.code}",
            "CUNIT1": "deg",
            "CUNIT2": "deg",
            "CRPIX1": self.crpix[0] + 1.0,
            "CRPIX2": self.crpix[1] + 1.0,
            "CRVAL1": self.crval[0],
            "CRVAL2": self.crval[1],
            **{f"CD{i + 1}_{j + 1}": float(cd[i, j]) for i in range(2) for j in range(2)},
            "RADESYS": "ICRS",
        }
