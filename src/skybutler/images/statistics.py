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
    finite = np.asarray(values)
    finite = finite.astype(np.float64) if finite.dtype.kind != "f" else finite
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return Statistics(0, 0.0, *[float("nan")] * 8)
    low, median, high = _quartiles(finite)
    robust = (high - low) / _IQR_OF_NORMAL
    kept, middle, width = finite, median, robust
    for _ in range(rounds):
        kept = kept[(kept >= middle - sigma * width) & (kept <= middle + sigma * width)]
        if not kept.size:
            break
        middle, width = float(kept.mean(dtype=np.float64)), _std(kept)
    return Statistics(
        n=finite.size,
        sum=float(finite.sum(dtype=np.float64)),
        mean=float(finite.mean(dtype=np.float64)),
        median=median,
        std=_std(finite),
        min=float(finite.min()),
        max=float(finite.max()),
        clipped_mean=middle,
        clipped_std=width,
        robust_std=robust,
    )


def _quartiles(values: npt.NDArray[Any]) -> tuple[float, float, float]:
    """First quartile, median and third quartile, as `numpy.percentile` has them, in one pass of sorting."""
    places = np.array([0.25, 0.5, 0.75]) * (values.size - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, values.size - 1)
    ordered = np.partition(values, np.unique([below, above]))
    low, high = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    first, second, third = (low + (high - low) * (places - below)).tolist()
    return first, second, third


def _std(values: npt.NDArray[Any]) -> float:
    return float(values.std(ddof=1, dtype=np.float64)) if values.size > 1 else 0.0
