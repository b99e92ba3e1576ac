"""Numbers of ``lsst.geom`` that turn angles from unit to unit.  Knows no angles as objects."""

# ruff: noqa: N802 - the names are those of lsst.geom

from __future__ import annotations

import math

__all__ = [
    "HALFPI",
    "INVSQRTPI",
    "ONE_OVER_PI",
    "PI",
    "ROOT2",
    "SQRTPI",
    "TWOPI",
    "arcsecToRad",
    "degToRad",
    "masToRad",
    "radToArcsec",
    "radToDeg",
    "radToMas",
]

PI, TWOPI, HALFPI, ONE_OVER_PI = math.pi, math.tau, math.pi / 2.0, 1.0 / math.pi
SQRTPI, INVSQRTPI, ROOT2 = math.sqrt(math.pi), 1.0 / math.sqrt(math.pi), math.sqrt(2.0)

_ARCSEC = 3600.0


def degToRad(x: float) -> float:
    """Radians of degrees."""
    return x * PI / 180.0


def radToDeg(x: float) -> float:
    """Degrees of radians."""
    return x * 180.0 / PI


def radToArcsec(x: float) -> float:
    """Seconds of arc of radians."""
    return x * _ARCSEC * 180.0 / PI


def radToMas(x: float) -> float:
    """Thousandths of a second of arc of radians."""
    return 1000.0 * radToArcsec(x)


def arcsecToRad(x: float) -> float:
    """Radians of seconds of arc."""
    return (x / _ARCSEC) * PI / 180.0


def masToRad(x: float) -> float:
    """Radians of thousandths of a second of arc."""
    return arcsecToRad(x / 1000.0)
