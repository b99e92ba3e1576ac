"""A picture of a `Summary`: where and when a survey looked.  Lays out the page; knows no database.

Wide surveys are shown on the whole sky (Mollweide), others in a window around them.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skybutler.display.figures import EMPTY, PAPER, QUIET, STYLE, new_figure, require_matplotlib
from skybutler.display.sky_picture import SkyMaps, band_colours, colour_bar
from skybutler.sky.count_map import Coverage, Outline

from .summary import Summary, band_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["compose_summary", "draw_summary"]

_WIDTH, _HEIGHT = 13.0, 8.9
"""Inches."""
_FLATTER, _MAPS_FROM = 1.35, 2.3
"""Maps of the whole sky are lower by so much; where the part of the page with maps begins."""
_MOST_PANELS = 6
_MOST_BARS = 800
"""Nights of longer surveys are put together."""


def draw_summary(summary: Summary, file: str | os.PathLike[str], tracts: Sequence[Outline] = ()) -> None:
    """Write a picture of a repository.

    Parameters
    ----------
    summary : `Summary`
        With its coverage.
    file : path
        Where; the extension says the format (PNG, PDF, SVG).
    tracts : sequence of `Outline`
        Tracts to be outlined.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    require_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        compose_summary(summary, tracts).savefig(file, facecolor=PAPER)


