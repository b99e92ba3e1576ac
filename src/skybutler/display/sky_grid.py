"""Lines of equal right ascension and declination on axes in pixels, with their labels.  Knows no images.

Whatever has `pixel_to_sky` and `sky_to_pixel` will do: a plain projection, one with distortion, or a tract's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.sky.vectors import lonlat_deg, unit_vectors

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["LABELS", "Projection", "SkyGrid", "SkyLine", "angle_text", "grid_lines", "round_step"]

Floats: TypeAlias = npt.NDArray[np.float64]

LABELS = ("degrees", "sexagesimal")

_ROUND_DECIMAL = (1.0, 2.0, 5.0)
_ROUND_SIXTY = (1, 2, 5, 10, 15, 20, 30)
_ROUND_HOURS = (1, 2, 3, 4, 6, 12)
_ROUND_DEGREES = (1, 2, 5, 10, 15, 30, 45, 90)
_SAMPLES, _POINTS = 25, 121


class Projection(Protocol):
    """Between pixels and the sky: ICRS degrees, NaN where there is no answer."""

    def pixel_to_sky(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Right ascension and declination of pixels."""

    def sky_to_pixel(self, ra: npt.ArrayLike, dec: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Pixels of right ascension and declination."""


@dataclass(frozen=True)
class SkyLine:
    """A line of the grid: whether of equal right ascension, its value in degrees, its path in pixels (n, 2)."""

    is_meridian: bool
    value: float
    path: Floats


def round_step(width_deg: float, count: int = 5, *, labels: str = "degrees", hours: bool = False) -> float:
    """A round distance between lines, in degrees, that divides a width into about ``count`` parts.

    Parameters
    ----------
    width_deg : `float`
        Of what is to be divided.
    count : `int`
        How many parts.
    labels : `str`
        One of `LABELS`.
    hours : `bool`
        Whether sexagesimal labels are hours.
    """
    wanted = max(width_deg / count, 1e-9)
    if labels == "degrees":
        power = 10.0 ** math.floor(math.log10(wanted))
        candidates = [r * power for r in (*_ROUND_DECIMAL, 10.0)]
        candidates += [15.0, 30.0, 45.0, 90.0] if wanted > 8 else []
    else:
        unit = 15.0 if hours else 1.0
        small = 10.0 ** math.floor(math.log10(min(wanted * 3600 / unit, 1.0)))
        candidates = [unit * r * small / 3600 for r in _ROUND_DECIMAL]
        candidates += [unit * r / 3600 for r in _ROUND_SIXTY] + [unit * r / 60 for r in _ROUND_SIXTY]
        candidates += [unit * r for r in (_ROUND_HOURS if hours else _ROUND_DEGREES)]
    return min(candidates, key=lambda c: abs(math.log(c / wanted)))


def angle_text(value_deg: float, step_deg: float, *, labels: str = "degrees", hours: bool = False) -> str:
    """A right ascension or declination as a label, as exactly as lines so far apart need it."""
    if labels == "degrees":
        decimals = max(0, -math.floor(math.log10(step_deg) + 1e-9))
        text = f"{value_deg:.{decimals}f}°"
        return text.replace("-", "−") if float(f"{value_deg:.{decimals}f}") else text.lstrip("-")
    unit = 15.0 if hours else 1.0
    marks = ("ʰ", "ᵐ", "ˢ") if hours else ("°", "′", "″")
    seconds_step = step_deg * 3600 / unit
    decimals = max(0, -math.floor(math.log10(seconds_step) + 1e-6))
    total = round(abs(value_deg) * 3600 / unit, decimals)
    if hours:
        total %= 86400
    whole, rest = divmod(total, 3600)
    minutes, seconds = divmod(round(rest, decimals), 60)
    sign = "" if hours else "−" if value_deg < 0 and total else "+"
    text = f"{sign}{int(whole):02d}{marks[0]}"
    if seconds_step < 3600 * (1 - 1e-9):
        text += f"{int(minutes):02d}{marks[1]}"
    if seconds_step < 60 * (1 - 1e-9):
        text += f"{seconds:0{decimals + 3 if decimals else 2}.{decimals}f}{marks[2]}"
    return text


def grid_lines(
    wcs: Projection, view: tuple[float, float, float, float], *, labels: str = "degrees", count: int = 5
) -> tuple[list[SkyLine], float, float]:
    """Lines across a view.

    Parameters
    ----------
    wcs : `Projection`
        Pixels to sky and back.
    view : four `float`
        Left, right, bottom and top edge, pixels.
    labels : `str`
        One of `LABELS`: which distances between lines are round.
    count : `int`
        About how many lines of each kind.

    Returns
    -------
    lines : `list` [`SkyLine`]
        They may reach beyond the view.
    ra_step, dec_step : `float`
        Distances between them, degrees.
    """
    left, right, bottom, top = view
    x, y = np.meshgrid(np.linspace(left, right, _SAMPLES), np.linspace(bottom, top, _SAMPLES))
    ra, dec = wcs.pixel_to_sky(x, y)
    seen = np.isfinite(ra) & np.isfinite(dec)
    if not seen.any():
        return [], 1.0, 1.0
    middle, _ = lonlat_deg(unit_vectors(ra[seen], dec[seen]).mean(axis=0))
    around = (ra[seen] - middle + 180.0) % 360.0 - 180.0
    low, high = float(dec[seen].min()), float(dec[seen].max())
    west, east = float(around.min()), float(around.max())
    for pole in (-90.0, 90.0):
        if min(abs(pole - low), abs(pole - high)) > high - low:
            continue
        px, py = wcs.sky_to_pixel(0.0, pole)
        if left < px < right and bottom < py < top:
            west, east = -180.0, 180.0
            low, high = (pole, high) if pole < 0 else (low, pole)
    if east - west > 300.0:
        west, east = -180.0, 180.0
    dec_step = round_step(high - low, count, labels=labels)
    ra_step = round_step(east - west, count if east - west < 300 else 8, labels=labels, hours=labels != "degrees")
    margin_ra, margin_dec = 0.1 * (east - west), 0.1 * (high - low)
    up = np.linspace(max(low - margin_dec, -90.0), min(high + margin_dec, 90.0), _POINTS)
    across = np.linspace(max(west - margin_ra, -180.0), min(east + margin_ra, 180.0), 3 * _POINTS) + middle
    every_ra = _multiples(ra_step, float(middle) + west - margin_ra, float(middle) + east + margin_ra)
    every_dec = _multiples(dec_step, max(low - margin_dec, -90.0), min(high + margin_dec, 90.0))
    meridians = [SkyLine(True, v % 360.0, _path(wcs, np.full_like(up, v), up)) for v in every_ra]
    parallels = [SkyLine(False, v, _path(wcs, across, np.full_like(across, v))) for v in every_dec]
    return meridians + parallels, ra_step, dec_step


def _multiples(step: float, low: float, high: float) -> list[float]:
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _path(wcs: Projection, ra: Floats, dec: Floats) -> Floats:
    x, y = wcs.sky_to_pixel(ra % 360.0, dec)
    return np.stack([np.asarray(x, float), np.asarray(y, float)], axis=-1)


def _crossing(path: Floats, edge: float, along: int, low: float, high: float) -> float | None:
    """Where a path first crosses ``edge`` of axis ``1 - along``, as position on axis ``along`` within low..high."""
    across = path[:, 1 - along] - edge
    with np.errstate(invalid="ignore"):
        turns = np.flatnonzero((across[:-1] <= 0) != (across[1:] <= 0))
    for i in turns:
        a, b = across[i], across[i + 1]
        if np.isfinite(a) and np.isfinite(b) and a != b:
            place = path[i, along] + (path[i + 1, along] - path[i, along]) * a / (a - b)
            if low <= place <= high:
                return float(place)
    return None


class SkyGrid:
    """A grid on axes that is drawn anew when another part comes into view.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        In pixels.
    wcs : `Projection`
        Of these pixels.
    labels : `str`
        One of `LABELS`.
    count : `int`
        About how many lines of each kind.
    **looks
        Of the lines, as for `matplotlib.collections.LineCollection`.

    Raises
    ------
    InvalidError
        Raised if there are no such labels.
    """

    def __init__(
        self, axes: Axes, wcs: Projection, *, labels: str = "degrees", count: int = 5, names: bool = True, **looks: Any
    ) -> None:
        if labels not in LABELS:
            hint = nearest(labels, LABELS) or f"Known: {', '.join(LABELS)}."
            raise InvalidError(f"'{labels}' is not a kind of labels.", hint=hint)
        self.axes, self.wcs, self.labels, self.count, self._names = axes, wcs, labels, count, names
        self.lines: list[SkyLine] = []
        self._looks: dict[str, Any] = {"colors": "deepskyblue", "linewidths": 0.7, "alpha": 0.75, "zorder": 2} | looks
        self._artist: Artist | None = None
        self._connections = [axes.callbacks.connect(f"{a}lim_changed", lambda _: self.update()) for a in "xy"]
        self.update()

    def update(self) -> None:
        """Draw the lines of what is in view now."""
        from matplotlib.collections import LineCollection

        if self._artist is not None:
            self._artist.remove()
        (xa, xb), (ya, yb) = sorted(self.axes.get_xlim()), sorted(self.axes.get_ylim())
        self.lines, ra_step, dec_step = grid_lines(self.wcs, (xa, xb, ya, yb), labels=self.labels, count=self.count)
        pieces = [piece for line in self.lines for piece in _pieces(line.path)]
        self._artist = self.axes.add_collection(LineCollection(pieces, **self._looks), autolim=False)
        self._label((xa, xb), (ya, yb), ra_step, dec_step)

    def _label(self, xs: tuple[float, float], ys: tuple[float, float], ra_step: float, dec_step: float) -> None:
        """Values where lines leave through the bottom and the left edge; each kind where more of it do."""
        bottom, left = self.axes.get_ylim()[0], self.axes.get_xlim()[0]
        below = [(line, p) for line in self.lines if (p := _crossing(line.path, bottom, 0, *xs)) is not None]
        beside = [(line, p) for line in self.lines if (p := _crossing(line.path, left, 1, *ys)) is not None]
        upright = sum(line.is_meridian for line, _ in below) + sum(not line.is_meridian for line, _ in beside)
        meridians_below = 2 * upright >= len(below) + len(beside)
        for axis, found, meridians in (
            (self.axes.xaxis, below, meridians_below),
            (self.axes.yaxis, beside, not meridians_below),
        ):
            mine = [(line, place) for line, place in found if line.is_meridian is meridians]
            step = ra_step if meridians else dec_step
            texts = [
                angle_text(line.value, step, labels=self.labels, hours=meridians and self.labels != "degrees")
                for line, _ in mine
            ]
            places = [place for _, place in mine]
            if axis is self.axes.xaxis:
                texts = self._spaced(places, texts, xs)
            axis.set_ticks(places, labels=texts)
            if self._names:
                axis.set_label_text("Right ascension (ICRS)" if meridians else "Declination (ICRS)")

    def _spaced(self, places: list[float], texts: list[str], xs: tuple[float, float]) -> list[str]:
        """Labels of the lower edge without those that would touch the one before."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        width = self.axes.get_position().width * figure.get_figwidth() * 72
        kept, free_from = list(texts), -math.inf
        for i in sorted(range(len(places)), key=lambda i: places[i]):
            middle, half = (places[i] - xs[0]) / (xs[1] - xs[0]) * width, 3.1 * len(texts[i]) + 3
            if middle - half < free_from:
                kept[i] = ""
            else:
                free_from = middle + half
        return kept

    def remove(self) -> None:
        """Take the lines away; the labels are those of pixels again."""
        from matplotlib.ticker import AutoLocator, ScalarFormatter

        for connection in self._connections:
            self.axes.callbacks.disconnect(connection)
        if self._artist is not None:
            self._artist.remove()
            self._artist = None
        for axis in (self.axes.xaxis, self.axes.yaxis):
            axis.set_major_locator(AutoLocator())
            axis.set_major_formatter(ScalarFormatter())
            axis.set_label_text("")


def _pieces(path: Floats) -> list[Floats]:
    """A path without the points that have no place."""
    good = np.asarray(np.isfinite(path).all(axis=1))
    runs = np.split(np.arange(len(path)), np.flatnonzero(np.diff(good)) + 1)
    return [path[run] for run in runs if len(run) > 1 and good[run[0]]]
