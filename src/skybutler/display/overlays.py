"""What is drawn over an image: symbols, lines, rows of catalogs, footprints, the sky.  Knows no pixel values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box

from .markers import Markers
from .sky_grid import Projection, SkyGrid
from .sky_marks import SkyMarks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Overlays"]


class Overlays:
    """Drawings on axes in pixels of the parent frame, whole numbers at the centres of pixels.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        Where.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.markers = Markers(axes)
        self.wcs: Projection | None = None
        self._on_sky: list[SkyGrid | SkyMarks] = []
        self._buffering = 0

    @property
    def bbox(self) -> Box:
        """Pixels that can be seen when all are in view.

        Raises
        ------
        InvalidError
            Raised if nothing is shown yet.
        """
        raise InvalidError("Nothing is shown on this display yet.", hint="Call show(image) first.")

    # -------------------------------------------------------------------- sky
    def sky_grid(self, labels: str = "degrees", *, count: int = 5, **looks: Any) -> Self:
        """Draw lines of equal right ascension and declination, and label the axes with them.

        Parameters
        ----------
        labels : `str`
            ``degrees`` or ``sexagesimal``.
        count : `int`
            About how many lines of each kind.
        **looks
            Of the lines, as for `matplotlib.collections.LineCollection`.

        Raises
        ------
        InvalidError
            Raised if the image has no WCS, or there are no such labels.
        """
        self._on_sky.append(SkyGrid(self.axes, self._sky(), labels=labels, count=count, **looks))
        return self

    def sky_marks(self, *, bar: bool = True, compass: bool = True, colour: str = "white") -> Self:
        """Draw a scale bar, and arrows to the north and the east.

        Raises
        ------
        InvalidError
            Raised if the image has no WCS.
        """
        self._on_sky.append(SkyMarks(self.axes, self._sky(), bar=bar, compass=compass, colour=colour))
        return self

    def _sky(self) -> Projection:
        if self.wcs is None:
            raise InvalidError(
                f"The image {self.bbox} has no WCS: there is no sky to refer to.",
                hint="Show an exposure with a WCS, or give show(..., wcs=).",
            )
        return self.wcs

    def _leave_sky(self) -> None:
        """Take grids and marks away."""
        for drawn in self._on_sky:
            drawn.remove()
        self._on_sky = []

    # ---------------------------------------------------------------- symbols
    def dot(
        self,
        symbol: str,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        size: npt.ArrayLike = 2.0,
        colour: str = "lime",
        *,
        width: float = 1.0,
        angle: float = 0.0,
        **text: Any,
    ) -> None:
        """Draw a symbol, or one at each of many positions.

        Parameters
        ----------
        symbol : `str`
            ``+``, ``x``, ``*``; ``o``, a circle; ``@:Mxx,Mxy,Myy``, the ellipse of these second moments; anything else
            is written as it is.
        x, y : array_like
            Where; pixels of the parent frame.
        size : array_like
            Half the width of a symbol, the radius of a circle; pixels.  Texts are five points high for each.
        colour : `str`
            Any colour of matplotlib.
        width : `float`
            Of lines, points.
        angle : `float`
            Of a text, degrees counter-clockwise.
        **text
            What else `matplotlib.axes.Axes.text` understands.
        """
        self.markers.dot(symbol, x, y, size, colour, width=width, angle=angle, **text)
        self._flush()

    def line(
        self,
        points: Sequence[tuple[float, float]] | npt.NDArray[Any],
        colour: str = "lime",
        *,
        width: float = 1.0,
        symbols: str | None = None,
        size: float = 2.0,
    ) -> None:
        """Draw a line through points (x, y), with a symbol at each if wanted, which is drawn instead of the line."""
        path = np.asarray(points, np.float64).reshape(-1, 2)
        if symbols:
            for symbol, (x, y) in zip(symbols * (len(path) // len(symbols) + 1), path, strict=False):
                self.markers.dot(symbol, x, y, size, colour, width=width)
        else:
            self.markers.line(path, colour, width=width)
        self._flush()

    def catalog(
        self,
        table: Any,
        symbol: str = "o",
        size: npt.ArrayLike = 6.0,
        colour: str = "lime",
        *,
        columns: tuple[str, str] | None = None,
        shapes: float = 0.0,
        width: float = 1.0,
    ) -> int:
        """Draw a symbol at each row of a table.

        Parameters
        ----------
        table : any table
            A catalog, a table of astropy or Arrow, a data frame, a structured array, a mapping of arrays; see
            `skybutler.display.positions.pixel_positions` for the columns looked for.
        symbol, size, colour, width
            As for `dot`.
        columns : pair of `str`, optional
            Names of columns with pixels (x, y); sky coordinates are preferred to pixels if not given.
        shapes : `float`
            If not 0, ellipses of the second moments of the rows are drawn instead, so many times as large.

        Returns
        -------
        count : `int`
            How many rows are inside the image.

        Raises
        ------
        InvalidError
            Raised if the table has no positions, or no shapes when these are wanted.
        """
        from .positions import moments, pixel_positions

        x, y = pixel_positions(table, self.wcs, columns)
        (y0, y1), (x0, x1) = self.bbox.y, self.bbox.x
        with np.errstate(invalid="ignore"):
            inside = (x >= x0 - 0.5) & (x < x1 - 0.5) & (y >= y0 - 0.5) & (y < y1 - 0.5)
        if shapes:
            xx, xy, yy = (m[inside] for m in moments(table))
            self.markers.ellipses(x[inside], y[inside], (xx, xy, yy), colour, scale=shapes, width=width)
        else:
            sizes = np.broadcast_to(np.asarray(size, float), x.shape)[inside]
            self.dot(symbol, x[inside], y[inside], sizes, colour, width=width)
        self._flush()
        return int(inside.sum())

    def footprints(self, footprints: Any, colour: str = "yellow", *, width: float = 1.0) -> None:
        """Outline sets of pixels.

        Parameters
        ----------
        footprints : footprint, iterable of footprints, or `numpy.ndarray`
            Each has ``spans``, rows of y, first x and last x, or is such rows.
        colour, width
            Of the lines.

        Raises
        ------
        InvalidError
            Raised if spans are not of this form.
        """
        from .outlines import outline_of_spans, spans_of

        for spans in spans_of(footprints):
            self.markers.lines(outline_of_spans(spans), colour, width=width)
        self._flush()

    @contextmanager
    def buffering(self) -> Iterator[Self]:
        """Draw what is asked for inside at the end, all at once: thousands of single dots are as fast as one call."""
        self._buffering += 1
        try:
            yield self
        finally:
            self._buffering -= 1
            self._flush()

    def flush(self) -> None:
        """Draw what waits for the end of a buffer."""
        self.markers.flush()

    def _flush(self) -> None:
        if not self._buffering:
            self.flush()

    def erase(self) -> None:
        """Take symbols, lines and texts away; the image stays."""
        self.markers.erase()
