"""A plot of cost against the size of the survey, a small panel per row.  Draws what is recorded, measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from measurement import readable
from rows import ROWS, Row
from side import WITHOUT_DATABASE
from turns import BACKENDS, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 5
PANEL_INCHES = (1.9, 1.35)
STYLE: Any = {
    "svg.hashsalt": "growth",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 6.5,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
DECADES = 2.6
"""Every panel spans so many, so that slopes can be compared."""

ENOUGH = 20
"""A question with so many results in every survey is shown per result."""

COLOURS = {"ours": "#0b5fa5", "peer": "#d1661b"}
LINES: dict[str, Literal["-", "--"]] = {"sqlite": "-", "postgresql": "--"}
MARKERS = {"sqlite": "o", "postgresql": "s"}

DP02 = {
    "find": "find",
    "raw.exposure": "raw.exposure",
    "patch.visit": "patch.visit",
    "patch.visit_detector": "patch.visit_detector",
    "calexp.patch": "calexp.patch",
    "calexp.circle": "calexp.circle",
    "visits.time": "visits.timespan",
    "put": "put",
    "get.data_id": "get",
    "exposures": "exposures",
    "visits.bulk": "visits",
    "visits.full": "visit.one",
    "ingest.calexp": "calexp",
    "ingest.bulk.columns": "raw",
    "ingest.one.columns": "raw.one",
    "skymap": "skymap",
    "count": "count",
    "raw.table": "raw.table",
}
"""Our rows of `dp02.py` that measure the same."""

DETECTORS = 189

Line = list[tuple[int, float]]
"""Visits and CPU seconds per thing."""


def lines(row: Row, recorded: Mapping[str, Any]) -> dict[tuple[str, str], Line]:
    """What is known about a row, by side and database, smallest survey first; DP0.2 is ours alone."""
    sizes = sorted((int(c.split(":")[1]), c) for c in recorded["cases"] if c.count(":") == 1)
    each = _per_result(row, [case for _, case in sizes], recorded)
    found: dict[tuple[str, str], Line] = {}
    for visits, name in sizes:
        case, backend = recorded["cases"][name], name.split(":")[0]
        for side, key in _sides(row):
            if key in case[side]:
                things = case[side][key]["results"] if each else 1
                found.setdefault((side, backend), []).append((visits, seconds(case[side][key]) / things))
    for name, case in recorded.get("dp02", {}).items():
        dp02 = case["full"].get(DP02.get(row.key, ""))
        if dp02:
            known = found.setdefault(("ours", name.split(":")[0]), [])
            known.append((case["visits"], seconds(dp02) / _things(row, dp02, each)))
    return found


def _sides(row: Row) -> tuple[tuple[str, str], ...]:
    return ("ours", row.ours), ("peer", row.peer)


def _per_result(row: Row, cases: list[str], recorded: Mapping[str, Any]) -> bool:
    """Whether a question has enough results everywhere."""
    measured = [recorded["cases"][case][side].get(key) for case in cases for side, key in _sides(row)]
    counts = [found["results"] for found in measured if found]
    return bool(counts) and all(count and count >= ENOUGH for count in counts)


def _things(row: Row, measured: Mapping[str, Any], each: bool) -> int:
    if row.key.startswith("ingest.one"):
        return DETECTORS
    return int(measured.get("results") or measured["n"]) if each else int(measured["n"])


def draw(recorded: Mapping[str, Any], file: Path) -> bool:
    """An SVG, the same for the same figures; whether there is something to draw."""
    import matplotlib as mpl

    rows = [row for row in ROWS if row.phase not in WITHOUT_DATABASE]
    panels = [(row, found) for row in rows if (found := lines(row, recorded)) and max(map(len, found.values())) > 1]
    if not panels:
        return False
    with mpl.rc_context(STYLE):
        from matplotlib.figure import Figure

        sizes = [case for case in recorded["cases"] if case.count(":") == 1]
        n_rows = -(-len(panels) // COLUMNS)
        figure = Figure(figsize=(COLUMNS * PANEL_INCHES[0], n_rows * PANEL_INCHES[1] + 0.4), layout="constrained")
        axes = figure.subplots(n_rows, COLUMNS, sharex=True, squeeze=False).ravel().tolist()
        for axis, (row, found) in zip(axes, panels, strict=False):
            _panel(axis, row, found, _per_result(row, sizes, recorded))
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        _legend(figure)
        figure.savefig(file, metadata={"Date": None})
    return True


def _panel(axis: Axes, row: Row, found: Mapping[tuple[str, str], Line], each: bool) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    large = max(visits for points in found.values() for visits, _ in points) > 1000
    for (side, backend), points in found.items():
        x, y = zip(*points, strict=True)
        kind = MARKERS[backend] + LINES[backend]
        axis.plot(x, y, kind, color=COLOURS[side], markersize=2.5, linewidth=1, clip_on=False)
    values = [value for points in found.values() for _, value in points]
    middle = (min(values) * max(values)) ** 0.5
    half = max(10 ** (DECADES / 2), (max(values) / middle) * 1.3)
    axis.set(xscale="log", yscale="log", ylim=(middle / half, middle * half), xlim=(70, 30_000 if large else 1_500))
    axis.xaxis.set_major_locator(FixedLocator([100, 1000, 10_000]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: readable(y)))
    for scale in (axis.xaxis, axis.yaxis):
        scale.set_minor_locator(NullLocator())
    axis.set_title(row.key + (" / result" if each else ""), fontsize=6.5, pad=2)
    axis.grid(visible=True, axis="y", linewidth=0.3, color="#cccccc")
    axis.tick_params(left=False, bottom=False, pad=1, labelsize=5.5)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    names = {"ours": "skybutler", "peer": "lsst.daf.butler"}
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS[side],
            linestyle=LINES[b],
            marker=MARKERS[b],
            markersize=2.5,
            linewidth=1,
            clip_on=False,
        )
        for side in COLOURS
        for b in BACKENDS
    ]
    labels = [f"{names[side]}, {database}" for side in COLOURS for database in BACKENDS.values()]
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=7)
    figure.supxlabel("visits (189 raws and 189 calexps each)", fontsize=7)
    figure.supylabel("CPU of client and server, per thing", fontsize=7)
