"""Circles on the sky, against the exact separation."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import angular_separation
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.tables.cone import in_cone


@given(
    st.floats(-400, 400),
    st.floats(-90, 90),
    st.floats(0, 180),
    st.lists(st.tuples(st.floats(0, 360), st.floats(-90, 90)), max_size=20),
)
def test_it_is_the_separation_that_counts(
    ra: float, dec: float, radius: float, points: list[tuple[float, float]]
) -> None:
    lon, lat = np.radians(np.array(points, dtype=float).reshape(-1, 2)).T
    apart = np.degrees(angular_separation(np.radians(ra), np.radians(dec), lon, lat))
    clear = np.abs(apart - radius) > 1e-6  # nearer to the edge, rounding decides
    assert (in_cone(lon, lat, ra, dec, radius)[clear] == (apart <= radius)[clear]).all()


def test_poles_and_unknown_positions() -> None:
    lon = np.radians([0.0, 180.0, np.nan])
    lat = np.radians([89.9, 89.9, 90.0])
    assert in_cone(lon, lat, 90.0, 90.0, 0.2).tolist() == [True, True, False]
    assert in_cone(lon, np.full(3, np.nan), 0.0, 0.0, 180.0).tolist() == [False] * 3


def test_the_centre_is_inside() -> None:
    assert in_cone(np.radians([10.0]), np.radians([20.0]), 10.0, 20.0, 0.0).all()


@pytest.mark.parametrize("circle", [(0, 91, 1), (0, 0, -1), (np.nan, 0, 1), (0, 0, np.nan), (0, 0, 181)])
def test_circles_that_there_are_not(circle: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidError, match="no circle"):
        in_cone(np.zeros(1), np.zeros(1), *circle)
