"""The overlay of mask planes: who is on top, and how much shines through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from skybutler.display.mask_colours import DEFAULT_COLOURS, MaskColours
from skybutler.errors import InvalidError
from skybutler.images import Mask
from skybutler.images.box import Box
from skybutler.images.mask import DEFAULT_PLANES


def test_every_default_plane_has_a_colour() -> None:
    assert set(DEFAULT_PLANES) == set(DEFAULT_COLOURS)


def test_opaque_planes_show_the_lowest_bit() -> None:
    bits = np.array([[0, 1, 1 << 5, 1 | 1 << 5]], np.int32)
    painted = MaskColours().paint(bits, DEFAULT_PLANES)
    assert painted[0].tolist() == [[0, 0, 0, 0], [255, 0, 0, 255], [0, 0, 255, 255], [255, 0, 0, 255]]


@given(st.lists(st.integers(0, 511), min_size=1, max_size=20), st.lists(st.floats(0, 100), min_size=9, max_size=9))
def test_painting_is_one_plane_over_the_other(values: list[int], percents: list[float]) -> None:
    colours = MaskColours()
    for plane, percent in zip(DEFAULT_PLANES, percents, strict=True):
        colours.set_transparency(percent, plane)
    painted = colours.paint(np.array([values], np.int32), DEFAULT_PLANES)[0] / 255.0
    for value, rgba in zip(values, painted, strict=True):
        seen = np.full(3, 0.5)  # over a grey page
        for plane, bit in reversed(list(DEFAULT_PLANES.items())):
            if value >> bit & 1:
                through = colours.transparency(plane) / 100
                seen = through * seen + (1 - through) * np.array(to_rgb(DEFAULT_COLOURS[plane]))
        assert rgba[3] * rgba[:3] + (1 - rgba[3]) * 0.5 == pytest.approx(seen, abs=0.01)


def test_hidden_planes_let_others_be_seen() -> None:
    colours = MaskColours()
    colours.set_colour("BAD", "ignore")
    assert colours.paint(np.array([[1 | 1 << 5]], np.int32), DEFAULT_PLANES).tolist() == [[[0, 0, 255, 255]]]
    colours.set_transparency(100)
    assert not colours.paint(np.array([[511]], np.int32), DEFAULT_PLANES).any()


def test_unknown_planes_get_colours_and_keep_them() -> None:
    colours = MaskColours()
    mask = Mask.zeros(Box((0, 2), (0, 2)), {"STREAK": 0, "VIGNETTED": 1})
    first = [colours.colour(p) for p in mask.planes]
    assert len(set(first)) == 2
    assert [colours.colour(p) for p in reversed(mask.planes)] == first[::-1]


def test_one_transparency_for_all_takes_the_others_away() -> None:
    colours = MaskColours()
    colours.set_transparency(30, "BAD")
    assert (colours.transparency("BAD"), colours.transparency("SAT")) == (30, 0)
    colours.set_transparency(60)
    assert (colours.transparency("BAD"), colours.transparency()) == (60, 60)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidError, match="101"):
        MaskColours().set_transparency(101)
    with pytest.raises(InvalidError, match="'vermilionish'.*ignore"):
        MaskColours().set_colour("BAD", "vermilionish")
