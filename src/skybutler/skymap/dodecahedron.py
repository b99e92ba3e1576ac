"""Twelve tracts on the faces of a dodecahedron.  Knows neither pixels nor patches."""

from __future__ import annotations

import struct
from itertools import combinations
from typing import Final

import numpy as np

from skybutler.sky.vectors import lonlat_deg, unit_vectors
from skybutler.skymap.projection import Floats
from skybutler.skymap.tiling import Ids, PolygonTiling

__all__ = ["DodecahedronTiling"]

_ADJACENT: Final = 1.0 / np.sqrt(5.0)
"""Cosine of the angle between the centres of faces that share an edge."""


class DodecahedronTiling(PolygonTiling):
    """Faces of a dodecahedron, numbered from north to south and eastwards within a row.

    Parameters
    ----------
    faces_on_poles : `bool`
        Rows of 1, 5, 5 and 1 faces, a face of the second row at right ascension 0; otherwise a vertex is on each pole
        and there are four rows of 3, a face of the first at right ascension 0.
    overlap_deg : `float`
        Minimum overlap of adjacent tracts [deg].
    """

    hash_name = "DodecaSkyMap"

    def __init__(self, faces_on_poles: bool, overlap_deg: float) -> None:
        self.overlap_deg = overlap_deg
        self._faces_on_poles = faces_on_poles
        self._ra, self._dec = _faces_around_poles() if faces_on_poles else _vertices_on_poles()
        self._corner_ra, self._corner_dec = _corners_of(unit_vectors(self._ra, self._dec))

    def __len__(self) -> int:
        return 12

    def hash_bytes(self) -> bytes:
        return struct.pack("<?", self._faces_on_poles)

    @property
    def extent_deg(self) -> float:
        return 37.38 + self.overlap_deg / 2.0  # a vertex is 37.377 deg from the centre of its face

    def centers(self, ids: Ids) -> tuple[Floats, Floats]:
        return self._ra[ids], self._dec[ids]

    def _corners(self, ids: Ids) -> tuple[Floats, Floats]:
        return self._corner_ra[ids], self._corner_dec[ids]


def _faces_around_poles() -> tuple[Floats, Floats]:
    step, dec = np.arange(5) * 72.0, float(np.degrees(np.arcsin(_ADJACENT)))
    # The right ascension of the north cap turns its pixels; existing maps have it so.
    ra = np.concatenate([[180.0], step, step + 36.0, [0.0]])
    return ra, np.repeat([90.0, dec, -dec, -90.0], [1, 5, 5, 1])


def _vertices_on_poles() -> tuple[Floats, Floats]:
    step = np.arange(3) * 120.0
    high, low = (float(np.degrees(np.arcsin(np.sqrt((5.0 + side * np.sqrt(20.0)) / 15.0)))) for side in (1, -1))
    return np.concatenate([step, step + 60.0, step, step + 60.0]), np.repeat([high, low, -low, -high], 3)


def _corners_of(faces: Floats) -> tuple[Floats, Floats]:
    """The five vertices of each face, counter-clockwise as seen from outside: ra, dec of shape (12, 5)."""
    triples = [faces[list(t)] for t in combinations(range(12), 3)]
    sums = np.array([t.sum(axis=0) for t in triples if np.allclose((t @ t.T)[np.triu_indices(3, 1)], _ADJACENT)])
    vertices = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    vertices[np.abs(vertices) < 1e-14] = 0.0  # at the poles, rounding would choose the right ascension
    corners = np.empty((12, 5, 3))
    for face, center in enumerate(faces):
        own = vertices[np.argsort(vertices @ -center)[:5]]
        axis = own[0] - center * (own[0] @ center)
        angle = np.arctan2(own @ np.cross(center, axis), own @ axis)
        corners[face] = own[np.argsort(angle)]
    return lonlat_deg(corners)
