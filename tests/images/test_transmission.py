"""Throughput by wavelength and position."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import (
    IdentityTransmission,
    ProductTransmission,
    RadialTransmission,
    SpatiallyConstantTransmission,
    TransformedTransmission,
)
from skybutler.images.point_maps import Affine

CONSTANT = SpatiallyConstantTransmission([0.0, 1.0, 0.5], [4000.0, 5000.0, 6000.0], 0.1, 0.2)
RADIAL = RadialTransmission([[0.2, 0.4], [0.6, 0.8]], [4000.0, 5000.0], [10.0, 20.0])


def test_between_wavelengths() -> None:
    found = CONSTANT.sample([3999.0, 4000.0, 4250.0, 5000.0, 5500.0, 6000.0, 6001.0], 3.0, 4.0)
    assert found.tolist() == [0.1, 0.0, 0.25, 1.0, 0.75, 0.5, 0.2]
    assert CONSTANT.wavelength_bounds == (4000.0, 6000.0)


def test_between_radii() -> None:
    wavelengths = [4000.0, 4500.0, 5000.0]
    assert RADIAL.sample(wavelengths, 0.0, 0.0) == pytest.approx([0.2, 0.4, 0.6])
    assert RADIAL.sample(wavelengths, 9.0, 12.0) == pytest.approx([0.3, 0.5, 0.7])
    assert RADIAL.sample(wavelengths, 100.0, 0.0) == pytest.approx([0.4, 0.6, 0.8])
    assert RADIAL.sample([3000.0, 7000.0]).tolist() == [0.0, 0.0]


def test_products() -> None:
    both = CONSTANT * RADIAL
    assert isinstance(both, ProductTransmission)
    assert both.sample(4500.0, 15.0, 0.0) == pytest.approx(0.5 * 0.5)
    assert both.wavelength_bounds == (4000.0, 6000.0)
    assert CONSTANT * IdentityTransmission() is CONSTANT
    assert IdentityTransmission() * CONSTANT is CONSTANT
    unknown = SpatiallyConstantTransmission([0.5, 0.5], [4000.0, 5000.0], math.nan, math.nan)
    assert (unknown * RADIAL).sample([3000.0, 4500.0]).tolist() == [0.0, 0.2]


def test_another_frame() -> None:
    curve = TransformedTransmission(RADIAL, Affine.scaling((100.0, 100.0), (-500.0, 0.0)))
    assert curve.sample(4000.0, 1000.0, 0.0) == pytest.approx(0.3)
    assert curve.wavelength_bounds == (4000.0, 5000.0)


def test_everything_passes_an_identity() -> None:
    assert IdentityTransmission().sample([[1.0, 1e9]]).tolist() == [[1.0, 1.0]]
    assert IdentityTransmission().wavelength_bounds == (-math.inf, math.inf)
    assert ProductTransmission(IdentityTransmission(), IdentityTransmission()).wavelength_bounds == (
        -math.inf,
        math.inf,
    )


def test_equal_by_value() -> None:
    again = SpatiallyConstantTransmission(np.array([0.0, 1.0, 0.5]), (4000, 5000, 6000), 0.1, 0.2)
    assert again == CONSTANT != SpatiallyConstantTransmission([0.0, 1.0, 0.5], [4000.0, 5000.0, 6000.0])
    assert ProductTransmission(again, RADIAL) == ProductTransmission(CONSTANT, RADIAL)
    assert hash(ProductTransmission(again, RADIAL)) == hash(ProductTransmission(CONSTANT, RADIAL))
    assert IdentityTransmission() == IdentityTransmission()
    assert repr(CONSTANT) == "SpatiallyConstantTransmission(4000 to 6000 Angstrom)"
    assert repr(RADIAL) == "RadialTransmission(4000 to 5000 Angstrom, radii 10 to 20)"


def test_no_curve() -> None:
    with pytest.raises(InvalidError, match="wavelengths of a transmission curve .* increase"):
        SpatiallyConstantTransmission([1.0, 1.0], [5000.0, 4000.0])
    with pytest.raises(InvalidError, match="2 wavelengths and 3 values"):
        SpatiallyConstantTransmission([1.0, 1.0, 1.0], [4000.0, 5000.0])
    with pytest.raises(InvalidError, match="radii"):
        RadialTransmission([[1.0]], [4000.0, 5000.0], [1.0])
    with pytest.raises(InvalidError, match=r"2 wavelengths, 2 radii and values of the shape \(1, 2\)"):
        RadialTransmission([[1.0, 1.0]], [4000.0, 5000.0], [1.0, 2.0])
    with pytest.raises(TypeError):
        CONSTANT * 2.0  # type: ignore[operator]
