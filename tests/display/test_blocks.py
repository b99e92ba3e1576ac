"""Blocks of pixels are what their pixels say, at the edges too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skybutler.display.blocks import block_mean, block_or

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)


def _blocks(array: np.ndarray, n: int) -> list[list[np.ndarray]]:
    return [[array[y : y + n, x : x + n] for x in range(0, array.shape[1], n)] for y in range(0, array.shape[0], n)]


@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(-1000, 1000, width=32)), st.integers(1, 5))
def test_means_of_blocks_with_those_at_the_edge(array: np.ndarray, n: int) -> None:
    expected = [[float(b.astype(float).mean()) for b in row] for row in _blocks(array, n)]
    assert np.allclose(block_mean(array, n), expected, rtol=1e-4, atol=1e-2)


@given(hnp.arrays(np.int32, SHAPES, elements=st.integers(0, 2**20)), st.integers(1, 5))
def test_bits_of_blocks(array: np.ndarray, n: int) -> None:
    expected = [[int(np.bitwise_or.reduce(b, axis=None)) for b in row] for row in _blocks(array, n)]
    assert block_or(array, n).tolist() == expected


def test_one_pixel_without_value_does_not_blank_a_block() -> None:
    array = np.array([[1.0, np.nan, np.nan, np.nan], [3.0, np.inf, np.nan, np.nan]])
    assert block_mean(array, 2).tolist()[0][0] == 2.0
    assert np.isnan(block_mean(array, 2)[0, 1])


@pytest.mark.parametrize("kind", [np.int32, np.uint16, np.uint64])
def test_means_of_whole_numbers_are_not_cut_off(kind: type) -> None:
    assert block_mean(np.array([[1, 2], [2, 2]], kind), 2).tolist() == [[1.75]]
