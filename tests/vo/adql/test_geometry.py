from __future__ import annotations

import math

import pytest
from lsst.sphgeom import Circle, ConvexPolygon

from skybutler.vo.adql import translate
from support.tap_tables import TABLES


def conditions(where: str):
    return translate(f"SELECT obs_id FROM ivoa.ObsCore WHERE {where}", TABLES, "sqlite").conditions


def test_conditions_on_regions_say_what_is_to_be_found():
    (found,) = conditions("CONTAINS(POINT('ICRS', 55.7, -32.3), s_region) = 1")
    assert (found.relation, found.key, found.how, found.stage) == ("obs", "region_key", "contains", "adql_regions_0")
    assert isinstance(found.region, Circle)
    assert found.region.getOpeningAngle().asRadians() == 0.0
    (found,) = conditions("1 = INTERSECTS(s_region, BOX(10, 20, 2, 1))")
    assert found.how == "overlaps"
    assert isinstance(found.region, ConvexPolygon)
    (found,) = conditions("0 = CONTAINS(s_region, CIRCLE(10, 20, 1.5))")
    assert found.how == "within"
    assert math.degrees(found.region.getOpeningAngle().asRadians()) == pytest.approx(1.5)


def test_every_condition_has_a_place_of_its_own():
    found = conditions("1=INTERSECTS(s_region, CIRCLE(1, 2, 3)) AND 1=INTERSECTS(s_region, CIRCLE(4, 5, 6))")
    assert [condition.stage for condition in found] == ["adql_regions_0", "adql_regions_1"]
