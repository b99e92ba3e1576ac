"""The options of sky map kinds and tract builders: names, types, limits and defaults.  Knows no file format.

Names are those of the survey's configuration files, because users and the hash of a map refer to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from skybutler.errors import SkyMapError, nearest
from skybutler.skymap.projection import PROJECTIONS

__all__ = ["BUILDERS", "KINDS", "Option", "check_value", "defaults", "options_of"]

_INT32: Final = 2**31 - 1


@dataclass(frozen=True)
class Option:
    """One option: how a value is checked and what it is when nobody says.

    Parameters
    ----------
    check : callable
        Gives the value in its final type or raises `ValueError` with what was expected.
    default : object
        `None` means that the user must choose.
    doc : `str`
        Meaning and unit.
    """

    check: Callable[[Any], Any]
    default: Any
    doc: str


def _integer(low: int, high: int = _INT32) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def _number(low: float, high: float, *, above: bool = False) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        if above and value == low:
            raise ValueError(f"a number above {low:g}")
        return float(value)

    return check


def _several(check_one: Callable[[Any], Any], count: int | None = None) -> Callable[[Any], list[Any]]:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or (count is not None and len(value) != count):
            raise ValueError("a list" if count is None else f"a list of {count} values")
        try:
            return [check_one(item) for item in value]
        except ValueError as error:
            raise ValueError(f"a list, each item {error}") from None

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(words: Sequence[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return check


_DEGREES = _number(-360.0, 360.0)

_COMMON: Final[Mapping[str, Option]] = {
    "tractOverlap": Option(_number(0.0, 89.0), 1.0, "minimum overlap of adjacent tracts [deg]"),
    "pixelScale": Option(_number(0.0, 36000.0, above=True), 0.333, "nominal size of a pixel [arcsec]"),
    "projection": Option(_one_of(PROJECTIONS), "STG", "FITS projection code"),
    "rotation": Option(_DEGREES, 0.0, "turn of the pixel axes [deg]"),
    "tractBuilder": Option(_one_of(("legacy", "cells")), "legacy", "how tracts are divided into patches"),
}

BUILDERS: Final[Mapping[str, Mapping[str, Option]]] = {
    "legacy": {
        "patchInnerDimensions": Option(_several(_integer(1), 2), [4000, 4000], "inner size of patches (x, y) [pixel]"),
        "patchBorder": Option(_integer(0), 100, "width outside the inner box, clipped to the tract [pixel]"),
    },
    "cells": {
        "cellInnerDimensions": Option(_several(_integer(1), 2), [150, 150], "inner size of cells (x, y) [pixel]"),
        "cellBorder": Option(_integer(0), 50, "width of a cell outside its inner box [pixel]"),
        "numCellsPerPatchInner": Option(_integer(1), 20, "cells along one side of the inner box of a patch"),
        "numCellsInPatchBorder": Option(_integer(0), 1, "cells on each side outside the inner box of a patch"),
    },
}
"""Options of the tract builders."""

KINDS: Final[Mapping[str, Mapping[str, Option]]] = {
    "dodeca": {
        "withTractsOnPoles": Option(_boolean, False, "tracts, instead of their corners, on the poles"),
    },
    "rings": {
        "numRings": Option(_integer(1, 100_000), None, "rings of tracts between the polar caps"),
        "raStart": Option(_number(0.0, 360.0), 0.0, "right ascension of the first tract of every ring [deg]"),
    },
    "equat": {
        "numTracts": Option(_integer(1, 1_000_000), 4, "tracts around the equator"),
        "decRange": Option(_several(_number(-90.0, 90.0), 2), [-1.25, 1.25], "declinations covered [deg]"),
    },
    "healpix": {
        "log2NSide": Option(_integer(0, 29), 0, "binary logarithm of the HEALPix nside"),
        "nest": Option(_boolean, False, "nested instead of ring numbering"),
    },
    "discrete": {
        "raList": Option(_several(_DEGREES), [], "right ascensions of tract centres [deg]"),
        "decList": Option(_several(_number(-90.0, 90.0)), [], "declinations of tract centres [deg]"),
        "radiusList": Option(_several(_number(0.0, 89.0, above=True)), [], "half sizes of tracts [deg]"),
    },
}
"""Options of each kind of sky map, beyond those that all have."""

# Defaults of one kind that differ from the common ones.
_SPECIAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "dodeca": {"tractOverlap": 3.5, "pixelScale": 0.2, "patchBorder": 250},
    "equat": {"projection": "CEA"},
    "healpix": {"rotation": 45.0},
}


def options_of(kind: str) -> dict[str, Option]:
    """All options a kind of sky map accepts, those of both builders included."""
    return {**_COMMON, **KINDS[kind], **BUILDERS["legacy"], **BUILDERS["cells"]}


def defaults(kind: str) -> dict[str, Any]:
    """The value of every option of a kind before the user says anything; `None` where they must."""
    return {name: option.default for name, option in options_of(kind).items()} | dict(_SPECIAL.get(kind, {}))


def check_value(kind: str, name: str, value: Any) -> Any:
    """A value in the type its option has.

    Parameters
    ----------
    kind : `str`
        One of `KINDS`.
    name : `str`
        Name of the option.
    value : object
        What the user gave; `None` returns to the default.

    Raises
    ------
    SkyMapError
        Raised if the kind has no such option (naming the nearest) or the value is not what it takes.
    """
    options = options_of(kind)
    if name not in options:
        raise SkyMapError(
            f"A {kind} sky map has no option '{name}'.",
            hint=nearest(name, options) or f"Options are {', '.join(options)}.",
        )
    if value is None:
        return defaults(kind)[name]
    try:
        return options[name].check(value)
    except ValueError as error:
        raise SkyMapError(f"{name} = {value!r} is wrong: it must be {error}.") from None
