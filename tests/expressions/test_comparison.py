"""Comparisons: types that agree, constants decided at once, missing values, and advice where types do not fit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from astropy.time import Time

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.bind import bind
from skybutler.expressions.bound import (
    Always,
    Column,
    Comparison,
    Edge,
    IsNull,
    Literal,
    Not,
    Predicate,
    Truth,
)
from skybutler.expressions.parser import parse
from skybutler.sky.timespan import Timespan

UNIVERSE = DimensionUniverse.load()
CALEXP = {"calexp": UNIVERSE.conform(["visit", "detector"])}
VISIT = Column("dimension", "visit", "id", "int")
VISIT_NAME = Column("field", "visit", "name", "string")
DETECTOR_NAME = Column("field", "detector", "full_name", "string")
EXPOSURE_TIME = Column("field", "visit", "exposure_time", "float")
CAN_SEE_SKY = Column("field", "exposure", "can_see_sky", "bool")
SIMULATED = Column("field", "exposure", "has_simulated", "bool")
END = Edge(Column("field", "visit", "timespan", "timespan"), "end")
INGESTED = Column("dataset", "calexp", "ingest_date", "time")
HASH = Column("field", "skymap", "hash", "hash")
ID = UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")


def _bind(text: str, **binds: Any) -> Predicate | None:
    return bind(parse(text), text=text, universe=UNIVERSE, binds=binds, dataset_types=CALEXP)


def _number(value: float) -> Literal:
    return Literal(value, "int" if isinstance(value, int) else "float")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("visit = 5", Comparison("=", VISIT, _number(5))),
        ("5 < visit", Comparison(">", VISIT, _number(5))),
        ("5 >= visit", Comparison("<=", VISIT, _number(5))),
        ("5 != visit", Comparison("!=", VISIT, _number(5))),
        ("visit = 5.0", Comparison("=", VISIT, _number(5))),
        ("visit < 5.5", Comparison("<", VISIT, _number(5.5))),
        ("visit.exposure_time > 30", Comparison(">", EXPOSURE_TIME, _number(30))),
        ("visit = exposure", Comparison("=", VISIT, Column("dimension", "exposure", "id", "int"))),
        ("detector = 'R11_S00'", Comparison("=", DETECTOR_NAME, Literal("R11_S00", "string"))),
        ("'v1' != visit", Comparison("!=", VISIT_NAME, Literal("v1", "string"))),
        ("exposure = 'e1'", Comparison("=", Column("field", "exposure", "obs_id", "string"), Literal("e1", "string"))),
        ("visit.name < 'v2'", Comparison("<", VISIT_NAME, Literal("v2", "string"))),
        ("skymap.hash = '00ff'", Comparison("=", HASH, Literal(b"\0\xff", "hash"))),
        ("visit.timespan.end < T'1970-01-01T00:00:00/tai'", Comparison("<", END, Literal(0, "time"))),
        ("calexp.ingest_date > visit.timespan.end", Comparison(">", INGESTED, END)),
        (f"calexp.dataset_id = UUID('{ID}')",
         Comparison("=", Column("dataset", "calexp", "dataset_id", "uuid"), Literal(ID, "uuid"))),
    ],
)  # fmt: skip
def test_types_that_agree(text: str, expected: Predicate) -> None:
    assert _bind(text) == expected


@pytest.mark.parametrize("value", [Time(0, format="unix_tai"), Time("1970-01-01T00:00:00", scale="tai")])
def test_bound_times(value: object) -> None:
    assert _bind("ingest_date > :t", t=value) == Comparison(">", INGESTED, Literal(0, "time"))


@pytest.mark.parametrize(
    "text",
    [
        "visit = NULL",
        "NULL = visit",
        "visit = :missing",
        "NOT visit != NULL",
        "visit IN (NULL)",
    ],
)
def test_missing_values_are_asked_for_with_equality(text: str) -> None:
    assert _bind(text, missing=None) == IsNull(VISIT)


def test_missing_edges_regions_and_conditions() -> None:
    assert _bind("visit.timespan.end != NULL") == Not(IsNull(END))
    assert _bind("visit.region = NULL") == IsNull(Column("field", "visit", "region", "region"))
    assert _bind("exposure.can_see_sky = NULL") == IsNull(CAN_SEE_SKY)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("exposure.can_see_sky", Truth(CAN_SEE_SKY)),
        ("exposure.can_see_sky = TRUE", Truth(CAN_SEE_SKY)),
        ("TRUE = exposure.can_see_sky", Truth(CAN_SEE_SKY)),
        ("exposure.can_see_sky != false", Truth(CAN_SEE_SKY)),
        ("exposure.can_see_sky = :yes", Truth(CAN_SEE_SKY)),
        ("exposure.can_see_sky IN (TRUE)", Truth(CAN_SEE_SKY)),
        ("NOT exposure.can_see_sky", Not(Truth(CAN_SEE_SKY))),
        ("exposure.can_see_sky = FALSE", Not(Truth(CAN_SEE_SKY))),
        ("exposure.can_see_sky != :yes", Not(Truth(CAN_SEE_SKY))),
        ("exposure.can_see_sky = exposure.has_simulated", Comparison("=", Truth(CAN_SEE_SKY), Truth(SIMULATED))),
        ("(visit = 1) = exposure.has_simulated", Comparison("=", Comparison("=", VISIT, _number(1)), Truth(SIMULATED))),
        ("(visit = 1) = TRUE", Comparison("=", VISIT, _number(1))),
        (":yes", Always(True)),
        ("FALSE", Always(False)),
    ],
)
def test_conditions(text: str, expected: Predicate) -> None:
    assert _bind(text, yes=True) == expected


@pytest.mark.parametrize(
    "text,value",
    [
        ("1 = 1", True),
        ("1 = 1.0", True),
        ("'a' < 'b'", True),
        ("2 * 3 > 7", False),
        ("5 = NULL", False),
        ("5 != NULL", True),
        ("NULL = NULL", True),
        ("T'2020-01-01' < T'2020-01-02'", True),
        (":span.begin < :span.end", True),
        ("span.end < T'2020-01-01'", True),
        ("TRUE = (1 = 2)", False),
    ],
)
def test_constants_are_decided(text: str, value: bool) -> None:
    assert _bind(text, span=Timespan.from_ns(0, 10)) == Always(value)


@pytest.mark.parametrize(
    "text,words,hint",
    [
        ("instrument = 5", "instrument (string) with 5 (int)", "quotes: '5'"),
        ("tract = '5'", "tract (int) with '5' (string)", "without quotes"),
        ("tract = 'five'", "tract (int) with 'five' (string)", "A number"),
        ("visit < 'v1'", "visit (int) with 'v1' (string)", "A number"),
        ("ingest_date > '2020-01-01'", "ingest_date (time) with '2020-01-01' (string)", "T'2026"),
        ("ingest_date > 61000.5", "(time) with 61000.5 (float)", "T'61000.5'"),
        (f"calexp.dataset_id = '{ID}'", "(uuid) with", "UUID('...')"),
        ("visit.timespan > T'2020-01-01'", "(timespan) with", ".begin and .end"),
        ("visit.timespan = visit.timespan", "(timespan) with", "OVERLAPS"),
        ("visit.region = patch.region", "(region) with", "OVERLAPS"),
        ("exposure.can_see_sky = 1", "(bool) with 1 (int)", "TRUE or FALSE"),
        ("exposure.can_see_sky > FALSE", "(bool) with FALSE (bool)", "TRUE or FALSE"),
        ("1 < visit < 5", "1 < visit (bool) with 5 (int)", "AND"),
        ("skymap.hash = 'xyz'", "'xyz' is not a hash", ""),
        ("skymap.hash < '00'", "(hash) with", ""),
        ("visit < NULL", "Nothing is < NULL", "= NULL"),
        ("visit", "visit is of type int, not a condition", "visit = ..."),
        ("5 + 5", "not a condition", ""),
        ("'a'", "not a condition", ""),
        ("NULL", "not a condition", ""),
        ("visit.timespan", "of type timespan, not a condition", ""),
    ],
)
def test_types_that_do_not_fit(text: str, words: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        _bind(text)
    assert words in caught.value.message
    assert hint in caught.value.hint
    assert text in str(caught.value)
