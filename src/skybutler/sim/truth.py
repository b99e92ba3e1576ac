"""The sky that is simulated: stars, galaxies and transients, the same for every telescope that looks at a place.

Every HEALPix cell has its own random numbers, so any pointing of any size finds the same sources. Knows nothing of
detectors.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.sim.physics import BANDS, GALAXIES, STARS, TRANSIENTS_PER_DEG2, SourceCounts

__all__ = ["NSIDE", "Sources", "cells_of_polygon", "sources_in_cell", "sources_in_cone"]

Floats = npt.NDArray[np.float64]

NSIDE = 512
"""Of the HEALPix cells."""
_CELL_DEG2 = 129600.0 / np.pi / (12 * NSIDE**2)
_FINEST = 1 << 29
_YEAR = 365.25


@dataclass(frozen=True)
class Sources:
    """Sources as columns.

    Parameters
    ----------
    ra, dec : `~numpy.ndarray`
        ICRS degrees.
    magnitude : `~numpy.ndarray`
        AB magnitude in the i band (of a transient: at its maximum).
    colour : `~numpy.ndarray`
        Temperature index: 0 is blue, 1 is red.
    radius : `~numpy.ndarray`
        Half-light radius in arcseconds, 0 for points.
    axis_ratio, angle : `~numpy.ndarray`
        Shape of a galaxy; angle of the long axis from north through east, degrees.
    peak : `~numpy.ndarray`
        MJD (TAI) of the maximum of a transient within the first year, NaN for what is constant.
    """

    ra: Floats
    dec: Floats
    magnitude: Floats
    colour: Floats
    radius: Floats
    axis_ratio: Floats
    angle: Floats
    peak: Floats

    def __len__(self) -> int:
        return len(self.ra)

    def take(self, keep: npt.NDArray[Any]) -> Sources:
        """Some of them."""
        return Sources(*(column[keep] for column in vars(self).values()))

    def magnitudes(self, band: str, mjd: float) -> Floats:
        """AB magnitudes in a band at a time (MJD, TAI)."""
        magnitudes = self.magnitude + BANDS[band].slope * (self.colour - 0.3)
        days = (mjd - self.peak + _YEAR / 2) % _YEAR - _YEAR / 2
        # A week to the maximum, three to fade by a magnitude.
        fading = 0.5 * (days / np.where(days < 0, 7.0, 20.0)) ** 2
        return np.where(np.isnan(self.peak), magnitudes, magnitudes + fading)


def sources_in_cone(ra: float, dec: float, radius: float, seed: int) -> Sources:
    """All sources of the cells a cone touches; degrees."""
    import hpgeom

    cells = hpgeom.query_circle(NSIDE, ra, dec, radius, inclusive=True, nest=True)
    parts = [sources_in_cell(int(cell), seed) for cell in np.sort(cells)]
    return Sources(*(np.concatenate(columns) for columns in zip(*(vars(p).values() for p in parts), strict=True)))


def cells_of_polygon(vertices: Floats) -> npt.NDArray[np.int64]:
    """Cells that a convex polygon may touch, a few more at its edges; ``vertices`` are unit vectors, shape (n, 3)."""
    import hpgeom

    lon = np.degrees(np.arctan2(vertices[:, 1], vertices[:, 0]))
    lat = np.degrees(np.arcsin(vertices[:, 2]))
    return np.sort(hpgeom.query_polygon(NSIDE, lon, lat, inclusive=True, nest=True))


@functools.lru_cache(maxsize=4096)
def sources_in_cell(cell: int, seed: int) -> Sources:
    """The sources of one HEALPix cell (nested, side 512)."""
    import hpgeom

    random = np.random.default_rng(np.random.SeedSequence((seed, cell)))
    stars, galaxies = (int(random.poisson(c.density * _CELL_DEG2)) for c in (STARS, GALAXIES))
    transients = int(random.poisson(TRANSIENTS_PER_DEG2 * _CELL_DEG2))
    n = stars + galaxies + transients
    shift = 2 * (_FINEST // NSIDE).bit_length() - 2
    inside = random.integers(0, 1 << shift, n)
    ra, dec = hpgeom.pixel_to_angle(_FINEST, (cell << shift) + inside, nest=True)
    magnitude = np.concatenate(
        [
            _magnitudes(random, stars, STARS),
            _magnitudes(random, galaxies, GALAXIES),
            random.uniform(19.0, 22.5, transients),
        ]
    )
    is_galaxy = (np.arange(n) >= stars) & (np.arange(n) < stars + galaxies)
    size = 0.6 * 10 ** (0.12 * (22.0 - magnitude)) * random.lognormal(0.0, 0.3, n)
    year = random.uniform(0.0, _YEAR, n)
    return Sources(
        np.asarray(ra, dtype=np.float64),
        np.asarray(dec, dtype=np.float64),
        magnitude,
        random.uniform(0.0, 1.0, n),
        np.where(is_galaxy, np.minimum(size, 5.0), 0.0),
        np.where(is_galaxy, random.uniform(0.3, 1.0, n), 1.0),
        random.uniform(0.0, 180.0, n),
        np.where(np.arange(n) >= stars + galaxies, year, np.nan),
    )


def _magnitudes(random: np.random.Generator, n: int, counts: SourceCounts) -> Floats:
    """Inverse transform sampling of the power law between its limits."""
    low, high = (10 ** (counts.slope * m) for m in (counts.brightest, counts.faintest))
    return np.asarray(np.log10(random.uniform(low, high, n)) / counts.slope, dtype=np.float64)
