"""Maps of the sky with counts of visits and outlines of tracts.  Knows matplotlib's axes; lays out no page.

All colours are fixed here, so that pictures of different repositories can be compared.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.sky.count_map import CountMap, Coverage, Outline

from .figures import EMPTY, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["BAND_COLOURS", "SkyMaps", "band_colours", "colour_bar"]

BAND_COLOURS = {
    "u": "#6a4fc4", "g": "#2a8fbd", "r": "#3fa65a", "i": "#e0a526", "z": "#e0672e", "y": "#b02a3c", "": "#8a939b",
}  # fmt: skip
"""From short to long wavelengths; grey for exposures without a band."""
_OTHER_COLOURS = ("#556677", "#7b5e57", "#00796b", "#ad1457", "#5d4037", "#37474f")
_SCALE = ("#cfe5ef", "#8cc3dc", "#3f93c4", "#1f5f9e", "#143b6e", "#0b1f42")
"""Few visits to many."""
_TRACT = "#c0563b"
_WHOLE_SKY_DEG = 70.0
"""A survey that is wider or higher than this is shown on the whole sky."""
_GRID, _SMALL_GRID = 900, 360
"""Points across a large map and a small one."""
_LABEL = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.7}
_MOST_TRACTS, _MOST_LABELS = 2000, 40


def band_colours(bands: Sequence[str]) -> dict[str, str]:
    """A colour for each band."""
    others = [b for b in bands if b not in BAND_COLOURS]
    made = {b: _OTHER_COLOURS[i % len(_OTHER_COLOURS)] for i, b in enumerate(others)}
    return {b: BAND_COLOURS.get(b) or made[b] for b in bands}


class SkyMaps:
    """What all maps have in common: the part of the sky, and colours of counts."""

    def __init__(self, coverage: Coverage | None, tracts: Sequence[Outline]) -> None:
        self.coverage = coverage
        self.every = coverage.all_bands if coverage else CountMap(np.empty(0, np.int64), np.empty(0, np.int64))
        lon, lat = self._places(tracts)
        self.center = _middle(lon)
        span = self._span(lon, lat)
        shrink = math.cos(math.radians((span[2] + span[3]) / 2))
        self.is_whole = not len(lon) or max((span[1] - span[0]) * shrink, span[3] - span[2]) > _WHOLE_SKY_DEG
        self.tracts = [t for t in tracts if self.is_whole or self._touches(t, span)]
        corners = np.concatenate([np.empty((0, 2)), *(t.corners for t in self.tracts)])
        wider = self._span(np.append(lon, corners[:, 0]), np.append(lat, corners[:, 1]))
        if len(self.tracts) > _MOST_TRACTS:  # a map of nothing but lines
            self.tracts = []
        # tracts are shown whole unless the survey would look small among them
        self.window = _squared(wider if wider[3] - wider[2] < 1.7 * (span[3] - span[2]) else span)

    def _places(self, tracts: Sequence[Outline]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points that have to be on the map, degrees."""
        import hpgeom

        if self.coverage is not None and len(self.every.breaks):
            seen = self.every.breaks
            seen = seen[:: max(len(seen) // 20_000, 1)]
            lon, lat = hpgeom.pixel_to_angle(1 << self.coverage.order, seen)
            return np.asarray(lon), np.asarray(lat)
        corners = np.concatenate([np.empty((0, 2)), *(t.corners for t in tracts)])
        return corners[:, 0], corners[:, 1]

    def _span(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[float, float, float, float]:
        if not len(lon):
            return 0.0, 0.0, 0.0, 0.0
        around = _around(lon, self.center)
        return float(around.min()), float(around.max()), float(lat.min()), float(lat.max())

    def _touches(self, tract: Outline, span: tuple[float, float, float, float]) -> bool:
        """Whether a tract is near what was seen."""
        own = self._span(tract.corners[:, 0], tract.corners[:, 1])
        return own[0] < span[1] and own[1] > span[0] and own[2] < span[3] and own[3] > span[2]

    def axes(self, figure: Figure, place: tuple[float, float, float, float]) -> Axes:
        """Axes for a map."""
        made = figure.add_axes(place, projection="mollweide" if self.is_whole else None)
        made.set_anchor("N")
        return made

    def draw(
        self, axes: Axes, band: str | None, *, large: bool = False, outer: tuple[bool, bool] = (True, True)
    ) -> Any:
        """The counts of one band or of all, tracts, and what the axes mean."""
        counts = self.every if band is None or self.coverage is None else self.coverage.bands[band]
        image = self._image(axes, counts, band, _GRID if large else _SMALL_GRID)
        if large:
            self._outline_visits(axes)
            self._outline_tracts(axes)
            axes.set_title(self._heading(), fontsize=11.5, loc="left", pad=9)
        elif band is not None:
            self._name_band(axes, band)
        if self.is_whole:
            self._grid_of_whole_sky(axes, large)
        else:
            self._grid_of_window(axes, large, outer)
        return image

    def _heading(self) -> str:
        if self.coverage is None:
            return "No visit has a place on the sky yet" + (": tracts of the sky map" if self.tracts else "")
        return "All bands" + (", with tracts of the sky map" if self.tracts else "")

    def _name_band(self, axes: Axes, band: str) -> None:
        assert self.coverage is not None
        most = int(self.coverage.bands[band].counts.max())
        area = self.coverage.area_deg2(band)
        text = f"{area:,.0f} deg²" if area >= 100 else f"{area:.3g} deg²"
        axes.set_title(band or "none", fontsize=12, loc="left", color=band_colours([band])[band], weight="bold", pad=4)
        axes.set_title(f"{text}, {f'up to {most:,} visits' if most > 1 else '1 visit'}", fontsize=8, loc="right", pad=4)

    def _image(self, axes: Axes, counts: CountMap, band: str | None, grid: int) -> Any:
        import hpgeom
        from matplotlib.colors import BoundaryNorm, ListedColormap

        if self.coverage is None:
            return None
        x0, x1, y0, y1 = (-180.0, 180.0, -89.9, 89.9) if self.is_whole else self.window
        lon, lat = np.linspace(x0, x1, grid), np.linspace(y0, y1, grid // (2 if self.is_whole else 1))
        across, up = np.meshgrid(lon, lat)
        seen = np.ma.masked_less(counts.at(hpgeom.angle_to_pixel(1 << self.coverage.order, across % 360.0, up)), 1)
        edges = _levels(int(counts.counts.max()))
        scale = _SCALE if band is None else _tints(band_colours([band])[band])
        looks: dict[str, Any] = {
            "cmap": ListedColormap(_shades(scale, len(edges) - 1)),
            "norm": BoundaryNorm(edges, len(edges) - 1),
        }
        if self.is_whole:  # seen from inside: right ascension grows to the left
            return axes.pcolormesh(-np.radians(lon), np.radians(lat), seen, shading="nearest", rasterized=True, **looks)
        return axes.imshow(
            seen, extent=(x0, x1, y0, y1), origin="lower", aspect="auto", interpolation="nearest", zorder=1.5,
            **looks,
        )  # fmt: skip

    def _outline_visits(self, axes: Axes) -> None:
        if self.coverage is None or self.coverage.footprints > len(self.coverage.outlines) or self.is_whole:
            return
        for corners in self.coverage.outlines:
            lon, lat = _closed(corners, self.center)
            axes.plot(lon, lat, color=INK, linewidth=0.5, alpha=0.3)

    def _outline_tracts(self, axes: Axes) -> None:
        labelled = len(self.tracts) <= _MOST_LABELS and not self.is_whole
        for tract in self.tracts:
            lon, lat = _closed(tract.corners, self.center)
            if self.is_whole:
                lon, lat = -np.radians((lon + 180) % 360 - 180), np.radians(lat)
                if np.ptp(lon) > math.pi:  # it goes on at the other edge of the map
                    continue
            axes.plot(lon, lat, color=_TRACT, linewidth=1.1 if labelled else 0.4, alpha=0.9)
            if labelled:
                axes.text(
                    lon[:-1].mean(), lat[:-1].mean(), tract.name, color=_TRACT, fontsize=8.5, ha="center", va="center",
                    clip_on=True, bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8},
                )  # fmt: skip

    def _grid_of_window(self, axes: Axes, large: bool, outer: tuple[bool, bool]) -> None:
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        x0, x1, y0, y1 = self.window
        axes.set_xlim(x1, x0)
        axes.set_ylim(y0, y1)
        axes.set_aspect(1 / math.cos(math.radians((y0 + y1) / 2)))
        axes.set_facecolor(EMPTY)
        axes.grid(visible=True, color="white", linewidth=0.8)
        axes.set_axisbelow(True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(6 if large else 3, prune="both"))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v % 360:g}°"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}°"))
        axes.tick_params(labelsize=9 if large else 7.5, length=3, labelleft=outer[0], labelbottom=outer[1])
        if large:
            axes.set_xlabel("Right ascension (degrees, ICRS)")
            axes.set_ylabel("Declination (degrees, ICRS)")

    def _grid_of_whole_sky(self, axes: Axes, large: bool) -> None:
        axes.set_facecolor(EMPTY)
        axes.grid(visible=True, color=FAINT, linewidth=0.4, alpha=0.6)
        steps = np.arange(-120, 121, 60)
        axes.set_xticks(np.radians(steps))
        axes.set_xticklabels([f"{-h % 360}°" if large else "" for h in steps], fontsize=8, bbox=_LABEL)
        axes.tick_params(labelsize=8)
        if large:
            axes.set_xlabel("Right ascension (degrees, ICRS; east is left)", labelpad=6)
            axes.set_ylabel("Declination (degrees, ICRS)")
        else:
            axes.set_yticklabels([])


