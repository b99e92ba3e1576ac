"""IN and OVERLAPS: values, ranges, names, times, timespans, points and regions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time
from lsst.sphgeom import Angle, Circle, LonLat, UnitVector3d

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.bind import bind
from skybutler.expressions.bound import (
    Always,
    And,
    Column,
    Comparison,
    Contains,
    Edge,
    In,
    Interval,
    IsNull,
    Literal,
    Not,
    Or,
    Overlaps,
    Point,
    Predicate,
)
from skybutler.expressions.parser import parse
from skybutler.sky.timespan import Timespan

UNIVERSE = DimensionUniverse.load()
CALEXP = {"calexp": UNIVERSE.conform(["visit", "detector"])}
VISIT = Column("dimension", "visit", "id", "int")
DETECTOR = Column("dimension", "detector", "id", "int")
BAND = Column("dimension", "band", "name", "string")
VISIT_NAME = Column("field", "visit", "name", "string")
EXPOSURE_TIME = Column("field", "visit", "exposure_time", "float")
DATASET_ID = Column("dataset", "calexp", "dataset_id", "uuid")
SPAN = Column("field", "visit", "timespan", "timespan")
BEGIN, END = Edge(SPAN, "begin"), Edge(SPAN, "end")
REGION = Column("field", "visit", "region", "region")
PATCH = Column("field", "patch", "region", "region")
CIRCLE = Circle(UnitVector3d(LonLat.fromDegrees(10, 20)), Angle.fromDegrees(1))
IDS = [UUID(int=i) for i in (1, 2, 3)]
JANUARY = Timespan.from_ns(0, 31 * 86_400_000_000_000)
HOUR = Timespan.from_ns(3_600_000_000_000, 7_200_000_000_000)


def _bind(text: str, **binds: Any) -> Predicate | None:
    return bind(parse(text), text=text, universe=UNIVERSE, binds=binds, dataset_types=CALEXP)


def _one(column: Column, value: Any) -> Predicate:
    return Comparison("=", column, Literal(value, column.type))


# --------------------------------------------------------------------------------------------------------------- values
@pytest.mark.parametrize(
    "text,expected",
    [
        ("visit IN (3, 1, 2, 1)", In(VISIT, (1, 2, 3))),
        ("visit NOT IN (3, 1)", Not(In(VISIT, (1, 3)))),
        ("visit IN (1..5, 9, 20..30:5)", In(VISIT, (9,), (range(1, 6), range(20, 31, 5)))),
        ("visit IN (-10..-1:2)", In(VISIT, (), (range(-10, 0, 2),))),
        ("visit IN (7)", _one(VISIT, 7)),
        ("visit IN (7..7)", _one(VISIT, 7)),
        ("visit IN (2.0, 2.5, 3)", In(VISIT, (2, 3))),
        ("visit IN (2.5)", Always(False)),
        ("visit.exposure_time IN (1, 2.5)", In(EXPOSURE_TIME, (1, 2.5))),
        ("visit.exposure_time IN (1..3)", In(EXPOSURE_TIME, (), (range(1, 4),))),
        ("visit IN ()", Always(False)),
        ("visit NOT IN ()", Always(True)),
        ("band IN ('r', 'i')", In(BAND, ("i", "r"))),
        ("visit IN (2 + 3, -1)", In(VISIT, (-1, 5))),
        ("visit IN (detector, 3)", Or((_one(VISIT, 3), Comparison("=", VISIT, DETECTOR)))),
        ("visit IN (1, NULL)", Or((_one(VISIT, 1), IsNull(VISIT)))),
        ("visit IN ('v1', 'v2')", In(VISIT_NAME, ("v1", "v2"))),
        ("visit IN (1, 'v1', 2..3)", Or((In(VISIT, (1,), (range(2, 4),)), _one(VISIT_NAME, "v1")))),
        (f"calexp.dataset_id IN (UUID('{IDS[1]}'), UUID('{IDS[0]}'))", In(DATASET_ID, (IDS[0], IDS[1]))),
        ("5 IN (1..10:2)", Always(True)),
        ("5.0 IN (1..10:2)", Always(True)),
        ("5.5 IN (1..10)", Always(False)),
        ("'a' NOT IN ('b', 'a')", Always(False)),
    ],
)
def test_values(text: str, expected: Predicate) -> None:
    assert _bind(text) == expected


@pytest.mark.parametrize("text", ["visit IN (:x)", "visit IN :x", "visit IN (x)", "visit IN x"])
@pytest.mark.parametrize(
    "values",
    [[2, 1], (1, 2), {1, 2}, np.array([1, 2, 2]), pa.array([1, 2]), np.array([1.0, 2.0]), {1: "a", 2: "b"}.keys()],
    ids=["list", "tuple", "set", "array", "arrow", "floats", "keys"],
)
def test_bound_lists(text: str, values: object) -> None:
    assert _bind(text, x=values) == In(VISIT, (1, 2))


def test_bound_lists_of_other_kinds() -> None:
    assert _bind("visit IN (:x, 7)", x=range(9, 0, -4)) == In(VISIT, (7,), (range(1, 10, 4),))
    assert _bind("visit IN (:x)", x=[]) == Always(False)
    assert _bind("visit IN (:x)", x=[1, None]) == Or((_one(VISIT, 1), IsNull(VISIT)))
    assert _bind("visit IN (:x)", x=[1, "v2"]) == Or((_one(VISIT, 1), _one(VISIT_NAME, "v2")))
    assert _bind("band IN (:x)", x=np.array(["r", "i"])) == In(BAND, ("i", "r"))
    assert _bind("calexp.dataset_id IN (:x)", x=IDS) == In(DATASET_ID, tuple(IDS))
    assert _bind("visit IN (:x, :y, 4)", x=[1], y=2) == In(VISIT, (1, 2, 4))
    both = Column("field", "skymap", "hash", "hash")
    assert _bind("skymap.hash IN (:x, 'ff')", x=[b"\0"]) == In(both, (b"\0", b"\xff"))


def test_large_lists_are_quick() -> None:
    found = _bind("visit IN (:x)", x=np.arange(1_000_000))
    assert isinstance(found, In)
    assert len(found.values) == 1_000_000


# ---------------------------------------------------------------------------------------------------------------- times
@pytest.mark.parametrize(
    "text,expected",
    [
        ("T'1970-01-02/tai' IN (visit.timespan)", Contains(SPAN, Literal(86_400_000_000_000, "time"))),
        ("visit.timespan IN (T'1970-01-01/tai', T'1970-02-01/tai')", Contains(Literal(JANUARY, "timespan"), SPAN)),
        ("visit.timespan.end IN (T'1970-01-01/tai', T'1970-02-01/tai')", Contains(Literal(JANUARY, "timespan"), END)),
        ("visit.timespan IN (:january)", Contains(Literal(JANUARY, "timespan"), SPAN)),
        ("visit.timespan IN january", Contains(Literal(JANUARY, "timespan"), SPAN)),
        ("visit.timespan NOT IN (january)", Not(Contains(Literal(JANUARY, "timespan"), SPAN))),
        ("visit.timespan IN (NULL, january.end)",
         Contains(Literal(Timespan.from_ns(None, JANUARY.end_ns), "timespan"), SPAN)),
        ("visit.timespan IN (:january, :hour)",
         Or((Contains(Literal(JANUARY, "timespan"), SPAN), Contains(Literal(HOUR, "timespan"), SPAN)))),
        ("T'1970-01-01/tai' IN (visit.timespan.begin, visit.timespan.end)",
         Contains(Interval(BEGIN, END), Literal(0, "time"))),
        ("visit.timespan.end IN (T'1970-01-01/tai')", Comparison("=", END, Literal(0, "time"))),
        ("visit.timespan.end IN (:times)", In(END, (0, 1_000_000_000))),
        ("visit.timespan IN (NULL)", IsNull(SPAN)),
        ("T'1970-01-05' IN (T'1970-01-01', T'1970-02-01')", Always(True)),
        ("T'1970-02-01' IN (T'1970-01-01', T'1970-02-01')", Always(False)),
        ("(T'1970-01-05', T'1970-01-06') NOT IN (T'1970-01-01', T'1970-02-01')", Always(False)),
        ("hour IN (:january)", Always(True)),
    ],
)  # fmt: skip
def test_times_in_timespans(text: str, expected: Predicate) -> None:
    times = Time([0, 1], format="unix_tai")
    assert _bind(text, january=JANUARY, hour=HOUR, times=times) == expected


@pytest.mark.parametrize(
    "text,expected",
    [
        ("visit.timespan OVERLAPS (T'1970-01-01/tai', T'1970-02-01/tai')",
         Overlaps(SPAN, Literal(JANUARY, "timespan"))),
        (":january OVERLAPS visit.timespan", Overlaps(SPAN, Literal(JANUARY, "timespan"))),
        ("visit.timespan OVERLAPS exposure.timespan",
         Overlaps(SPAN, Column("field", "exposure", "timespan", "timespan"))),
        ("visit.timespan OVERLAPS (NULL, visit.timespan.end)", Overlaps(SPAN, Interval(None, END))),
        ("visit.timespan OVERLAPS T'1970-01-01/tai'", Contains(SPAN, Literal(0, "time"))),
        (":t OVERLAPS visit.timespan", Contains(SPAN, Literal(0, "time"))),
        ("calexp.timespan OVERLAPS visit.timespan",
         Overlaps(Column("dataset", "calexp", "timespan", "timespan"), SPAN)),
        ("(T'1970-01-01', T'1970-01-03') OVERLAPS (T'1970-01-02', NULL)", Always(True)),
        ("NOT (january OVERLAPS hour)", Always(False)),
    ],
)  # fmt: skip
def test_overlapping_times(text: str, expected: Predicate) -> None:
    assert _bind(text, january=JANUARY, hour=HOUR, t=Time(0, format="unix_tai")) == expected


# ---------------------------------------------------------------------------------------------------------------- space
@pytest.mark.parametrize(
    "text,expected",
    [
        ("visit.region OVERLAPS CIRCLE(10, 20, 1)", Overlaps(REGION, Literal(CIRCLE, "region"))),
        ("REGION('CIRCLE 10 20 1') OVERLAPS visit.region", Overlaps(REGION, Literal(CIRCLE, "region"))),
        ("visit.region OVERLAPS :circle", Overlaps(REGION, Literal(CIRCLE, "region"))),
        ("visit.region OVERLAPS patch.region", Overlaps(REGION, PATCH)),
        ("visit.region OVERLAPS POINT(10, 20)", Contains(REGION, Literal(Point(10, 20), "point"))),
        (":point OVERLAPS visit.region", Contains(REGION, Literal(Point(10, 20), "point"))),
        ("POINT(10, 20) IN (visit.region)", Contains(REGION, Literal(Point(10, 20), "point"))),
        ("POINT(:ra, :dec) IN visit.region", Contains(REGION, Literal(Point(10, 20), "point"))),
        ("visit.region NOT IN (patch.region)", Not(Contains(PATCH, REGION))),
        ("visit.region IN (:circle, patch.region)",
         Or((Contains(Literal(CIRCLE, "region"), REGION), Contains(PATCH, REGION)))),
        ("visit.region IN (:circles)", Contains(Literal(CIRCLE, "region"), REGION)),
        ("visit.region IN (NULL, :circle)", Or((IsNull(REGION), Contains(Literal(CIRCLE, "region"), REGION)))),
    ],
)  # fmt: skip
def test_regions(text: str, expected: Predicate) -> None:
    point = SkyCoord(10, 20, unit="deg")
    assert _bind(text, circle=CIRCLE, circles=[CIRCLE, CIRCLE], point=point, ra=10, dec=20) == expected


def test_conditions_join() -> None:
    found = _bind("visit IN (1, 2) AND (visit.timespan OVERLAPS :january AND 1 = 1)", january=JANUARY)
    assert found == And((In(VISIT, (1, 2)), Overlaps(SPAN, Literal(JANUARY, "timespan"))))


# --------------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    "text,words,hint",
    [
        ("band IN (1, 2)", "band (string) with 1 (int)", "quotes"),
        ("band IN (1..2)", "band (string) with", "quotes"),
        ("tract IN ('a')", "tract (int) with 'a' (string)", "number"),
        ("tract IN (:names)", "tract (int) with", "number"),
        ("visit IN (visit.name)", "visit (int) with visit.name (string)", ""),
        ("NULL IN (1)", "NULL cannot stand before IN", ""),
        ("visit.timespan IN (1..5)", "(timespan) with", ""),
        ("visit.timespan IN ('a')", "(timespan) with 'a' (string)", ""),
        ("visit.timespan IN (T'2020-01-01')", "(timespan) with", ""),
        ("visit.timespan.end IN (T'1', T'2', T'3')", "3 times", ":times"),
        ("visit.region IN (5)", "(region) with 5 (int)", "OVERLAPS or IN"),
        ("visit.region IN (1..5)", "(region) with", ""),
        ("POINT(1, 2) IN (CIRCLE(1, 2, 3))", "One side must be a column", "patch.region"),
        ("CIRCLE(1, 2, 3) OVERLAPS CIRCLE(1, 2, 3)", "One side must be a column", "patch.region"),
        ("visit OVERLAPS tract", "visit (int) with tract (int)", "visit.region or visit.timespan"),
        ("visit.region OVERLAPS 'CIRCLE 1 2 3'", "(region) with", "REGION('CIRCLE"),
        (
            "visit.timespan OVERLAPS visit.region",
            "(timespan) with visit.region (region)",
            "two timespans or two regions",
        ),
        ("(1, 2) OVERLAPS visit.timespan", "A pair is a time range", "T'2026"),
        ("visit = (1, 2)", "A pair is a time range", ""),
        ("visit.timespan OVERLAPS (T'1', 'x')", "'x' is of type string", ""),
    ],
)
def test_types_that_do_not_fit(text: str, words: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        _bind(text, names=["a"])
    assert words in caught.value.message
    assert hint in caught.value.hint
