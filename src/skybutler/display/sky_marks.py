"""A scale bar, and arrows to the north and the east, on axes in pixels.  Knows no images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.sky.vectors import unit_vectors

from .sky_grid import Projection, round_step

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["SkyMarks", "bar_length", "directions"]

_SHARE = 0.2
"""Of the width, the scale bar."""
_ARROW = 34.0
"""Points."""


def bar_length(wcs: Projection, view: tuple[float, float, float, float]) -> tuple[float, str]:
    """Length in pixels and text of a scale bar for a view (left, right, bottom, top edge in pixels)."""
    left, right, bottom, top = view
    x, y, d = (left + right) / 2, (bottom + top) / 2, max((right - left) * 0.01, 1e-6)
    a, b = unit_vectors(*wcs.pixel_to_sky(np.array([x - d, x + d]), np.array([y, y])))
    degrees_per_pixel = math.degrees(2 * math.asin(min(float(np.linalg.norm(b - a)) / 2, 1.0))) / (2 * d)
    length = round_step((right - left) * degrees_per_pixel * _SHARE, 1, labels="sexagesimal")
    if length >= 1 - 1e-9:
        text = f"{length:g}°"
    elif length >= (1 - 1e-9) / 60:
        text = f"{length * 60:.4g}′"
    else:
        text = f"{length * 3600:.4g}″"
    return length / degrees_per_pixel, text


def directions(wcs: Projection, x: float, y: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit vectors in pixels towards the north and the east at a pixel."""
    ra, dec = (float(v) for v in wcs.pixel_to_sky(x, y))
    step = 1e-4
    sense = -1.0 if dec > 89.9 else 1.0  # north of the pole there is nothing
    north = wcs.sky_to_pixel(ra, dec + sense * step)
    east = wcs.sky_to_pixel((ra + step / max(math.cos(math.radians(dec)), 1e-6)) % 360.0, dec)
    made = []
    for (px, py), sign in ((north, sense), (east, 1.0)):
        dx, dy = sign * (float(px) - x), sign * (float(py) - y)
        size = math.hypot(dx, dy) or 1.0
        made.append((dx / size, dy / size))
    return made[0], made[1]


class SkyMarks:
    """Scale bar at the lower left and compass at the lower right, right for what is in view.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        In pixels, both of the same size on the screen.
    wcs : `Projection`
        Of these pixels.
    bar, compass : `bool`
        Which are wanted.
    colour : `str`
        Of both; they have an outline so that they are seen on any ground.
    """

    def __init__(
        self, axes: Axes, wcs: Projection, *, bar: bool = True, compass: bool = True, colour: str = "white"
    ) -> None:
        self.axes, self.wcs, self._bar, self._compass, self._colour = axes, wcs, bar, compass, colour
        self._drawn: list[Artist] = []
        self._connections = [axes.callbacks.connect(f"{a}lim_changed", lambda _: self.update()) for a in "xy"]
        self.update()

    def update(self) -> None:
        """Draw them for what is in view now."""
        for artist in self._drawn:
            artist.remove()
        self._drawn = []
        (xa, xb), (ya, yb) = self.axes.get_xlim(), self.axes.get_ylim()
        if self._bar:
            self._draw_bar((min(xa, xb), max(xa, xb), min(ya, yb), max(ya, yb)))
        if self._compass:
            self._draw_compass((xa + xb) / 2, (ya + yb) / 2, 1 if xb > xa else -1, 1 if yb > ya else -1)

    def remove(self) -> None:
        """Take them away."""
        for connection in self._connections:
            self.axes.callbacks.disconnect(connection)
        for artist in self._drawn:
            artist.remove()
        self._drawn = []

    def _outlined(self, width: float) -> dict[str, Any]:
        from matplotlib.patheffects import withStroke

        dark = "black" if self._colour != "black" else "white"
        return {"path_effects": [withStroke(linewidth=width, foreground=dark)], "zorder": 5}

    def _draw_bar(self, view: tuple[float, float, float, float]) -> None:
        pixels, text = bar_length(self.wcs, view)
        share = pixels / (view[1] - view[0])
        (line,) = self.axes.plot(
            [0.05, 0.05 + share], [0.05, 0.05], transform=self.axes.transAxes, color=self._colour, linewidth=2.0,
            solid_capstyle="butt", scalex=False, scaley=False, **self._outlined(4.0),
        )  # fmt: skip
        label = self.axes.text(
            0.05 + share / 2, 0.065, text, transform=self.axes.transAxes, color=self._colour, ha="center", va="bottom",
            fontsize=10, **self._outlined(2.5),
        )  # fmt: skip
        self._drawn += [line, label]

    def _draw_compass(self, x: float, y: float, sense_x: int, sense_y: int) -> None:
        ways = [(sense_x * dx, sense_y * dy) for dx, dy in directions(self.wcs, x, y)]
        # the corner where the arrows begin is such that both end inside
        lowest = [min(0.0, *(w[i] for w in ways)) for i in (0, 1)]
        highest = [max(0.0, *(w[i] for w in ways)) for i in (0, 1)]
        margin = 22.0
        start = -margin - highest[0] * _ARROW, margin - lowest[1] * _ARROW
        for name, (dx, dy) in zip("NE", ways, strict=True):
            tip = start[0] + dx * _ARROW, start[1] + dy * _ARROW
            arrow = self.axes.annotate(
                "", xy=tip, xytext=start, xycoords=_corner(self.axes), textcoords=_corner(self.axes),
                arrowprops={"arrowstyle": "-|>", "color": self._colour, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
                | self._outlined(3.0),
            )  # fmt: skip
            far = 1.25
            label = self.axes.annotate(
                name, xy=(start[0] + dx * _ARROW * far, start[1] + dy * _ARROW * far), xycoords=_corner(self.axes),
                color=self._colour, ha="center", va="center", fontsize=10, **self._outlined(2.5),
            )  # fmt: skip
            self._drawn += [arrow, label]


def _corner(axes: Axes) -> Any:
    """Points from the lower right corner of axes, as matplotlib takes coordinates."""
    from matplotlib.transforms import Affine2D, ScaledTranslation

    figure = axes.get_figure(root=True)
    assert figure is not None
    corner: Any = ScaledTranslation(1.0, 0.0, axes.transAxes)  # type: ignore[arg-type]
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans + corner
