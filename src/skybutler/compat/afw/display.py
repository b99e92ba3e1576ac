"""The names of ``lsst.afw.display``: displays by number or figure, with its colours.  They draw with ours."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from skybutler.compat.wrapping import to_plain
from skybutler.display import Display as PlainDisplay
from skybutler.errors import InvalidError, nearest

from .missing import missing
from .pixels import LOCAL, PARENT, ImageOrigin

__all__ = [
    "BLACK",
    "BLUE",
    "CYAN",
    "GREEN",
    "IGNORE",
    "MAGENTA",
    "ORANGE",
    "RED",
    "WHITE",
    "YELLOW",
    "Display",
    "Frame",
    "delAllDisplays",
    "getDefaultBackend",
    "getDefaultFrame",
    "getDisplay",
    "setDefaultBackend",
    "setDefaultFrame",
    "setDefaultMaskPlaneColor",
    "setDefaultMaskTransparency",
]

BLACK, BLUE, CYAN, GREEN, MAGENTA = "black", "blue", "cyan", "green", "magenta"
ORANGE, RED, WHITE, YELLOW, IGNORE = "orange", "red", "white", "yellow", "ignore"

_BACKENDS = ("matplotlib", "lsst.display.matplotlib")


class _Defaults:
    """What displays made later begin with."""

    backend = "matplotlib"
    frame = 0
    transparency: float | None = None
    colours: dict[str, str] = {}
    displays: dict[int, Display] = {}


class Display:
    """A place where an image is shown.

    Parameters
    ----------
    frame : `int` or figure
        Number of a figure, or a figure or axes of matplotlib.
    backend : `str`, optional
        There is ``matplotlib``.
    """

    def __init__(self, frame: Any = None, backend: str | None = None, **_: Any) -> None:
        if backend is not None:
            _check_backend(backend)
        self.frame = _Defaults.frame if frame is None else frame
        self._plain: PlainDisplay | None = None
        self._scale: dict[str, Any] | None = None
        self._transparency = _Defaults.transparency
        self._colours: dict[str, str] = dict(_Defaults.colours)
        self.verbose = False
        if isinstance(self.frame, int):
            _Defaults.displays[self.frame] = self

    @property
    def plain(self) -> PlainDisplay:
        """Our display underneath; of a number whose figure was closed in between, a new one."""
        from matplotlib import pyplot as plt

        if self._plain is None or (isinstance(self.frame, int) and not plt.fignum_exists(self.frame)):
            self._plain = PlainDisplay(self.frame)
            if self._scale is not None:
                self._plain.scale(**self._scale)
            if self._transparency is not None:
                self._plain.set_mask_transparency(self._transparency)
            for plane, colour in self._colours.items():
                self._plain.set_mask_colour(plane, colour)
        elif isinstance(self.frame, int):
            plt.figure(self.frame)
        return self._plain

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the display; its figure stays."""
        if isinstance(self.frame, int):
            _Defaults.displays.pop(self.frame, None)
        self._plain = None

    # ------------------------------------------------------------------- image
    def scale(
        self,
        algorithm: str,
        min: Any,
        max: Any = None,
        unit: str | None = None,
        *,
        Q: float = 8.0,
        nSamples: int = 1000,
        contrast: float = 0.25,
        maskedPixels: Iterable[str] = (),
        **_: Any,
    ) -> None:
        """Choose how values become brightness: now, and for images to come.

        Parameters
        ----------
        algorithm : `str`
            ``linear``, ``asinh``, ``sqrt`` or ``log``.
        min, max : `float` or `str`
            Limits; ``zscale`` or ``minmax`` as ``min`` set both.
        unit : `str`, optional
            Of limits that are numbers: ``absolute``, ``percent`` or ``sigma``.
        Q : `float`
            How soon ``asinh`` becomes logarithmic.
        nSamples, contrast : `int`, `float`
            Of ``zscale``.
        maskedPixels : iterable of `str`
            Mask planes whose pixels do not count where limits are found.
        """
        planes = (maskedPixels,) if isinstance(maskedPixels, str) else tuple(maskedPixels)
        self._scale = {
            "algorithm": algorithm,
            "minimum": min if isinstance(min, str) else float(min),
            "maximum": max,
            "unit": unit or "absolute",
            "q": Q,
            "n_samples": nSamples,
            "contrast": contrast,
            "masked_planes": planes,
        }
        if self._plain is not None:
            self.plain.scale(**self._scale)

    def mtv(self, data: Any, title: str = "", wcs: Any = None) -> None:
        """Show an exposure, masked image, image or mask."""
        self.plain.show(to_plain(data), title or None, wcs=to_plain(wcs))

    def image(self, data: Any, title: str = "", wcs: Any = None) -> None:
        """Show an exposure, masked image, image or mask."""
        self.mtv(data, title, wcs)

    def erase(self) -> None:
        """Take symbols and lines away."""
        self.plain.erase()

    # ----------------------------------------------------------------- symbols
    def dot(
        self,
        symb: Any,
        c: float,
        r: float,
        size: float = 2,
        ctype: str | None = None,
        origin: str = PARENT,
        fontFamily: str = "helvetica",
        textAngle: float = 0.0,
        *_: Any,
        **__: Any,
    ) -> None:
        """Draw a symbol at column ``c`` and row ``r``.

        Parameters
        ----------
        symb : `str` or shape
            ``+``, ``x``, ``*``, ``o``, ``@:Mxx,Mxy,Myy``, a text, or an object with second moments.
        c, r : `float`
            Pixels.
        size : `float`
            Half the width, the radius of ``o``.
        ctype : `str`, optional
            Colour.
        origin : `str`
            From where pixels are counted.
        """
        if hasattr(symb, "getIxx"):
            symb = f"@:{symb.getIxx()},{symb.getIxy()},{symb.getIyy()}"
        x, y = self._place(c, r, origin)
        if ctype != IGNORE:
            self.plain.dot(str(symb), x, y, size, ctype or GREEN, angle=textAngle)

    def line(
        self,
        points: Iterable[Any],
        origin: str = PARENT,
        symbs: Any = False,
        ctype: str | None = None,
        size: float = 0.5,
    ) -> None:
        """Draw a line through points (column, row), or a symbol at each."""
        path = [self._place(float(p[0]), float(p[1]), origin) for p in points]
        symbols = symbs if isinstance(symbs, str) and symbs else None
        self.plain.line(path, ctype or GREEN, symbols=symbols, size=size)

    def centroids(self, catalog: Any, *, symbol: Any = "o", **keywords: Any) -> None:
        """Draw a symbol at each source of a catalog."""
        with self.Buffering():
            for record in catalog:
                mark = symbol if isinstance(symbol, str) else symbol(record)
                self.dot(mark, record.getX(), record.getY(), **keywords)

    @contextmanager
    def Buffering(self) -> Iterator[Display]:
        """Draw what is asked for inside at the end, all at once."""
        with self.plain.buffering():
            yield self

    def flush(self) -> None:
        """Draw what waits."""
        self.plain.flush()

    def _place(self, c: float, r: float, origin: str) -> tuple[float, float]:
        x0, y0 = self.plain.bbox.xy0 if origin == LOCAL else (0, 0)
        return float(c) + x0, float(r) + y0

    # -------------------------------------------------------------------- view
    def zoom(
        self, zoomfac: float | None = None, colc: float | None = None, rowc: float | None = None, origin: str = PARENT
    ) -> None:
        """Magnify, around a pixel if one is given."""
        if colc is None or rowc is None:
            self.plain.zoom(zoomfac or 1.0)
            return
        x, y = self._place(colc, rowc, origin)
        if zoomfac is None:
            self.plain.pan(x, y)
        else:
            self.plain.zoom(zoomfac, x, y)

    def pan(self, colc: float | None = None, rowc: float | None = None, origin: str = PARENT) -> None:
        """Bring a pixel to the middle."""
        if colc is not None and rowc is not None:
            self.plain.pan(*self._place(colc, rowc, origin))

    # -------------------------------------------------------------------- mask
    def setMaskTransparency(self, transparency: float, name: str | None = None) -> None:
        """Per cent, of a mask plane or of all."""
        if name is None:
            self._transparency = transparency
        self.plain.set_mask_transparency(transparency, name)

    def getMaskTransparency(self, name: str | None = None) -> float:
        """Per cent, of a mask plane or of all."""
        return self.plain.mask_colours.transparency(name)

    def setMaskPlaneColor(self, name: str | dict[str, str], color: str | None = None) -> None:
        """Give a mask plane a colour, or several planes theirs; ``ignore`` hides them."""
        for plane, colour in (name if isinstance(name, dict) else {name: str(color)}).items():
            self._colours[plane] = colour
            self.plain.set_mask_colour(plane, colour)

    def getMaskPlaneColor(self, name: str | None = None) -> Any:
        """Colour of a mask plane, or those that were set."""
        return dict(self._colours) if name is None else self.plain.mask_colours.colour(name)

    def setImageColormap(self, cmap: str) -> None:
        """Colours of the image, a colour map of matplotlib."""
        for drawn in self.plain.axes.get_images()[:1]:
            drawn.set_cmap(cmap)

    def show(self) -> None:
        """Nothing; figures appear as matplotlib is set up to show them."""

    @staticmethod
    def setDefaultBackend(backend: str) -> None:
        """Choose the backend; there is ``matplotlib``."""
        setDefaultBackend(backend)

    @staticmethod
    def getDefaultBackend() -> str:
        """Name of the backend."""
        return _Defaults.backend

    @staticmethod
    def setDefaultFrame(frame: int = 0) -> None:
        """Choose the number of displays that are given none."""
        _Defaults.frame = frame

    @staticmethod
    def getDefaultFrame() -> int:
        """Number of displays that are given none."""
        return _Defaults.frame

    @staticmethod
    def getDisplay(frame: int | None = None, backend: str | None = None, create: bool = True) -> Display:
        """The display of a number."""
        return getDisplay(frame, backend, create)

    @staticmethod
    def delAllDisplays() -> None:
        """Forget all displays."""
        _Defaults.displays.clear()

    def __repr__(self) -> str:
        return f"Display[{self.frame}]"


