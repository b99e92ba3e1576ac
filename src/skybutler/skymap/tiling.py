"""How a kind of sky map places its tracts, and what follows from that.  Knows neither pixels nor patches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from skybutler.sky.vectors import unit_vectors
from skybutler.skymap.projection import Floats, tangent_axes

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["Ids", "PolygonTiling", "SquareTiling", "Tiling", "around"]

Ids = NDArray[np.int64]

_BORDER_DIRECTIONS: Final = 24
_CHUNK: Final = 4_000_000  # dot products at once: 32 MB


def around(ra_deg: Floats, dec_deg: Floats, radius_deg: Floats | float, count: int) -> Floats:
    """Points on small circles.

    Parameters
    ----------
    ra_deg, dec_deg : `numpy.ndarray`, shape (...)
        Centres, ICRS degrees.
    radius_deg : `float` or `numpy.ndarray`, shape (...)
        Radii of the circles [deg].
    count : `int`
        How many points, equally spaced; the first lies east of the centre.

    Returns
    -------
    xyz : `numpy.ndarray`, shape (..., count, 3)
        ICRS unit vectors.
    """
    east, north, outward = (axis[..., None, :] for axis in tangent_axes(ra_deg, dec_deg))
    angle = (np.arange(count) * (2.0 * np.pi / count))[:, None]
    radius = np.radians(radius_deg)[..., None, None]
    return np.asarray(np.cos(radius) * outward + np.sin(radius) * (np.cos(angle) * east + np.sin(angle) * north))


class Tiling(ABC):
    """Where the tracts of a sky map are, as columns.

    Tract identifiers are 0 to ``len(tiling) - 1``; methods take arrays of valid ones.
    """

    hash_name: str
    """Name that enters the hash of the map."""

    overlap_deg: float
    """Minimum overlap of adjacent tracts [deg]."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def hash_bytes(self) -> bytes:
        """The options of this kind as they enter the hash."""

    @abstractmethod
    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        """Centres of tracts: ra, dec in ICRS degrees, each of shape (n,)."""

    @abstractmethod
    def outline(self, ids: Ids) -> Floats:
        """Unit vectors, shape (n, k, 3), that the pixel box of each tract must hold."""

    @property
    @abstractmethod
    def extent_deg(self) -> float:
        """Angle [deg] that no point of any outline exceeds from the centre of its tract."""

    def references(self, ids: Ids) -> tuple[Floats, Floats]:
        """Reference points (CRVAL) of the projections: ra, dec in ICRS degrees."""
        return self.centers(ids)

    def vertices(self, ids: Ids) -> tuple[Floats, Floats] | None:
        """Corners of the inner regions, ra and dec of shape (n, k); `None` where the box of the tract decides."""
        del ids
        return None

    def inner_region(self, tract_id: int) -> Region | None:
        """The region a tract owns, where it is simpler than a polygon of its vertices."""
        del tract_id
        return None

    def find(self, ra_deg: Floats, dec_deg: Floats) -> Ids:
        """The tract that owns each point: here the one with the nearest centre, the first of several."""
        points, found = unit_vectors(ra_deg, dec_deg).reshape(-1, 3), np.empty(np.size(ra_deg), np.int64)
        centers = unit_vectors(*self.centers(np.arange(len(self))))
        step = max(1, _CHUNK // len(self))
        for begin in range(0, len(points), step):
            found[begin : begin + step] = np.argmax(points[begin : begin + step] @ centers.T, axis=1)
        return found.reshape(np.shape(ra_deg))

    def near(self, ra_deg: float, dec_deg: float, radius_rad: float) -> Ids:
        """Tracts with centres not further than ``radius_rad`` from a point, in ascending order."""
        return self._nearest_of(np.arange(len(self)), ra_deg, dec_deg, radius_rad)

    def _nearest_of(self, ids: Ids, ra_deg: float, dec_deg: float, radius_rad: float) -> Ids:
        if radius_rad >= np.pi:
            return ids
        distance = unit_vectors(*self.centers(ids)) @ unit_vectors(ra_deg, dec_deg)
        return np.asarray(ids[distance >= np.cos(radius_rad) - 1e-12])


class PolygonTiling(Tiling):
    """Tracts that hold a polygon and half of the overlap around it."""

    def outline(self, ids: Ids) -> Floats:
        ra, dec = self._corners(ids)
        if self.overlap_deg == 0.0:
            return unit_vectors(ra, dec)
        return around(ra, dec, self.overlap_deg / 2.0, _BORDER_DIRECTIONS).reshape(len(ids), -1, 3)

    def vertices(self, ids: Ids) -> tuple[Floats, Floats] | None:
        return self._corners(ids)

    @abstractmethod
    def _corners(self, ids: Ids) -> tuple[Floats, Floats]:
        """Corners of the polygons, ra and dec in ICRS degrees, shape (n, k)."""


class SquareTiling(Tiling):
    """Tracts that are squares about their centres, the overlap included on every side."""

    def outline(self, ids: Ids) -> Floats:
        return around(*self.centers(ids), self._half_sizes(ids) + self.overlap_deg, 4)

    @abstractmethod
    def _half_sizes(self, ids: Ids) -> Floats:
        """Half sizes without the overlap [deg], shape (n,)."""
