"""One image on matplotlib axes: scale, mask planes, symbols, the part in view.  Knows no files and no butler."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.exposure import Exposure
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage
from skybutler.images.wcs import SkyWcs

from .figures import new_figure, numbered_figure, require_matplotlib
from .mask_colours import MaskColours
from .scaling import Limit, Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

    from .markers import Markers
    from .screen import ScreenImage
    from .sky_grid import SkyGrid
    from .sky_marks import SkyMarks

__all__ = ["Display", "Showable"]

Showable: TypeAlias = Exposure | MaskedImage | Image | Mask | npt.NDArray[Any]


class Display:
    """A place where an image is shown, with what is drawn over it.

    Parameters
    ----------
    frame : `int`, `matplotlib.figure.Figure`, `matplotlib.axes.Axes` or `None`
        Where: the figure of a number (with a window, or in a notebook), a figure, axes of one, or a figure of its own
        that appears nowhere until it is saved or is the result of a notebook's cell.
    colour_bar : `bool`
        Whether what brightness means is shown beside the image.
    transparency : `float`
        Of all mask planes, per cent.

    Notes
    -----
    Coordinates are pixels of the parent frame, whole numbers at the centres of pixels.  Only as many pixels are drawn
    as the screen has dots.
    """

    def __init__(self, frame: Any = None, *, colour_bar: bool = True, transparency: float = 0.0) -> None:
        require_matplotlib()
        self.frame = frame if isinstance(frame, int) else None
        self.figure, self.axes = _place(frame)
        self.mask_colours = MaskColours()
        self.mask_colours.set_transparency(transparency)
        self.scaling = Scaling()
        self.shown: Showable | None = None
        self.wcs: SkyWcs | None = None
        self._wants_bar = colour_bar
        self._bar: Colorbar | None = None
        self._image: ScreenImage | None = None
        self._overlay: ScreenImage | None = None
        self._markers: Markers | None = None
        self._on_sky: list[SkyGrid | SkyMarks] = []
        self._buffering = 0

    # ------------------------------------------------------------------ image
    def scale(
        self,
        algorithm: str = "asinh",
        minimum: Limit = "zscale",
        maximum: float | None = None,
        unit: str = "absolute",
        *,
        q: float = 8.0,
        n_samples: int = 1000,
        contrast: float = 0.25,
        masked_planes: Sequence[str] = (),
    ) -> Display:
        """Choose how values become brightness, for the image shown and those to come; see `Scaling`.

        Raises
        ------
        InvalidError
            Raised if a word is not known, or limits are missing or equal.
        """
        self.scaling = Scaling(algorithm, minimum, maximum, unit, q, n_samples, contrast, tuple(masked_planes))
        self._apply_scaling()
        return self

    def show(self, image: Showable, title: str | None = None, *, wcs: SkyWcs | None = None) -> Display:
        """Show an image in place of the one before; symbols go too.

        Parameters
        ----------
        image : `Exposure`, `MaskedImage`, `Image`, `Mask` or `numpy.ndarray`
            Values in grey, mask planes over them in their colours.
        title : `str`, optional
            Over the image.
        wcs : `SkyWcs`, optional
            Sky coordinates; those of the exposure if not given.

        Raises
        ------
        InvalidError
            Raised if it is nothing that can be shown, or has no pixels.
        """
        pixels, mask = _layers(image)
        self._clear()
        self.shown = image
        self.wcs = wcs if wcs is not None else image.wcs if isinstance(image, Exposure) else None
        box = (pixels if pixels is not None else mask).bbox  # type: ignore[union-attr]
        if pixels is not None:
            self._show_pixels(pixels)
        if mask is not None:
            self._show_mask(mask)
        self.axes.set_aspect("equal")
        self._view(box)
        if title is not None:
            self.axes.set_title(title)
        return self

    def _show_pixels(self, image: Image) -> None:
        from .screen import ScreenImage, block_mean

        self._image = ScreenImage(self.axes, image.array, image.xy0, block_mean, cmap="gray")
        self.axes.add_image(self._image)
        self._apply_scaling()

    def _show_mask(self, mask: Mask) -> None:
        from .screen import ScreenImage, block_or

        self._overlay = ScreenImage(
            self.axes, mask.array, mask.xy0, block_or, lambda bits: self.mask_colours.paint(bits, mask.planes)
        )
        self._overlay.set_zorder(1)
        self.axes.add_image(self._overlay)

    def _apply_scaling(self) -> None:
        if self._image is None or self.shown is None:
            return
        from .colour_bar import draw_colour_bar
        from .screen import Stretch

        image, mask = _layers(self.shown)
        assert image is not None
        self._image.set_norm(Stretch(self.scaling, *self.scaling.limits(image, mask)))
        if self._bar is not None:
            self._bar.remove()
            self._bar = None
        if self._wants_bar:
            self._bar = draw_colour_bar(self._image, image)

    def _clear(self) -> None:
        self.erase()
        for drawn in self._on_sky:
            drawn.remove()
        self._on_sky = []
        if self._bar is not None:
            self._bar.remove()
        self.axes.clear()
        self._image = self._overlay = self._markers = self._bar = None

    @property
    def bbox(self) -> Box:
        """Pixels of the image shown.

        Raises
        ------
        InvalidError
            Raised if nothing is shown yet.
        """
        layer = self._image or self._overlay
        if layer is None:
            raise InvalidError("Nothing is shown on this display yet.", hint="Call show(image) first.")
        return layer.box

    # ------------------------------------------------------------------- mask
    def set_mask_transparency(self, percent: float, plane: str | None = None) -> None:
        """Set the transparency of a mask plane, or of all: 0 hides the image, 100 the plane.

        Raises
        ------
        InvalidError
            Raised if it is not in 0..100.
        """
        self.mask_colours.set_transparency(percent, plane)
        self._repaint()

    def set_mask_colour(self, plane: str, colour: str) -> None:
        """Give a mask plane a colour; ``ignore`` hides it.

        Raises
        ------
        InvalidError
            Raised if it is not a colour.
        """
        self.mask_colours.set_colour(plane, colour)
        self._repaint()

    def show_planes(self, planes: Sequence[str]) -> None:
        """Show these mask planes of the image and no others.

        Raises
        ------
        InvalidError
            Raised if the mask has no such plane, or there is no mask.
        """
        mask = self._mask()
        mask.bits(planes)  # refuses planes that are not there
        for plane in mask.planes:
            if plane not in planes:
                self.mask_colours.set_colour(plane, "ignore")
        self._repaint()

    def mask_legend(self, **looks: Any) -> None:
        """Name the colours of the mask planes that have a pixel in the image."""
        from matplotlib.patches import Patch

        mask = self._mask()
        present = int(np.bitwise_or.reduce(mask.array, axis=None)) if mask.array.size else 0
        shown = [p for p, bit in self.mask_colours.shown(mask.planes).items() if present >> bit & 1]
        if shown:
            patches = [Patch(facecolor=self.mask_colours.colour(p), edgecolor="black", label=p) for p in shown]
            settings: dict[str, Any] = {"loc": "upper left", "fontsize": 8, "framealpha": 0.85} | looks
            self.axes.legend(handles=patches, **settings).set_zorder(6)

    def _mask(self) -> Mask:
        mask = None if self.shown is None else _layers(self.shown)[1]
        if mask is None:
            raise InvalidError("The image shown has no mask.", hint="Show an exposure or a masked image.")
        return mask

    def _repaint(self) -> None:
        if self._overlay is not None:
            self._overlay.repaint()

    # -------------------------------------------------------------------- sky
    def sky_grid(self, labels: str = "degrees", *, count: int = 5, **looks: Any) -> Display:
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
        from .sky_grid import SkyGrid

        self._on_sky.append(SkyGrid(self.axes, self._sky(), labels=labels, count=count, **looks))
        return self

    def sky_marks(self, *, bar: bool = True, compass: bool = True, colour: str = "white") -> Display:
        """Draw a scale bar, and arrows to the north and the east.

        Raises
        ------
        InvalidError
            Raised if the image has no WCS.
        """
        from .sky_marks import SkyMarks

        self._on_sky.append(SkyMarks(self.axes, self._sky(), bar=bar, compass=compass, colour=colour))
        return self

    def _sky(self) -> SkyWcs:
        if self.shown is None or self.wcs is None:
            what = "Nothing is shown" if self.shown is None else "The image shown has no WCS"
            raise InvalidError(
                f"{what}: there is no sky to refer to.", hint="Show an exposure with a WCS, or give show(..., wcs=)."
            )
        return self.wcs

    # ---------------------------------------------------------------- symbols
    @property
    def markers(self) -> Markers:
        """What is drawn over the image."""
        from .markers import Markers

        if self._markers is None:
            self._markers = Markers(self.axes)
        return self._markers

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

    @contextmanager
    def buffering(self) -> Iterator[Display]:
        """Draw what is asked for inside at the end, all at once: thousands of single dots are as fast as one call."""
        self._buffering += 1
        try:
            yield self
        finally:
            self._buffering -= 1
            self._flush()

    def flush(self) -> None:
        """Draw what waits for the end of a buffer."""
        if self._markers is not None:
            self._markers.flush()

    def _flush(self) -> None:
        if not self._buffering:
            self.flush()

    def erase(self) -> None:
        """Take symbols, lines and texts away; the image stays."""
        if self._markers is not None:
            self._markers.erase()

    # ------------------------------------------------------------------- view
    def zoom(self, factor: float = 1.0, x: float | None = None, y: float | None = None) -> Display:
        """Show 1 / ``factor`` of the width and height of the image, around (x, y) or what is in the middle now.

        Raises
        ------
        InvalidError
            Raised if the factor is not positive, or nothing is shown yet.
        """
        if not factor > 0:
            raise InvalidError(f"A zoom factor is positive, not {factor:g}.")
        nx, ny = self.bbox.dimensions
        center = self.center
        self._look_at(center[0] if x is None else x, center[1] if y is None else y, nx / factor, ny / factor)
        return self

    def pan(self, x: float, y: float) -> Display:
        """Move (x, y) to the middle without changing the zoom."""
        (x0, x1), (y0, y1) = self.axes.get_xlim(), self.axes.get_ylim()
        self._look_at(x, y, x1 - x0, y1 - y0)
        return self

    def zoom_to(self, box: Box) -> Display:
        """Show the pixels of a box."""
        self._view(box)
        return self

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) in the middle of the view."""
        (x0, x1), (y0, y1) = self.axes.get_xlim(), self.axes.get_ylim()
        return (x0 + x1) / 2, (y0 + y1) / 2

    def _look_at(self, x: float, y: float, width: float, height: float) -> None:
        self.axes.set_xlim(x - width / 2, x + width / 2)
        self.axes.set_ylim(y - height / 2, y + height / 2)

    def _view(self, box: Box) -> None:
        self.axes.set_xlim(box.x.start - 0.5, box.x.stop - 0.5)
        self.axes.set_ylim(box.y.start - 0.5, box.y.stop - 0.5)

    # ----------------------------------------------------------------- output
    def save(self, file: str | os.PathLike[str], dpi: float | None = None) -> None:
        """Write the figure; the extension says the format (PNG, PDF, SVG)."""
        self.figure.savefig(file, dpi=dpi or "figure", bbox_inches="tight")

    def _repr_png_(self) -> bytes | None:
        """The figure as a notebook shows it, unless matplotlib does so itself."""
        import io

        if self.frame is not None or self.shown is None:
            return None
        written = io.BytesIO()
        self.figure.savefig(written, format="png", bbox_inches="tight")
        return written.getvalue()


