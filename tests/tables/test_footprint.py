"""Footprints: pixels, boxes, heavy ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.tables import Footprint, HeavyFootprint, PeakCatalog

SPANS = [[10, 5, 7], [11, 4, 4], [11, 6, 8]]


@st.composite
def _masks(draw: st.DrawFn) -> Any:
    return draw(npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=8)))


def _of_mask(mask: Any, x0: int, y0: int) -> Footprint:
    spans = []
    for y, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        spans += [[y + y0, a + x0, b - 1 + x0] for a, b in edges.reshape(-1, 2)]
    return Footprint(np.array(spans, int).reshape(-1, 3))


@given(_masks(), st.integers(-100, 100), st.integers(-100, 100))
def test_pixels_are_those_of_the_spans(mask: Any, x0: int, y0: int) -> None:
    footprint = _of_mask(mask, x0, y0)
    box = Box.from_shape(mask.shape, (x0, y0))
    assert (footprint.inside(box) == mask).all()
    assert footprint.area == mask.sum()
    x, y = footprint.pixels()
    assert sorted(zip(y - y0, x - x0, strict=True)) == sorted(map(tuple, np.argwhere(mask)))
    if footprint.area:
        assert box.contains(footprint.bbox)
        assert footprint.centroid == pytest.approx((x.mean(), y.mean()))
        inside = footprint.inside()
        assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
        assert footprint.contains(float(x[0]), float(y[0]))


def test_one_footprint() -> None:
    footprint = Footprint(SPANS, PeakCatalog({"id": [1], "f_x": [6.0]}))
    assert footprint.bbox == Box((10, 12), (4, 9))
    assert repr(footprint) == f"Footprint(7 pixels in {footprint.bbox}, 1 peaks)"
    assert footprint.contains(6.4, 10.4)
    assert not footprint.contains(5.0, 11.0)
    assert footprint == Footprint(SPANS, PeakCatalog({"id": [1], "f_x": [6.0]}))
    assert footprint != Footprint(SPANS)
    assert footprint.inside(Box((0, 2), (0, 2))).tolist() == [[False, False], [False, False]]
    with pytest.raises(ValueError, match="read-only"):
        footprint.spans[0] = 0


def test_nothing_at_all() -> None:
    empty = Footprint(np.zeros((0, 3)))
    assert (empty.area, empty.bbox.area) == (0, 0)
    assert np.isnan(empty.centroid).all()
    assert empty.inside().shape == (0, 0)


@pytest.mark.parametrize("spans", [[[0, 2, 1]], [[1 << 40, 0, 0]]])
def test_spans_that_there_are_not(spans: list[list[int]]) -> None:
    with pytest.raises(InvalidError, match="Spans are rows"):
        Footprint(spans)


def test_absurd_sizes_do_not_fill_the_memory() -> None:
    huge = Footprint([[0, 0, 2**31 - 1], [2**31 - 1, 0, 2**31 - 1]])
    assert huge.area == 2**32
    with pytest.raises(InvalidError, match="too large"):
        huge.inside()
    with pytest.raises(InvalidError, match="not listed"):
        huge.pixels()


@given(_masks(), st.sampled_from(["f4", "f8", "i4"]))
def test_heavy_footprints_have_values(mask: Any, dtype: str) -> None:
    plain = _of_mask(mask, 3, 4)
    values = np.arange(plain.area, dtype=dtype)
    heavy = HeavyFootprint(plain.spans, image=values, mask=values, variance=values)
    box = Box.from_shape(mask.shape, (3, 4))
    expected = np.zeros(mask.shape, dtype)
    expected[mask] = values
    assert (heavy.to_image(box).array == expected).all()
    assert heavy.to_image(box).array.dtype == dtype
    assert heavy == HeavyFootprint(plain.spans, image=values, mask=values, variance=values)
    assert heavy != plain
    if plain.area:
        assert heavy.to_image().bbox == plain.bbox


def test_as_many_values_as_pixels() -> None:
    with pytest.raises(InvalidError, match=r"image of a footprint of 7 pixels has shape \(6,\)"):
        HeavyFootprint(SPANS, image=np.zeros(6), mask=np.zeros(7), variance=np.zeros(7))
