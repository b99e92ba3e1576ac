"""Which card of a persisted exposure means what: planes, pixel origin, circumstances, labels.  Knows no files.

The layout is that of the files the field has exchanged since 2009: the primary HDU holds metadata, then come IMAGE,
MASK and VARIANCE, each with its celestial WCS and with the pixel origin as alternate WCS "A".  What has no card of its
own there (band, detector number) is kept in cards that start with ``SB_``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from skybutler.errors import InvalidError
from skybutler.images import DetectorLabel, FilterLabel, Metadata, Observatory, VisitInfo, Weather
from skybutler.images.visit_info import ROTATION_TYPES
from skybutler.images.wcs import is_wcs_key
from skybutler.sky.times import iso_text, parse_time

__all__ = [
    "PARTS",
    "VISIT_KEYS",
    "WCS_CARDS",
    "WCS_DATES",
    "is_plane_key",
    "is_reserved",
    "label_cards",
    "mask_planes",
    "origin_cards",
    "pixel_origin",
    "plane_cards",
    "take_labels",
    "take_visit_info",
    "visit_info_cards",
]

PARTS = "SB_PARTS"
"""Card that lists what an exposure written by us has, so that absence can be told from a truncated file."""

WCS_CARDS = "SB_WCS"
"""Card that says that a WCS is defined by the celestial cards, and that the text in the archive is made of them."""

WCS_DATES = ("MJD-OBS", "DATE-OBS")
"""Cards that belong to the WCS in files of other software."""

_ARCHIVED = (
    "PSF|SKYWCS|WCS|COADD_INPUTS|AP_CORR_MAP|VALID_POLYGON|TRANSMISSION_CURVE|DETECTOR|PHOTOCALIB|FILTER|SUMMARY_STATS"
)
_RESERVED = re.compile(rf"AR_HDU|EXPINFO_V|ARCHIVE_ID_\w+|({_ARCHIVED})_ID|LTV[12]|SB_[A-Z]+")
_PLANE = re.compile(r"BUNIT|MP_\w+|C(TYPE|RPIX|RVAL|UNIT)[12]A|WCSNAMEA|SB_CRPX[12]")

_VISIT_NUMBERS = {
    "exposure_time": "EXPTIME",
    "dark_time": "DARKTIME",
    "ut1_mjd": "MJD-AVG-UT1",
    "earth_rotation_angle": "AVG-ERA",
    "boresight_ra": "BORE-RA",
    "boresight_dec": "BORE-DEC",
    "boresight_azimuth": "BORE-AZ",
    "boresight_altitude": "BORE-ALT",
    "airmass": "BORE-AIRMASS",
    "rotation_angle": "BORE-ROTANG",
    "focus_z": "FOCUSZ",
}
_VISIT_TEXTS = {
    "instrument": "INSTRUMENT",
    "observation_type": "OBSTYPE",
    "science_program": "PROGRAM",
    "observation_reason": "REASON",
    "object": "OBJECT",
}
_OBSERVATORY = {"longitude": "OBS-LONG", "latitude": "OBS-LAT", "elevation": "OBS-ELEV"}
_WEATHER = {"temperature": "AIRTEMP", "pressure": "AIRPRESS", "humidity": "HUMIDITY"}
_VISIT_OTHERS = ("IDNUM", "DATE-AVG", "TIMESYS", "TIME-MID", "ROTTYPE", "HAS-SIMULATED-CONTENT")
VISIT_KEYS = frozenset(
    [*_VISIT_NUMBERS.values(), *_VISIT_TEXTS.values(), *_OBSERVATORY.values(), *_WEATHER.values(), *_VISIT_OTHERS]
)


def is_reserved(key: str) -> bool:
    """Whether a primary card belongs to the layout and not to the user's metadata."""
    return _RESERVED.fullmatch(key) is not None or is_wcs_key(key)


def is_plane_key(key: str) -> bool:
    """Whether a card of a pixel HDU belongs to the plane and not to the user's metadata."""
    return is_reserved(key) or _PLANE.fullmatch(key) is not None


# ------------------------------------------------------------------------------------------------------------- planes
def origin_cards(xy0: tuple[int, int]) -> Metadata:
    """Cards that say where the first stored pixel is in the parent frame."""
    cards = Metadata({"LTV1": -float(xy0[0]), "LTV2": -float(xy0[1])})
    for key, values in (
        ("CTYPE", ("LINEAR", "LINEAR")),
        ("CRPIX", (1.0, 1.0)),
        ("CRVAL", (float(xy0[0]), float(xy0[1]))),
        ("CUNIT", ("PIXEL", "PIXEL")),
    ):
        for axis, value in zip("12", values, strict=True):
            cards[f"{key}{axis}A"] = value
    return cards


def pixel_origin(header: Mapping[str, Any]) -> tuple[int, int]:
    """(x, y) of the first stored pixel: alternate WCS "A" if both its reference pixels are 1, else (0, 0)."""
    reference = [_number(header.get(f"CRPIX{axis}A")) for axis in "12"]
    values = [_number(header.get(f"CRVAL{axis}A")) for axis in "12"]
    if reference != [1.0, 1.0] or str(header.get("CTYPE1A", "")).strip() != "LINEAR" or None in values:
        return 0, 0
    return round(values[0] or 0.0), round(values[1] or 0.0)


def plane_cards(planes: Mapping[str, int]) -> Metadata:
    """``MP_`` cards of a mask, ordered by name."""
    return Metadata((f"MP_{name}", bit) for name, bit in sorted(planes.items()))


