"""Functions that make constants: UUIDs, positions and regions."""

from __future__ import annotations

from uuid import UUID

import pytest
from lsst.sphgeom import Angle, Box, Circle, ConvexPolygon, LonLat, UnitVector3d

from skybutler.errors import InvalidError
from skybutler.expressions.bound import Literal, Point
from skybutler.expressions.functions import constant_call


def _numbers(*values: float) -> list[Literal]:
    return [Literal(value, "int" if isinstance(value, int) else "float") for value in values]


def test_uuid() -> None:
    text = "840b31d9-05cd-5161-b2c8-00d32b280d0f"
    assert constant_call("UUID", [Literal(text, "string")]) == (UUID(text), "uuid")


def test_point() -> None:
    assert constant_call("POINT", _numbers(10, -5.5)) == (Point(10.0, -5.5), "point")


def test_circle_has_the_radius_that_is_written() -> None:
    circle, kind = constant_call("CIRCLE", _numbers(10, 20, 2))
    assert kind == "region"
    assert isinstance(circle, Circle)
    assert circle.getOpeningAngle().asDegrees() == pytest.approx(2.0)
    assert circle.getCenter() == UnitVector3d(LonLat.fromDegrees(10, 20))
    assert not circle.contains(UnitVector3d(LonLat.fromDegrees(10, 23)))


def test_box_is_centred() -> None:
    box, _ = constant_call("BOX", _numbers(10, 0, 4, 2))
    assert isinstance(box, Box)
    assert box.getLon().getA().asDegrees() == pytest.approx(8)
    assert box.getLat().getB().asDegrees() == pytest.approx(1)


def test_polygon_is_the_convex_hull() -> None:
    polygon, _ = constant_call("POLYGON", _numbers(0, 0, 2, 0, 2, 2, 0, 2, 1, 1))
    assert isinstance(polygon, ConvexPolygon)
    assert len(polygon.getVertices()) == 4


def test_region_takes_pos_text() -> None:
    region, kind = constant_call("REGION", [Literal("CIRCLE 10 20 2", "string")])
    assert kind == "region"
    assert region == Circle(UnitVector3d(LonLat.fromDegrees(10, 20)), Angle.fromDegrees(2))


@pytest.mark.parametrize(
    "name,arguments,words",
    [
        ("CIRCEL", _numbers(1, 2, 3), "'CIRCLE'"),
        ("NOW", [], "Functions are GLOB"),
        ("CIRCLE", _numbers(1, 2), "CIRCLE(ra, dec, radius)"),
        ("CIRCLE", _numbers(1, 2, -3), "radius"),
        ("CIRCLE", _numbers(1, 92, 3), "-90 to 90"),
        ("POINT", _numbers(1, 92), "-90 to 90"),
        ("POINT", [], "cannot take (nothing)"),
        ("POLYGON", _numbers(1, 2, 3, 4), "POLYGON(ra1"),
        ("POLYGON", _numbers(1, 2, 3, 4, 5, 6, 7), "POLYGON(ra1"),
        ("UUID", [Literal("xyz", "string")], "32 hexadecimal"),
        ("UUID", _numbers(1), "UUID('text')"),
        ("REGION", [Literal("HEART 1 2", "string")], "HEART"),
    ],
)
def test_wrong_calls(name: str, arguments: list[Literal], words: str) -> None:
    with pytest.raises(InvalidError) as caught:
        constant_call(name, arguments)
    assert words in str(caught.value)
