"""Numbers that sum up how good an exposure is.  Knows nothing of files or how they were measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from skybutler.errors import nearest
from skybutler.images.by_value import same

__all__ = ["SUMMARY_STATISTICS", "SummaryStats"]

SUMMARY_STATISTICS: Mapping[str, str] = MappingProxyType({
    "psf_sigma": "size of the PSF in the middle, pixels",
    "psf_area": "effective area of the PSF, square pixels",
    "psf_ixx": "second moment of the PSF, square pixels",
    "psf_iyy": "second moment of the PSF, square pixels",
    "psf_ixy": "second moment of the PSF, square pixels",
    "ra": "right ascension of the middle, ICRS degrees",
    "dec": "declination of the middle, ICRS degrees",
    "pixel_scale": "arcseconds per pixel in the middle",
    "zenith_distance": "of the middle, degrees",
    "exp_time": "exposure time, seconds",
    "zero_point": "AB magnitude of one count per second",
    "sky_bg": "sky background, counts per pixel",
    "sky_noise": "noise of the sky, counts per pixel",
    "mean_var": "mean variance, square counts",
    "ra_corners": "right ascensions of the four corners, ICRS degrees",
    "dec_corners": "declinations of the four corners, ICRS degrees",
    "astrom_offset_mean": "mean distance of stars from their reference positions, arcseconds",
    "astrom_offset_std": "scatter of that, arcseconds",
    "n_psf_star": "number of stars that the PSF was made from",
    "psf_star_delta_e1_median": "median ellipticity e1, stars less model",
    "psf_star_delta_e2_median": "median ellipticity e2, stars less model",
    "psf_star_delta_e1_scatter": "scatter of ellipticity e1, stars less model",
    "psf_star_delta_e2_scatter": "scatter of ellipticity e2, stars less model",
    "psf_star_delta_size_median": "median size, stars less model, pixels",
    "psf_star_delta_size_scatter": "scatter of size, stars less model, pixels",
    "psf_star_scaled_delta_size_scatter": "scatter of size, stars less model, relative to the squared size",
    "psf_trace_radius_delta": "largest less smallest size of the PSF, pixels",
    "psf_ap_flux_delta": "largest less smallest aperture flux of the PSF",
    "psf_ap_corr_sigma_scaled_delta": "largest less smallest aperture correction, relative to the PSF's size",
    "max_dist_to_nearest_psf": "largest distance of a pixel from a PSF star, pixels",
    "eff_time": "exposure time in nominal conditions that gives the same depth, seconds",
    "eff_time_psf_sigma_scale": "factor of it from the size of the PSF",
    "eff_time_sky_bg_scale": "factor of it from the sky background",
    "eff_time_zero_point_scale": "factor of it from the zero point",
    "mag_lim": "AB magnitude at which point sources have a signal-to-noise ratio of 5",
})  # fmt: skip
"""What the statistics mean that have a meaning in every file."""


def _plain(value: Any) -> Any:
    """Python's own numbers, and tuples of them."""
    value = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


class SummaryStats(Mapping[str, Any]):
    """Statistics of an exposure; ``stats.psf_sigma`` and ``stats["psf_sigma"]`` are the same.

    Those of `SUMMARY_STATISTICS` that were not measured are NaN.  Others are kept as they came.

    Parameters
    ----------
    values : mapping, optional
        By name.
    **more : `float`, `int` or sequence of `float`
        As keywords.
    """

    __slots__ = ("_values",)

    _values: Mapping[str, Any]

    def __init__(self, values: Mapping[str, Any] | None = None, **more: Any) -> None:
        given = {**(values or {}), **more}
        kept = {name: _plain(value) for name, value in given.items()}
        object.__setattr__(self, "_values", MappingProxyType(kept))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        values = object.__getattribute__(self, "_values")
        if name in values:
            return values[name]
        if name in SUMMARY_STATISTICS:
            return float("nan")
        hint = "" if name.startswith("_") else nearest(name, {*SUMMARY_STATISTICS, *values})
        raise AttributeError(f"There is no statistic '{name}'. {hint}".rstrip())

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Statistics do not change: {name} cannot be set.")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *SUMMARY_STATISTICS, *self._values]

    def __reduce__(self) -> tuple[Any, ...]:
        return SummaryStats, (dict(self._values),)

    def __eq__(self, other: object) -> bool:
        return same(self._values, other._values) if isinstance(other, SummaryStats) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._values))

    def __repr__(self) -> str:
        known = {name: value for name, value in self.items() if isinstance(value, int | float) and value == value}
        shown = ", ".join(f"{name}={value:.6g}" for name, value in list(known.items())[:6])
        return f"SummaryStats({shown}{', ...' if len(known) > 6 else ''})"