def compose_summary(summary: Summary, tracts: Sequence[Outline] = ()) -> Figure:
    """Title, large map, a map per band, timeline, and a line about calibrations and sky maps.

    Colours of texts and axes are matplotlib's; `draw_summary` sets them to ours.
    """
    figure = new_figure(_WIDTH, _HEIGHT, dpi=120)

    sky = SkyMaps(summary.coverage, tracts)
    flat = _FLATTER if sky.is_whole else 0.0
    whole = _HEIGHT - flat
    figure.set_size_inches(_WIDTH, whole)

    def place(left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Part of the page; inches, counted on the higher page from its bottom."""
        return left / _WIDTH, (bottom - (flat if bottom > _MAPS_FROM else 0.0)) / whole, width / _WIDTH, height / whole

    figure.text(0.55 / _WIDTH, (8.58 - flat) / whole, _title(summary), fontsize=20, fontweight="bold", va="center")
    figure.text(0.55 / _WIDTH, (8.2 - flat) / whole, _subtitle(summary), fontsize=11, color=QUIET, va="center")
    figure.text(0.55 / _WIDTH, 0.2 / whole, _footnote(summary), fontsize=9.5, color=QUIET, va="center")
    bands = _shown_bands(summary.coverage)
    wide = sky.is_whole or not bands
    main = sky.axes(figure, place(0.55 if wide else 0.95, 3.0, (5.6 if bands else 11.8) if wide else 4.6, 4.6))
    image = sky.draw(main, None, large=True)
    if image is not None:
        colour_bar(figure, image, place(1.05, 4.15, 4.6, 0.1) if wide else place(5.68, 3.0, 0.12, 4.6), flat=wide)
    columns = 2 if len(bands) in (2, 4) else 3
    side = 1.88
    for i, band in enumerate(bands):
        column, row = i % columns, i // columns
        axes = sky.axes(
            figure,
            place(6.85 + column * (side + 0.12), 7.6 - side - row * (1.6 if sky.is_whole else side + 0.62), side, side),
        )
        sky.draw(axes, band, outer=(column == 0, row == (len(bands) - 1) // columns))
    _timeline(figure.add_axes(place(0.95, 0.9, 11.75, 1.05)), summary)
    return figure


# ---------------------------------------------------------------------- words
def _title(summary: Summary) -> str:
    exposures = sum(i.exposures for i in summary.instruments)
    names = " and ".join(i.name for i in summary.instruments if i.exposures) or "no instrument"
    if not exposures:
        return f"{summary.datasets:,} datasets, no exposures yet"
    nights = len({(n.instrument, n.day_obs) for n in summary.nights})
    area = f", {_area(summary.coverage)} of sky" if summary.coverage else ""
    return f"{_n(exposures, 'exposure')} of {names} in {_n(nights, 'night')}{area}"


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _area(coverage: Coverage) -> str:
    area = coverage.area_deg2()
    return f"{area:,.0f} deg²" if area >= 100 else f"{area:.3g} deg²"


def _subtitle(summary: Summary) -> str:
    parts = [os.path.basename(summary.place.rstrip("/")) or summary.place]
    if summary.begin and summary.end:
        first, last = summary.begin[:10], summary.end[:10]
        parts.append(first if first == last else f"{first} to {last}")
    parts.append(_n(summary.datasets, "dataset"))
    if summary.coverage and summary.coverage.used < summary.coverage.footprints:
        share = f"{summary.coverage.used:,} of {summary.coverage.footprints:,} visits"
        parts.append(f"the sky from a sample of {share}")
    return "   ·   ".join(parts)


def _footnote(summary: Summary) -> str:
    parts = [f"Sky map {m.name}: {_n(m.tracts, 'tract')}, {m.patches:,} patches" for m in summary.sky_maps]
    certified: dict[str, int] = {}
    for row in summary.calibrations:
        certified[row.dataset_type] = certified.get(row.dataset_type, 0) + row.datasets
    if certified:
        listed = ", ".join(f"{n:,} {name}" for name, n in sorted(certified.items())[:8])
        parts.append(f"Certified calibrations: {listed}")
    else:
        parts.append("No calibrations certified")
    return "   ·   ".join(parts)


# ------------------------------------------------------------------------ sky
def _shown_bands(coverage: Coverage | None) -> list[str]:
    """Bands that get a panel: those of the most pixels, in the order of wavelength."""
    if coverage is None:
        return []
    best = sorted(coverage.bands, key=lambda b: -coverage.bands[b].pixels())[:_MOST_PANELS]
    return sorted(best, key=band_key)


# ----------------------------------------------------------------------- time
def _timeline(axes: Axes, summary: Summary) -> None:
    """Exposures per night (of long surveys: per week or more), bands on top of each other."""
    axes.set_facecolor(EMPTY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    nights = [(day.toordinal(), n.band or "", n.exposures) for n in summary.nights if (day := _date(n.day_obs))]
    if not nights:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title("Exposures", fontsize=11.5, loc="left", pad=7)
        axes.text(0.5, 0.5, "none yet", ha="center", va="center", transform=axes.transAxes, color=QUIET)
        return
    first, last = min(n[0] for n in nights), max(n[0] for n in nights)
    width = max(-(-(last - first + 1) // _MOST_BARS), 1)
    bands = sorted({n[1] for n in nights}, key=band_key)
    colours = band_colours(bands)
    starts = np.arange(first, last + 1, width)
    base = np.zeros(len(starts))
    for band in bands:
        mine = [(day - first) // width for day, b, _ in nights if b == band]
        heights = np.bincount(mine, [n for _, b, n in nights if b == band], len(starts))
        axes.bar(
            starts + (width - 1) / 2, heights, bottom=base, width=0.78 * width if len(starts) < 120 else width,
            color=colours[band], label=band or "none", linewidth=0,
        )  # fmt: skip
        base += heights
    title = "Exposures per night" if width == 1 else f"Exposures in {width} nights each"
    axes.set_title(title, fontsize=11.5, loc="left", pad=7)
    axes.set_ylim(0, base.max() * 1.12)
    _label_nights(axes, first, last)
    axes.legend(
        ncols=len(bands), loc="lower right", bbox_to_anchor=(1.0, 0.98), frameon=False, fontsize=9, handlelength=1.0,
        handletextpad=0.4, columnspacing=1.2,
    )  # fmt: skip


def _label_nights(axes: Axes, first: int, last: int) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def text(day: float, _: object) -> str:
        return str(dt.date.fromordinal(round(day))) if day >= 1 else ""

    axes.set_ylabel("Exposures")
    axes.set_xlabel("Night (day_obs)")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(visible=True, axis="y", color="white", linewidth=0.9)
    axes.set_axisbelow(True)
    margin = max((10 - (last - first)) / 2, 0.02 * (last - first), 0.6)
    axes.set_xlim(first - margin, last + margin)
    axes.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(text))
    axes.tick_params(labelsize=9)


def _date(day_obs: int) -> dt.date | None:
    """The date of ``day_obs`` (yyyymmdd), or `None` if it is none."""
    try:
        return dt.date(day_obs // 10000, day_obs // 100 % 100, day_obs % 100)
    except ValueError:
        return None
