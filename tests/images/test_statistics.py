"""Numbers that describe pixels."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.images.statistics import statistics_of


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_they_are_those_of_the_standard_library(values: list[float]) -> None:
    found = statistics_of(np.array([*values, np.nan, np.inf]))
    assert (found.n, found.min, found.max) == (len(values), min(values), max(values))
    assert found.median == pytest.approx(statistics.median(values), abs=1e-9)
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-9)
    assert found.std == pytest.approx(statistics.stdev(values), abs=1e-6)
    assert found.min <= found.clipped_mean + 1e-9
    assert found.clipped_mean <= found.max + 1e-9


def test_clipping_puts_outliers_aside() -> None:
    noise = np.random.default_rng(1).normal(10.0, 2.0, 20_000)
    found = statistics_of(np.concatenate([noise, np.full(500, 1e5)]).astype(np.float32).reshape(100, -1))
    assert found.mean > 1000
    assert found.clipped_mean == pytest.approx(10.0, abs=0.1)
    assert found.clipped_std == pytest.approx(2.0, rel=0.05)
    assert found.robust_std == pytest.approx(2.0, rel=0.05)


def test_of_nothing_and_of_one() -> None:
    nothing = statistics_of(np.array([np.nan]))
    assert nothing.n == 0
    assert math.isnan(nothing.mean)
    one = statistics_of(np.array([7], np.uint16))
    assert (one.n, one.mean, one.std, one.clipped_mean) == (1, 7.0, 0.0, 7.0)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40))
def test_quartiles_are_those_of_numpy(values: list[float]) -> None:
    array = np.array(values, np.float32)
    low, median, high = np.percentile(array.astype(np.float64), [25, 50, 75])
    found = statistics_of(array)
    assert found.median == pytest.approx(median, abs=1e-9)
    assert found.robust_std == pytest.approx((high - low) / 1.3489795003921634, abs=1e-9)
