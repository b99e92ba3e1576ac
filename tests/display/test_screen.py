"""The stretch, and that what is drawn fits the screen and the view."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backend_bases import MouseEvent

from skybutler.display.blocks import block_mean
from skybutler.display.figures import new_figure
from skybutler.display.scaling import Scaling
from skybutler.display.screen import ScreenImage, Stretch


def test_the_stretch_is_the_scaling_between_limits() -> None:
    stretch = Stretch(Scaling("asinh"), 100.0, 200.0)
    values = np.array([50.0, 100.0, 150.0, 1e6, np.nan])
    bright = stretch(np.ma.masked_invalid(values))
    assert bright[:4].tolist() == pytest.approx([0.0, 0.0, float(Scaling("asinh").curve(0.5)), 1.0])
    assert bright.mask[4]
    assert float(stretch.inverse(stretch(150.0))) == pytest.approx(150.0)
    assert (stretch.vmin, stretch(stretch.vmax)) == (100.0, pytest.approx(1.0))


def _shown(array: np.ndarray, xy0: tuple[int, int] = (0, 0)) -> tuple[Axes, ScreenImage]:
    axes = new_figure(2, 2, dpi=100).add_axes((0, 0, 1, 1))
    image = ScreenImage(axes, array, xy0, block_mean, cmap="gray")
    axes.add_image(image)
    axes.set_xlim(xy0[0] - 0.5, xy0[0] + array.shape[1] - 0.5)
    axes.set_ylim(xy0[1] - 0.5, xy0[1] + array.shape[0] - 0.5)
    return axes, image


def _draw(axes: Axes) -> np.ndarray:
    figure = axes.get_figure()
    assert figure is not None
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., 0]  # type: ignore[attr-defined]


def test_a_large_image_is_drawn_in_blocks_and_its_pixels_when_zoomed_in() -> None:
    array = np.random.default_rng(1).normal(size=(1000, 1000)).astype(np.float32)
    axes, image = _shown(array, (10, 20))
    _draw(axes)
    assert image.get_array().shape == (200, 200)  # type: ignore[union-attr]
    assert image.get_extent() == (9.5, 1009.5, 19.5, 1019.5)
    axes.set_xlim(109.5, 119.5)
    axes.set_ylim(219.5, 229.5)
    _draw(axes)
    x0, x1, y0, y1 = image.get_extent()
    assert x0 <= 109.5 < 119.5 <= x1 < 125
    part = image.get_array()
    assert part is not None
    assert (part.shape[1], part.shape[0]) == (x1 - x0, y1 - y0)
    assert part[int(220 - y0), int(110 - x0)] == array[200, 100]
    axes.set_xlim(5000, 6000)
    assert not _draw(axes)[90:110, 90:110].std()  # out of view


def test_the_place_of_a_pixel_is_kept() -> None:
    array = np.zeros((700, 700), np.float32)
    array[350:357, 140:147] = 1.0
    axes, image = _shown(array)
    image.set_clim(0, 1)
    drawn = _draw(axes)
    y, x = np.nonzero(drawn > 100)
    assert (x.mean(), y.mean()) == (pytest.approx(143 / 3.5, abs=1), pytest.approx(199 - 353 / 3.5, abs=1))


def test_the_value_under_the_mouse_is_that_of_the_pixel() -> None:
    array = np.arange(1000 * 1000, dtype=np.float64).reshape(1000, 1000)
    axes, image = _shown(array, (10, 20))
    canvas = axes.figure.canvas
    inside = MouseEvent("motion_notify_event", canvas, *axes.transData.transform((110.2, 219.9)))
    assert image.get_cursor_data(inside) == array[200, 100]
    outside = MouseEvent("motion_notify_event", canvas, -100, -100)
    assert image.get_cursor_data(outside) is None
