"""Angles and their units."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.compat.geom import (
    Angle,
    AngleUnit,
    arcminutes,
    arcseconds,
    degrees,
    hours,
    isAngle,
    milliarcseconds,
    radians,
)

ANGLES = st.floats(-1e6, 1e6).map(Angle)


@pytest.mark.parametrize(
    "unit, per_turn",
    [
        (radians, math.tau),
        (degrees, 360),
        (hours, 24),
        (arcminutes, 21600),
        (arcseconds, 1.296e6),
        (milliarcseconds, 1.296e9),
    ],
    ids=repr,
)
def test_units(unit: AngleUnit, per_turn: float) -> None:
    assert (per_turn * unit).asRadians() == pytest.approx(math.tau, rel=1e-15)
    assert Angle(math.tau).asAngularUnits(unit) == pytest.approx(per_turn, rel=1e-15)


def test_sizes_by_name() -> None:
    angle = 1.5 * degrees
    sizes = angle.asDegrees(), angle.asHours(), angle.asArcminutes(), angle.asArcseconds(), angle.asMilliarcseconds()
    assert sizes == pytest.approx((1.5, 0.1, 90.0, 5400.0, 5.4e6))
    assert float(angle) == angle.asRadians()


def test_a_number_is_radians_and_numpy_numbers_are_numbers() -> None:
    assert Angle(1.0) == 1.0 * radians == Angle(Angle(1.0)) == degrees * math.degrees(1.0)
    assert isinstance(np.float64(5.0) * degrees, Angle)
    assert [a.asDegrees() for a in np.array([1.0, 2.0]) * degrees] == pytest.approx([1.0, 2.0])


def test_arithmetic() -> None:
    a, b = 30.0 * degrees, 10.0 * degrees
    assert (a + b).asDegrees() == pytest.approx(40.0)
    assert (a - b).asDegrees() == pytest.approx(20.0)
    assert (0.5 * (a + b)).asDegrees() == pytest.approx(20.0)
    assert (a * 2).asDegrees() == (2 * a).asDegrees() == pytest.approx(60.0)
    assert (a / 2).asDegrees() == pytest.approx(15.0)
    assert a / b == pytest.approx(3.0)
    assert abs(-a) == a
    assert (b < a, a <= a, a > b, a == b, a != b) == (True, True, True, False, True)
    assert not Angle(0.0)
    assert len({a, 30.0 * degrees, b}) == 2


@pytest.mark.parametrize("wrong", [lambda a: a + 1.0, lambda a: 1.0 - a, lambda a: a * a, lambda a: a < 1.0])
def test_angles_and_numbers_are_not_mixed(wrong: object) -> None:
    with pytest.raises(TypeError):
        wrong(1.0 * degrees)  # type: ignore[operator]


@given(ANGLES)
def test_wrapping_keeps_the_direction(angle: Angle) -> None:
    for wrapped, low, high in ((angle.wrap(), 0.0, math.tau), (angle.wrapCtr(), -math.pi, math.pi)):
        assert low <= wrapped.asRadians() < high
        turns = (angle - wrapped).asRadians() / math.tau
        assert turns == pytest.approx(round(turns), abs=1e-9)
        assert wrapped.wrap().wrapCtr().asRadians() == pytest.approx(wrapped.wrapCtr().asRadians(), abs=1e-9)


@given(ANGLES, ANGLES)
def test_wrapping_near_another(angle: Angle, other: Angle) -> None:
    assert abs((angle.wrapNear(other) - other).asRadians()) <= math.pi + 1e-9
    assert angle.separation(other).asRadians() == (angle - other).wrapCtr().asRadians()


@pytest.mark.parametrize(
    "value, wrapped, centred", [(360.0, 0.0, 0.0), (-90.0, 270.0, -90.0), (180.0, 180.0, -180.0), (-1e-30, 0.0, 0.0)]
)
def test_wrapping_at_the_ends(value: float, wrapped: float, centred: float) -> None:
    assert (value * degrees).wrap().asDegrees() == pytest.approx(wrapped, abs=1e-12)
    assert (value * degrees).wrapCtr().asDegrees() == pytest.approx(centred, abs=1e-12)


def test_words() -> None:
    assert str(1.0 * radians) == "1 rad"
    assert repr(45.0 * degrees) == "Angle(45.0, degrees)"
    assert repr(degrees) == "degrees"
    assert (isAngle(1.0 * degrees), isAngle(1.0)) == (True, False)
    assert pickle.loads(pickle.dumps(1.0 * degrees)) == 1.0 * degrees
