"""The observation properties every instrument is translated to, and what stands in for a rule an instrument leaves out.

Knows nothing of headers, files or instruments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["DEFAULT_RULES", "PROPERTIES", "REQUIRED", "Property"]

Kind = Literal["str", "int", "float", "bool", "time", "pair", "location"]


@dataclass(frozen=True)
class Property:
    """One observation property.

    Parameters
    ----------
    kind : `str`
        How a column of it is stored: ``str``, ``int``, ``float``, ``bool``; ``time`` is two floats, the TAI Julian
        date split into a whole and a fractional part; ``pair`` is two floats in degrees (longitude, latitude);
        ``location`` is three floats, geocentric metres.
    unit : `str`
        Unit of the number, empty where there is none.
    """

    kind: Kind
    unit: str = ""

    @property
    def width(self) -> int:
        """Numbers per value, 0 for a scalar."""
        return {"time": 2, "pair": 2, "location": 3}.get(self.kind, 0)


PROPERTIES: Mapping[str, Property] = MappingProxyType(
    {
        "telescope": Property("str"),
        "instrument": Property("str"),
        "location": Property("location", "m"),
        "exposure_id": Property("int"),
        "visit_id": Property("int"),
        "physical_filter": Property("str"),
        "datetime_begin": Property("time"),
        "datetime_end": Property("time"),
        "exposure_time": Property("float", "s"),
        "exposure_time_requested": Property("float", "s"),
        "dark_time": Property("float", "s"),
        "boresight_airmass": Property("float"),
        "boresight_rotation_angle": Property("float", "deg"),
        "boresight_rotation_coord": Property("str"),
        "detector_num": Property("int"),
        "detector_name": Property("str"),
        "detector_unique_name": Property("str"),
        "detector_serial": Property("str"),
        "detector_group": Property("str"),
        "detector_exposure_id": Property("int"),
        "focus_z": Property("float", "m"),
        "object": Property("str"),
        "temperature": Property("float", "K"),
        "pressure": Property("float", "hPa"),
        "relative_humidity": Property("float"),
        "tracking_radec": Property("pair", "deg"),
        "altaz_begin": Property("pair", "deg"),
        "altaz_end": Property("pair", "deg"),
        "science_program": Property("str"),
        "observation_type": Property("str"),
        "observation_id": Property("str"),
        "observation_reason": Property("str"),
        "exposure_group": Property("str"),
        "observing_day": Property("int"),
        "observing_day_offset": Property("float", "s"),
        "observation_counter": Property("int"),
        "has_simulated_content": Property("bool"),
        "group_counter_start": Property("int"),
        "group_counter_end": Property("int"),
        "can_see_sky": Property("bool"),
    }
)
"""Name to property, in the order they are listed for people (the forty of ``astro_metadata_translator``)."""

REQUIRED: tuple[str, ...] = (
    "exposure_id",
    "observation_id",
    "physical_filter",
    "datetime_begin",
    "datetime_end",
    "detector_num",
    "observing_day",
)
"""Without these a file cannot become a raw of an exposure."""

DEFAULT_RULES: Mapping[str, Any] = MappingProxyType(
    {
        "visit_id": {"property": "exposure_id"},
        "exposure_time_requested": {"property": "exposure_time"},
        "dark_time": {"property": "exposure_time"},
        "detector_unique_name": {"property": "detector_name"},
        "focus_z": {"const": 0.0},
        "exposure_group": {"property": "exposure_id"},
        "observing_day": {"day_of": "datetime_begin"},
        "observation_counter": {"const": 0},
        "group_counter_start": {"property": "observation_counter"},
        "group_counter_end": {"property": "observation_counter"},
        "has_simulated_content": {"const": False},
        "observation_reason": {
            "property": "observation_type",
            "map": {"science": "science"},
            "otherwise": "unknown",
        },
        "can_see_sky": {
            "property": "observation_type",
            "map": {"science": True, "object": True, "bias": False, "dark": False},
            "otherwise": None,
        },
    }
)
"""Rules used where a description has none. A bias or dark sees no sky; of a flat nobody knows."""
