"""The scale beside an image: round values at even steps of brightness.  Knows matplotlib; finds no limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, FuncFormatter

from skybutler.images.image import Image

from .screen import Stretch

if TYPE_CHECKING:
    from matplotlib.colorbar import Colorbar

__all__ = ["draw_colour_bar", "round_values"]


def round_values(norm: Stretch, count: int = 6) -> list[float]:
    """Values about evenly spaced in brightness, each as round as its distance to the next allows."""
    raw = [float(norm.inverse(i / count)) for i in range(count + 1)]
    chosen: list[float] = []
    for i, value in enumerate(raw):
        gap = min(abs(value - raw[j]) for j in (i - 1, i + 1) if 0 <= j <= count)
        step = 10.0 ** math.floor(math.log10(gap)) if gap > 0 else 1.0
        step *= 5 if gap / step >= 5 else 2 if gap / step >= 2 else 1
        rounded = round(value / step) * step
        if raw[0] <= rounded <= raw[-1] and rounded not in chosen:
            chosen.append(rounded + 0.0)
    return chosen


def draw_colour_bar(image: AxesImage, pixels: Image) -> Colorbar:
    """Draw the bar of an image beside its axes.

    Parameters
    ----------
    image : `matplotlib.image.AxesImage`
        With a `Stretch`.
    pixels : `Image`
        For its unit.
    """
    assert image.axes is not None
    norm = image.norm
    assert isinstance(norm, Stretch)
    figure = image.axes.get_figure(root=True)
    assert figure is not None
    # inside the image's own axes, so that it is as high as the image
    bar = figure.colorbar(image, cax=image.axes.inset_axes((1.02, 0.0, 0.04, 1.0)))
    bar.ax.yaxis.set_major_locator(FixedLocator(round_values(norm)))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _text(value)))
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=8)
    if pixels.unit:
        bar.set_label(pixels.unit, fontsize=9)
    return bar


def _text(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e7 else f"{value:.3g}"
