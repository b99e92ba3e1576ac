"""Real headers, the form of the values others computed for them, and a description of an instrument of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from skybutler.instruments.columns import ObservationColumns, jd_to_ns
from skybutler.instruments.headers import HeaderTable

RAW = "gen2_repos/imsim/raw/204595/R11/00204595-R11-S20-det042.fits"

OWN: dict[str, Any] = {
    "name": "BackyardCam",
    "limits": {"visit_max": 1000, "exposure_max": 1000, "detector_max": 2},
    "observatory": {"name": "Backyard", "longitude": 5.0, "latitude": 45.0, "height": 200.0},
    "filters": {"Clear": None, "R": "r"},
    "camera": {
        "pixel_mm": 0.005,
        "field_angle_per_mm": 1e-3,
        "reference_pixel": [49.5, 39.5],
        "detectors": [
            {"id": 0, "name": "left", "position": [-0.3, 0.0], "layout": "small"},
            {"id": 1, "name": "right", "position": [0.3, 0.0], "rotation": 180.0, "layout": "small"},
        ],
    },
    "layouts": {
        "small": {
            "size": [100, 80],
            "amplifier": {
                "raw": [0, 0, 100, 80],
                "data": [0, 0, 100, 80],
                "prescan": [0, 0, 0, 0],
                "serial_overscan": [0, 0, 0, 0],
                "parallel_overscan": [0, 0, 0, 0],
                "gain": 1.0,
                "saturation": 65535.0,
                "read_noise": 5.0,
            },
            "rows": [{"name": "A{}", "extension": "AMP{}", "y": 0, "columns": [0]}],
        }
    },
    "header": {
        "recognise": {"INSTRUME": "Backyard"},
        "properties": {
            "exposure_id": {"card": "EXPNUM"},
            "observation_id": {"text": "BY{EXPNUM}"},
            "physical_filter": {"card": "FILTER"},
            "datetime_begin": {"date": "DATE-OBS", "scale": "utc"},
            "datetime_end": {"property": "datetime_begin", "plus": "exposure_time"},
            "exposure_time": {"card": "EXPTIME"},
            "detector_num": {"detector": "{CHIP}"},
            "tracking_radec": {"radec": ["RA", "DEC"], "unit": "sexagesimal"},
            "altaz_begin": {"boresight_at": "datetime_begin"},
            "observation_type": {"card": "OBSTYPE", "case": "lower", "map": {"object": "science"}},
        },
    },
}


def write_description(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def changed(*keys: str | int, value: Any) -> dict[str, Any]:
    """The user's description with one value replaced."""
    document: dict[str, Any] = json.loads(json.dumps(OWN))
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return document


class _PropertyListLoader(yaml.SafeLoader):
    """Reads headers kept as ``!<lsst.daf.base.PropertyList>``: lists of name, type, value, comment."""


def _property_list(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


_PropertyListLoader.add_constructor("lsst.daf.base.PropertyList", _property_list)


def real_header(shared: Path, name: str, book: str = "obs_lsst") -> HeaderTable:
    """One row with all cards of a header kept as YAML; repeated cards have their last value."""
    loaded = yaml.load((shared / "data/headers" / book / name).read_text(), Loader=_PropertyListLoader)
    cards = loaded.items() if isinstance(loaded, dict) else ((card, value) for card, _, value, *_ in loaded)
    return HeaderTable([name], {card: [value[-1] if isinstance(value, list) else value] for card, value in cards})


def simple(observations: ObservationColumns, name: str, row: int = 0) -> Any:
    """A property in the form of the expected values."""
    value = observations[name].to_list()[row]
    if value is None:
        return None
    match name:
        case "datetime_begin" | "datetime_end":
            ns = int(jd_to_ns(observations[name].values)[row])
            return {"tai_iso": str(np.datetime64(ns, "ns")), "tai_jd1_jd2": value, "tai_ns": ns}
        case "altaz_begin" | "altaz_end":
            return {"az_deg": value[0], "alt_deg": value[1]}
        case "tracking_radec":
            return {"icrs_deg": value}
        case "location":
            return {"geocentric_m": value}
        case "boresight_rotation_angle":
            return {"deg": value}
        case "observing_day_offset":
            return {"s": value}
        case "exposure_time" | "exposure_time_requested" | "dark_time":
            return {"unit": "s", "value": value}
        case "focus_z":
            return {"unit": "mm", "value": value * 1000.0}
        case _:
            return value
