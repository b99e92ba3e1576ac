"""What ObsCore says of each dataset type, and of the whole.  Knows no SQL.

The keys of a configuration file are those of LSST's exporter where it has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from skybutler.errors import ConfigError, nearest

__all__ = ["SPECTRAL_RANGES", "TYPES", "ObsCoreSettings", "TypeSettings"]

_TEMPLATE = re.compile(r"\{(\w+)(?:\.(\w+))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSettings:
    """What is said of the datasets of one type.

    Parameters
    ----------
    dataproduct_subtype : `str`
        Such as ``lsst.calexp``.
    calib_level : `int`
        0 to 4 (ObsCore 1.1, section 3.3.1.2).
    dataproduct_type : `str`
        ``image`` unless it is something else.
    obs_id : `str`
        Template; ``{visit}`` is a value of the data ID, ``{visit.name}`` a field of a dimension record.
    obs_title : `str`
        Template, in which ``{subtype}``, ``{band}`` and ``{obs_id}`` may stand too.
    o_ucd : `str`
        What the pixels are.
    s_xel1, s_xel2 : `int`, optional
        Pixels along the axes, where all datasets of the type have as many.
    s_resolution : `float`, optional
        Arcseconds.

    Raises
    ------
    ConfigError
        The level is out of range, or a template is malformed.
    """

    dataproduct_subtype: str
    calib_level: int
    dataproduct_type: str = "image"
    obs_id: str = ""
    obs_title: str = "{subtype} - {band} - {obs_id}"
    o_ucd: str = "phot.count"
    s_xel1: int | None = None
    s_xel2: int | None = None
    s_resolution: float | None = None

    def __post_init__(self) -> None:
        if type(self.calib_level) is not int or not 0 <= self.calib_level <= 4:
            raise ConfigError(f"calib_level of {self.dataproduct_subtype} is {self.calib_level!r}; it is 0 to 4.")
        for template in (self.obs_id, self.obs_title):
            if set("{}") & set(_TEMPLATE.sub("", template)):
                raise ConfigError(f"The template '{template}' has a brace without its partner or with more than names.")


def template_parts(template: str) -> list[tuple[str, str | None] | str]:
    """Texts and (name, field) pairs of a template, in order."""
    parts: list[tuple[str, str | None] | str] = []
    end = 0
    for found in _TEMPLATE.finditer(template):
        parts += [template[end : found.start()], (found[1], found[2])]
        end = found.end()
    return [part for part in (*parts, template[end:]) if part]


_VISIT, _COADD, _RAW = "{visit.name}-{detector.full_name}", "{skymap}-{tract}-{patch}", "{exposure.obs_id}-{detector}"


def _type(subtype: str, level: int, obs_id: str) -> TypeSettings:
    return TypeSettings(dataproduct_subtype=f"lsst.{subtype}", calib_level=level, obs_id=obs_id)


TYPES: Mapping[str, TypeSettings] = {
    "raw": _type("raw", 1, _RAW),
    "postISRCCD": _type("postISRCCD", 2, _RAW),
    "calexp": _type("calexp", 2, _VISIT),
    "visit_image": _type("visit_image", 2, _VISIT),
    "deepCoadd": _type("deepCoadd", 3, _COADD),
    "deepCoadd_calexp": _type("deepCoadd_calexp", 3, _COADD),
    "deep_coadd": _type("deep_coadd", 3, _COADD),
    "goodSeeingCoadd": _type("goodSeeingCoadd", 3, _COADD),
    "template_coadd": _type("template_coadd", 3, _COADD),
    "goodSeeingDiff_differenceExp": _type("goodSeeingDiff_differenceExp", 3, _VISIT),
    "difference_image": _type("difference_image", 3, _VISIT),
}
"""Image types of Rubin's pipelines; a repository without settings serves those of them that it has."""

# LSST filters, as Rubin's own ObsCore has them.
SPECTRAL_RANGES: Mapping[str, tuple[float, float]] = {
    "u": (330e-9, 400e-9),
    "g": (402e-9, 552e-9),
    "r": (552e-9, 691e-9),
    "i": (691e-9, 818e-9),
    "z": (818e-9, 922e-9),
    "y": (970e-9, 1060e-9),
}
"""Shortest and longest wavelength of bands, metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObsCoreSettings:
    """What a repository tells in ObsCore.

    Parameters
    ----------
    obs_collection : `str`
        Name of the collection of data.
    facility_name : `str`
        Observatory.
    collections : `tuple` [`str`]
        Names and globs of collections whose RUNs are served; all if empty.
    dataset_types : mapping
        `TypeSettings` by dataset type; types that the repository does not have are passed over.
    spectral_ranges : mapping
        Wavelengths (metres) by band.
    """

    obs_collection: str = "LSST"
    facility_name: str = "Rubin-LSST"
    collections: tuple[str, ...] = ()
    dataset_types: Mapping[str, TypeSettings] = field(default_factory=lambda: TYPES)
    spectral_ranges: Mapping[str, tuple[float, float]] = field(default_factory=lambda: SPECTRAL_RANGES)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> ObsCoreSettings:
        """Settings from a parsed configuration.

        Raises
        ------
        ConfigError
            A key is unknown, or a value is not what it should be.
        """
        known = {f.name: f for f in fields(cls)}
        _refuse_unknown(content, known, "obscore")
        given = dict(content)
        given["collections"] = tuple(given.get("collections") or ())
        if "dataset_types" in given:
            types = _mapping(given["dataset_types"], "dataset_types")
            given["dataset_types"] = {name: _type_settings(name, value) for name, value in types.items()}
        if "spectral_ranges" in given:
            ranges = _mapping(given["spectral_ranges"], "spectral_ranges")
            given["spectral_ranges"] = {band: _range(band, value) for band, value in ranges.items()}
        return cls(**given)

    def to_mapping(self) -> dict[str, Any]:
        """What `from_mapping` reads."""
        types = {
            name: {f.name: value for f in fields(s) if (value := getattr(s, f.name)) is not None}
            for name, s in self.dataset_types.items()
        }
        return {
            "obs_collection": self.obs_collection,
            "facility_name": self.facility_name,
            "collections": list(self.collections),
            "dataset_types": types,
            "spectral_ranges": {band: list(limits) for band, limits in self.spectral_ranges.items()},
        }


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"obscore.{name} must be a mapping, not {value!r}.")
    return value


def _refuse_unknown(content: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for key in content:
        if key not in known:
            raise ConfigError(
                f"Unknown key '{where}.{key}'.", hint=nearest(str(key), known) or f"Keys: {', '.join(known)}."
            )


def _type_settings(name: str, value: Any) -> TypeSettings:
    content = dict(_mapping(value, f"dataset_types.{name}"))
    if "obs_id_fmt" in content:  # as LSST's exporter has it
        content["obs_id"] = _from_format(content.pop("obs_id_fmt"))
    _refuse_unknown(content, {f.name: f for f in fields(TypeSettings)}, f"dataset_types.{name}")
    content.setdefault("dataproduct_subtype", name)
    if "calib_level" not in content:
        raise ConfigError(f"obscore.dataset_types.{name} needs a calib_level.")
    return TypeSettings(**content)


def _from_format(text: str) -> str:
    """``{records[visit].name}`` as ``{visit.name}``."""
    return re.sub(r"\{records\[(\w+)\]\.(\w+)\}", r"{\1.\2}", str(text))


def _range(band: str, value: Any) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"obscore.spectral_ranges.{band} must be two wavelengths in metres, not {value!r}."
        ) from error
    return low, high