def mask_planes(header: Mapping[str, Any]) -> dict[str, int]:
    """Bit number by plane name from the ``MP_`` cards of a mask."""
    return {key[3:]: int(header[key]) for key in header if key.startswith("MP_")}


# --------------------------------------------------------------------------------------------------------- visit info
def visit_info_cards(info: VisitInfo) -> Metadata:
    """Cards of all that is known of the circumstances."""
    cards = Metadata()
    if info.id is not None:
        cards["IDNUM"] = info.id
    for part, keys in (
        (info, _VISIT_NUMBERS | _VISIT_TEXTS),
        (info.observatory, _OBSERVATORY),
        (info.weather, _WEATHER),
    ):
        for name, key in keys.items():
            value = None if part is None else getattr(part, name)
            if isinstance(value, str):
                cards[key] = value
            elif value is not None and math.isfinite(value):
                cards[key] = float(value)
    if info.date_ns is not None:
        cards.add("DATE-AVG", iso_text(info.date_ns), "TAI date at middle of observation")
        cards["TIMESYS"] = "TAI"
    if info.rotation_type is not None:
        cards["ROTTYPE"] = info.rotation_type
    if info.has_simulated_content is not None:
        cards["HAS-SIMULATED-CONTENT"] = info.has_simulated_content
    return cards


def take_visit_info(metadata: Metadata) -> VisitInfo | None:
    """Circumstances from the cards of a primary header.

    Parameters
    ----------
    metadata : `Metadata`
        Primary cards; the ones that became part of the result are removed.

    Returns
    -------
    info : `VisitInfo` or `None`
        `None` if there is no card of circumstances.
    """
    found: dict[str, Any] = dict(_take(metadata, _VISIT_NUMBERS, _number))
    found |= _take(metadata, _VISIT_TEXTS, _string)
    for name, made, keys in (("observatory", Observatory, _OBSERVATORY), ("weather", Weather, _WEATHER)):
        part: dict[str, Any] = dict(_take(metadata, keys, _number))
        if part:
            found[name] = made(**part)
    if "IDNUM" in metadata and type(metadata["IDNUM"]) is int:
        found["id"] = metadata.pop("IDNUM")
    if metadata.get("ROTTYPE") in ROTATION_TYPES:
        found["rotation_type"] = metadata.pop("ROTTYPE")
    if isinstance(metadata.get("HAS-SIMULATED-CONTENT"), bool):
        found["has_simulated_content"] = metadata.pop("HAS-SIMULATED-CONTENT")
    date_ns = _take_date(metadata)
    if date_ns is not None:
        found["date_ns"] = date_ns
    return VisitInfo(**found) if found else None


def _take_date(metadata: Metadata) -> int | None:
    """Middle of the exposure: DATE-AVG if its TIMESYS is TAI, or TIME-MID of older files, which is UTC."""
    for key, scale, needed in (("DATE-AVG", "tai", "TIMESYS"), ("TIME-MID", "utc", "TIME-MID")):
        text = metadata.get(key)
        if isinstance(text, str) and (needed == key or metadata.get(needed) == scale.upper()):
            try:
                date_ns = parse_time(text, "isot", scale)
            except InvalidError:
                continue
            for used in {key, needed}:
                del metadata[used]
            return date_ns
    return None


def _take(metadata: Metadata, keys: Mapping[str, str], convert: Any) -> Iterator[tuple[str, Any]]:
    for name, key in keys.items():
        if key in metadata:
            value = convert(metadata[key])
            if value is not None:
                del metadata[key]
                yield name, value


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# -------------------------------------------------------------------------------------------------------------- labels
_LABELS = {
    "filter": (FilterLabel, {"band": "SB_BAND", "physical": "SB_FILT"}),
    "detector": (DetectorLabel, {"id": "SB_DETID", "name": "SB_DETNM", "serial": "SB_DETSN"}),
}


def label_cards(filter_label: FilterLabel | None, detector: DetectorLabel | None) -> Metadata:
    """Cards of the labels that are known."""
    cards = Metadata()
    for name, label in (("filter", filter_label), ("detector", detector)):
        if label is not None:
            for attribute, key in _LABELS[name][1].items():
                value = getattr(label, attribute)
                if value is not None:
                    cards[key] = value
    return cards


def take_labels(primary: Metadata, metadata: Metadata) -> tuple[FilterLabel | None, DetectorLabel | None]:
    """Filter and detector of an exposure.

    Parameters
    ----------
    primary : `Metadata`
        All cards of the primary header.
    metadata : `Metadata`
        User's metadata made from it; cards of files by other writers that become labels are removed.

    Returns
    -------
    filter_label, detector
        Labels, `None` where the cards say nothing.
    """
    if PARTS in primary:
        parts = str(primary[PARTS]).split(",")
        made = {
            part: cls(**{name: primary.get(key) for name, key in keys.items()})
            for part, (cls, keys) in _LABELS.items()
            if part in parts
        }
        return made.get("filter"), made.get("detector")
    if "AR_HDU" not in primary:
        return None, None
    filter_label = None
    if "FILTER_ID" not in primary and "FILTER" in metadata:
        text = metadata.pop("FILTER")
        filter_label = FilterLabel(physical=text) if text != "_unknown_" else None
    name, serial = metadata.pop("DETNAME", None), metadata.pop("DETSER", None)
    detector = DetectorLabel(name=name, serial=serial) if name is not None or serial is not None else None
    return filter_label, detector
