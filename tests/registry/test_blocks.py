"""Blocks of regions: every overlapping pair, however they are cut up, as sphgeom itself says pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings
from lsst.sphgeom import DISJOINT, Region

from skybutler.registry.blocks import Block
from skybutler.sky.region import circle, encode
from support.world import square


def _block(regions: Sequence[Region], first: int = 0) -> Block:
    return Block.of([(first + i, encode(r)) for i, r in enumerate(regions)])


def _expected(a: list[Region], b: list[Region]) -> list[tuple[int, int]]:
    return [(i, 1000 + j) for i, x in enumerate(a) for j, y in enumerate(b) if not x.relate(y) & DISJOINT]


def _found(a: Block, b: Block) -> list[tuple[int, int]]:
    left, right = a.overlapping(b)
    return sorted(zip(left.tolist(), right.tolist(), strict=True))


squares = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([0.001, 0.1, 1.0, 4.0])).map(
    lambda p: square(*p)
)
circles = st.tuples(st.floats(0, 359), st.floats(-90, 90), st.sampled_from([0.01, 2.0, 100.0, 180.0])).map(
    lambda p: circle(*p)
)
some = st.lists(st.one_of(squares, circles), min_size=1, max_size=8)


@settings(max_examples=60)
@given(a=some, b=some)
def test_pairs_are_those_that_sphgeom_finds(a: list[Region], b: list[Region]) -> None:
    assert _found(_block(a), _block(b, 1000)) == _expected(a, b)


def test_tiny_neighbours_are_not_lost_to_rounding() -> None:
    a = [square(40.0, 20.0, 1e-6)]
    b = [square(40.0 + d, 20.0, 1e-6) for d in (0.0, 0.9e-6, 1.2e-6, 5e-6)]
    assert _found(_block(a), _block(b, 1000)) == _expected(a, b)
    assert len(_expected(a, b)) == 2


def test_parts_hold_every_region_once_and_neighbours_together() -> None:
    places = [(ra, dec) for ra in range(0, 40, 10) for dec in (-40, 40)]
    regions = [square(ra + i / 10, dec, 0.1) for i in range(4) for ra, dec in places]
    block = _block(regions)
    parts = list(block.split(4))
    assert sorted(np.concatenate([p.keys for p in parts]).tolist()) == list(range(len(regions)))
    assert all(len(p.keys) == 4 for p in parts)
    for part in parts:  # four squares around one place each
        assert np.degrees(np.arccos(np.clip(part.centers @ part.centers[0], -1, 1)).max()) < 0.5
        assert part.blobs == [encode(regions[k]) for k in part.keys]


def test_a_small_block_stays_whole_and_the_last_part_may_be_smaller() -> None:
    block = _block([square(i, 0, 0.5) for i in range(5)])
    assert list(block.split(5)) == [block]
    assert [len(p.keys) for p in block.split(2)] == [2, 2, 1]


def test_split_blocks_find_the_same_pairs() -> None:
    rng = np.random.default_rng(7)
    a = [square(ra, dec, 0.6) for ra, dec in rng.uniform(-2, 2, (40, 2)).tolist()]
    b = [square(ra, dec, 0.3) for ra, dec in rng.uniform(-2, 2, (30, 2)).tolist()]
    whole = _expected(a, b)
    parts = [p for x in _block(a).split(7) for y in _block(b, 1000).split(9) for p in _found(x, y)]
    assert len(whole) > 10
    assert sorted(parts) == whole


def test_only_one_polygon_of_moderate_size_is_a_single_polygon() -> None:
    (normals,) = [_block([square(10, 0, 2)]).single_polygon()]
    assert normals.shape == (4, 3)
    several: list[Sequence[Region]] = [[square(10, 0, 2)] * 2, [circle(10, 0, 2)], [square(10, 0, 160)]]
    for regions in several:
        assert _block(regions).single_polygon() is None
