"""The names of ``lsst.afw.detection``."""

from __future__ import annotations

from .footprints import Footprint, HeavyFootprint
from .missing import missing
from .psf import GaussianPsf, Psf

__all__ = ["Footprint", "GaussianPsf", "HeavyFootprint", "Psf"]

__getattr__ = missing(
    "lsst.afw.detection",
    __all__,
    {
        "FootprintSet": "skybutler.sim.measure detects and measures sources.",
        "Threshold": "skybutler.sim.measure detects and measures sources.",
        "PeakTable": "footprint.getPeaks() gives peaks.",
    },
)
