"""The algebra of half-open timespans, their order and their texts."""

from __future__ import annotations

import copy
import pickle

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.sky.timespan import Timespan, parse_time

BEGIN = parse_time("2026-10-13T01:00:00/tai")
END = BEGIN + 30 * 10**9
FAR = st.sampled_from([None, Timespan.MIN_NS, Timespan.MAX_NS])
# Few different ends, so that equal and adjacent ones are met often.
ends = st.integers(0, 12) | FAR
spans = st.builds(Timespan, ends, ends)


def instants(span: Timespan) -> set[int]:
    """Which of -1 ... 14 lie within."""
    return {i for i in range(-1, 15) if span.begin_ns <= i < span.end_ns}


# ----------------------------------------------------------------------------------------------------------------- ends
def test_ends_may_be_times_or_nanoseconds() -> None:
    times = Time("2026-10-13T01:00:00", scale="tai"), Time("2026-10-13T01:00:30", scale="tai")
    span = Timespan(*times)
    assert (span.begin_ns, span.end_ns) == (BEGIN, END)
    assert span == Timespan.from_ns(BEGIN, END)
    assert (span.begin, span.end) == times
    assert span.begin is not None
    assert span.begin.scale == "tai"


def test_unbounded_ends() -> None:
    assert Timespan(None, None).begin is None
    assert Timespan(None, None).end is None
    assert Timespan(None, END) == Timespan(Timespan.MIN_NS, END)
    assert Timespan(BEGIN, None) == Timespan(BEGIN, Timespan.MAX_NS)
    assert (Timespan.MIN_NS, Timespan.MAX_NS) == (-(2**63) + 1, 2**63 - 1)


def test_equal_ends_are_an_instant_and_reversed_ones_are_empty() -> None:
    instant = Timespan(BEGIN, BEGIN)
    assert (instant.begin_ns, instant.end_ns) == (BEGIN, BEGIN + 1)
    assert instant == Timespan.from_instant(BEGIN)
    assert not instant.is_empty
    for empty in (
        Timespan(END, BEGIN),
        Timespan.make_empty(),
        Timespan(Timespan.MAX_NS, None),
        Timespan(None, Timespan.MIN_NS),
    ):
        assert empty.is_empty
        assert empty == Timespan.make_empty()
        assert (empty.begin_ns, empty.end_ns) == (Timespan.MAX_NS, Timespan.MIN_NS)


def test_an_empty_timespan_has_no_ends_to_show() -> None:
    with pytest.raises(InvalidError, match="is_empty"):
        _ = Timespan.make_empty().begin
    with pytest.raises(InvalidError, match="is_empty"):
        _ = Timespan.make_empty().end


def test_observing_days() -> None:
    assert str(Timespan.from_day_obs(20261013)) == "[2026-10-13T00:00:00, 2026-10-14T00:00:00)"
    assert str(Timespan.from_day_obs(20261013, 43200)) == "[2026-10-13T12:00:00, 2026-10-14T12:00:00)"
    for wrong in (2026, 20261313, 20260230, 19691231):
        with pytest.raises(InvalidError):
            Timespan.from_day_obs(wrong)


def test_timespans_do_not_change() -> None:
    span = Timespan(BEGIN, END)
    with pytest.raises(AttributeError):
        span.begin_ns = 0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(span)) == copy.deepcopy(span) == span
    assert len({span, Timespan(BEGIN, END), Timespan.make_empty(), Timespan(END, BEGIN)}) == 2


# -------------------------------------------------------------------------------------------------------------- algebra
@given(a=spans, b=spans)
def test_relations_are_those_of_the_sets_of_instants(a: Timespan, b: Timespan) -> None:
    assert a.overlaps(b) == b.overlaps(a) == bool(instants(a) & instants(b))
    assert instants(a.intersection(b)) == instants(a) & instants(b)
    assert a.intersection(b).is_empty == (not a.overlaps(b))
    rest = list(a.difference(b))
    assert set().union(*map(instants, rest)) == instants(a) - instants(b)
    assert rest == sorted(rest)
    if a.contains(b):
        assert instants(a) >= instants(b)
        assert a.intersection(b) == b


