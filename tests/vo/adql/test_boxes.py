"""A box has a circle around it only if all rows that are taken must be in it, and it has an end on all sides."""

from __future__ import annotations

import pytest
from lsst.sphgeom import Angle, Box, Circle, LonLat, UnitVector3d

from skybutler.vo.adql import TapTables, translate
from skybutler.vo.obscore import obscore_table


def cones(where: str, of: str = "ivoa.ObsCore o", tables: TapTables | None = None):
    found = translate(f"SELECT o.obs_id FROM {of} WHERE {where}", tables or TapTables([obscore_table()]), "postgres")
    return [use.cones for use in found.relations]


@pytest.mark.parametrize(
    "where, box",
    [
        ("s_ra BETWEEN 10 AND 12 AND s_dec BETWEEN -3 AND 1.5", (10, -3, 12, 1.5)),
        ("s_ra > 10 AND (12 >= s_ra AND -3 < s_dec) AND s_dec <= 1 + 0.5", (10, -3, 12, 1.5)),
        ("s_ra BETWEEN 1 AND 12 AND s_ra > 10 AND s_dec BETWEEN -3 AND 1.5 AND s_dec < 7", (10, -3, 12, 1.5)),
        ("s_ra BETWEEN -1 AND 1 AND s_dec BETWEEN 89 AND 95", (-1, 89, 1, 90)),
        ("s_ra BETWEEN 5 AND 5 AND s_dec BETWEEN 2 AND 2", (5, 2, 5, 2)),
    ],
)
def test_boxes_are_within_their_circles(where, box):
    (((cone,),)) = cones(where)
    circle = Circle(UnitVector3d(LonLat.fromDegrees(cone.ra, cone.dec)), Angle.fromDegrees(cone.radius))
    around = Box.fromDegrees(*box)
    assert all(circle.contains(UnitVector3d(LonLat.fromDegrees(ra, dec))) for ra in box[::2] for dec in box[1::2])
    assert cone.radius < around.getBoundingCircle().getOpeningAngle().asDegrees() + 1e-6


@pytest.mark.parametrize(
    "where",
    [
        "s_ra BETWEEN 10 AND 12",
        "s_ra > 10 AND s_dec BETWEEN -3 AND 1",
        "s_ra BETWEEN 10 AND 12 OR s_dec BETWEEN -3 AND 1",
        "NOT (s_ra BETWEEN 10 AND 12 AND s_dec BETWEEN -3 AND 1)",
        "s_ra NOT BETWEEN 10 AND 12 AND s_dec BETWEEN -3 AND 1",
        "s_ra BETWEEN 12 AND 10 AND s_dec BETWEEN -3 AND 1",
        "s_ra BETWEEN 0 AND 360 AND s_dec BETWEEN -3 AND 1",
        "s_ra BETWEEN 1 AND s_dec AND s_dec BETWEEN -3 AND 1",
        "s_ra BETWEEN 10 AND 12 AND s_dec BETWEEN 91 AND 92",
        "t_min BETWEEN 10 AND 12 AND s_dec BETWEEN -3 AND 1",
    ],
)
def test_other_conditions_have_no_circle(where):
    assert cones(where) == [()]


def test_circles_are_those_of_their_tables():
    box = "o.s_ra BETWEEN 10 AND 12 AND o.s_dec BETWEEN -3 AND 1"
    assert [len(c) for c in cones(box, "ivoa.ObsCore o, ivoa.ObsCore b")] == [1, 0]
    outer = "ivoa.ObsCore o LEFT JOIN ivoa.ObsCore b ON b.lsst_visit = o.lsst_visit"
    assert [len(c) for c in cones(box, outer)] == [0, 0]


def test_circles_are_not_those_of_the_query_before():
    tables = TapTables([obscore_table()])
    text = "s_ra BETWEEN {} AND 12 AND s_dec BETWEEN -3 AND 1"
    wide, narrow, again = (cones(text.format(west), tables=tables)[0][0].radius for west in ("8", "11", "8"))
    assert narrow < wide == again
