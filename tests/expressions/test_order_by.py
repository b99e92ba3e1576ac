"""The order_by language: parsing, canonical text, and binding to columns of the query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.bound import Column, Edge
from skybutler.expressions.nodes import Name
from skybutler.expressions.order_by import Order, OrderTerm, bind_order, order_text, parse_order

UNIVERSE = DimensionUniverse.load()
GROUP = UNIVERSE.conform(["visit", "detector"])
VISIT = Column("dimension", "visit", "id", "int")
SPAN = Column("field", "visit", "timespan", "timespan")


@pytest.mark.parametrize(
    "terms", ["visit, -visit.timespan.begin", ["visit", "-visit.timespan.begin"], ("visit,- visit.timespan.begin",)]
)
def test_parsing(terms: str | list[str]) -> None:
    expected = (OrderTerm(Name(("visit",)), False), OrderTerm(Name(("visit", "timespan", "begin")), True))
    assert parse_order(terms) == expected
    assert order_text(parse_order(terms)) == "visit, -visit.timespan.begin"


@pytest.mark.parametrize("terms", ["", " ", [], [""]])
def test_no_order(terms: str | list[str]) -> None:
    assert parse_order(terms) == ()


WORDS = st.sampled_from(["visit", "detector", "timespan", "begin", "x_1"])
TERMS = st.builds(OrderTerm, st.lists(WORDS, min_size=1, max_size=3).map(lambda p: Name(tuple(p))), st.booleans())


@given(st.lists(TERMS).map(tuple))
def test_parsing_the_text_gives_the_terms(terms: tuple[OrderTerm, ...]) -> None:
    assert parse_order(order_text(terms)) == terms


@pytest.mark.parametrize(
    "text,position,words",
    [
        ("visit DESC", 6, "Write '-'"),
        ("visit detector", 6, "commas"),
        ("visit,", 6, "found the end"),
        ("-", 1, "found the end"),
        ("--visit", 1, "found '-'"),
        ("5", 0, "Expected a name"),
        ("NOT", 0, "Expected a name"),
        ("a.b.c.d", 0, "Expected a name"),
    ],
)
def test_errors_point_at_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_order(text)
    assert caught.value.position == position
    assert words in str(caught.value)


def test_binding() -> None:
    terms = parse_order("-visit, timespan.begin, exposure_time, detector.raft, band, calexp.ingest_date")
    orders = bind_order(terms, universe=UNIVERSE, group=GROUP, element="visit", dataset_types={"calexp": GROUP})
    assert orders == (
        Order(VISIT, True),
        Order(Edge(SPAN, "begin"), False),
        Order(Column("field", "visit", "exposure_time", "float"), False),
        Order(Column("field", "detector", "raft", "string"), False),
        Order(Column("dimension", "band", "name", "string"), False),
        Order(Column("dataset", "calexp", "ingest_date", "time"), False),
    )


@pytest.mark.parametrize(
    "text,words",
    [
        ("patch", "patch is not in the query"),
        ("exposure.obs_id", "exposure is not in the query"),
        ("visitt", "'visit'"),
        ("visit.region", "ordered by a region"),
        ("visit.timespan", "Order by visit.timespan.begin or .end"),
        ("timespan.begin", "ambiguous"),
    ],
)
def test_unusable_columns(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        bind_order(parse_order(text), universe=UNIVERSE, group=GROUP)
    assert words in str(caught.value)
    assert caught.value.text == text


def test_without_a_group_every_column_can_be_named() -> None:
    assert bind_order(parse_order("patch"), universe=UNIVERSE) == (
        Order(Column("dimension", "patch", "id", "int"), False),
    )
