"""Numbers that describe many pixel values.  Knows no image, mask or file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Statistics", "statistics_of"]

_IQR_OF_NORMAL: Final = 1.3489795003921634  # width between the quartiles of a normal distribution of sigma 1


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the finite ones of some values; all NaN if there are none.

    Attributes
    ----------
    n : `int`
        Number of values.
    sum, mean, median, std, min, max : `float`
        As usual; ``std`` is that of a sample, with n - 1.
    clipped_mean, clipped_std : `float`
        Of what is left after the values further than three sigma from the middle are put aside, three times.
    robust_std : `float`
        The width between the quartiles, scaled such that it is sigma for normal noise.
    """

    n: int
    sum: float
    mean: float
    median: float
    std: float
    min: float
    max: float
    clipped_mean: float
    clipped_std: float
    robust_std: float


def statistics_of(values: npt.NDArray[Any], sigma: float = 3.0, rounds: int = 3) -> Statistics:
    """Statistics of an array.

    Parameters
    ----------
    values : `numpy.ndarray`
        Numbers; those that are not finite do not count.
    sigma : `float`
        Where values are clipped, in units of their scatter.
    rounds : `int`
        How often.

    Returns
    -------
    statistics : `Statistics`
    """
    finite = np.asarray(values, np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return Statistics(0, 0.0, *[float("nan")] * 8)
    low, median, high = np.percentile(finite, [25.0, 50.0, 75.0])
    robust = (high - low) / _IQR_OF_NORMAL
    kept, middle, width = finite, median, robust
    for _ in range(rounds):
        kept = kept[np.abs(kept - middle) <= sigma * width]
        if not kept.size:
            break
        middle, width = kept.mean(), _std(kept)
    return Statistics(
        n=finite.size,
        sum=float(finite.sum()),
        mean=float(finite.mean()),
        median=float(median),
        std=_std(finite),
        min=float(finite.min()),
        max=float(finite.max()),
        clipped_mean=float(middle),
        clipped_std=float(width),
        robust_std=float(robust),
    )


def _std(values: npt.NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else 0.0
