from __future__ import annotations

import math

import pytest
from lsst.sphgeom import Box, Circle, ConvexPolygon, UnionRegion

from skybutler.errors import ExpressionError
from skybutler.vo.adql import translate
from support.tap_tables import TABLES


def translated(where: str):
    return translate(f"SELECT obs_id FROM ivoa.ObsCore WHERE {where}", TABLES, "sqlite")


def test_conditions_on_regions_say_what_is_to_be_found():
    (found,) = translated("CONTAINS(POINT('ICRS', 55.7, -32.3), s_region) = 1").conditions
    assert (found.relation, found.how, found.stage) == ("obs", "contains", "staged_regions_0_")
    assert isinstance(found.region, Circle)
    assert found.region.getOpeningAngle().asRadians() == 0.0
    (found,) = translated("1 = INTERSECTS(s_region, BOX(10, 20, 2, 1))").conditions
    assert found.how == "overlaps"
    assert isinstance(found.region, ConvexPolygon)
    (found,) = translated("0 = CONTAINS(s_region, CIRCLE(10, 20, 1.5))").conditions
    assert found.how == "within"
    assert math.degrees(found.region.getOpeningAngle().asRadians()) == pytest.approx(1.5)


def test_every_condition_has_a_place_of_its_own():
    found = translated("1=INTERSECTS(s_region, CIRCLE(1, 2, 3)) AND 1=INTERSECTS(s_region, CIRCLE(4, 5, 6))").conditions
    assert [condition.stage for condition in found] == ["staged_regions_0_", "staged_regions_1_"]


@pytest.mark.parametrize(
    "where, pushed",
    [
        ("1=INTERSECTS(s_region, CIRCLE(1, 2, 3)) AND band = 'i'", 1),
        ("(band = 'i' AND (CONTAINS(POINT(1, 2), s_region) = 1))", 1),
        ("1=INTERSECTS(s_region, CIRCLE(1, 2, 3)) OR band = 'i'", 0),
        ("NOT 1=INTERSECTS(s_region, CIRCLE(1, 2, 3))", 0),
        ("0=INTERSECTS(s_region, CIRCLE(1, 2, 3))", 0),
    ],
)
def test_what_every_row_must_fulfil_leads_the_search(where, pushed):
    found = translated(where)
    (use,) = found.relations
    assert len(use.conditions) == pushed
    assert ("staged_regions_0_" in found.sql) == (not pushed)
    assert found.sql.count(use.mark) == 1


def test_an_outer_join_keeps_the_rows_without_a_partner():
    joined = "SELECT a.obs_id FROM ObsCore AS a {} JOIN ObsCore AS b ON a.visit = b.visit WHERE {}"
    test = "1=CONTAINS(POINT(1, 2), b.s_region)"
    inner, outer = (translate(joined.format(word, test), TABLES, "sqlite") for word in ("", "LEFT OUTER"))
    assert [len(use.conditions) for use in inner.relations] == [0, 1]
    assert [len(use.conditions) for use in outer.relations] == [0, 0]


def test_regions_as_image_searches_say_them():
    (found,) = translated("1 = INTERSECTS(REGION('RANGE 350 10 -Inf 5'), s_region)").conditions
    assert isinstance(found.region, Box)
    text = "Union Circle 1 2 3e-1 RANGE -Inf +Inf -1 1 polygon 1 1 2 1 2 2"
    (found,) = translated(f"1 = INTERSECTS(REGION('{text}'), s_region)").conditions
    assert isinstance(found.region, UnionRegion)
    assert [type(part) for part in found.region] == [Circle, Box, ConvexPolygon]
    for wrong in (
        "1 = INTERSECTS(REGION('RANGE 1 2'), s_region)", "1 = INTERSECTS(REGION('UNION'), s_region)",
        "1 = CONTAINS(POINT(s_ra, s_dec), REGION('RANGE 1 2 3 4'))", "AREA(REGION('RANGE 1 2 3 4')) > 1",
        "DISTANCE(CENTROID(REGION('UNION CIRCLE 1 2 3')), POINT(1, 2)) < 1",
    ):  # fmt: skip
        with pytest.raises(ExpressionError):
            translated(wrong)
