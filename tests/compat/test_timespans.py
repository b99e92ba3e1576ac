"""Timespans with foreign spellings."""

from __future__ import annotations

from skybutler.compat.timespans import Timespan
from skybutler.sky.timespan import Timespan as PlainTimespan


def test_spellings() -> None:
    span = Timespan(0, 100)
    assert not span.isEmpty()
    assert Timespan.makeEmpty().isEmpty()
    assert Timespan.fromInstant(5) == PlainTimespan(5, 6)
    assert type(span.intersection(PlainTimespan(50, 200))) is Timespan
    assert [type(part) for part in span.difference(PlainTimespan(50, 60))] == [Timespan, Timespan]


def test_equal_to_ours_in_both_directions() -> None:
    ours, theirs = PlainTimespan(1, 2), Timespan.of(PlainTimespan(1, 2))
    assert ours == theirs
    assert theirs == ours
    assert hash(theirs) == hash(Timespan(1, 2))
    assert theirs != Timespan(1, 3)
    assert theirs != "a timespan"
    assert Timespan.of(theirs) is theirs