def colour_bar(
    figure: Figure,
    image: Any,
    place: tuple[float, float, float, float],
    *,
    flat: bool,
    label: str = "visits of a place",
) -> None:
    """Classes of counts, each in the middle of its colour."""
    edges = [int(e) for e in image.norm.boundaries]
    pairs = list(itertools.pairwise(edges))
    names = [f"{a:,}" if b - a == 1 else f"{a:,}-{b - 1:,}" for a, b in pairs]
    way: Any = "horizontal" if flat else "vertical"
    bar = figure.colorbar(image, cax=figure.add_axes(place), orientation=way, spacing="uniform")
    bar.set_ticks([(a + b) / 2 for a, b in pairs], labels=names)
    bar.ax.tick_params(which="both", length=0, pad=3, labelsize=8)
    bar.outline.set_visible(False)
    bar.set_label(label, fontsize=9)


def _levels(most: int) -> list[int]:
    """Edges of classes of counts: every count by itself when there are few, else growing like powers."""
    if most <= 8:
        return list(range(1, most + 2))
    return [int(s) for s in np.unique(np.round(np.geomspace(1, most + 1, 8)).astype(int))]


def _tints(colour: str) -> tuple[Any, ...]:
    """From pale to dark, by way of a colour."""
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    return tuple(np.clip(part, 0, 1) for part in (0.35 * rgb + 0.65, rgb, 0.45 * rgb))


