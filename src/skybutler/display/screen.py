"""Images on axes at the resolution of the screen: pixels are put together in blocks as they are drawn.

A 4000 x 4000 image has thirty times the pixels of its picture.  What is drawn is made of blocks (means of values,
unions of mask bits) that are as large as a dot of the screen, for the part that is in view, so zooming in shows every
pixel.  Knows matplotlib; knows neither masks nor exposures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backend_bases import MouseEvent, RendererBase
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage

from skybutler.display.scaling import Scaling
from skybutler.images.box import Box

__all__ = ["ScreenImage", "Stretch"]

Pixels: TypeAlias = npt.NDArray[Any]


class Stretch(Normalize):
    """A `Scaling` between limits as matplotlib wants it; ``vmin`` and ``vmax`` are where brightness is 0 and 1."""

    def __init__(self, scaling: Scaling, minimum: float, maximum: float) -> None:
        self.scaling, self.minimum, self.range = scaling, minimum, maximum - minimum
        super().__init__(minimum, minimum + scaling.top * self.range)

    def __call__(self, value: Any, clip: bool | None = None) -> Any:
        """Brightness of values."""
        values, is_scalar = self.process_value(value)
        bright = self.scaling.curve((np.asarray(values.data, np.float64) - self.minimum) / self.range)
        made = np.ma.array(bright, mask=np.ma.getmaskarray(values))
        return made[0] if is_scalar else made

    def inverse(self, value: Any) -> Any:
        """Values of a brightness."""
        return self.minimum + self.range * self.scaling.inverse(value)


class ScreenImage(AxesImage):
    """Pixels on axes in parent coordinates, reduced to what the screen can show.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        Where; add it with ``axes.add_image``.
    array : `numpy.ndarray`, (ny, nx)
        Pixels.
    xy0 : pair of `int`
        (x, y) of the first one.
    reduce : callable
        Makes an array of blocks of n x n of an array; n = 1 leaves it as it is.
    paint : callable, optional
        Makes RGBA of the blocks; numbers go to the colour map otherwise.
    **looks
        As for `matplotlib.image.AxesImage`.
    """

    def __init__(
        self,
        axes: Axes,
        array: Pixels,
        xy0: tuple[int, int],
        reduce: Callable[[Pixels, int], Pixels],
        paint: Callable[[Any], Pixels] | None = None,
        **looks: Any,
    ) -> None:
        self.pixels, self.box = array, Box.from_shape(array.shape, xy0)
        super().__init__(axes, origin="lower", interpolation="nearest", extent=self._edges_of(self.box), **looks)
        self._reduce, self._paint = reduce, paint
        self._shown: tuple[Box, int] | None = None
        self._edges = self._edges_of(self.box)
        self.set_clip_path(axes.patch)
        self.set_data(np.zeros((1, 1)) if paint is None else np.zeros((1, 1, 4)))  # until it is drawn

    def get_extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top edge of what is drawn, in parent pixels."""
        return self._edges

    def draw(self, renderer: RendererBase) -> None:
        """Reduce what is in view to the dots that the renderer has for it, and draw that."""
        if self.get_visible():
            box = self._in_view()
            if not box.is_empty:
                self._fit(box, self._block(renderer))
        super().draw(renderer)

    def repaint(self) -> None:
        """Colours have changed: make the overlay anew when it is drawn next."""
        self._shown = None
        self.stale = True

    def get_cursor_data(self, event: MouseEvent) -> Any:
        """The value of the pixel under the mouse."""
        if event.xdata is None or event.ydata is None or not self.box.contains((event.xdata, event.ydata)):
            return None
        x0, y0 = self.box.xy0
        return self.pixels[round(event.ydata) - y0, round(event.xdata) - x0]

    def _in_view(self) -> Box:
        assert self.axes is not None
        (xa, xb), (ya, yb) = sorted(self.axes.get_xlim()), sorted(self.axes.get_ylim())
        view = Box((int(np.floor(ya)), int(np.ceil(yb)) + 1), (int(np.floor(xa)), int(np.ceil(xb)) + 1))
        return view.intersection(self.box)

    def _block(self, renderer: RendererBase) -> int:
        """Pixels along one axis that share a dot."""
        assert self.axes is not None
        place, dots = self.axes.get_window_extent(renderer), renderer.get_image_magnification()
        (xa, xb), (ya, yb) = self.axes.get_xlim(), self.axes.get_ylim()
        per_dot = min(abs(xb - xa) / max(place.width * dots, 1), abs(yb - ya) / max(place.height * dots, 1))
        return max(int(per_dot), 1)

    def _fit(self, box: Box, n: int) -> None:
        # Blocks begin at multiples of n from the first pixel, so that panning does not make them flicker.
        x0, y0 = self.box.xy0
        start = x0 + (box.x.start - x0) // n * n, y0 + (box.y.start - y0) // n * n
        box = Box((start[1], box.y.stop), (start[0], box.x.stop))
        if self._shown == (box, n):
            return
        part = self.pixels[box.slices(self.box)]
        blocks = self._reduce(part, n) if n > 1 else part
        self.set_data(blocks if self._paint is None else self._paint(blocks))
        # single pixels have sharp edges; blocks nearly as large as dots are smoothed against moire
        self.set_interpolation("nearest" if n == 1 else "auto")
        ny, nx = blocks.shape[:2]
        whole = Box((start[1], start[1] + ny * n), (start[0], start[0] + nx * n))
        self._edges, self._shown = self._edges_of(whole), (box, n)

    @staticmethod
    def _edges_of(box: Box) -> tuple[float, float, float, float]:
        return box.x.start - 0.5, box.x.stop - 0.5, box.y.start - 0.5, box.y.stop - 0.5
