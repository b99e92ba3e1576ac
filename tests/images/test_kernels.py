"""Kernels and the functions that weigh them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images.kernels import (
    ChebyshevFunction,
    FixedKernel,
    LinearCombinationKernel,
    PolynomialFunction,
)

small = st.floats(-2, 2)


@given(st.lists(small, min_size=6, max_size=6), small, small)
def test_a_polynomial(c: list[float], x: float, y: float) -> None:
    expected = c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y
    assert PolynomialFunction(c)(x, y) == pytest.approx(expected, abs=1e-12)


@given(st.lists(small, min_size=6, max_size=6), st.floats(0, 100), st.floats(-50, 50))
def test_chebyshev_polynomials(c: list[float], x: float, y: float) -> None:
    u, v = x / 50 - 1, y / 50
    expected = c[0] + c[1] * u + c[2] * v + c[3] * (2 * u * u - 1) + c[4] * u * v + c[5] * (2 * v * v - 1)
    assert ChebyshevFunction(c, (0, -50), (100, 50))(x, y) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [0, 2, 4, 5, 7])
def test_so_many_coefficients_make_no_function(n: int) -> None:
    with pytest.raises(InvalidError, match=f"has {n} coefficients"):
        PolynomialFunction(np.zeros(n))


def test_no_area() -> None:
    with pytest.raises(InvalidError, match="no area between"):
        ChebyshevFunction([1.0], (0, 0), (0, 1))


def test_a_fixed_kernel() -> None:
    kernel = FixedKernel(np.arange(12.0).reshape(3, 4))
    assert (kernel.dimensions, kernel.center, kernel.is_varying) == ((4, 3), (1, 1), False)
    assert FixedKernel(np.ones((3, 5))).center == (2, 1)
    np.testing.assert_array_equal(kernel.at(5, 6), np.arange(12.0).reshape(3, 4))
    assert kernel == FixedKernel(np.arange(12.0).reshape(3, 4)) != FixedKernel(np.arange(12.0).reshape(3, 4), (0, 0))
    assert repr(kernel) == "FixedKernel(4 x 3 pixels)"


def test_a_sum() -> None:
    a, b = FixedKernel(np.eye(3)), FixedKernel(np.ones((3, 3)))
    fixed = LinearCombinationKernel((a, b), (2.0, 0.5))
    np.testing.assert_array_equal(fixed.at(1, 2), 2 * np.eye(3) + 0.5)
    assert not fixed.is_varying
    varying = LinearCombinationKernel(
        (a, b), (PolynomialFunction([1.0, 0.5, 0.0]), PolynomialFunction([0.0, 0.0, 1.0]))
    )
    np.testing.assert_array_equal(varying.at(2.0, 3.0), 2 * np.eye(3) + 3)
    assert varying.is_varying
    assert (varying.dimensions, varying.center) == ((3, 3), (1, 1))
    assert varying != fixed
    assert hash(fixed) == hash(LinearCombinationKernel((a, b), (2.0, 0.5)))
    assert repr(varying) == "LinearCombinationKernel(2 of 3 x 3 pixels)"


def test_what_is_no_kernel() -> None:
    a, wide = FixedKernel(np.eye(3)), FixedKernel(np.ones((3, 5)))
    varying = LinearCombinationKernel((a,), (PolynomialFunction([1.0]),))
    with pytest.raises(InvalidError, match="two axes"):
        FixedKernel(np.zeros(3))
    with pytest.raises(InvalidError, match="is not in a kernel of 3 x 3"):
        FixedKernel(np.eye(3), (3, 0))
    with pytest.raises(InvalidError, match="1 kernels with 2 weights"):
        LinearCombinationKernel((a,), (1.0, 2.0))
    with pytest.raises(InvalidError, match="0 kernels"):
        LinearCombinationKernel((), ())
    for kernels in ((a, wide), (a, varying)):
        with pytest.raises(InvalidError, match="have one size"):
            LinearCombinationKernel(kernels, (1.0, 2.0))
    with pytest.raises(InvalidError, match="all numbers, or all functions"):
        LinearCombinationKernel((a, a), (1.0, PolynomialFunction([1.0])))  # type: ignore[arg-type]
