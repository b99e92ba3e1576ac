"""Rings of tracts along parallels between two polar caps.  Knows neither pixels nor patches."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

import numpy as np

from skybutler.skymap.projection import Floats
from skybutler.skymap.tiling import Ids, SquareTiling

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["RingsTiling"]


class RingsTiling(SquareTiling):
    """A cap on each pole and rings of equal height between them, as many tracts in a ring as its longer edge needs.

    Tract 0 is the south cap; the rings follow from south to north, each eastwards from ``ra_start``; the last tract is
    the north cap.

    Parameters
    ----------
    n_rings : `int`
        Number of rings.
    ra_start : `float`
        Centre of the first tract of each ring [deg].
    overlap_deg : `float`
        Minimum overlap of adjacent tracts [deg].
    version : `int`
        1, or 0 for the numbering of early maps: every ring but the first begins with what should be its second
        tract, so that the first tract of the first ring occurs twice and that of the last ring not at all.
    """

    hash_name = "RingsSkyMap"

    def __init__(self, n_rings: int, ra_start: float, overlap_deg: float, version: int = 1) -> None:
        self.overlap_deg = overlap_deg
        self._n_rings, self._ra_start, self._version = n_rings, ra_start, version
        self._height = math.pi / (n_rings + 1)
        # `math`, one ring at a time: the counts are truncated, and numpy's cosine may differ in the last bit.
        counts = [self._count(ring) for ring in range(n_rings)]
        self._counts = np.array(counts, np.int64)
        self._ends = np.cumsum(self._counts)
        self._starts = self._ends - self._counts

    def _count(self, ring: int) -> int:
        south = self._height * (ring + 0.5) - 0.5 * math.pi
        longer_edge = min(abs(south), abs(south + self._height))
        return int(2.0 * math.pi * math.cos(longer_edge) / self._height) + 1

    def __len__(self) -> int:
        return int(self._ends[-1]) + 2

    def hash_bytes(self) -> bytes:
        return struct.pack("<id", self._n_rings, self._ra_start)

    @property
    def extent_deg(self) -> float:
        return math.degrees(self._height / 2.0) + self.overlap_deg

    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        ring, place = self._places(ids)
        in_ring = (ring >= 0) & (ring < self._n_rings)
        counts = self._counts[np.clip(ring, 0, self._n_rings - 1)]
        ra = np.where(in_ring, (place * (360.0 / counts) + self._ra_start) % 360.0, 0.0)
        dec = np.degrees(self._height * (ring + 1) - 0.5 * math.pi)
        return ra, np.where(in_ring, dec, np.where(ring < 0, -90.0, 90.0))

    def _half_sizes(self, ids: Ids) -> Floats:
        return np.full(len(ids), math.degrees(self._height / 2.0))

    def _places(self, ids: Ids) -> tuple[Ids, Ids]:
        """Ring (-1 and ``n_rings`` are the caps) and place within the ring of each tract."""
        flat = np.asarray(ids, np.int64) - 1
        ring = np.searchsorted(self._ends, flat, side="right" if self._version else "left")
        ring = np.where(flat < 0, -1, np.where(flat >= self._ends[-1], self._n_rings, ring))
        return ring, flat - self._starts[np.clip(ring, 0, self._n_rings - 1)]

    def find(self, ra_deg: Floats, dec_deg: Floats) -> Ids:
        """The tract that owns each point: its ring by declination, within the ring the nearest right ascension."""
        south_edge = 0.5 * (self._height - math.pi)
        dec = np.radians(dec_deg)
        ring = np.floor((dec - south_edge) / self._height).astype(np.int64)
        ring = np.where(dec < south_edge, -1, np.where(dec > -south_edge, self._n_rings, ring))
        inside = np.clip(ring, 0, self._n_rings - 1)
        counts = self._counts[inside]
        place = np.floor((np.asarray(ra_deg) - self._ra_start) % 360.0 / (360.0 / counts) + 0.5).astype(np.int64)
        place = np.where(place >= counts, 0, place)
        found = self._starts[inside] + place + 1
        if (
            self._version == 0
        ):  # what should be the first tract of a ring comes last, and in the last ring it is missing
            found = np.where((place == 0) & (inside > 0), self._ends[inside] + 1, found)
        return np.where(ring < 0, 0, np.where(ring >= self._n_rings, len(self) - 1, found))

    def near(self, ra_deg: float, dec_deg: float, radius_rad: float) -> Ids:
        """Tracts with centres not further than ``radius_rad`` from a point, in ascending order."""
        dec = math.radians(dec_deg)
        low, high = (math.floor((dec + side + 0.5 * math.pi) / self._height) for side in (-radius_rad, radius_rad))
        south, north = max(low - 1, 0), min(high, self._n_rings - 1)  # ring i is centred at height * (i + 1) - pi / 2
        # One more at the end, for version 0.
        ids = np.arange(self._starts[south] + 1, self._ends[north] + 2) if south <= north else np.empty(0, np.int64)
        ids = np.unique(np.concatenate([[0], ids, [len(self) - 1]]))
        return self._nearest_of(ids, ra_deg, dec_deg, radius_rad)

    def inner_region(self, tract_id: int) -> Region:
        """Longitudes and latitudes a tract owns."""
        from lsst.sphgeom import AngleInterval, Box, NormalizedAngleInterval

        ring = int(self._places(np.array([tract_id]))[0][0])
        south = self._height * (ring + 0.5) - 0.5 * math.pi
        if not 0 <= ring < self._n_rings:
            lat = AngleInterval.fromRadians(max(south, -0.5 * math.pi), min(south + self._height, 0.5 * math.pi))
            return Box(NormalizedAngleInterval.full(), lat)
        center = math.radians(float(self.centers(np.array([tract_id]))[0][0]))
        half = math.pi / int(self._counts[ring])
        lon = NormalizedAngleInterval.fromRadians(*((center + side) % (2.0 * math.pi) for side in (-half, half)))
        return Box(lon, AngleInterval.fromRadians(south, south + self._height))
