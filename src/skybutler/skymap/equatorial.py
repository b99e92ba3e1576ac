"""A band of tracts around the equator.  Knows neither pixels nor patches."""

from __future__ import annotations

import struct

import numpy as np

from skybutler.skymap.projection import Floats
from skybutler.skymap.tiling import Ids, PolygonTiling

__all__ = ["EquatorialTiling"]


class EquatorialTiling(PolygonTiling):
    """Tracts of equal width in right ascension, beginning at right ascension 0.

    Parameters
    ----------
    n_tracts : `int`
        Number of tracts around the sky.
    dec_range : pair of `float`
        Declinations covered [deg].
    overlap_deg : `float`
        Minimum overlap of adjacent tracts [deg].
    """

    hash_name = "EquatSkyMap"

    def __init__(self, n_tracts: int, dec_range: tuple[float, float], overlap_deg: float) -> None:
        self.overlap_deg = overlap_deg
        self._n_tracts, self._dec_range = n_tracts, dec_range
        self._width = 360.0 / n_tracts

    def __len__(self) -> int:
        return self._n_tracts

    def hash_bytes(self) -> bytes:
        return struct.pack("<i2d", self._n_tracts, *self._dec_range)

    @property
    def extent_deg(self) -> float:
        half_height = (self._dec_range[1] - self._dec_range[0]) / 2.0
        return min(180.0, self._width / 2.0 + half_height + self.overlap_deg / 2.0)

    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        return np.asarray((ids + 0.5) * self._width), np.full(len(ids), sum(self._dec_range) / 2.0, np.float64)

    def references(self, ids: Ids) -> tuple[Floats, Floats]:
        """Reference points lie on the equator, so that pixels are symmetric about it."""
        ra, dec = self.centers(ids)
        return ra, np.zeros_like(dec)

    def _corners(self, ids: Ids) -> tuple[Floats, Floats]:
        south, north = self._dec_range
        ra = ids[:, None] * self._width + np.array([0.0, 1.0, 1.0, 0.0]) * self._width
        return ra % 360.0, np.broadcast_to([south, south, north, north], ra.shape).astype(np.float64)
