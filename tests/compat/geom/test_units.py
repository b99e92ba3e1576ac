"""Angles from unit to unit, there and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.compat import geom
from skybutler.compat.geom import units


@given(st.floats(-1e6, 1e6))
def test_there_and_back(x: float) -> None:
    for out, back in (("degToRad", "radToDeg"), ("radToArcsec", "arcsecToRad"), ("radToMas", "masToRad")):
        assert getattr(units, back)(getattr(units, out)(x)) == pytest.approx(x, rel=1e-14, abs=1e-300)


def test_values() -> None:
    assert (units.degToRad(180.0), units.TWOPI, units.HALFPI) == (math.pi, 2.0 * math.pi, math.pi / 2.0)
    assert units.radToArcsec(units.degToRad(1.0)) == pytest.approx(3600.0)
    assert units.radToMas(units.degToRad(1.0)) == pytest.approx(3.6e6)
    assert [name for name in units.__all__ if name not in geom.__all__] == []
    assert units.SQRTPI * units.INVSQRTPI == pytest.approx(1.0) == units.PI * units.ONE_OVER_PI
    assert pytest.approx(2.0) == units.ROOT2**2
