"""What is asked of services of images, what is promised of it, and the table of that.  Measures nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from measurement import readable

__all__ = ["HEADER", "ROWS", "SMALL", "VoRow", "shown"]

HEADER = ("what", "ours", "95 of 100", "CPU of the server", "DaCHS", "times", "target", "met")


@dataclass(frozen=True)
class VoRow:
    """What is measured, and beside what.

    Parameters
    ----------
    unit : `str`
        ``ms``, of which less is better, or ``/s``.
    target : `float`, optional
        What is promised; of half a million rows if there is another.
    large : `float`, optional
        What is promised of more rows than that.
    """

    unit: str
    target: float | None = None
    large: float | None = None


ROWS: dict[str, VoRow] = {
    "count": VoRow("ms"),
    "groups": VoRow("ms"),
    "count, from a snapshot": VoRow("ms"),
    "groups, from a snapshot": VoRow("ms"),
    "point, six coadds": VoRow("ms", 5, 20),
    "point, all images": VoRow("ms"),
    "tract, patch, band": VoRow("ms", 5),
    "point as a job, submitted, waited for, fetched": VoRow("ms", 200),
    "points, 1 client": VoRow("/s"),
    "points, 4 clients": VoRow("/s"),
    "points, 8 clients": VoRow("/s"),
    "points, 16 clients": VoRow("/s", 300),
    "first byte of all columns": VoRow("ms", 500),
    "rows as BINARY2": VoRow("/s", 100_000),
    "first byte of all columns, from a snapshot": VoRow("ms", 500),
    "rows as BINARY2, from a snapshot": VoRow("/s", 100_000),
    "making a snapshot": VoRow("ms"),
    "rows as TABLEDATA": VoRow("/s"),
    "rows as CSV": VoRow("/s"),
    **{f"rows as {name}": VoRow("/s") for name in ("JSON", "FITS", "Parquet", "Arrow")},
    "cut-outs, 1 client": VoRow("/s"),
    "cut-outs, 4 clients": VoRow("/s", 150),
    "cut-outs, 8 clients": VoRow("/s", 150),
}
SMALL = 1_000_000
"""Up to so many rows the promises of half a million hold."""

SNAPSHOT = ", from a snapshot"
"""What of ours is asked in another way, and of the peer in the only one it has."""


def value(row: VoRow, figure: Mapping[str, float]) -> float:
    """What counts of a figure."""
    return figure["wall" if row.unit == "ms" else "per_second"]


def met(row: VoRow, figure: Mapping[str, float], n_images: int) -> str:
    """Whether a promise is kept: the time that passed decides."""
    target = row.target if n_images <= SMALL else row.large
    if target is None:
        return ""
    kept = value(row, figure) <= target if row.unit == "ms" else value(row, figure) >= target
    return "yes" if kept else "no"


def times_better(row: VoRow, ours: Mapping[str, float], peers: Mapping[str, float]) -> float:
    """How many times faster ours is, or how many times more it does."""
    mine, other = value(row, ours), value(row, peers)
    return other / mine if row.unit == "ms" else mine / other


def shown(found: Mapping[str, Any], n_images: int, peers: Mapping[str, Any]) -> Iterator[list[str]]:
    """Rows of a table as `HEADER` says.

    Parameters
    ----------
    found, peers : mapping
        Figures of ours and of the peer, by name of row; the peer's may be empty.
    n_images : `int`
        Rows of ObsCore.
    """
    for name, row in ROWS.items():
        if (figure := found.get(name)) is None:
            continue
        other = peers.get(name.removesuffix(SNAPSHOT))
        target = row.target if n_images <= SMALL else row.large
        amounts = (value(row, figure), None if other is None else value(row, other), target)
        ours, peer, promised = ("" if a is None else f"{a:,g} {row.unit}".replace(" /", "/") for a in amounts)
        p95, cpu = (readable(figure[key] / 1e3) if key in figure else "" for key in ("p95", "cpu"))
        times = "" if other is None else f"{float(f'{times_better(row, figure, other):.2g}'):,g}"
        yield [name, ours, p95, cpu, peer, times, promised, met(row, figure, n_images)]
