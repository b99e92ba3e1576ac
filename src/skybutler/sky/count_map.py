"""Counts over the sky in HEALPix pixels, as what changes from one pixel to the next.  Knows neither files nor pictures.

A range of nested pixels is two events: +1 where it begins, -1 where it ends.  Sorted events summed up are the counts,
in memory that grows with the number of ranges and not of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["SKY_DEG2", "CountMap", "Coverage", "Outline"]

SKY_DEG2 = 4 * math.pi * (180 / math.pi) ** 2
"""Square degrees of the whole sky."""


@dataclass(frozen=True, slots=True)
class CountMap:
    """Counts that are constant between breaks.

    Attributes
    ----------
    breaks : `numpy.ndarray`
        Nested HEALPix pixels where the count changes, ascending.
    counts : `numpy.ndarray`
        Count from each break to the next; the last one is 0.
    """

    breaks: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of_events(cls, places: NDArray[np.int64], steps: NDArray[np.int64]) -> CountMap:
        """Counts that change by ``steps`` at ``places`` (any order, repeated ones add up)."""
        breaks, inverse = np.unique(places, return_inverse=True)
        changes = np.bincount(inverse, steps, len(breaks)).astype(np.int64)
        return cls(breaks, np.cumsum(changes))

    @classmethod
    def sum_of(cls, maps: Sequence[CountMap]) -> CountMap:
        """The sum of several."""
        steps = [np.diff(m.counts, prepend=0) for m in maps]
        empty = np.empty(0, np.int64)
        return cls.of_events(np.concatenate([empty, *(m.breaks for m in maps)]), np.concatenate([empty, *steps]))

    def at(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Counts at pixels."""
        position = np.searchsorted(self.breaks, pixels, side="right") - 1
        return np.where(position >= 0, self.counts[position], 0) if len(self.breaks) else np.zeros_like(pixels)

    def pixels(self) -> int:
        """How many pixels have a count."""
        return int(np.diff(self.breaks)[self.counts[:-1] > 0].sum()) if len(self.breaks) else 0


@dataclass(frozen=True, slots=True)
class Outline:
    """A tract: its number and its corners, longitude and latitude in degrees, shape ``(n, 2)``."""

    name: str
    corners: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where visits looked.

    Attributes
    ----------
    order : `int`
        HEALPix order of the maps.
    bands : `dict`
        Map of each band; visits without one stand under ``""``.
    footprints, used : `int`
        How many there are, and how many were looked at.
    outlines : `list` of `numpy.ndarray`
        Vertices of up to some hundred footprints, longitude and latitude in degrees, shape ``(n, 2)``.
    """

    order: int
    bands: dict[str, CountMap]
    footprints: int
    used: int
    outlines: list[NDArray[np.float64]] = field(repr=False)

    @property
    def all_bands(self) -> CountMap:
        """The sum of all bands."""
        return CountMap.sum_of(list(self.bands.values()))

    def area_deg2(self, band: str | None = None) -> float:
        """Square degrees that at least one visit saw, in one band or in any."""
        pixels = (self.all_bands if band is None else self.bands[band]).pixels()
        return pixels * SKY_DEG2 / (12 << (2 * self.order))
