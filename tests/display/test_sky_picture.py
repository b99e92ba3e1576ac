"""Colours, classes and the part of the sky that maps show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.display.sky_picture import BAND_COLOURS, SkyMaps, _levels, band_colours
from skybutler.sky.count_map import Outline


def test_colours_of_bands() -> None:
    assert band_colours(["u", ""]) == {"u": BAND_COLOURS["u"], "": BAND_COLOURS[""]}
    assert len(set(band_colours(["VR", "N921", "u"]).values())) == 3


@given(st.integers(1, 10**6))
def test_classes_hold_every_count(most: int) -> None:
    edges = _levels(most)
    assert edges[0] == 1
    assert edges[-1] == most + 1
    assert edges == sorted(set(edges))


def _tract(ra: float, dec: float, half: float = 1.0) -> Outline:
    corners = [(ra - half, dec - half), (ra + half, dec - half), (ra + half, dec + half), (ra - half, dec + half)]
    return Outline("1", np.array(corners) % [360.0, 1000.0])


def test_a_window_across_right_ascension_zero() -> None:
    maps = SkyMaps(None, [_tract(359.5, 10.0), _tract(1.5, 10.0)])
    assert not maps.is_whole
    x0, x1, y0, y1 = maps.window
    assert x1 - x0 == pytest.approx(4.0 * 1.08, rel=0.1)
    assert x0 % 360 == pytest.approx(358.4, abs=0.3)
    assert y0 < 9 < 11 < y1


def test_far_apart_is_the_whole_sky() -> None:
    assert SkyMaps(None, [_tract(10.0, 60.0), _tract(130.0, -50.0)]).is_whole
    assert SkyMaps(None, []).is_whole


def test_too_many_tracts_are_left_out() -> None:
    many = [_tract(ra / 10, 10.0, 0.1) for ra in range(3600)]
    assert SkyMaps(None, many).tracts == []
    assert len(SkyMaps(None, many[:100]).tracts) == 100
