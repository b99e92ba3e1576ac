"""From pixel values to brightness: limits found in the pixels, and curves between them.  Knows no matplotlib."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.images.image import Image
from skybutler.images.mask import Mask

__all__ = ["ALGORITHMS", "UNITS", "Scaling", "zscale"]

ALGORITHMS = ("linear", "sqrt", "log", "asinh")
UNITS = ("absolute", "percent", "sigma")
AUTOMATIC = ("zscale", "minmax")

Limit: TypeAlias = float | Literal["zscale", "minmax"]
Floats: TypeAlias = npt.NDArray[np.float64]

_LOG_STRENGTH = 1000.0
_LEAST_Q, _MOST_Q = 1e-6, 1e10


def zscale(values: npt.NDArray[Any], n_samples: int = 1000, contrast: float = 0.25) -> tuple[float, float]:
    """Limits around the median as IRAF finds them, from a straight line through a sorted sample.

    Parameters
    ----------
    values : `numpy.ndarray`
        Pixel values; those that are not finite do not count.
    n_samples : `int`
        Size of the sample.
    contrast : `float`
        Divides the slope of the line: smaller means a wider range.

    Returns
    -------
    lowest, highest : `float`
        (0, 1) if no value is finite.
    """
    from astropy.visualization import ZScaleInterval

    if not np.isfinite(values).any():
        return 0.0, 1.0
    lowest, highest = ZScaleInterval(n_samples=n_samples, contrast=contrast).get_limits(values)
    return float(lowest), float(highest)


@dataclass(frozen=True, slots=True)
class Scaling:
    """How pixel values become brightness.

    Parameters
    ----------
    algorithm : `str`
        The curve, one of `ALGORITHMS`.  With t = (value - minimum) / (maximum - minimum), clipped to 0..1:
        ``linear`` t; ``sqrt`` the root of t; ``log`` log(1 + 1000 t) / log(1001), as ds9 has it; ``asinh``
        0.1 asinh(q t) / asinh(0.1 q) after Lupton et al. 2004, which goes on beyond the maximum.
    minimum, maximum : `float` or `str`
        Limits.  Instead of the minimum ``zscale`` or ``minmax``, which set both.
    unit : `str`
        Of limits that are numbers: ``absolute``; ``percent`` of the pixels that are fainter; ``sigma``, robust
        standard deviations above the median.
    q : `float`
        How soon ``asinh`` turns from linear to logarithmic.
    n_samples, contrast : `int`, `float`
        Of `zscale`.
    masked_planes : `tuple` [`str`]
        Pixels with one of these mask planes do not count where limits are found; planes that a mask has not are no
        error.

    Raises
    ------
    InvalidError
        Raised if a word is not known, or limits are missing or equal.
    """

    algorithm: str = "asinh"
    minimum: Limit = "zscale"
    maximum: float | None = None
    unit: str = "absolute"
    q: float = 8.0
    n_samples: int = 1000
    contrast: float = 0.25
    masked_planes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, word, known in (("scale", self.algorithm, ALGORITHMS), ("unit of limits", self.unit, UNITS)):
            if word not in known:
                hint = nearest(str(word), known) or f"Known: {', '.join(known)}."
                raise InvalidError(f"'{word}' is not a {what}.", hint=hint)
        if isinstance(self.minimum, str):
            if self.minimum not in AUTOMATIC:
                hint = nearest(self.minimum, AUTOMATIC) or "Give a number, 'zscale' or 'minmax'."
                raise InvalidError(f"'{self.minimum}' is not a lower limit.", hint=hint)
        elif self.maximum is None:
            raise InvalidError(
                "A scale from a number needs an upper limit.", hint="Give both, or 'zscale' or 'minmax'."
            )
        elif not self.minimum < self.maximum:
            raise InvalidError(f"A scale from {self.minimum:g} to {self.maximum:g} has no range.")

    def limits(self, image: Image, mask: Mask | None = None) -> tuple[float, float]:
        """Lower and upper limit for an image, always different from each other.

        Parameters
        ----------
        image : `Image`
            Where values are looked at.
        mask : `Mask`, optional
            Of the same pixels, for `masked_planes`.
        """
        lowest, highest = self._limits(image, mask)
        if not (math.isfinite(lowest) and math.isfinite(highest)):
            return 0.0, 1.0
        if highest <= lowest:  # an image of one value
            return lowest, lowest + max(abs(lowest) * 1e-3, 1e-3)
        return lowest, highest

    def _limits(self, image: Image, mask: Mask | None) -> tuple[float, float]:
        if self.unit == "absolute" and not isinstance(self.minimum, str):
            assert self.maximum is not None
            return float(self.minimum), float(self.maximum)
        values = self._counting(image, mask)
        if self.minimum == "zscale":
            return zscale(values, self.n_samples, self.contrast)
        values = values[np.isfinite(values)]
        if not len(values):
            return 0.0, 1.0
        if isinstance(self.minimum, str):
            return float(values.min()), float(values.max())
        assert self.maximum is not None
        if self.unit == "percent":
            low, high = np.percentile(values, [np.clip(self.minimum, 0, 100), np.clip(self.maximum, 0, 100)])
            return float(low), float(high)
        middle = float(np.median(values))
        sigma = 1.4826 * float(np.median(np.abs(values - middle)))
        return middle + self.minimum * sigma, middle + self.maximum * sigma

    def _counting(self, image: Image, mask: Mask | None) -> npt.NDArray[Any]:
        """Pixel values that count, in one dimension."""
        planes = [p for p in self.masked_planes if mask is not None and p in mask.planes]
        if mask is None or not planes:
            return image.array.ravel()
        return image.array[~mask.where(planes)]

    @property
    def top(self) -> float:
        """Where the brightness is 1, in ranges above the minimum: 1 unless the curve goes on beyond the maximum."""
        return float(self.inverse(np.float64(1.0)))

    def curve(self, t: npt.ArrayLike) -> Floats:
        """Brightness in 0..1 of values given as fractions of the range."""
        t = np.asarray(t, np.float64)
        if self.algorithm == "linear":
            bright = t
        elif self.algorithm == "sqrt":
            bright = np.sqrt(np.maximum(t, 0.0))
        elif self.algorithm == "log":
            bright = np.log1p(_LOG_STRENGTH * np.maximum(t, 0.0)) / math.log1p(_LOG_STRENGTH)
        else:
            q = self._q
            bright = 0.1 * np.arcsinh(q * t) / math.asinh(0.1 * q)
        return np.asarray(np.clip(bright, 0.0, 1.0), np.float64)

    def inverse(self, brightness: npt.ArrayLike) -> Floats:
        """Fraction of the range that has a brightness in 0..1."""
        f = np.asarray(brightness, np.float64)
        if self.algorithm == "linear":
            return f
        if self.algorithm == "sqrt":
            return np.asarray(f * f)
        if self.algorithm == "log":
            return np.asarray(np.expm1(f * math.log1p(_LOG_STRENGTH)) / _LOG_STRENGTH, np.float64)
        q = self._q
        return np.asarray(np.sinh(10.0 * f * math.asinh(0.1 * q)) / q, np.float64)

    @property
    def _q(self) -> float:
        return min(max(abs(self.q), _LEAST_Q), _MOST_Q)
