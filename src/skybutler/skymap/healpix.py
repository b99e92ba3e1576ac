"""Tracts that are HEALPix pixels.  Knows neither image pixels nor patches."""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np

from skybutler.errors import SkyMapError
from skybutler.skymap.projection import Floats
from skybutler.skymap.tiling import Ids, PolygonTiling

__all__ = ["HealpixTiling"]

_MAX_FOUND: Final = 20_000_000


class HealpixTiling(PolygonTiling):
    """One tract for each pixel of a HEALPix map (Gorski et al. 2005, ApJ 622, 759), numbered from the south.

    Surveys take the colatitude of HEALPix as counted from the south pole; tract n is the mirror image of pixel n.

    Parameters
    ----------
    log2_nside : `int`
        Binary logarithm of nside.
    nest : `bool`
        Nested instead of ring numbering.
    overlap_deg : `float`
        Minimum overlap of adjacent tracts [deg].
    """

    hash_name = "HealpixSkyMap"

    def __init__(self, log2_nside: int, nest: bool, overlap_deg: float) -> None:
        self.overlap_deg = overlap_deg
        self._log2_nside, self._nside, self._nest = log2_nside, 1 << log2_nside, nest

    def __len__(self) -> int:
        return 12 * self._nside**2

    def hash_bytes(self) -> bytes:
        return struct.pack("<i?", self._log2_nside, self._nest)

    @property
    def extent_deg(self) -> float:
        import hpgeom

        return min(180.0, float(hpgeom.max_pixel_radius(self._nside)) + self.overlap_deg / 2.0)

    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        import hpgeom

        ra, mirrored_dec = hpgeom.pixel_to_angle(self._nside, ids, nest=self._nest)
        return np.asarray(ra), -np.asarray(mirrored_dec)

    def _corners(self, ids: Ids) -> tuple[Floats, Floats]:
        import hpgeom

        ra, mirrored_dec = hpgeom.boundaries(self._nside, ids, nest=self._nest)
        return np.asarray(ra), -np.asarray(mirrored_dec)

    def find(self, ra_deg: Floats, dec_deg: Floats) -> Ids:
        """The tract whose pixel holds each point."""
        import hpgeom

        found = hpgeom.angle_to_pixel(self._nside, np.asarray(ra_deg) % 360.0, -np.asarray(dec_deg), nest=self._nest)
        return np.asarray(found, np.int64)

    def near(self, ra_deg: float, dec_deg: float, radius_rad: float) -> Ids:
        """Tracts with centres not further than ``radius_rad`` from a point, in ascending order.

        Raises
        ------
        SkyMapError
            Raised if there are more than 20 million.
        """
        import hpgeom

        radius = min(math.degrees(radius_rad), 180.0)
        if (expected := len(self) * math.sin(math.radians(radius / 2.0)) ** 2) > _MAX_FOUND:
            raise SkyMapError(f"Too many tracts to look at: about {expected:.2g}.", hint="Choose a smaller log2NSide.")
        if radius == 180.0:
            return np.arange(len(self))
        found = hpgeom.query_circle(self._nside, ra_deg % 360.0, -dec_deg, max(radius, 1e-9), nest=self._nest)
        return np.sort(np.asarray(found, np.int64))
