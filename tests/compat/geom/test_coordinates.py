"""Points and extents of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.compat.geom import (
    Extent2D,
    Extent2I,
    Extent3D,
    ExtentD,
    ExtentI,
    Point2D,
    Point2I,
    Point3D,
    PointD,
    PointI,
)
from skybutler.errors import InvalidError

WHOLE = st.integers(-(10**6), 10**6)


@pytest.mark.parametrize(
    "x, rounded", [(0.5, 1), (-0.5, 0), (1.49, 1), (1.5, 2), (2.5, 3), (-1.5, -1), (-2.51, -3), (7.0, 7)]
)
def test_halves_are_rounded_up(x: float, rounded: int) -> None:
    assert Point2I(Point2D(x, -x)).x == rounded


def test_constructors() -> None:
    assert Point2D(1, 2) == Point2D((1, 2)) == Point2D(np.array([1.0, 2.0])) == Point2D(Point2I(1, 2))
    assert Point2D(Extent2I(1, 2)) == Point2D(1.0, 2.0)
    assert (Extent2I(), Point2D()) == (Extent2I(0, 0), Point2D(0.0, 0.0))
    assert (PointD, PointI, ExtentD, ExtentI) == (Point2D, Point2I, Extent2D, Extent2I)
    assert Point2I(np.int64(3), 4).x == 3


@pytest.mark.parametrize("kind, arguments", [(Point2I, (1.5, 2)), (Point2I, (1.0, 2)), (Extent2I, ([1.5, 2],))])
def test_numbers_are_not_rounded_in_silence(kind: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="whole"):
        kind(*arguments)


@pytest.mark.parametrize("arguments", [(1, 2, 3), (1,), ([1, 2, 3],), (Point3D(1, 2, 3),)])
def test_the_number_of_coordinates_is_checked(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidError):
        Point2D(*arguments)


@given(WHOLE, WHOLE, WHOLE, WHOLE)
def test_points_and_extents(a: int, b: int, c: int, d: int) -> None:
    p, q = Point2I(a, b), Point2I(c, d)
    assert type(p - q) is Extent2I
    assert q + (p - q) == p
    assert p - (p - q) == q
    assert (p - q) + q == p
    assert (p - q) + (q - p) == Extent2I(0, 0)
    assert p.distanceSquared(q) == (p - q).computeSquaredNorm()
    assert -(p - q) == q - p


def test_kinds_of_sums() -> None:
    assert type(Point2I(1, 2) + Extent2D(0.5, 0.5)) is Point2D
    assert type(Point2D(1, 2) - Point2I(1, 1)) is Extent2D
    assert type(Extent2I(1, 2) * 2) is Extent2I
    assert 0.5 * Extent2I(1, 2) == Extent2D(0.5, 1.0)
    assert Extent2I(3, 4) / 2 == Extent2D(1.5, 2.0)
    assert Extent2I(3, -4) // 2 == Extent2I(1, -2)
    assert Point3D(1, 2, 3) - Point3D(1, 1, 1) == Extent3D(0, 1, 2)
    assert Extent2I(3, 4).computeNorm() == 5.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Point2D(1, 2) + Point2D(1, 2),
        lambda: Point2D(1, 2) + 1,
        lambda: Extent2D(1, 2) - Point2D(1, 2),
        lambda: Point2D(1, 2) + Extent3D(1, 2, 3),
        lambda: hash(Point2D(1, 2)),
    ],
)
def test_what_has_no_meaning_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        wrong()


def test_points_are_not_extents() -> None:
    assert Point2I(1, 2) != Extent2I(1, 2)
    assert Point2I(1, 2) == Point2D(1.0, 2.0)
    assert Point2I(1, 2) != (1, 2)


def test_elements_can_be_changed() -> None:
    p = Point2D(1, 2)
    p.x, p[1] = 5, 6
    assert (p.getX(), p.getY(), list(p), len(p)) == (5.0, 6.0, [5.0, 6.0], 2)
    copy = p.clone()
    p.setX(0)
    p.setY(1)
    p.shift(Extent2D(1, 1))
    p.scale(2)
    assert (p, copy) == (Point2D(2, 4), Point2D(5, 6))
    np.testing.assert_array_equal(p.asEigen(), [2.0, 4.0])
    assert Point2I(1, 2).asEigen().dtype.kind == "i"
    z = Point3D(1, 2, 3)
    assert z.z == z.getZ() == Extent3D(1, 2, 3).z == Extent3D(1, 2, 3).getZ() == 3.0
    with pytest.raises(TypeError):
        Point2I(1, 2)[0] = 1.5


def test_words() -> None:
    assert (str(Point2I(1, 2)), str(Point2D(1, 2.5))) == ("(1, 2)", "(1, 2.5)")
    assert (repr(Point2D(1, 2)), repr(Extent2I(1, 2))) == ("Point2D(1.0, 2.0)", "Extent2I(1, 2)")
