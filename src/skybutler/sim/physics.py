"""The numbers a simulated survey is made with: throughput, sky, seeing, source counts. No code but the constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BANDS", "COSMIC_RAYS_PER_CM2_S", "EXPOSURE_S", "GALAXIES", "SEEING_ARCSEC", "STARS", "Band", "SourceCounts"]

EXPOSURE_S = 30.0
SEEING_ARCSEC = (0.55, 1.1)
"""Range of the full width at half maximum of the point-spread function."""
COSMIC_RAYS_PER_CM2_S = 0.01
BIAS_ADU = 1000


@dataclass(frozen=True)
class Band:
    """What the telescope sees in one band.

    Parameters
    ----------
    zero_point : `float`
        AB magnitude of one electron per second above the atmosphere at airmass 1.
    sky : `float`
        Dark-sky brightness, AB magnitudes per square arcsecond.
    extinction : `float`
        Magnitudes per airmass.
    slope : `float`
        Colour of a source of unit temperature index against the i band.
    """

    zero_point: float
    sky: float
    extinction: float
    slope: float


# Zero points and sky of the LSST system engineering memo SMTN-002, rounded.
BANDS: Mapping[str, Band] = {
    "u": Band(26.5, 23.0, 0.49, 2.6),
    "g": Band(28.4, 22.3, 0.21, 1.3),
    "r": Band(28.2, 21.2, 0.13, 0.4),
    "i": Band(27.9, 20.5, 0.10, 0.0),
    "z": Band(27.5, 19.6, 0.07, -0.2),
    "y": Band(26.7, 18.6, 0.17, -0.3),
}


@dataclass(frozen=True)
class SourceCounts:
    """A power law of counts: log10 N(< i) grows by ``slope`` per magnitude, ``density`` per square degree in all."""

    density: float
    brightest: float
    faintest: float
    slope: float


STARS = SourceCounts(3000.0, 15.0, 24.0, 0.20)
GALAXIES = SourceCounts(8000.0, 18.0, 24.5, 0.35)
TRANSIENTS_PER_DEG2 = 40.0
"""Supernovae with their maximum within one year."""
