"""Binding whole expressions: order of name resolution, binds, functions, and the meaning of what comes out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.analysis import allowed_values, equalities
from skybutler.expressions.bind import bind
from skybutler.expressions.bound import Always, And, Column, Comparison, Glob, Literal, Or, Predicate
from skybutler.expressions.parser import parse
from skybutler.expressions.text import to_text
from skybutler.sky.timespan import Timespan
from support.where_oracle import evaluate

UNIVERSE = DimensionUniverse.load()
CALEXP = {"calexp": UNIVERSE.conform(["visit", "detector"])}
VISIT = Column("dimension", "visit", "id", "int")
RAFT = Column("field", "detector", "raft", "string")


def _bind(text: str, **binds: Any) -> Predicate | None:
    return bind(parse(text), text=text, universe=UNIVERSE, binds=binds, dataset_types=CALEXP)


def test_nothing_binds_to_nothing() -> None:
    assert _bind("") is None


def test_the_expression_of_the_first_seed() -> None:
    found = _bind("tract=4431 and patch=17 and detector=175 and skymap='DC2'")
    assert equalities(found) == {"tract": 4431, "patch": 17, "detector": 175, "skymap": "DC2"}
    assert isinstance(found, And)
    assert len(found.operands) == 4


def test_binds_come_first() -> None:
    expected = Comparison("=", VISIT, Literal(12, "int"))
    assert _bind("visit = :v", v=12) == _bind("visit = v", v=12) == expected
    # a bind beats a dimension, a field and a dataset field of the same name
    for name in ("detector", "cell_x", "run"):
        assert _bind(f"visit = {name}", **{name: 12}) == expected


def test_hiding_a_dimension_by_a_bind_is_noticed() -> None:
    for text in ("visit = visit", "visit = 5", "visit = :visit", "visit IN (5, 6)"):
        with pytest.raises(ExpressionError, match="The bind 'visit' hides the dimension"):
            _bind(text, visit=5)
    assert _bind("v = 5", v=5) == Always(True)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("glob(detector.raft, 'R*')", Glob(RAFT, "R*")),
        ("GLOB(detector.raft, :pattern)", Glob(RAFT, "a?*")),
        ("GLOB(detector.raft, 'R22')", Comparison("=", RAFT, Literal("R22", "string"))),
        (r"GLOB(detector.raft, 'R\*')", Comparison("=", RAFT, Literal("R*", "string"))),
        ("Glob(detector, 'R??_S*')", Glob(Column("field", "detector", "full_name", "string"), "R??_S*")),
        ("GLOB(instrument, 'LSST*')", Glob(Column("dimension", "instrument", "name", "string"), "LSST*")),
        ("GLOB(calexp.run, 'u/*')", Glob(Column("dataset", "calexp", "run", "string"), "u/*")),
    ],
)
def test_patterns(text: str, expected: Predicate) -> None:
    assert _bind(text, pattern="a?*") == expected


def test_negated_constants_and_nested_logic() -> None:
    assert _bind("NOT (1 = 2)") == Always(True)
    assert _bind("visit = 1 OR (visit = 2 OR 1 = 2)") == Or(
        (Comparison("=", VISIT, Literal(1, "int")), Comparison("=", VISIT, Literal(2, "int")))
    )
    assert _bind("visit = 1 OR TRUE") == Always(True)


def test_governors_are_constrained_through_every_branch() -> None:
    found = _bind("(skymap='A' AND tract=1) OR (skymap='B' AND tract=2 AND patch IN (1..3))")
    assert allowed_values(found) == {"skymap": {"A", "B"}, "tract": {1, 2}}


@pytest.mark.parametrize(
    "text,words",
    [
        ("visit = :v", "No value is bound to 'v'"),
        ("visit = :vist", "Did you mean 'visitt'"),
        ("visit = :list", "Use it with IN: visit IN (:list)"),
        ("list.begin < T'61000'", "is a list"),
        ("visit = :object", "Bind 'object': A value of type builtins.object"),
        ("visit = :large", "Bind 'large': The integer does not fit 64 bits"),
        ("visit IN (:objects)", "Bind 'objects': A value of type builtins.object"),
        (":visitt.begin < T'61000'", "no timespan"),
        ("GLOB(visit.name)", "two arguments, not 1"),
        ("GLOB(visit.name, 5)", "must be a text"),
        ("GLOB(visit.name, visit.target_name)", "must be a text"),
        ("GLOB(tract, 'a*')", "needs a text column, not tract"),
        ("GLOB('abc', 'a*')", "needs a text column"),
        ("FLOOR(visit) = 1", "must be constants"),
        ("FLOOR(1) = 1", "There is no function FLOOR"),
        ("POINT(visit, 2) IN (patch.region)", "Arguments of POINT must be constants"),
        ("T'yesterday' < visit.timespan.end", "'yesterday'"),
        ("T'2020-01-01T00:00:00+02:00' < visit.timespan.end", "2020-01-01T00:00:00+02:00"),
        ("visit.region OVERLAPS CIRCLE(1, 100, 1)", "-90 to 90"),
        ("calexp.dataset_id = UUID('x')", "'x' is not a UUID"),
    ],
)
def test_errors(text: str, words: str) -> None:
    binds = {"visitt": 1, "list": [1], "object": object(), "large": 2**64, "objects": [object()]}
    with pytest.raises(ExpressionError) as caught:
        _bind(text, **binds)
    assert words in str(caught.value)
    assert text in str(caught.value)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    "literal,ns",
    [
        ("T'61000'", 1763683200000000000),
        ("T'61000.0'", 1763683200000000000),
        ("T'mjd/61000/tai'", 1763683200000000000),
        ("T'2025-11-21T00:00:00/tai'", 1763683200000000000),
        ("T'2025-11-21 00:00:00'", 1763683237000000000),
        ("T'cxcsec/725803269.184'", 1609416037000000000),  # 2020-12-31T12:00:00 UTC
    ],
)
def test_times(literal: str, ns: int) -> None:
    found = _bind(f"visit.timespan.begin > {literal}")
    assert isinstance(found, Comparison)
    assert found.right == Literal(ns, "time")


# -------------------------------------------------------------------------------------------------------------- meaning
NUMBERS = st.integers(-3, 3).map(str)
NUMERIC = st.recursive(
    st.sampled_from(["visit", "detector"]) | NUMBERS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("-({})".format, inner)
        | st.builds("({} {} {})".format, inner, st.sampled_from("/"), st.sampled_from(["2", "-3"]))
    ),
    max_leaves=4,
)
LISTS = st.lists(
    NUMBERS | st.sampled_from(["-2..1", "0..3:2", "1.5", "2.0", "NULL", "detector", "(visit + 1)"]), max_size=3
)
CONDITIONS = st.recursive(
    st.builds("{} {} {}".format, NUMERIC, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMERIC)
    | st.builds("{} {} ({})".format, NUMERIC, st.sampled_from(["IN", "NOT IN"]), LISTS.map(", ".join))
    | st.builds("{} {} NULL".format, NUMERIC, st.sampled_from(["=", "!="]))
    | st.sampled_from(["TRUE", "FALSE"]),
    lambda inner: (
        st.builds("({}) AND ({})".format, inner, inner)
        | st.builds("({}) OR ({})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
        | st.builds("({}) = ({})".format, inner, inner)
    ),
    max_leaves=5,
)
VALUES = st.integers(-3, 3)


@given(CONDITIONS, VALUES, VALUES)
def test_folding_constants_agrees_with_evaluating_columns(text: str, visit: int, detector: int) -> None:
    row = {("visit", "id"): visit, ("detector", "id"): detector}
    in_columns = evaluate(_bind(text), row)
    in_constants = _bind(text.replace("visit", ":v").replace("detector", ":d"), v=visit, d=detector)
    assert in_constants == Always(bool(in_columns))
    assert in_columns is not None


@given(CONDITIONS)
def test_canonical_text_binds_to_the_same(text: str) -> None:
    canonical = to_text(parse(text))
    assert _bind(canonical) == _bind(text)


@given(CONDITIONS, VALUES | st.none(), VALUES | st.none())
def test_allowed_values_hold_for_every_row_that_satisfies(text: str, visit: int | None, detector: int | None) -> None:
    found = _bind(text)
    if evaluate(found, {("visit", "id"): visit, ("detector", "id"): detector}):
        given_values = {"visit": visit, "detector": detector}
        for dimension, values in allowed_values(found).items():
            assert given_values[dimension] in values


OPERANDS = ["visit", "visit.name", "visit.timespan", "visit.timespan.end", "visit.region", "exposure.can_see_sky"]
OPERANDS += ["run", "skymap.hash", "calexp.dataset_id", "1", "2.5", "'x'", "T'61000'", "NULL", "TRUE", ":list", ":span"]
OPERANDS += ["POINT(1, 2)", "CIRCLE(1, 2, 3)", "UUID('840b31d9-05cd-5161-b2c8-00d32b280d0f')", "(NULL, T'61000')"]
OPERANDS += ["(visit = 1)"]
OPERATORS = ["=", "!=", "<", ">=", "+", "-", "/", "%", "IN", "NOT IN", "OVERLAPS", "AND", "OR"]
PAIRS = st.builds("{} {} ({})".format, st.sampled_from(OPERANDS), st.sampled_from(OPERATORS), st.sampled_from(OPERANDS))
LISTED = st.builds(
    "{} IN ({})".format,
    st.sampled_from(OPERANDS),
    st.lists(st.sampled_from([*OPERANDS, "1..5"]), max_size=3).map(", ".join),
)


@given(PAIRS | LISTED | st.builds("{} = ({})".format, PAIRS, PAIRS))
def test_anything_binds_or_says_why_not(text: str) -> None:
    try:
        found = _bind(text, list=[1, "a", None, 2.5, True], span=Timespan.from_ns(0, 10))
    except ExpressionError as error:
        place = error
    else:
        assert isinstance(found, Predicate)
        hash(found)
        return
    assert place.message
    assert 0 <= place.position < place.position + place.length <= len(text)


def test_binding_a_usual_expression_is_quick() -> None:
    text = "instrument = 'LSSTCam-imSim' AND skymap = 'DC2' AND tract = 4431 AND patch = 17 AND visit IN (1..100)"
    _bind(text)
    start = time.process_time()
    for _ in range(20):
        _bind(text)
    assert (time.process_time() - start) / 20 < 5e-3
