from __future__ import annotations

import math
from typing import Any

import pytest
from sqlglot import exp, parse_one

from skybutler.errors import InvalidError
from skybutler.vo.adql.shapes import CircleShape, Point, PolygonShape, area, constant, region_of, within


def point(ra: str, dec: str) -> Point:
    return Point(parse_one(ra), parse_one(dec))


def test_constants_are_computed_and_columns_are_not():
    assert constant(parse_one("-(1 + 2 * 3.5) / 4")) == -2.0
    assert constant(parse_one("1 - -1")) == 2.0
    assert constant(parse_one("1 / 0")) is None
    assert constant(parse_one("s_ra + 1")) is None
    assert constant(parse_one("'1'")) is None


def test_regions_of_numbers():
    circle: Any = region_of(CircleShape(point("10", "-20"), parse_one("0.5")))
    assert math.degrees(circle.getOpeningAngle().asRadians()) == pytest.approx(0.5)
    assert region_of(CircleShape(point("s_ra", "-20"), parse_one("0.5"))) is None
    square = PolygonShape(tuple(point(ra, dec) for ra, dec in (("0", "0"), ("1", "0"), ("1", "1"), ("0", "1"))))
    polygon: Any = region_of(square)
    assert len(polygon.getVertices()) == 4
    with pytest.raises(InvalidError):
        region_of(point("0", "91"))
    crossed = PolygonShape(tuple(square.vertices[i] for i in (0, 2, 1, 3)))
    with pytest.raises(InvalidError, match="convex"):
        region_of(crossed)


def test_areas():
    octant = PolygonShape((point("0", "0"), point("90", "0"), point("0", "90")))
    assert constant(area(octant)) == pytest.approx(4 * math.pi * math.degrees(1) ** 2 / 8, rel=1e-14)
    hemisphere = CircleShape(point("0", "0"), parse_one("90"))
    assert constant(area(hemisphere)) == pytest.approx(2 * math.pi * math.degrees(1) ** 2)
    assert constant(area(point("0", "0"))) == 0.0
    assert "COS" in area(CircleShape(point("0", "0"), exp.column("r"))).sql()


def test_a_polygon_that_varies_by_row_is_not_tested():
    triangle = PolygonShape((point("s_ra", "0"), point("1", "0"), point("1", "1")))
    with pytest.raises(InvalidError, match="must be numbers"):
        within(point("0", "0"), triangle)
