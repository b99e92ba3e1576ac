"""Observation properties to columns of the dimension records that ingesting raws makes.

Knows nothing of how properties are found nor of a registry.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.instruments.columns import Column, ObservationColumns, jd_to_ns

__all__ = ["dependency_columns", "exposure_columns", "timespans_ns"]

log = logging.getLogger(__name__)

_DAY_NS = 86_400_000_000_000

_FROM_PROPERTY: Mapping[str, str] = {
    "instrument": "instrument",
    "id": "exposure_id",
    "physical_filter": "physical_filter",
    "group": "exposure_group",
    "day_obs": "observing_day",
    "obs_id": "observation_id",
    "exposure_time": "exposure_time",
    "dark_time": "dark_time",
    "observation_type": "observation_type",
    "observation_reason": "observation_reason",
    "seq_num": "observation_counter",
    "seq_start": "group_counter_start",
    "seq_end": "group_counter_end",
    "target_name": "object",
    "science_program": "science_program",
    "has_simulated": "has_simulated_content",
    "can_see_sky": "can_see_sky",
}
"""Field of the exposure record to the property it is."""


def timespans_ns(observations: ObservationColumns) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Begin and end of every observation in TAI nanoseconds since 1970; an end before its begin becomes the begin."""
    begin, end = jd_to_ns(observations["datetime_begin"].values), jd_to_ns(observations["datetime_end"].values)
    reversed_ = end < begin
    for row in np.flatnonzero(reversed_)[:3].tolist():
        log.warning("%s ends before it begins; its end is taken to be its begin.", observations.files[row])
    return begin, np.where(reversed_, begin, end)


def exposure_columns(observations: ObservationColumns) -> dict[str, list[Any]]:
    """Columns of the exposure records, one row per observation given.

    Parameters
    ----------
    observations : `ObservationColumns`
        Usually ``all_files.take(first)`` with ``first, _ = all_files.first_of_exposure()``.

    Returns
    -------
    columns : `dict` [`str`, `list`]
        Field name to Python values, `None` where unknown; positions and angles in degrees, times in seconds;
        ``timespan_begin`` and ``timespan_end`` are TAI nanoseconds since 1970, half-open.
    """
    columns = {field: observations[name].to_list() for field, name in _FROM_PROPERTY.items()}
    radec, altaz = observations["tracking_radec"], observations["altaz_begin"]
    angle, frame = observations["boresight_rotation_angle"], observations["boresight_rotation_coord"]
    on_sky = angle.valid & frame.valid & (frame.values == "sky")
    begin, end = timespans_ns(observations)
    return columns | {
        "tracking_ra": Column(radec.values[:, 0], radec.valid).to_list(),
        "tracking_dec": Column(radec.values[:, 1], radec.valid).to_list(),
        "sky_angle": Column(angle.values, on_sky).to_list(),
        "azimuth": Column(altaz.values[:, 0], altaz.valid).to_list(),
        "zenith_angle": Column(90.0 - altaz.values[:, 1], altaz.valid).to_list(),
        "timespan_begin": begin.tolist(),
        "timespan_end": end.tolist(),
    }


def dependency_columns(observations: ObservationColumns) -> dict[str, dict[str, list[Any]]]:
    """Columns of the ``group`` and ``day_obs`` records that the exposures refer to, each record once.

    An observing day lasts 24 hours from its midnight (TAI) plus ``observing_day_offset``.
    """
    instruments = observations["instrument"].to_list()
    groups = list(dict.fromkeys(zip(instruments, observations["exposure_group"].to_list(), strict=True)))
    offset = observations["observing_day_offset"]
    seconds = np.where(offset.valid, offset.values, 0.0).tolist()
    days = list(dict.fromkeys(zip(instruments, observations["observing_day"].to_list(), seconds, strict=True)))
    begin = [_midnight_ns(day) + round(s * 1e9) for _, day, s in days]
    return {
        "group": {"instrument": [i for i, _ in groups], "name": [name for _, name in groups]},
        "day_obs": {
            "instrument": [i for i, _, _ in days],
            "id": [day for _, day, _ in days],
            "timespan_begin": begin,
            "timespan_end": [ns + _DAY_NS for ns in begin],
        },
    }


def _midnight_ns(day: int) -> int:
    date = np.datetime64(f"{day // 10000:04d}-{day // 100 % 100:02d}-{day % 100:02d}", "ns")
    return int(date.astype(np.int64))