Frame = ImageOrigin


def _check_backend(name: str) -> None:
    if name not in _BACKENDS:
        hint = nearest(name, _BACKENDS[:1]) or "There is matplotlib."
        raise InvalidError(f"skybutler.compat has no display backend '{name}'.", hint=hint)


def setDefaultBackend(backend: str) -> None:
    """Choose the backend; there is ``matplotlib``.

    Raises
    ------
    InvalidError
        It is another one.
    """
    _check_backend(backend)


def getDefaultBackend() -> str:
    """Name of the backend."""
    return _Defaults.backend


def setDefaultFrame(frame: int = 0) -> None:
    """Choose the number of displays that are given none."""
    _Defaults.frame = frame


def getDefaultFrame() -> int:
    """Number of displays that are given none."""
    return _Defaults.frame


def setDefaultMaskTransparency(maskPlaneTransparency: float) -> None:
    """Per cent, for displays made later."""
    _Defaults.transparency = maskPlaneTransparency


def setDefaultMaskPlaneColor(name: str | dict[str, str] | None = None, color: str | None = None) -> None:
    """Colours of mask planes for displays made later."""
    _Defaults.colours.update({} if name is None else name if isinstance(name, dict) else {name: str(color)})


def getDisplay(frame: int | None = None, backend: str | None = None, create: bool = True, **options: Any) -> Display:
    """The display of a number, made if there is none.

    Raises
    ------
    InvalidError
        There is none, and none is to be made.
    """
    number = _Defaults.frame if frame is None else frame
    found = _Defaults.displays.get(number)
    if found is None and not create:
        raise InvalidError(f"There is no display {number}.", hint=f"Make it: Display(frame={number}).")
    return found or Display(number, backend, **options)


def delAllDisplays() -> None:
    """Forget all displays."""
    _Defaults.displays.clear()


__getattr__ = missing(
    "lsst.afw.display",
    __all__,
    {
        "rgb": "astropy.visualization.make_lupton_rgb makes colour images.",
        "displayUtils": "skybutler.display has grids of images.",
        "utils": "skybutler.display has grids of images.",
        "ds9": "There is matplotlib: Display(frame=1).",
    },
)
