"""Types of results, and variances against a simulation of what they mean."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images.arithmetic import computed, into, is_operand, variance_of


@pytest.mark.parametrize(
    "symbol, a, b, kind",
    [
        ("-", np.array([3], np.uint16), np.array([5], np.uint16), np.int32),
        ("-", np.array([3], np.uint16), 5, np.int32),
        ("*", np.array([65535], np.uint16), np.array([65535], np.uint16), np.float64),
        ("+", np.array([1], np.int32), np.array([2], np.int64), np.float64),
        ("/", np.array([1], np.int32), 2, np.float64),
        ("*", np.array([1], np.float32), 2.5, np.float32),
        ("+", np.array([1], np.float32), np.array([2], np.float64), np.float64),
        ("/", np.array([1], np.float32), np.array([3], np.int32), np.float64),
    ],
)
def test_results_have_types_that_hold_them(symbol: str, a: np.ndarray, b: np.ndarray | float, kind: type) -> None:
    result = computed(symbol, a, b)
    assert result.dtype == kind
    exact = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[symbol](
        np.float64(a), np.asarray(b, np.float64)
    )
    np.testing.assert_allclose(result, exact)


def test_division_by_zero_is_silent() -> None:
    np.testing.assert_array_equal(computed("/", np.array([1.0, 0.0]), 0), [np.inf, np.nan])
    assert np.isinf(variance_of("/", np.array([1.0]), 0.0, np.array([1.0]), None)).all()


def test_numbers_too_large_are_refused() -> None:
    with pytest.raises(InvalidError, match="too large"):
        computed("+", np.array([1], np.int32), 2**40)


@pytest.mark.parametrize(
    "value, message", [([1.5], "fractions"), ([-1.0], "from -1.0 to -1.0"), ([np.nan], "fractions")]
)
def test_pixels_are_not_cut_off(value: list[float], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        into(np.zeros(1, np.uint16), np.array(value))


@pytest.mark.parametrize("symbol", "+-*/")
@pytest.mark.parametrize("exact", ["neither", "a", "b"])
def test_variances_are_those_of_noise(symbol: str, exact: str) -> None:
    rng = np.random.default_rng(5)
    a, b, va, vb, n = 40.0, 25.0, 0.09, 0.04, 200_000
    noisy_a = a + (0 if exact == "a" else np.sqrt(va)) * rng.standard_normal(n)
    noisy_b = b + (0 if exact == "b" else np.sqrt(vb)) * rng.standard_normal(n)
    expected = computed(symbol, noisy_a, noisy_b).var()
    found = variance_of(
        symbol,
        np.array([a]),
        np.array([b]),
        None if exact == "a" else np.array([va], np.float32),
        None if exact == "b" else np.array([vb], np.float32),
    )
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("value", [1, 2.5, np.float32(1), np.int16(3), np.zeros(2), np.zeros(2, bool)])
def test_operands(value: object) -> None:
    assert is_operand(value)


@pytest.mark.parametrize("value", ["1", None, 1j, np.zeros(2, complex), np.array(["a"]), [1, 2]])
def test_no_operands(value: object) -> None:
    assert not is_operand(value)
