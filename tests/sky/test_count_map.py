"""Counts made of events are the counts one gets by counting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skybutler.sky.count_map import CountMap

_ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12)


@given(_ranges, _ranges)
def test_counts_are_those_of_counting(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    def made(ranges: list[tuple[int, int]]) -> CountMap:
        places = np.array([p for lo, n in ranges for p in (lo, lo + n)], np.int64)
        return CountMap.of_events(places, np.tile(np.array([1, -1]), len(ranges)))

    pixels = np.arange(-1, 90)
    for counts, ranges in ((made(first), first), (CountMap.sum_of([made(first), made(second)]), first + second)):
        wanted = [sum(lo <= p < lo + n for lo, n in ranges) for p in pixels.tolist()]
        assert counts.at(pixels).tolist() == wanted
        assert counts.pixels() == sum(n > 0 for n in wanted)
