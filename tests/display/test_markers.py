"""Symbols become few collections, at the right places and of the right sizes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import EllipseCollection, LineCollection

from skybutler.display.figures import new_figure
from skybutler.display.markers import Markers, ellipse_axes
from skybutler.errors import InvalidError


def _collection(markers: Markers, i: int = 0) -> Any:
    return list(markers.axes.collections)[i]


@pytest.fixture
def markers() -> Markers:
    axes = new_figure().add_subplot()
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    return Markers(axes)


def test_thousands_of_symbols_are_two_collections(markers: Markers) -> None:
    for i in range(500):
        markers.dot("+", i, i)
        markers.dot("o", i, i, 3.0, "red")
        markers.dot("@:4,0,1", i, i, colour="cyan")
    markers.flush()
    assert [type(c) for c in markers.axes.collections] == [LineCollection, EllipseCollection]
    assert len(_collection(markers).get_paths()) == 1000
    assert len(_collection(markers, 1).get_offsets()) == 1000


def test_strokes_reach_as_far_as_the_size(markers: Markers) -> None:
    markers.dot("+", 10.0, 20.0, 5.0)
    markers.dot("x", 50.0, 50.0, 2.0)
    markers.flush()
    ends = [path.vertices.tolist() for path in _collection(markers).get_paths()]
    assert ends[:2] == [[[5, 20], [15, 20]], [[10, 15], [10, 25]]]
    assert math.dist(*ends[2]) == pytest.approx(4.0)


def test_arrays_of_positions_and_sizes(markers: Markers) -> None:
    markers.dot("o", [1, 2, 3], 7.0, [2.0, 3.0, 4.0], "red")
    markers.flush()
    circles = _collection(markers)
    assert np.asarray(circles.get_offsets()).tolist() == [[1, 7], [2, 7], [3, 7]]
    assert circles.get_widths().tolist() == [4, 6, 8]


def test_texts_and_lines(markers: Markers) -> None:
    markers.dot("R22", 3, 4, 2.0, "red", angle=45, weight="bold")
    markers.line([(0, 0), (5, 5), (9, 0)], "blue", width=2.0)
    markers.line([(0, 0)])  # no line
    markers.lines([np.zeros((2, 2)), np.ones((3, 2))])
    markers.flush()
    (text,) = markers.axes.texts
    assert (text.get_text(), text.get_position(), text.get_rotation()) == ("R22", (3, 4), 45)
    assert [len(p.vertices) for p in _collection(markers).get_paths()] == [3, 2, 3]


def test_erasing_leaves_nothing(markers: Markers) -> None:
    markers.dot("o", 1, 1)
    markers.dot("text", 1, 1)
    markers.flush()
    markers.dot("+", 1, 1)
    markers.erase()
    markers.flush()
    assert not markers.axes.collections
    assert not markers.axes.texts


@given(st.floats(0.5, 20), st.floats(0.02, 1.0), st.floats(-89, 89))
def test_axes_of_an_ellipse_of_moments(a: float, ratio: float, angle: float) -> None:
    b, (s, c) = a * ratio, (math.sin(math.radians(angle)), math.cos(math.radians(angle)))
    mxx, myy, mxy = (a * c) ** 2 + (b * s) ** 2, (a * s) ** 2 + (b * c) ** 2, (a * a - b * b) * s * c
    got = ellipse_axes(mxx, mxy, myy)
    assert got[:2] == pytest.approx((a, b), rel=1e-3, abs=1e-6)
    if ratio < 0.99:
        assert abs((got[2] - angle + 90) % 180 - 90) < 0.1


def test_many_ellipses_skip_those_without_moments(markers: Markers) -> None:
    x = np.arange(4.0)
    markers.ellipses(x, x, ([4.0, np.nan, 1.0, -1.0], [0.0, 0.0, 5.0, 0.0], [1.0, 1.0, 1.0, 1.0]), scale=3.0)
    markers.flush()
    circles = _collection(markers)
    assert circles.get_widths().tolist() == [12.0]
    assert circles.get_heights().tolist() == [6.0]


@pytest.mark.parametrize("symbol", ["@:1,2", "@:a,b,c", "@:1,5,1"])
def test_what_is_no_ellipse_is_refused(markers: Markers, symbol: str) -> None:
    with pytest.raises(InvalidError, match="ellipse"):
        markers.dot(symbol, 1, 1)
