"""Areas against closed formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.sky.areas import WHOLE_SKY_DEG2, area_deg2, polygon_areas_deg2
from skybutler.sky.region import box, circle, polygon_deg
from skybutler.sky.vectors import unit_vectors


def test_an_octant() -> None:
    assert area_deg2(polygon_deg([(0, 0), (90, 0), (0, 90)])) == pytest.approx(WHOLE_SKY_DEG2 / 8)
    assert pytest.approx(41252.96, abs=0.01) == WHOLE_SKY_DEG2


@given(st.floats(0, 360), st.floats(-89, 89), st.floats(0.01, 80))
def test_polygons_fill_the_circle_around_them(ra: float, dec: float, radius: float) -> None:
    cap = circle(ra, dec, radius)
    assert area_deg2(cap) == pytest.approx((1 - math.cos(math.radians(radius))) / 2 * WHOLE_SKY_DEG2)
    angle, r = np.arange(600) * (math.pi / 300), math.radians(radius)
    ring = np.stack([math.sin(r) * np.cos(angle), math.sin(r) * np.sin(angle), np.full(600, math.cos(r))], axis=-1)
    assert polygon_areas_deg2(ring) == pytest.approx(area_deg2(cap), rel=1e-4)
    assert polygon_areas_deg2(ring[::-1]) == pytest.approx(polygon_areas_deg2(ring))


def test_boxes_of_longitudes_and_latitudes() -> None:
    assert area_deg2(box(0, 0, 360, 180)) == pytest.approx(WHOLE_SKY_DEG2)
    assert area_deg2(box(350, 0, 40, 180)) == pytest.approx(WHOLE_SKY_DEG2 / 9)
    assert area_deg2(box(10, 60, 1, 1)) == pytest.approx(math.cos(math.radians(60)), rel=1e-4)


def test_many_at_once() -> None:
    corners = unit_vectors([[0, 90, 0], [0, 45, 0]], [[0, 0, 90], [0, 0, 90]])
    np.testing.assert_allclose(polygon_areas_deg2(corners), [WHOLE_SKY_DEG2 / 8, WHOLE_SKY_DEG2 / 16])


def test_other_shapes_are_refused() -> None:
    from lsst.sphgeom import Ellipse, UnitVector3d

    with pytest.raises(InvalidError, match="area of a Ellipse"):
        area_deg2(Ellipse(UnitVector3d(1, 0, 0)))
