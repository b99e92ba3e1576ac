"""Outlines go around pixels, once, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from skybutler.display.outlines import outline, outline_of_spans, spans_of
from skybutler.errors import InvalidError

SETS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8))


def _edges(inside: np.ndarray) -> set[tuple[float, float, float, float]]:
    """Edges between a pixel inside and one outside, one by one."""
    padded = np.pad(inside, 1)
    edges = set()
    for y, x in np.argwhere(padded):
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            if not padded[y + dy, x + dx]:
                mx, my = x - 1 + dx / 2, y - 1 + dy / 2
                edges.add((mx - abs(dy) / 2, my - abs(dx) / 2, mx + abs(dy) / 2, my + abs(dx) / 2))
    return edges


@given(SETS)
def test_pieces_are_all_edges_of_the_set(inside: np.ndarray) -> None:
    found = []
    for (xa, ya), (xb, yb) in outline(inside, (100, 200)):
        count = round(xb - xa + yb - ya)
        for i in range(count):
            step = np.array([xb - xa, yb - ya]) / count
            start = np.array([xa, ya]) + i * step - (100, 200)
            found.append((*start.tolist(), *(start + step).tolist()))
    assert len(found) == len(set(found))
    assert set(found) == _edges(inside)


@given(SETS)
def test_spans_are_the_set_they_came_from(inside: np.ndarray) -> None:
    spans = [(y, x, x) for y, x in np.argwhere(inside).tolist()]
    got = {tuple(piece.ravel()) for piece in outline_of_spans(np.array(spans).reshape(-1, 3))}
    assert got == {tuple(piece.ravel()) for piece in outline(inside)}


def test_bad_spans_are_refused() -> None:
    for spans in ([(1, 2)], [(0, 5, 4)]):
        with pytest.raises(InvalidError, match="first x"):
            outline_of_spans(spans)


def test_one_footprint_or_many() -> None:
    rows = np.array([[0, 0, 0]])
    assert len(list(spans_of(rows))) == 1
    assert len(list(spans_of([rows, rows]))) == 2
