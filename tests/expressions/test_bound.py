"""Bound nodes: types, equality, patterns taken apart, and conditions put together."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.sphgeom import Angle, Circle, LonLat, UnitVector3d

from skybutler.expressions.bound import (
    Always,
    And,
    Arithmetic,
    Column,
    Comparison,
    Edge,
    Expression,
    Glob,
    In,
    Interval,
    IsNull,
    Literal,
    Negative,
    Not,
    Or,
    Predicate,
    Truth,
    all_of,
    any_of,
    none_of,
    operands,
)

VISIT = Column("dimension", "visit", "id", "int", ("visit",))
EXPOSURE_TIME = Column("field", "visit", "exposure_time", "float", ("visit",))
NAME = Column("field", "visit", "name", "string", ("visit",))
SPAN = Column("field", "visit", "timespan", "timespan", ("visit",))
FIRST = Comparison("=", VISIT, Literal(1, "int"))
SECOND = IsNull(NAME)
THIRD = Truth(Column("field", "exposure", "can_see_sky", "bool", ("exposure",)))


@pytest.mark.parametrize(
    "node,kind",
    [
        (Arithmetic("+", VISIT, VISIT), "int"),
        (Arithmetic("/", VISIT, VISIT), "float"),
        (Arithmetic("%", VISIT, VISIT), "int"),
        (Arithmetic("*", VISIT, EXPOSURE_TIME), "float"),
        (Negative(EXPOSURE_TIME), "float"),
        (Edge(SPAN, "begin"), "time"),
        (Interval(Edge(SPAN, "begin"), None), "timespan"),
        (FIRST, "bool"),
    ],
)
def test_types(node: Expression, kind: str) -> None:
    assert node.type == kind


def test_literals_of_regions_can_be_hashed_and_compared() -> None:
    circles = [Circle(UnitVector3d(LonLat.fromDegrees(ra, 0)), Angle.fromDegrees(1)) for ra in (1, 1, 2)]
    literals = [Literal(circle, "region") for circle in circles]
    assert literals[0] == literals[1] != literals[2]
    assert len(set(literals)) == 2
    assert Literal(1, "int") != Literal(True, "bool")
    assert Literal(1, "int", position=3) == Literal(1, "int")


def test_conjunctions_are_flat_and_without_constants() -> None:
    assert all_of([FIRST, all_of([SECOND, THIRD]), Always(True)]) == And((FIRST, SECOND, THIRD))
    assert all_of([FIRST, Always(True)]) == FIRST
    assert all_of([FIRST, Always(False)]) == Always(False)
    assert all_of([]) == Always(True)


def test_disjunctions_are_flat_and_without_constants() -> None:
    assert any_of([FIRST, any_of([SECOND, THIRD]), Always(False)]) == Or((FIRST, SECOND, THIRD))
    assert any_of([FIRST, Always(False)]) == FIRST
    assert any_of([FIRST, Always(True)]) == Always(True)
    assert any_of([]) == Always(False)


def test_negation() -> None:
    assert none_of(FIRST) == Not(FIRST)
    assert none_of(none_of(FIRST)) == FIRST
    assert none_of(Always(True)) == Always(False)


@pytest.mark.parametrize(
    "node,parts",
    [
        (And((FIRST, SECOND)), (FIRST, SECOND)),
        (Not(FIRST), (FIRST,)),
        (FIRST, (VISIT, Literal(1, "int"))),
        (In(VISIT, (1, 2)), (VISIT,)),
        (Glob(NAME, "a*"), (NAME,)),
        (Interval(None, Edge(SPAN, "end")), (Edge(SPAN, "end"),)),
        (Edge(SPAN, "end"), (SPAN,)),
        (THIRD, (THIRD.operand,)),
        (Always(True), ()),
        (VISIT, ()),
    ],
)
def test_operands(node: Expression, parts: tuple[Expression, ...]) -> None:
    assert operands(node) == parts


def test_predicates_are_expressions() -> None:
    assert isinstance(FIRST, Predicate)
    assert isinstance(FIRST, Expression)


@pytest.mark.parametrize(
    "pattern,pieces",
    [
        ("a*b?", [("text", "a"), ("any", "*"), ("text", "b"), ("one", "?")]),
        (r"a\*b", [("text", "a*b")]),
        (r"a\\*", [("text", "a\\"), ("any", "*")]),
        (r"a\xb\\", [("text", "a\\xb\\")]),
        ("R[12]%_", [("text", "R[12]%_")]),
        ("", []),
        ("**", [("any", "*"), ("any", "*")]),
        ("a\\", [("text", "a\\")]),
    ],
)
def test_patterns_are_taken_apart(pattern: str, pieces: list[tuple[str, str]]) -> None:
    assert list(Glob(NAME, pattern).pieces()) == pieces


@given(st.text(alphabet="ab*?\\[]%_"))
def test_an_escaped_text_is_one_piece(text: str) -> None:
    escaped = re.sub(r"([*?\\])", r"\\\1", text)
    assert list(Glob(NAME, escaped).pieces()) == ([("text", text)] if text else [])
