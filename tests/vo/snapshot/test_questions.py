"""Whatever is asked, a snapshot and the registry say the same, on both databases."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skybutler.registry.interrupt import Interrupt
from skybutler.vo.adql import translate
from support.snapshots import Copied

INTEGERS = ("calib_level", "lsst_detector", "s_xel1", "t_xel", "access_estsize")
FLOATS = ("s_ra", "s_dec", "s_fov", "t_min", "t_max", "t_exptime", "em_min", "em_max")
TEXTS = (
    *("dataproduct_subtype", "obs_collection", "obs_id", "lsst_band", "lsst_filter", "target_name", "instrument_name"),
    *("obs_title", "o_ucd", "access_url", "obs_publisher_did"),
)
COLUMNS = (*INTEGERS, *FLOATS, *TEXTS)
SIGNS = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))


def said(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


words = st.sampled_from(
    ("r", "g", "i_1", "Cam", "calexp", "lsst.raw", "ivo://example", "10", "", "it's", "é", "Ω", "%", "_")
)
patterns = st.lists(st.sampled_from(("%", "_", "r", "1", "a", "'", "http", "\\", ".", "é")), max_size=4).map("".join)
numbers = st.sampled_from(("0", "1", "2", "3", "-1", "0.5", "1e3", "60310.25", "'1'", "0.2", "86400"))
sums = st.builds(
    "{} {} {}".format,
    st.sampled_from((*INTEGERS, *FLOATS)),
    st.sampled_from("+-*"),
    numbers.filter(lambda n: "'" not in n),
)
functions = st.builds("{}({})".format, st.sampled_from(("ABS", "FLOOR", "CEILING", "RADIANS")), st.sampled_from(FLOATS))
amounts = st.sampled_from((*INTEGERS, *FLOATS)) | sums | functions
conditions = st.recursive(
    st.one_of(
        st.builds("{} {} {}".format, amounts, SIGNS, numbers),
        st.builds("{} BETWEEN {} AND {}".format, amounts, numbers, numbers),
        st.builds("{} {} {}".format, st.sampled_from(TEXTS), SIGNS, words.map(said)),
        st.builds("{} {}LIKE {}".format, st.sampled_from(TEXTS), st.sampled_from(("", "NOT ")), patterns.map(said)),
        st.builds("{} IN ({}, {})".format, st.sampled_from(TEXTS), words.map(said), words.map(said)),
        st.builds("{} IS {}NULL".format, st.sampled_from(COLUMNS), st.sampled_from(("", "NOT "))),
        st.builds("LOWER({}) = UPPER({})".format, st.sampled_from(TEXTS), st.sampled_from(TEXTS)),
        st.builds(
            "{} = CONTAINS(POINT(s_ra, s_dec), CIRCLE({}, {}, {}))".format,
            st.sampled_from((0, 1)),
            *(st.floats(0.1, 1).map(lambda x: round(x, 3)),) * 3,
        ),
    ),
    lambda one: st.builds("({} {} {})".format, one, st.sampled_from(("AND", "OR")), one) | one.map("NOT ({})".format),
    max_leaves=4,
)
aggregates = st.one_of(
    st.just("COUNT(*)"),
    st.builds("COUNT({}{})".format, st.sampled_from(("", "DISTINCT ")), st.sampled_from(COLUMNS)),
    st.builds("{}({})".format, st.sampled_from(("SUM", "AVG")), amounts),
    st.builds("{}({})".format, st.sampled_from(("MIN", "MAX")), amounts | st.sampled_from(TEXTS)),
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    keys = draw(st.lists(st.sampled_from(COLUMNS), max_size=3, unique=True))
    where = draw(st.none() | conditions)
    condition = "" if where is None else f" WHERE {where}"
    if draw(st.booleans()):
        shown = [
            *keys,
            *(f"{made} AS a{i}" for i, made in enumerate(draw(st.lists(aggregates, min_size=1, max_size=3)))),
        ]
        groups = f" GROUP BY {', '.join(keys)}" if keys else ""
        return f"SELECT {', '.join(shown)} FROM ivoa.ObsCore{condition}{groups}"
    distinct = draw(st.sampled_from(("", "DISTINCT ")))
    return f"SELECT {distinct}{', '.join(keys) or '*'} FROM ivoa.ObsCore{condition}"


def digits(value: Any) -> Any:
    """Numbers with as many digits as sums in any order have."""
    if not isinstance(value, float):
        return value
    return "0" if abs(value) < 1e-12 else f"{value:.9g}"


def rows(batches: Any) -> list[tuple[Any, ...]]:
    """In one order."""
    found = (tuple(map(digits, row.values())) for batch in batches for row in batch.to_pylist())
    return sorted(found, key=repr)


@example(adql="SELECT lsst_band, MAX(obs_title) AS m FROM ivoa.ObsCore WHERE obs_id < 'R' GROUP BY lsst_band")
@given(adql=queries())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_question_has_one_answer(copied: Copied, adql: str) -> None:
    registry, relation = copied.butler.registry, copied.relation
    live = translate(adql, copied.tables, {"postgresql": "postgres"}.get(registry.database.dialect, "sqlite"))
    told = copied.snapshots.answer(registry, relation, adql, None, live, Interrupt())
    assert told is not None
    expected = copied.answer(adql, copied=False)
    assert rows(told.batches) == rows(expected.batches)
    assert told.fields == expected.fields
