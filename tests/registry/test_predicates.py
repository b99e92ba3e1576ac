"""Conditions as SQL mean what the reference evaluator says, on both engines, for conditions made at random."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings

from skybutler.dimensions import DimensionGroup
from skybutler.errors import ExpressionError
from skybutler.expressions.analysis import dimensions_of
from skybutler.expressions.bind import bind
from skybutler.expressions.parser import parse
from skybutler.registry.ask import ask_data_ids
from skybutler.sky.timespan import Timespan
from support.where_oracle import evaluate
from support.world import HOUR, NIGHT, World

DIMENSIONS = ["exposure", "detector", "visit"]
BINDS: dict[str, Any] = {
    "many": list(range(-400, 400)),
    "names": [f"v{i}" for i in range(400)],
    "span": Timespan.from_ns(NIGHT, NIGHT + 3 * HOUR),
    "open": Timespan.from_ns(None, NIGHT + 5 * HOUR),
    "now": Timespan.from_ns(NIGHT + 2 * HOUR, NIGHT + 2 * HOUR + 1),
    "quote": "it's",
}

INTEGERS = ["exposure", "visit", "detector", "day_obs", "exposure.seq_num", "visit.seq_num"]
FLOATS = ["exposure.exposure_time", "visit.exposure_time", "visit.zenith_angle", "tracking_ra"]
TEXTS = [
    "band", "physical_filter", "group", "exposure.target_name", "visit.target_name", "obs_id", "detector.full_name",
    "detector.purpose", "observation_type", "visit.name", "instrument",
]  # fmt: skip
BOOLEANS = ["can_see_sky", "has_simulated"]
SPANS = ["exposure.timespan", "visit.timespan", "day_obs.timespan"]

small = st.integers(-3, 25)
integer_text = st.one_of(small, st.sampled_from([0, 10, 11, 20, 20240101, 20240102])).map(str)
float_text = st.sampled_from(["0.0", "15.5", "30.0", "-1.0", "1e3", "20.5", "359.8"])
word = st.sampled_from(
    ["r", "g", "r_1", "dark", "WFD", "wfd", "a_b", "a*b", "100%", "[x]", "g0", "g2", "v1", "E3", "R0_S1", "Cam", ""]
)
pattern = st.text("Wwrfdga_*?%[]x\\0RS1v-", max_size=4)
time_text = st.integers(-3, 12).map(lambda h: f"T'unix_tai/{NIGHT // 10**9 + h * 3600}'")


@st.composite
def numbers(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(st.sampled_from([*INTEGERS, *FLOATS]), integer_text, float_text))
    operator = draw(st.sampled_from("+-*/"))
    return f"({draw(numbers(depth - 1))} {operator} {draw(numbers(depth - 1))})"


@st.composite
def integers(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 3))
    if kind < 2:
        return draw(st.sampled_from(INTEGERS))
    operator = draw(st.sampled_from("+-*%%"))
    return f"({draw(st.sampled_from(INTEGERS))} {operator} {draw(integer_text)})"


@st.composite
def spans(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 3))
    if kind < 2:
        return draw(st.sampled_from(SPANS))
    if kind == 2:
        return draw(st.sampled_from([":span", ":open", ":now"]))
    begin, end = draw(st.integers(-3, 12)), draw(st.integers(-3, 14))
    times = [f"T'unix_tai/{NIGHT // 10**9 + h * 3600}'" for h in sorted((begin, end + 1))]
    return f"({draw(st.sampled_from([times[0], 'NULL']))}, {draw(st.sampled_from([times[1], 'NULL']))})"


def quoted(text: str) -> str:
    return "'" + text + "'"


comparison = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
number_list = st.lists(
    st.one_of(integer_text, float_text, st.just("3..12"), st.just("10..20:5")), min_size=1, max_size=4
)
atoms = st.one_of(
    st.tuples(numbers(), comparison, numbers()).map(" ".join),
    st.tuples(integers(), comparison, integers()).map(" ".join),
    st.tuples(st.sampled_from(TEXTS), comparison, word.map(quoted)).map(" ".join),
    st.tuples(st.sampled_from(TEXTS), comparison, st.sampled_from(TEXTS)).map(" ".join),
    st.tuples(st.sampled_from(TEXTS), pattern).map(lambda p: f"GLOB({p[0]}, '{p[1]}')"),
    st.tuples(
        st.one_of(integers(), st.sampled_from(FLOATS)), st.sampled_from(["IN", "NOT IN"]), number_list
    ).map(lambda p: f"{p[0]} {p[1]} ({', '.join(p[2])})"),
    st.tuples(st.sampled_from(TEXTS), st.lists(word, min_size=1, max_size=4)).map(
        lambda p: f"{p[0]} IN ({', '.join(map(quoted, p[1]))})"
    ),
    st.sampled_from(INTEGERS).map(lambda c: f"{c} IN (:many)"),
    st.just("visit.name NOT IN (:names)"),
    st.sampled_from(BOOLEANS),
    st.tuples(
        st.sampled_from(BOOLEANS), st.sampled_from(["=", "!="]), st.sampled_from([*BOOLEANS, "TRUE", "FALSE"])
    ).map(" ".join),
    st.tuples(
        st.sampled_from([*INTEGERS, *FLOATS, *TEXTS, *BOOLEANS, *SPANS]), st.sampled_from(["=", "!="])
    ).map(lambda p: f"{p[0]} {p[1]} NULL"),
    st.tuples(st.sampled_from(SPANS), st.just("OVERLAPS"), spans()).map(" ".join),
    st.tuples(time_text, st.just("IN"), st.sampled_from(SPANS).map(lambda s: f"({s})")).map(" ".join),
    st.tuples(st.sampled_from(SPANS), st.sampled_from([".begin", ".end"]), comparison, time_text).map(
        lambda p: f"{p[0]}{p[1]} {p[2]} {p[3]}"
    ),
)  # fmt: skip
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda c: f"NOT ({c})"),
    ),
    max_leaves=5,
)


def expected(world: World, group: DimensionGroup, where: str) -> list[tuple[Any, ...]]:
    predicate = bind(parse(where), text=where, universe=world.universe, group=group, binds=BINDS)
    keys = [(d, key.name) for d in group.required if (key := world.universe[d].key) is not None]
    found = {
        tuple(row[k] for k in keys)
        for row in world.joined(group.names)
        if row["instrument", "name"] == "Cam" and evaluate(predicate, row)
    }
    return sorted(found)


def answered(world: World, group: DimensionGroup, where: str) -> list[tuple[Any, ...]]:
    results = ask_data_ids(world.registry, group, where=where, bind_values=BINDS, data_id={"instrument": "Cam"})
    found = [d.required_values for d in results]
    assert results.count() == len(found)
    assert results.any() == bool(found)
    return sorted(found)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(where=conditions)
def test_conditions_select_what_the_oracle_selects(shared_world: World, where: str) -> None:
    group = shared_world.universe.conform(DIMENSIONS)
    try:
        bind(parse(where), text=where, universe=shared_world.universe, group=group, binds=BINDS)
    except ExpressionError as error:
        assume("Division by zero" not in error.message)
        raise
    assert answered(shared_world, group, where) == expected(shared_world, group, where)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    where=conditions,
    names=st.sampled_from(
        [["visit"], ["detector"], ["exposure"], ["physical_filter"], ["instrument"], ["day_obs"], []]
    ),
)
def test_dimensions_of_conditions_join_without_repeating_results(
    shared_world: World, where: str, names: list[str]
) -> None:
    universe = shared_world.universe
    group = universe.conform(names)
    try:
        predicate = bind(parse(where), text=where, universe=universe, group=group, binds=BINDS)
    except ExpressionError as error:
        assume("Division by zero" not in error.message and "mbiguous" not in error.message)
        raise
    every = universe.conform([*group.names, *dimensions_of(predicate), "instrument"])
    keys = [(d, key.name) for d in group.required if (key := universe[d].key) is not None]
    found = {
        tuple(row[k] for k in keys)
        for row in shared_world.joined(every.names)
        if row["instrument", "name"] == "Cam" and evaluate(predicate, row)
    }
    assert answered(shared_world, group, where) == sorted(found)


@pytest.mark.parametrize(
    "where",
    [
        "NOT (band = 'nothing')",
        "NOT (band != 'nothing')",
        "NOT (band IN ('nothing', 'none'))",
        "band NOT IN ('nothing')",
        "NOT (band IN ('nothing') OR exposure = 10)",
        "(band = 'nothing') = (exposure = 77)",
        "NOT GLOB(band, 'x*')",
    ],
)
def test_texts_that_nothing_has_stay_unknown_where_the_text_is_missing(shared_world: World, where: str) -> None:
    group = shared_world.universe.conform(["exposure"])
    found = answered(shared_world, group, where)
    assert ("Cam", 15) not in found  # its band is missing
    assert bool(found) == ("!=" not in where)
