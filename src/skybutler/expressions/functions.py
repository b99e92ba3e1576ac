"""The functions of the ``where`` language that make a constant: UUID, positions and regions.  No names, no columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from skybutler.errors import InvalidError, nearest
from skybutler.expressions.bound import Literal, Point, Scalar, ValueType

__all__ = ["FUNCTIONS", "constant_call"]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError(f"'{text}' is not a UUID.", hint="A UUID has 32 hexadecimal digits.") from None


def _point(ra_deg: float, dec_deg: float) -> Point:
    if not -90.0 <= dec_deg <= 90.0:
        raise InvalidError(f"The declination {dec_deg} is not within -90 to 90 degrees.")
    return Point(float(ra_deg), float(dec_deg))


def _circle(ra_deg: float, dec_deg: float, radius_deg: float) -> Scalar:
    from skybutler.sky.region import circle

    region: Scalar = circle(ra_deg, dec_deg, radius_deg)
    return region


def _box(ra_deg: float, dec_deg: float, width_deg: float, height_deg: float) -> Scalar:
    from skybutler.sky.region import box

    region: Scalar = box(ra_deg, dec_deg, width_deg, height_deg)
    return region


def _polygon(*numbers: float) -> Scalar:
    from skybutler.sky.region import polygon_deg

    region: Scalar = polygon_deg(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return region


def _region(pos: str) -> Scalar:
    from skybutler.sky.region import region_from_pos

    region: Scalar = region_from_pos(pos)
    return region


_CONSTANTS: dict[str, tuple[str, ValueType, Callable[..., Scalar]]] = {
    "UUID": ("'text'", "uuid", _uuid),
    "POINT": ("ra, dec", "point", _point),
    "CIRCLE": ("ra, dec, radius", "region", _circle),
    "BOX": ("ra, dec, width, height", "region", _box),
    "POLYGON": ("ra1, dec1, ra2, dec2, ra3, dec3, ...", "region", _polygon),
    "REGION": ("'CIRCLE ra dec radius' or 'RANGE ra1 ra2 dec1 dec2' or 'POLYGON ra1 dec1 ...'", "region", _region),
}
FUNCTIONS = ("GLOB", *_CONSTANTS)
"""Every function of the language; ``GLOB`` is a condition, the others are constants."""


def constant_call(name: str, arguments: Sequence[Literal]) -> tuple[Scalar, ValueType]:
    """Value and type of a call with constant arguments.

    Parameters
    ----------
    name : `str`
        Upper-case name of a function other than ``GLOB``.
    arguments : sequence of `Literal`
        Numbers in degrees (ICRS), or one text for ``UUID`` and ``REGION``.

    Raises
    ------
    InvalidError
        Unknown function, wrong number or type of arguments, or values out of range.
    """
    if name not in _CONSTANTS:
        raise InvalidError(
            f"There is no function {name}.", hint=nearest(name, FUNCTIONS) or f"Functions are {', '.join(FUNCTIONS)}."
        )
    usage, kind, make = _CONSTANTS[name]
    wanted: set[str] = {"string"} if name in ("UUID", "REGION") else {"int", "float"}
    count = len(arguments)
    right_count = count >= 6 and count % 2 == 0 if name == "POLYGON" else count == len(usage.split(","))
    if not right_count or any(argument.type not in wanted for argument in arguments):
        shown = ", ".join(argument.type for argument in arguments) or "nothing"
        raise InvalidError(f"{name} cannot take ({shown}).", hint=f"Write {name}({usage}).")
    return make(*(argument.value for argument in arguments)), kind
