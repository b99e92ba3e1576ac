"""Units of pixel values as texts in FITS notation: products, powers, conversions.  Knows no image.

A unit of `None` is unknown, or that of a plain number; what is combined with it keeps the other's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from skybutler.errors import InvalidError

__all__ = ["common_unit", "conversion_factor", "divided", "multiplied", "raised"]

_SPELLINGS: Final = {"electrons": "electron", "adus": "adu", "counts": "count", "dn": "adu"}


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """The unit of a text, in FITS notation or as headers misspell it (``ADU``, ``electrons``)."""
    from astropy import units

    lower = text.strip().lower()
    for spelling, notation in ((text, "fits"), (text, None), (lower, "fits"), (_SPELLINGS.get(lower, lower), None)):
        unit = units.Unit(spelling, format=notation, parse_strict="silent")
        if not isinstance(unit, units.UnrecognizedUnit):
            return unit
    raise InvalidError(
        f"'{text}' is no unit.", hint="Set image.unit to one in FITS notation, such as 'nJy', 'adu' or 'adu s-1'."
    )


def _text(unit: Any) -> str | None:
    """FITS notation, positive powers first; `None` for a plain number."""
    parts = sorted(zip(unit.bases, unit.powers, strict=True), key=lambda part: part[1] < 0)
    return " ".join(f"{base}{'' if power == 1 else _power(power)}" for base, power in parts) or None


def _power(power: Any) -> str:
    return str(power) if power == int(power) else f"**({power})"


@lru_cache(maxsize=256)
def multiplied(a: str | None, b: str | None) -> str | None:
    """Unit of a product."""
    return _text(_parsed(a) * _parsed(b)) if a and b else a or b


@lru_cache(maxsize=256)
def divided(a: str | None, b: str | None) -> str | None:
    """Unit of a quotient; `None` where the units are equal."""
    if not b or a == b:
        return None if a == b else a
    return _text(_parsed(a) / _parsed(b)) if a else raised(b, -1)


@lru_cache(maxsize=256)
def raised(unit: str | None, power: int) -> str | None:
    """Unit of a power; variances are written as image libraries write them, ``nJy**2``."""
    if not unit:
        return None
    if power == 2 and unit.isalpha():
        return f"{unit}**2"
    return _text(_parsed(unit) ** power)


def common_unit(a: str | None, b: str | None) -> str | None:
    """Unit of a sum or difference.

    Raises
    ------
    InvalidError
        If the units are different ones.
    """
    if not a or not b or a == b:
        return a or b
    if _same(a, b):
        return a
    raise InvalidError(f"Values in {a} and in {b} cannot be added.", hint="Convert one of them with to_unit().")


@lru_cache(maxsize=256)
def _same(a: str, b: str) -> bool:
    return bool(_parsed(a) == _parsed(b))


def conversion_factor(unit: str | None, target: str) -> float:
    """What values in ``unit`` are multiplied by to be in ``target``.

    Raises
    ------
    InvalidError
        If there is no such number.
    """
    from astropy.units import UnitConversionError

    if unit is None:
        raise InvalidError(f"Values without a unit cannot be converted to {target}.", hint="Set image.unit first.")
    try:
        return float(_parsed(unit).to(_parsed(target)))
    except UnitConversionError:
        raise InvalidError(
            f"Values in {unit} cannot be converted to {target}.",
            hint="From counts to flux densities there is PhotoCalib.calibrate.",
        ) from None
