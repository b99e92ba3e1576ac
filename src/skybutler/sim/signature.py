"""What a detector adds by itself: bias pattern, dark current, response of its pixels, defects.  Knows no sky, no files.

The same detector of the same survey has the same signature in every exposure, so that calibration products made of it
take it out again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.instruments import Detector
from skybutler.sim.physics import (
    BIAS_PATTERN_ADU,
    DARK_ELECTRONS_S,
    HOT_ELECTRONS_S,
    HOT_FRACTION,
    RESPONSE_SCATTER,
    VIGNETTING,
)

__all__ = ["BLOCK_APPEARS", "EVER", "Defect", "bias_pattern", "dark_current", "defects", "pixel_response"]

Floats = npt.NDArray[np.float64]
Shape = tuple[int, int]
"""Height and width in pixels."""

EVER = 40587.0
"""MJD of 1970-01-01, since when the defects of a new detector are known."""
BLOCK_APPEARS = 59882.0
"""MJD (2022-10-30, between the first two nights of a survey) on which every detector loses a block of pixels."""

_BIAS, _DARK, _RESPONSE, _BLOCK = 11, 12, 13, 14


@dataclass(frozen=True)
class Defect:
    """A rectangle of dead pixels; ``x`` and ``y`` are its lower left one, 0-based; ``since`` is an MJD (TAI)."""

    x: int
    y: int
    width: int
    height: int
    since: float


def bias_pattern(detector: Detector, shape: Shape, seed: int) -> Floats:
    """ADU that every exposure has above the level of the overscan: rows and columns of their own, shape ``shape``."""
    random = _random(seed, detector, _BIAS)
    rows, columns = (BIAS_PATTERN_ADU / np.sqrt(2) * random.standard_normal(size) for size in shape)
    pattern: Floats = rows[:, None] + columns
    return pattern


def dark_current(detector: Detector, shape: Shape, seed: int) -> Floats:
    """Electrons per second without light, a few pixels hot; shape ``shape``."""
    random = _random(seed, detector, _DARK)
    pixels = (detector.layout.size[0] / shape[1]) * (detector.layout.size[1] / shape[0])
    current = np.full(shape, DARK_ELECTRONS_S * pixels)
    hot = random.integers(0, current.size, max(1, int(current.size * HOT_FRACTION)))
    current.flat[hot] = HOT_ELECTRONS_S
    return current


def pixel_response(detector: Detector, band: str, shape: Shape, seed: int) -> Floats:
    """How many of the electrons that an ideal pixel would collect each pixel does, about 1; shape ``shape``.

    Pixels scatter in the same way in all bands; what the optics take from the corners differs a little.
    """
    pixels = _random(seed, detector, _RESPONSE).standard_normal(shape, dtype=np.float32)
    y, x = (np.linspace(-1.0, 1.0, size) for size in shape)
    shade = VIGNETTING * (1.0 + 0.1 * "ugrizy".index(band)) * (0.5 * (x**2 + y[:, None] ** 2) - 1.0 / 3.0)
    return np.asarray(1.0 + RESPONSE_SCATTER * pixels - shade, dtype=np.float64)


def defects(detector: Detector, shape: Shape) -> tuple[Defect, ...]:
    """Where pixels are dead: one column from the beginning, and a block since `BLOCK_APPEARS`."""
    height, width = shape
    column = int(np.random.default_rng(detector.id).integers(0, width))
    random = np.random.default_rng(np.random.SeedSequence((detector.id, _BLOCK)))
    w, h = max(2, width // 40), max(3, height // 25)
    x, y = int(random.integers(0, width - w)), int(random.integers(0, height - h))
    return (Defect(column, 0, 1, height, EVER), Defect(x, y, w, h, BLOCK_APPEARS))


def _random(seed: int, detector: Detector, what: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence((seed, detector.id, what)))
