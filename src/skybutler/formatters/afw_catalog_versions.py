"""What old versions of afw's catalogs had otherwise: vectors in one column, names of flags, fluxes and errors, slots.

Version 0 kept points and covariances as short vectors and slots in cards of their own.  Version 1 called errors
``Sigma``, version 2 ``Err``; until then the value of a flux ended with ``flux``, since 3 with ``instFlux``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from skybutler.errors import InvalidError
from skybutler.tables.field import Field

__all__ = ["derived_aliases", "old_flag_names", "parts_of", "slot_aliases"]

_SLOT_CARDS: Mapping[str, str] = {
    "PSF_FLUX": "slot_PsfFlux",
    "AP_FLUX": "slot_ApFlux",
    "INST_FLUX": "slot_GaussianFlux",
    "MODEL_FLUX": "slot_ModelFlux",
    "CALIB_FLUX": "slot_CalibFlux",
    "CENTROID": "slot_Centroid",
    "SHAPE": "slot_Shape",
}
_AXES: Mapping[str, tuple[str, ...]] = {"Covariance(Point)": ("x", "y"), "Covariance(Moments)": ("xx", "yy", "xy")}


# -------------------------------------------------------------------------------------------------- vectors
def parts_of(name: str, kind: str, code: str, count: int, doc: str, unit: str) -> tuple[Field, ...]:
    """The fields that a vector of an old table stands for, one per element; none if it is no such vector."""
    of = {"J": "I", "E": "F", "D": "D"}.get(code)
    if of is None:
        return ()
    if kind == "Point" and count == 2:
        return tuple(Field(f"{name}_{axis}", of, doc, unit) for axis in "xy")
    if kind == "Moments" and count == 3:
        return tuple(Field(f"{name}_{axes}", of, doc, unit) for axes in ("xx", "yy", "xy"))
    if kind == "Coord" and count == 2 and of == "D":
        return tuple(Field(f"{name}_{axis}", "Angle", doc) for axis in ("ra", "dec"))
    if kind.startswith("Covariance") and of in "FD" and count > 1:
        return tuple(_covariances(name, _axes(name, kind, count), of, doc, unit))
    return ()


def _axes(name: str, kind: str, count: int) -> tuple[str, ...]:
    n = (math.isqrt(1 + 8 * count) - 1) // 2
    axes = _AXES.get(kind, tuple(map(str, range(n))))
    if n * (n + 1) != 2 * count or len(axes) != n:
        raise InvalidError(f"column {name!r} of kind {kind} cannot have {count} elements.")
    return axes


def _covariances(name: str, axes: Sequence[str], of: str, doc: str, unit: str) -> Iterator[Field]:
    """Fields of a packed symmetric matrix; those on its diagonal are errors, the roots of what is stored."""
    squared = unit.endswith("^2") and unit[:-2]
    for i, b in enumerate(axes):
        for a in axes[:i]:
            yield Field(f"{name}_{a}_{b}_Cov", of, doc, unit)
        yield Field(f"{name}_{b}Sigma", of, doc, squared or unit)


# -------------------------------------------------------------------------------------------------- names
def old_flag_names(flags: Iterable[dict[str, Any]]) -> None:
    """Rename flags of version 0 from ``.._flags..`` to ``.._flag..``, as slots expect."""
    for entry in flags:
        if "TFLAG" in entry:
            entry["TFLAG"] = str(entry["TFLAG"]).replace("flags", "flag", 1)


def slot_aliases(header: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Aliases of the slots that version 0 had in cards."""
    targets = ((alias, str(header.get(f"{card}_SLOT", "")).strip()) for card, alias in _SLOT_CARDS.items())
    return [(alias, target) for alias, target in targets if target]


def derived_aliases(version: int, names: Sequence[str], columns: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Further spellings of the names in an old table: those of all later and earlier versions."""
    if version >= 3:
        return {}
    found: dict[str, str] = {}
    if version == 0:
        found = _of_version_0([str(entry.get("TTYPE", "")).strip() for entry in columns], names)
    known = set(names)
    for name, target in [*((name, name) for name in names), *list(found.items())]:
        for spelling in _spellings(name):
            if spelling not in known:
                found.setdefault(spelling, target)
    return {name: target for name, target in found.items() if name not in known}


def _of_version_0(types: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Fluxes were called what they measure, and errors ended with ``_err``."""
    found = {name.replace("flag", "flags", 1): name for name in names if "flag" in name}
    for name in types:
        if name.endswith("_err"):
            stem = name.removesuffix("_err")
            inner = [n.removeprefix(name) for n in names if n.startswith(f"{name}_")]
            found |= {f"{stem}{end}": f"{name}{end}" for end in inner}
            if "flux" in name:
                found[f"{stem}_fluxSigma"] = name
        elif "flux" in name and name in names:
            found[f"{name}_flux"] = name
    return found


def _spellings(name: str) -> set[str]:
    """A name as versions 1, 2 and 3 would spell it."""
    stem, end = name, ""
    for old in ("Sigma", "Err"):
        if name.endswith(old):
            stem, end = name.removesuffix(old), old
            break
    head, underscore, last = stem.rpartition("_")
    heads = [stem]
    if last in ("flux", "instFlux"):
        heads = [f"{head}{underscore}{flux}" for flux in ("flux", "instFlux")]
    ends = ["Sigma", "Err"] if end else [""]
    return {f"{h}{e}" for h in heads for e in ends} - {name}