@given(a=spans, instant=st.integers(-1, 14))
def test_relations_to_an_instant(a: Timespan, instant: int) -> None:
    time = Timespan.from_instant(instant)
    assert a.overlaps(time) == a.contains(time) == (instant in instants(a))
    if not a.is_empty:
        assert (a < time.begin, a > time.begin) == (a.end_ns <= instant, a.begin_ns > instant)


def test_instants_may_be_times() -> None:
    span = Timespan(BEGIN, END)
    begin, end = span.begin, span.end
    assert begin is not None
    assert end is not None
    assert span.contains(begin)
    assert span.overlaps(begin)
    assert not span.contains(end)
    assert span < end
    assert not span > begin
    assert not span < begin
    assert not Timespan.make_empty() < begin
    assert not Timespan.make_empty() > begin


def test_intersections_of_several() -> None:
    assert Timespan(0, 10).intersection() == Timespan(0, 10)
    assert Timespan(0, 10).intersection(Timespan(2, None), Timespan(None, 5)) == Timespan(2, 5)
    assert Timespan(0, 5).intersection(Timespan(5, 9)).is_empty


def test_differences() -> None:
    assert list(Timespan(0, 10).difference(Timespan(3, 5))) == [Timespan(0, 3), Timespan(5, 10)]
    assert list(Timespan(0, 10).difference(Timespan(None, None))) == []
    assert list(Timespan(None, None).difference(Timespan(3, 5))) == [Timespan(None, 3), Timespan(5, None)]
    assert list(Timespan(0, 10).difference(Timespan.make_empty())) == [Timespan(0, 10)]


@given(a=spans, b=spans)
def test_the_order_is_that_of_begin_then_end(a: Timespan, b: Timespan) -> None:
    pair = (a.begin_ns, a.end_ns), (b.begin_ns, b.end_ns)
    assert (a < b, a > b, a <= b, a >= b) == (
        pair[0] < pair[1],
        pair[0] > pair[1],
        pair[0] <= pair[1],
        pair[0] >= pair[1],
    )


# ---------------------------------------------------------------------------------------------------------------- texts
def test_texts() -> None:
    assert str(Timespan(BEGIN, END)) == "[2026-10-13T01:00:00, 2026-10-13T01:00:30)"
    assert str(Timespan(None, END)) == "(-∞, 2026-10-13T01:00:30)"
    assert str(Timespan(BEGIN, None)) == "[2026-10-13T01:00:00, ∞)"
    assert str(Timespan(None, None)) == "(-∞, ∞)"
    assert str(Timespan.make_empty()) == "(empty)"
    # As Rubin's: cut to seconds, once rounded to milliseconds.
    assert str(Timespan(BEGIN + 999_499_999, END - 400_000)) == "[2026-10-13T01:00:00, 2026-10-13T01:00:30)"


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-13T01:00:00",
        "2026-10-13T00:00:00",
        "2026-10-13T12:00:00",
        "2026-10-13T01:00:30.123456789",
        "1969-12-31T23:59:59.999999999",
    ],
)
def test_representations_are_those_of_astropy_times(text: str) -> None:
    time = Time(text, scale="tai")
    time.format = "jd"
    span = Timespan(time, None)
    begin = repr(span).removeprefix("Timespan(begin=astropy.time.").removesuffix(", end=None)")
    value = eval(begin, {"Time": Time})
    assert Timespan(value, None) == span
    assert -0.5 <= value.jd2 <= 0.5
    assert repr(Timespan(None, None)) == "Timespan(begin=None, end=None)"
    assert repr(Timespan.make_empty()) == "Timespan.make_empty()"


def test_the_representation_is_that_of_rubin() -> None:
    assert repr(Timespan(BEGIN, BEGIN + 30_123_456_789)) == (
        "Timespan(begin=astropy.time.Time(2461327.0, -0.4583333333333333, scale='tai', format='jd'), "
        "end=astropy.time.Time(2461327.0, -0.4579846822130903, scale='tai', format='jd'))"
    )
    midnight = parse_time("2026-10-13/tai")
    assert "Time(2461327.0, -0.5, " in repr(Timespan(midnight, None))
    assert "Time(2461327.0, 0.0, " in repr(Timespan(midnight + 43_200 * 10**9, None))