def _place(frame: Any) -> tuple[Figure, Axes]:
    """Figure and axes of what a display was given."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if isinstance(frame, Axes):
        figure = frame.get_figure(root=True)
        assert figure is not None
        return figure, frame
    if isinstance(frame, Figure):
        figure = frame
    elif frame is None:
        figure = new_figure()
    elif isinstance(frame, int):
        figure = numbered_figure(frame)
    else:
        raise InvalidError(
            f"A display cannot be on {type(frame).__name__} {frame!r}.",
            hint="Give a number, or a figure or axes of matplotlib.",
        )
    return figure, figure.axes[0] if figure.axes else figure.add_subplot()


def _layers(image: Showable) -> tuple[Image | None, Mask | None]:
    """Values and mask of what is to be shown."""
    pixels: Image | None = None
    mask: Mask | None = None
    if isinstance(image, Exposure | MaskedImage):
        pixels, mask = image.image, image.mask
    elif isinstance(image, Image):
        pixels = image
    elif isinstance(image, Mask):
        mask = image
    elif getattr(image, "ndim", None) == 2:
        pixels = Image(np.asarray(image))
    else:
        raise InvalidError(
            f"{type(image).__name__} cannot be shown.",
            hint="Give an exposure, a masked image, an image, a mask or a two-dimensional array.",
        )
    some = pixels if pixels is not None else mask
    if some is None or some.bbox.is_empty:
        raise InvalidError("An image without pixels cannot be shown.")
    return pixels, mask
