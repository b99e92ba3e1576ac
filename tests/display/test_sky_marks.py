"""The scale bar is as long as it says, and the arrows point north and east."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.display.figures import new_figure
from skybutler.display.sky_marks import SkyMarks, bar_length, directions
from skybutler.images import SkyWcs


def _wcs(ra: float, dec: float, scale: float, angle: float) -> SkyWcs:
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return SkyWcs.from_affine(ra, dec, scale * np.array([[-c, s], [s, c]]), (250, 200))


@given(st.floats(1e-6, 3e-3), st.floats(-80, 80))
def test_the_bar_is_as_long_as_its_text(scale: float, dec: float) -> None:
    length, text = bar_length(_wcs(10, dec, scale, 20), (0, 500, 0, 400))
    value, unit = float(text[:-1]), {"°": 1.0, "′": 1 / 60, "″": 1 / 3600}[text[-1]]
    assert length * scale == pytest.approx(value * unit, rel=5e-3)
    assert 0.05 < length / 500 < 0.5


@given(st.floats(0, 359), st.floats(-85, 85), st.floats(0, 359))
def test_arrows_point_along_the_axes_of_the_sky(ra: float, dec: float, angle: float) -> None:
    (nx, ny), (ex, ey) = directions(_wcs(ra, dec, 1e-4, angle), 250, 200)
    turn = math.radians(angle)
    assert (nx, ny) == pytest.approx((math.sin(turn), math.cos(turn)), abs=1e-3)
    assert (ex, ey) == pytest.approx((-math.cos(turn), math.sin(turn)), abs=1e-3)


def test_at_the_pole_there_are_still_arrows() -> None:
    for way in directions(_wcs(20, 90.0, 1e-4, 0), 250, 200):
        assert math.hypot(*way) == pytest.approx(1.0)


def test_marks_follow_the_view_and_can_be_removed() -> None:
    axes = new_figure().add_subplot()
    axes.set_xlim(0, 500)
    axes.set_ylim(0, 400)
    marks = SkyMarks(axes, _wcs(10, 20, 1e-4, 0))
    before = sorted(t.get_text() for t in axes.texts if t.get_text())
    assert {"N", "E"} < set(before)
    axes.set_xlim(240, 260)
    after = sorted(t.get_text() for t in axes.texts if t.get_text())
    assert len(after) == 3
    assert after != before
    assert axes.get_xlim() == (240, 260)
    marks.remove()
    assert not axes.texts
    assert not axes.lines
    axes.set_xlim(0, 1)
    assert not axes.texts
