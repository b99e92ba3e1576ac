"""What a whole condition says: conjuncts, allowed values, columns, dimensions and datasets."""

from __future__ import annotations

import pytest

from skybutler.expressions.analysis import (
    MAX_LISTED,
    allowed_values,
    columns_of,
    conjuncts,
    datasets_of,
    dimensions_of,
    elements_of,
    equalities,
    walk,
)
from skybutler.expressions.bound import (
    Always,
    And,
    Column,
    Comparison,
    Edge,
    In,
    IsNull,
    Literal,
    Not,
    Or,
    Overlaps,
    Predicate,
    Scalar,
)

INSTRUMENT = Column("dimension", "instrument", "name", "string", ("instrument",))
VISIT = Column("dimension", "visit", "id", "int", ("visit",))
NAME = Column("field", "visit", "name", "string", ("visit",))
REGION = Column("field", "visit_detector_region", "region", "region", ("instrument", "detector", "visit"))
PATCH = Column("field", "patch", "region", "region", ("patch",))
INGESTED = Column("dataset", "calexp", "ingest_date", "time")
A = Comparison("=", INSTRUMENT, Literal("A", "string"))
B = Comparison("=", INSTRUMENT, Literal("B", "string"))
ONE = Comparison("=", VISIT, Literal(1, "int"))
FEW = In(VISIT, (1, 2, 7), (range(10, 15, 2),))


@pytest.mark.parametrize(
    "predicate,parts",
    [
        (None, ()),
        (Always(True), ()),
        (Always(False), (Always(False),)),
        (A, (A,)),
        (And((A, ONE)), (A, ONE)),
    ],
)
def test_conjuncts(predicate: Predicate | None, parts: tuple[Predicate, ...]) -> None:
    assert conjuncts(predicate) == parts


@pytest.mark.parametrize(
    "predicate,allowed",
    [
        (None, {}),
        (Always(False), {}),
        (A, {"instrument": {"A"}}),
        (FEW, {"visit": {1, 2, 7, 10, 12, 14}}),
        (And((A, ONE)), {"instrument": {"A"}, "visit": {1}}),
        (And((FEW, ONE)), {"visit": {1}}),
        (And((A, B)), {"instrument": set()}),
        (Or((A, B)), {"instrument": {"A", "B"}}),
        (Or((And((A, ONE)), And((A, FEW)))), {"instrument": {"A"}, "visit": {1, 2, 7, 10, 12, 14}}),
        (Or((And((A, ONE)), B)), {"instrument": {"A", "B"}}),
        (Or((A, ONE)), {}),
        (Not(A), {}),
        (Comparison("!=", INSTRUMENT, Literal("A", "string")), {}),
        (Comparison("=", NAME, Literal("v1", "string")), {}),
        (Comparison("=", VISIT, Literal(1.5, "float")), {}),
        (Comparison("=", VISIT, VISIT), {}),
        (In(VISIT, (), (range(MAX_LISTED + 1),)), {}),
    ],
)
def test_allowed_values(predicate: Predicate | None, allowed: dict[str, set[Scalar]]) -> None:
    assert allowed_values(predicate) == allowed


def test_equalities_are_single_allowed_values() -> None:
    assert equalities(And((A, FEW, IsNull(NAME)))) == {"instrument": "A"}
    assert equalities(Or((And((A, ONE)), And((A, FEW))))) == {"instrument": "A"}
    assert equalities(And((A, B))) == {}


def test_columns_dimensions_elements_and_datasets() -> None:
    date = Comparison("<", INGESTED, Literal(5, "time"))
    span = Column("field", "exposure", "timespan", "timespan", ("exposure",))
    late = Comparison(">", Edge(span, "begin"), Literal(5, "time"))
    predicate = And((A, Not(Or((date, late))), Overlaps(REGION, PATCH), A))
    assert columns_of(predicate) == (INSTRUMENT, INGESTED, span, REGION, PATCH)
    assert dimensions_of(predicate) == {"instrument", "exposure", "detector", "visit", "patch"}
    assert elements_of(predicate) == {"exposure", "visit_detector_region", "patch"}
    assert datasets_of(predicate) == {"calexp"}
    assert (columns_of(None), dimensions_of(None), datasets_of(None)) == ((), frozenset(), frozenset())


def test_walk_is_in_source_order() -> None:
    predicate = And((A, Not(ONE)))
    assert list(walk(predicate)) == [predicate, A, A.left, A.right, Not(ONE), ONE, ONE.left, ONE.right]
    assert list(walk(None)) == []
