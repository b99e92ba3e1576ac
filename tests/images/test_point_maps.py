"""Affine and radial maps, and their inverses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images.point_maps import Affine, Chain, PointMap, Radial

numbers = st.floats(-1e3, 1e3).map(lambda v: round(v, 3))


@st.composite
def affines(draw: st.DrawFn) -> Affine:
    (a, b, c, d, x, y) = (draw(numbers) for _ in range(6))
    assume(abs(a * d - b * c) > 1e-2 * max(abs(v) for v in (a, b, c, d)) ** 2)
    return Affine(((a, b), (c, d)), (x, y))


radials = st.builds(
    lambda c1, c3: Radial((0.0, c1, 0.0, c3 * c1)), st.floats(1e-5, 10.0), st.floats(-1e-8, 1e-8)
)  # within 3000 of the origin the radius grows
points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5).map(lambda p: np.array(p, dtype=float))


@given(affines() | radials, points)
def test_there_and_back(point_map: PointMap, at: np.ndarray) -> None:
    back = point_map.inverse().apply(point_map.apply(at))
    np.testing.assert_allclose(back, at, atol=1e-6)


@given(affines(), radials, points)
def test_chains_go_in_order(first: Affine, second: Radial, at: np.ndarray) -> None:
    chain = first.then(second).then(first.inverse())
    assert isinstance(chain, Chain)
    assert len(chain.maps) == 3
    np.testing.assert_array_equal(chain.apply(at), first.inverse().apply(second.apply(first.apply(at))))
    assert Chain(()).apply(at) is at
    assert chain.inverse().maps[0] == first.inverse().inverse()


def test_radial_by_hand() -> None:
    barrel = Radial((0.0, 1.0, 0.0, -0.001))
    x, y = barrel(3.0, 4.0)
    assert (float(x), float(y)) == pytest.approx((3 * 0.975, 4 * 0.975))
    assert [float(v) for v in barrel(0.0, 0.0)] == [0.0, 0.0]
    assert [float(v) for v in barrel.inverse()(3 * 0.975, 4 * 0.975)] == pytest.approx([3.0, 4.0])
    assert barrel.inverse().inverse() == barrel


def test_coordinates_are_broadcast() -> None:
    x, y = Affine.scaling((2.0, 3.0), (1.0, 0.0))(np.arange(4.0), 5.0)
    assert x.tolist() == [1.0, 3.0, 5.0, 7.0]
    assert y.tolist() == [15.0] * 4


@pytest.mark.parametrize(
    "bad", [Affine(((1.0, 2.0), (2.0, 4.0))), Radial((1.0, 1.0)), Radial((0.0, 0.0, 1.0)), Radial(())]
)
def test_what_has_no_inverse_says_so(bad: PointMap) -> None:
    with pytest.raises(InvalidError, match="no inverse"):
        bad.inverse()
