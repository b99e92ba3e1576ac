"""Fields and transmission curves of coadds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import (
    BoundedField,
    Box,
    ChebyshevField,
    CoaddField,
    CoaddTerm,
    CoaddTransmission,
    Polygon,
    SkyWcs,
    SpatiallyConstantTransmission,
    TransmissionCurve,
)
from skybutler.images.coadd_means import bounds_of

BOX = Box((0, 100), (0, 200))
STEP = 5e-5


def wcs(x: float, y: float) -> SkyWcs:
    """Its origin is at pixel (x, y) of the coadd."""
    return SkyWcs.from_affine(10.0, 1.0, [[-STEP, 0.0], [0.0, STEP]], (-x, -y))


COADD = wcs(0.0, 0.0)
SLOPE = ChebyshevField(BOX, [[2.0, 1.0]])  # 1 at x = -0.5, 3 at x = 199.5
LEFT = Polygon.from_box(Box((0, 100), (0, 100)))


def term(
    x: float, y: float, weight: float, value: BoundedField = SLOPE, where: Polygon | None = None
) -> CoaddTerm[BoundedField]:
    return CoaddTerm(value, wcs(x, y), weight, bounds_of(BOX), where)


def field() -> CoaddField:
    """One input at the origin, one 100 pixels to the right that is good in its left half only."""
    return CoaddField(Box((0, 300), (0, 500)), COADD, (term(0, 0, 1.0), term(100, 0, 3.0, where=LEFT)), -1.0)


def test_a_weighted_mean_of_those_that_count() -> None:
    x = np.array([20.0, 150.0, 220.0, 50.0, -5.0])
    y = np.array([50.0, 50.0, 50.0, 150.0, 50.0])

    def at(px: float) -> float:
        return 2.0 + (px - 99.5) / 100

    expected = [at(20.0), (at(150.0) + 3 * at(50.0)) / 4, -1.0, -1.0, -1.0]
    np.testing.assert_allclose(field().evaluate(x, y), expected, atol=1e-6)
    assert field().evaluate(20.0, 50.0).shape == ()
    assert field().on_grid(Box((0, 3), (0, 5))).shape == (3, 5)
    np.testing.assert_allclose((2.0 * field()).evaluate(20.0, 50.0), 2 * at(20.0), atol=1e-6)


def test_values_elsewhere_do_not_matter() -> None:
    unknown = ChebyshevField(BOX, [[math.nan]])
    mean = CoaddField(BOX, COADD, (term(0, 0, 1.0), term(500, 0, 1.0, unknown)))
    assert float(mean.evaluate(99.5, 50.0)) == pytest.approx(2.0, abs=1e-6)
    assert math.isnan(float(mean.evaluate(300.0, 50.0)))


def curve(*weights: float) -> CoaddTransmission:
    terms: list[CoaddTerm[TransmissionCurve]] = []
    for i, weight in enumerate(weights):
        value = SpatiallyConstantTransmission([1.0 / (i + 1)] * 2, [4000.0 + i, 5000.0 + i])
        terms.append(CoaddTerm(value, wcs(100.0 * i, 0.0), weight, bounds_of(BOX)))
    return CoaddTransmission(COADD, terms)


def test_curves() -> None:
    mean = curve(1.0, 3.0)
    assert mean.wavelength_bounds == (4000.0, 5001.0)
    assert mean.sample([4500.0, 6000.0], 50.0, 50.0).tolist() == [1.0, 0.0]
    assert mean.sample(4500.0, 150.0, 50.0) == pytest.approx((1.0 + 3.0 * 0.5) / 4)
    assert mean.sample(4500.0, 250.0, 50.0) == pytest.approx(0.5)
    with pytest.raises(InvalidError, match=r"None of the 2 inputs of the coadd saw \(5000, 50\)"):
        mean.sample(4500.0, 5000.0, 50.0)
    assert curve().wavelength_bounds == (-math.inf, math.inf)


def test_equal_by_value() -> None:
    assert field() == field() != CoaddField(BOX, COADD, (), -1.0)
    assert hash(field()) == hash(field())
    assert curve(1.0) == curve(1.0) != curve(2.0)
    assert hash(curve(1.0)) == hash(curve(1.0))
    assert repr(field()) == "CoaddField([y=0:300, x=0:500], 2 inputs)"
    assert repr(curve(1.0, 2.0)) == "CoaddTransmission(2 inputs, 4000 to 5001 Angstrom)"
