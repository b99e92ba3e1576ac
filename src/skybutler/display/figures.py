"""Figures: makes them without a window, and says what to install when matplotlib is missing.  Knows no images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skybutler.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EMPTY", "FAINT", "INK", "PAPER", "QUIET", "STYLE", "new_figure", "numbered_figure", "require_matplotlib"]

INK, QUIET, FAINT, PAPER, EMPTY = "#22303c", "#5b6873", "#a9b4bd", "#ffffff", "#f1f4f6"
"""Text, less important text, lines, the page, and where there is nothing."""

STYLE: Any = {
    "font.family": "sans-serif", "font.size": 10, "text.color": INK, "axes.labelcolor": INK,
    "axes.edgecolor": FAINT, "xtick.color": INK, "ytick.color": INK, "axes.linewidth": 0.8,
    "xtick.direction": "out", "ytick.direction": "out",
}  # fmt: skip
"""Settings of matplotlib for whole pages that we lay out (`matplotlib.rc_context`)."""


def require_matplotlib() -> None:
    """Make sure that there is something to draw with.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "A picture needs matplotlib.", hint="Install it with: pip install 'skybutler[display]'"
        ) from error


def new_figure(width: float = 7.0, height: float = 6.5, dpi: float = 100.0, *, tidy: bool = False) -> Figure:
    """A figure that no window or notebook knows of, to be saved.

    Parameters
    ----------
    width, height : `float`
        Inches.
    dpi : `float`
        Dots per inch on a screen.
    tidy : `bool`
        Whether matplotlib places axes so that no labels overlap.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=dpi, facecolor=PAPER, layout="constrained" if tidy else None)
    FigureCanvasAgg(figure)
    return figure


def numbered_figure(number: int, width: float = 7.0, height: float = 6.5) -> Figure:
    """The figure of a number, with a window or in a notebook as matplotlib is set up; made if there is none."""
    require_matplotlib()
    from matplotlib import pyplot as plt

    if plt.fignum_exists(number):
        return plt.figure(number)
    return plt.figure(number, figsize=(width, height))
