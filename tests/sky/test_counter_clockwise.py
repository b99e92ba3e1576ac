"""Vertices given in either direction become polygons that sphgeom agrees with."""

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.sky.region import counter_clockwise, decode, encode_polygons
from skybutler.sky.vectors import unit_vectors

SQUARE = unit_vectors(np.array([9.0, 11.0, 11.0, 9.0]), np.array([-1.0, -1.0, 1.0, 1.0]))


def test_clockwise_vertices_are_turned_round() -> None:
    turned = counter_clockwise(np.stack([SQUARE, SQUARE[::-1]]))
    assert np.array_equal(turned[0], SQUARE)
    assert np.array_equal(turned[1][0], SQUARE[3])
    one, other = (decode(blob) for blob in encode_polygons(turned))
    inside = one.getBoundingCircle().getCenter()
    assert one.contains(inside)
    assert other.contains(inside)


def test_a_polygon_that_is_not_convex_is_named() -> None:
    crossed = SQUARE[[0, 2, 1, 3]]
    with pytest.raises(InvalidError, match="Polygon 1 "):
        counter_clockwise(np.stack([SQUARE, crossed]))
