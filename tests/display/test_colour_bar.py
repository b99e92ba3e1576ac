"""The bar beside an image has few, round values spread over its length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.display import Display
from skybutler.display.colour_bar import round_values
from skybutler.display.scaling import ALGORITHMS, Scaling
from skybutler.display.screen import Stretch
from skybutler.images import Image


@given(st.sampled_from(ALGORITHMS), st.floats(-1e5, 1e5), st.floats(1e-3, 1e6))
def test_values_are_inside_in_order_and_spread(algorithm: str, minimum: float, width: float) -> None:
    stretch = Stretch(Scaling(algorithm), minimum, minimum + width)
    values = round_values(stretch)
    assert values == sorted(set(values))
    assert 3 <= len(values) <= 7
    bright = np.asarray(stretch(np.array(values)))
    assert np.diff(bright).max() < 0.45


def test_values_are_round() -> None:
    assert round_values(Stretch(Scaling("linear"), 0.13, 6.1)) == pytest.approx([1, 2, 3, 4, 5, 6])


def test_the_bar_says_the_unit() -> None:
    display = Display()
    display.show(Image(np.arange(100.0).reshape(10, 10), unit="nJy"))
    (bar,) = display.axes.child_axes
    assert bar.get_ylabel() == "nJy"
    display.figure.canvas.draw()
    assert len([t for t in bar.get_yticklabels() if t.get_text()]) >= 3
