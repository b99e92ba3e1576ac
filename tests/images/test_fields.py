"""Functions of position: values, arithmetic, integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import BoundedField, Box, ChebyshevField, PixelAreaField, ProductField, SkyWcs

BOX = Box((-5, 35), (10, 60))
numbers = st.floats(-10, 10)


@st.composite
def chebyshev_fields(draw: st.DrawFn) -> ChebyshevField:
    ny, nx = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return ChebyshevField(BOX, np.array(draw(st.lists(numbers, min_size=ny * nx, max_size=ny * nx))).reshape(ny, nx))


def terms(n: int, t: float) -> list[float]:
    return [math.cos(k * math.acos(min(max(t, -1.0), 1.0))) for k in range(n)]


@given(chebyshev_fields(), st.floats(9.5, 59.5), st.floats(-5.5, 34.5))
def test_values_are_sums_of_cosines(field: ChebyshevField, x: float, y: float) -> None:
    u, v = (x - 34.5) / 25.0, (y - 14.5) / 20.0
    ny, nx = field.coefficients.shape
    expected = sum(c * a * b for row, a in zip(field.coefficients, terms(ny, v), strict=True)
                   for c, b in zip(row, terms(nx, u), strict=True))  # fmt: skip
    assert float(field.evaluate(x, y)) == pytest.approx(expected, abs=1e-9)


@given(chebyshev_fields())
def test_means_are_those_of_the_formula(field: ChebyshevField) -> None:
    """The mean of T_n over -1 .. 1 is 1 / (1 - n^2) for even n and 0 for odd."""
    ny, nx = field.coefficients.shape
    mean = [[(1 / (1 - i * i)) * (1 / (1 - j * j)) if i % 2 == j % 2 == 0 else 0.0 for j in range(nx)]
            for i in range(ny)]  # fmt: skip
    assert field.mean() == pytest.approx(float((field.coefficients * mean).sum()), abs=1e-10)
    assert field.integrate() == pytest.approx(field.mean() * 2000)


@given(chebyshev_fields(), chebyshev_fields(), numbers)
def test_arithmetic(a: ChebyshevField, b: ChebyshevField, factor: float) -> None:
    x, y = np.array([10.0, 33.3, 59.0]), np.array([-5.0, 12.0, 34.0])
    product = ProductField((a, b))
    for field in (a, product):
        values = field.evaluate(x, y)
        np.testing.assert_allclose((factor * field).evaluate(x, y), values * factor, atol=1e-9)
        np.testing.assert_array_equal((field * factor).evaluate(x, y), (factor * field).evaluate(x, y))
        if abs(factor) > 0.01:
            np.testing.assert_allclose((field / factor).evaluate(x, y), values / factor, atol=1e-6)
    np.testing.assert_allclose(product.evaluate(x, y), a.evaluate(x, y) * b.evaluate(x, y))
    assert product == ProductField((a, b))
    assert hash(product) == hash(ProductField((a, b)))
    assert product.bbox == BOX


@given(chebyshev_fields())
def test_fitting_finds_the_field_again(field: ChebyshevField) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(9.5, 59.5, 200), rng.uniform(-5.5, 34.5, 200)
    ny, nx = field.coefficients.shape
    found = ChebyshevField.fit(BOX, x, y, field.evaluate(x, y), (nx - 1, ny - 1))
    np.testing.assert_allclose(found.coefficients, field.coefficients, atol=1e-8)


def test_shapes() -> None:
    field = ChebyshevField(BOX, [[1.0, 2.0]])
    assert field.evaluate(10, 5).shape == ()
    assert field.evaluate([[1, 2, 3]], [[1], [2]]).shape == (2, 3)
    assert field.evaluate(np.arange(5), 1).dtype == np.float64
    grid = field.on_grid(Box((0, 3), (20, 22)))
    assert grid.shape == (3, 2)
    assert grid[2, 1] == field.evaluate(21, 2)


def test_a_constant_needs_no_box() -> None:
    field = ChebyshevField(Box((3, 3), (5, 5)), [[2.5]])
    assert field.bbox == Box((0, 0), (0, 0))
    assert field.evaluate([1, 2], 3).tolist() == [2.5, 2.5]
    assert field.is_constant
    with pytest.raises(InvalidError, match="no mean: its box is empty"):
        field.mean()


def test_pixel_areas_are_those_of_the_matrix() -> None:
    step = 5e-5
    wcs = SkyWcs.from_affine(150.0, 2.0, [[-step, 0.0], [0.0, step]], (30.0, 10.0))
    field = PixelAreaField(BOX, wcs)
    assert float(field.evaluate(30.0, 10.0)) == pytest.approx(math.radians(step) ** 2, rel=1e-8)
    assert field.evaluate([[10.0, 20.0]], [[1.0], [2.0], [3.0]]).shape == (3, 2)
    arcsec = field * (math.degrees(1) * 3600) ** 2
    assert float(arcsec.evaluate(30.0, 10.0)) == pytest.approx(wcs.pixel_scale_arcsec() ** 2, rel=1e-6)
    assert arcsec == PixelAreaField(BOX, wcs, (math.degrees(1) * 3600) ** 2) != field
    assert "PixelAreaField" in repr(field)


def test_what_is_no_field() -> None:
    for coefficients in (np.zeros(0), np.zeros(1), np.zeros((1, 0)), np.zeros((2, 2, 2))):
        with pytest.raises(InvalidError, match="Coefficients"):
            ChebyshevField(BOX, coefficients)
    with pytest.raises(InvalidError, match="needs a box"):
        ChebyshevField(Box((0, 0), (0, 0)), [[1.0, 2.0]])
    with pytest.raises(InvalidError, match="of none"):
        ProductField(())
    with pytest.raises(InvalidError, match="Fields of one box"):
        ProductField((ChebyshevField(BOX, [[1.0]]), ChebyshevField(Box((0, 1), (0, 1)), [[1.0]])))
    with pytest.raises(InvalidError, match="4 values do not determine 9"):
        ChebyshevField.fit(BOX, range(4), range(4), range(4))
    with pytest.raises(TypeError):
        ChebyshevField(BOX, [[1.0]]) * "2"


def test_equal_by_value() -> None:
    a, b = ChebyshevField(BOX, [[1.0, 2.0]]), ChebyshevField(BOX, [[1.0], [2.0]])
    assert a == ChebyshevField(BOX, np.array([[1, 2]])) != b
    assert isinstance(a, BoundedField)
    assert repr(a) == "ChebyshevField([y=-5:35, x=10:60], orders x=1 y=0)"
    assert "ProductField(ChebyshevField" in repr(ProductField((a, b)))
