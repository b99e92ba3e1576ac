"""One image on matplotlib axes: scale, mask planes, symbols, the part in view.  Knows no files and no butler."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from .overlays import Overlays
from .scaling import Limit, Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

    from .screen import ScreenImage

__all__ = ["Display", "Showable", "layers"]

Showable: TypeAlias = Exposure | MaskedImage | Image | Mask | npt.NDArray[Any]


class Display(Overlays):
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
        self._is_own = frame is None
        self.figure, axes = _place(frame)
        super().__init__(axes)
        self.mask_colours = MaskColours()
        self.mask_colours.set_transparency(transparency)
        self.scaling = Scaling()
        self.shown: Showable | None = None
        self._wants_bar = colour_bar
        self._bar: Colorbar | None = None
        self._image: ScreenImage | None = None
        self._overlay: ScreenImage | None = None
        self._composite: ScreenImage | None = None

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
        pixels, mask = layers(image)
        self._clear()
        self.shown = image
        self.wcs = wcs if wcs is not None else image.wcs if isinstance(image, Exposure) else None
        box = (pixels if pixels is not None else mask).bbox  # type: ignore[union-attr]
        if pixels is not None:
            self._show_pixels(pixels)
        if mask is not None:
            self._show_mask(mask)
        self._fit_page(box)
        if title is not None:
            self.axes.set_title(title)
        return self

    def show_rgb(
        self,
        red: Exposure | MaskedImage | Image,
        green: Exposure | MaskedImage | Image,
        blue: Exposure | MaskedImage | Image,
        title: str | None = None,
        *,
        balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
        stretch: float | None = None,
        q: float = 8.0,
    ) -> Display:
        """Show three images of one pixel grid in colours, the longest wavelength first; see `ColourComposite.of`.

        Raises
        ------
        InvalidError
            Raised if the images share no pixel.
        """
        from .colour_composite import ColourComposite
        from .screen import ScreenImage

        composite = ColourComposite.of(red, green, blue, balance=balance, stretch=stretch, q=q)
        self._clear()
        self.wcs = red.wcs if isinstance(red, Exposure) else None
        self._composite = ScreenImage(self.axes, composite.pixels, composite.box.xy0, composite.reduce, composite.paint)
        self.axes.add_image(self._composite)
        self._fit_page(composite.box)
        if title is not None:
            self.axes.set_title(title)
        return self

    def _show_pixels(self, image: Image) -> None:
        from .blocks import block_mean
        from .screen import ScreenImage

        self._image = ScreenImage(self.axes, image.array, image.xy0, block_mean, cmap="gray")
        self.axes.add_image(self._image)
        self._apply_scaling()

    def _show_mask(self, mask: Mask) -> None:
        from .blocks import block_or
        from .screen import ScreenImage

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

        image, mask = layers(self.shown)
        assert image is not None
        self._image.set_norm(Stretch(self.scaling, *self.scaling.limits(image, mask)))
        if self._bar is not None:
            self._bar.remove()
            self._bar = None
        if self._wants_bar:
            self._bar = draw_colour_bar(self._image, image)

    def _clear(self) -> None:
        self.erase()
        self._leave_sky()
        if self._bar is not None:
            self._bar.remove()
        self.axes.clear()
        self._image = self._overlay = self._composite = self._bar = None
        self.shown = self.wcs = None

    @property
    def bbox(self) -> Box:
        """Pixels of the image shown.

        Raises
        ------
        InvalidError
            Raised if nothing is shown yet.
        """
        layer = self._image or self._overlay or self._composite
        return super().bbox if layer is None else layer.box

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
            columns = 1 if len(shown) < 4 else 2
            settings: dict[str, Any] = {
                "loc": "upper left",
                "fontsize": 7.5,
                "framealpha": 0.85,
                "ncols": columns,
            } | looks
            self.axes.legend(handles=patches, **settings).set_zorder(6)

    def outline_planes(self, planes: str | Sequence[str], colour: str = "yellow", *, width: float = 1.0) -> None:
        """Outline the pixels that have one of these mask planes.

        Raises
        ------
        InvalidError
            Raised if the mask has no such plane, or there is no mask.
        """
        from .outlines import outline

        mask = self._mask()
        self.markers.lines(outline(mask.where(planes), mask.xy0), colour, width=width)
        self._flush()

    def _mask(self) -> Mask:
        mask = None if self.shown is None else layers(self.shown)[1]
        if mask is None:
            raise InvalidError("The image shown has no mask.", hint="Show an exposure or a masked image.")
        return mask

    def _repaint(self) -> None:
        if self._overlay is not None:
            self._overlay.repaint()

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

    def _fit_page(self, box: Box) -> None:
        self.axes.set_aspect("equal")
        self._view(box)
        if self._is_own:
            width = self.figure.get_figwidth()
            self.figure.set_size_inches(width, min(max(0.82 * width * box.y.size / box.x.size, 2.0), 12.0) + 0.8)

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

        if self.frame is not None or not self.axes.images:
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
        figure = new_figure(tidy=True)
    elif isinstance(frame, int):
        figure = numbered_figure(frame)
    else:
        raise InvalidError(
            f"A display cannot be on {type(frame).__name__} {frame!r}.",
            hint="Give a number, or a figure or axes of matplotlib.",
        )
    return figure, figure.axes[0] if figure.axes else figure.add_subplot()


def layers(image: Showable) -> tuple[Image | None, Mask | None]:
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
