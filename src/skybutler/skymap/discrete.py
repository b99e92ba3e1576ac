"""Tracts wherever the user puts them.  Knows neither pixels nor patches."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from skybutler.skymap.projection import Floats
from skybutler.skymap.tiling import Ids, SquareTiling

__all__ = ["DiscreteTiling"]


class DiscreteTiling(SquareTiling):
    """Square tracts at given places.

    Parameters
    ----------
    ra, dec : sequence of `float`
        Centres, ICRS degrees.
    radius : sequence of `float`
        Half sizes [deg].
    overlap_deg : `float`
        What is added to each half size [deg].
    """

    hash_name = "DiscreteSkyMap"

    def __init__(self, ra: Sequence[float], dec: Sequence[float], radius: Sequence[float], overlap_deg: float) -> None:
        self.overlap_deg = overlap_deg
        self._ra, self._dec, self._radius = (np.array(values, np.float64) for values in (ra, dec, radius))

    def __len__(self) -> int:
        return len(self._ra)

    def hash_bytes(self) -> bytes:
        return b"".join(struct.pack(f"<{len(self)}d", *values) for values in (self._ra, self._dec, self._radius))

    @property
    def extent_deg(self) -> float:
        return float(self._radius.max()) + self.overlap_deg

    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        return self._ra[ids] % 360.0, self._dec[ids]

    def _half_sizes(self, ids: Ids) -> Floats:
        return self._radius[ids]
