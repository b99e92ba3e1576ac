"""The numbers a simulated survey is made with: throughput, sky, seeing, source counts. No code but the constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "ASTROMETRY_ARCSEC",
    "BANDS",
    "BIAS_ADU",
    "BIAS_PATTERN_ADU",
    "COSMIC_RAYS_PER_CM2_S",
    "DARK_ELECTRONS_S",
    "DARK_S",
    "EXPOSURE_S",
    "FLAT_ELECTRONS",
    "FLAT_S",
    "GALAXIES",
    "HOT_ELECTRONS_S",
    "HOT_FRACTION",
    "PHOTOMETRY_MAG",
    "REFERENCE_LIMIT",
    "RESPONSE_SCATTER",
    "SEEING_ARCSEC",
    "STARS",
    "TRANSIENTS_PER_DEG2",
    "VIGNETTING",
    "Band",
    "SourceCounts",
]

EXPOSURE_S = 30.0
DARK_S = 300.0
FLAT_S = 10.0
FLAT_ELECTRONS = 30_000.0
"""Of one exposure of a flat, in an ideal pixel."""
SEEING_ARCSEC = (0.55, 1.1)
"""Range of the full width at half maximum of the point-spread function."""
COSMIC_RAYS_PER_CM2_S = 0.01
BIAS_ADU = 1000
BIAS_PATTERN_ADU = 2.0
"""Scatter of the rows and columns of a detector about its bias level."""
DARK_ELECTRONS_S = 0.02
"""Of one pixel of real size."""
HOT_ELECTRONS_S = 40.0
HOT_FRACTION = 2e-4
RESPONSE_SCATTER = 0.01
"""Relative, from pixel to pixel."""
VIGNETTING = 0.03
"""Relative, from the middle of a detector to its corners."""


ASTROMETRY_ARCSEC = 0.01
"""By how much fitted sky coordinates of a detector are off, along each axis."""
PHOTOMETRY_MAG = 0.005
"""By how much fitted zero points are off."""


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
REFERENCE_LIMIT = 22.0
"""Faintest magnitude in the i band in the reference catalog."""