def _shades(scale: Sequence[Any], n: int) -> list[Any]:
    from matplotlib.colors import LinearSegmentedColormap

    smooth = LinearSegmentedColormap.from_list("visits", scale)
    return [smooth(0.4 if n == 1 else i / (n - 1)) for i in range(n)]


def _middle(lon: NDArray[np.float64]) -> float:
    """Mean direction of longitudes, degrees."""
    if not len(lon):
        return 0.0
    angle = np.radians(lon)
    return float(np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())))


def _around(lon: NDArray[np.float64], center: float) -> NDArray[np.float64]:
    """Longitudes without the jump at 360, within half a turn of a centre."""
    return (lon - center + 180.0) % 360.0 - 180.0 + center


def _closed(corners: NDArray[np.float64], center: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ring = np.concatenate([corners, corners[:1]])
    return _around(ring[:, 0], center), ring[:, 1]


def _squared(span: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A window around a span of longitude and latitude that looks square, with a margin."""
    x0, x1, y0, y1 = span
    shrink = max(math.cos(math.radians((y0 + y1) / 2)), 0.05)
    half = max((x1 - x0) * shrink, y1 - y0, 0.1) / 2 * 1.08
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - half / shrink, x + half / shrink, max(y - half, -90.0), min(y + half, 90.0)
