"""Polygons on a map of the sky: where they are, and what is too large for a tangent plane."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.display.sky_axes import SkyAxes
from skybutler.errors import InvalidError

SQUARE = [(359.0, 10.0), (1.0, 10.0), (1.0, 12.0), (359.0, 12.0)]


def test_shapes_are_in_view_with_east_to_the_left() -> None:
    sky = SkyAxes.around([SQUARE])
    x, y = sky.place(*np.array(SQUARE).T)
    left, right = sky.axes.get_xlim()
    assert left < x.min() < -0.9
    assert 0.9 < x.max() < right < 1.2
    assert x[0] > x[1]  # 359 degrees is west of 1 degree
    made = sky.polygons([SQUARE, [(180.0, -10.0), (181.0, -10.0), (181.0, -9.0)]], facecolors="red")
    (path,) = made.get_paths()  # the other one is behind us
    assert np.allclose(np.asarray(path.vertices)[:4], np.stack([x, y], axis=-1))
    assert sky.axes.get_xlim() == (left, right)


def test_texts_and_points_do_not_change_the_view() -> None:
    sky = SkyAxes(50.0, -30.0, 2.0, labels="sexagesimal")
    limits = sky.axes.get_xlim()
    sky.points([50.0, 70.0], [-30.0, -30.0], color="red")
    assert sky.text(50.0, -30.0, "here").get_position() == pytest.approx((0, 0), abs=1e-9)
    assert sky.axes.get_xlim() == limits
    assert any("ʰ" in t.get_text() for t in sky.axes.get_xticklabels())


def test_a_point_alone_has_some_sky_around_it() -> None:
    low, high = SkyAxes.around([[(10.0, 20.0)]]).axes.get_xlim()
    assert low < 0 < high


def test_too_much_sky_and_none_are_refused() -> None:
    for radius in (0.0, 90.0):
        with pytest.raises(InvalidError, match="radius"):
            SkyAxes(0.0, 0.0, radius)
    with pytest.raises(InvalidError, match="half of the sky"):
        SkyAxes.around([[(0.0, 0.0), (10.0, 0.0)], [(170.0, 0.0)]])
    with pytest.raises(InvalidError, match="nothing"):
        SkyAxes.around([])
