"""What transactions note: parts that fail leave nothing, whatever is nested in what."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from skybutler.registry.tally import Tally

NOTES = st.tuples(st.sampled_from("ab"), st.integers(1, 5))
PARTS = st.recursive(
    NOTES, lambda part: st.tuples(st.lists(part, max_size=4), st.booleans()), max_leaves=30
)  # a note, or what is done in a part and whether it succeeds


def _play(tally: Tally, part: Any) -> dict[str, int]:
    """Do it; what should have been noted."""
    if isinstance(part[0], str):
        tally.note("do", part[0], part[1], {})
        return {part[0]: part[1]}
    tally.begin()
    done = [_play(tally, inner) for inner in part[0]]
    if not part[1]:
        tally.drop()
        return {}
    tally.keep()
    return _added(done)


def _added(counts: list[dict[str, int]]) -> dict[str, int]:
    return {s: sum(c.get(s, 0) for c in counts) for s in sorted({s for c in counts for s in c})}


@given(st.lists(PARTS, max_size=6))
def test_parts_that_fail_do_not_count(parts: list[Any]) -> None:
    tally = Tally()
    tally.begin()
    expected = _added([_play(tally, part) for part in parts])
    assert {subject: count for (_, subject), (count, _) in sorted(tally.noted.items())} == expected
    tally.keep()


def test_nothing_done_is_not_noted() -> None:
    tally = Tally()
    tally.begin()
    tally.note("certify", "calib", 0, {"valid": "always"})
    assert tally.noted == {}


def test_details_that_differ_are_listed() -> None:
    tally = Tally()
    tally.begin()
    tally.note("insert", "visit", 1, {"instrument": ["A"], "by": "x"})
    tally.begin()
    tally.note("insert", "visit", 2, {"instrument": ["A", "B"], "by": "x", "more": 1})
    tally.keep()
    assert tally.noted == {("insert", "visit"): (3, {"instrument": ["A", "B"], "by": "x", "more": 1})}


def test_details_are_bounded() -> None:
    tally = Tally()
    tally.begin()
    for i in range(1000):
        tally.note("put", "x", 1, {"i": i})
    assert tally.noted["put", "x"] == (1000, {"i": list(range(20))})
