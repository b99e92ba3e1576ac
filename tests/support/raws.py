"""Raws that are only headers, as imSim writes them, made card by card: small, many, and wrong in chosen ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skybutler.instruments import Instrument

CAMERA = "LSSTCam-imSim"
IMSIM = Instrument.load(CAMERA)
RUN = f"{CAMERA}/raw/all"

Value = str | int | float | bool


def cards(exposure: int, detector: int, **changes: Value | None) -> dict[str, Value]:
    """Primary header of one raw; a change of `None` takes the card out."""
    chip = IMSIM.detector(detector)
    night = 59_857 + (exposure - 500) // 10
    made: dict[str, Value | None] = {
        "SIMPLE": True,
        "BITPIX": 8,
        "NAXIS": 0,
        "EXTEND": True,
        "TESTTYPE": "IMSIM",
        "IMGTYPE": "SKYEXP",
        "OBSID": exposure,
        "RUNNUM": str(exposure),
        "FILTER": "i",
        "PKG00000": "throughputs",
        "VER00000": "1.4",
        "MJD-OBS": night + 0.25 + exposure % 10 / 1000,
        "EXPTIME": 30.0,
        "DARKTIME": 30.0,
        "RAFTNAME": str(chip.raft),
        "SENSNAME": str(chip.name_in_raft),
        "LSST_NUM": f"LCA-{detector:05d}",
        "RATEL": 20.0 + 10.0 * (exposure % 10),
        "DECTEL": -30.0,
        "ROTANGLE": 10.0,
        "HASTART": 5.0,
        "AMSTART": 1.1,
    }
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


def _card(key: str, value: Value) -> str:
    """One card in fixed format (FITS standard, section 4.2)."""
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        text = f"'{value:<8}'"
    else:
        text = f"{value!r:>20}"
    return f"{key:<8}= {text}".ljust(80)


def header_of(exposure: int, detector: int, **changes: Value | None) -> bytes:
    """The header of `cards` as it stands in a file."""
    text = "".join(_card(key, value) for key, value in cards(exposure, detector, **changes).items()) + "END".ljust(80)
    return text.ljust(-(-len(text) // 2880) * 2880).encode("ascii")


def write_raw(folder: Path, exposure: int, detector: int, name: str | None = None, **changes: Value | None) -> Path:
    """A file with the header of `cards`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"lsst_a_{exposure}_{IMSIM.detector(detector).full_name}_i.fits")
    path.write_bytes(header_of(exposure, detector, **changes))
    return path


def write_index(
    folder: Path,
    entries: Mapping[str, Mapping[str, Any]],
    common: Mapping[str, Any] | None = None,
    content: str = "metadata",
) -> Path:
    """An index file of these entries."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "_index.json"
    path.write_text(json.dumps({"__CONTENT__": content, "__COMMON__": common or {}, **entries}))
    return path
