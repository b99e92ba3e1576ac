"""Validity ranges drawn as bars over time, as lines of text.  Knows no repository and no subcommand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_lowercase
from typing import TYPE_CHECKING

from skybutler.sky.timespan import iso_text

from .output import counted

if TYPE_CHECKING:
    from skybutler.butler.calibrations import ValidityRange
    from skybutler.sky.timespan import Timespan

__all__ = ["timeline_lines"]

_WIDTH = 60
"""Characters of the time axis."""

_LETTERED = 9
"""So many dates are drawn at equal distances, and named."""

_NAMED = 3
"""So many data IDs of a line are written out; of more, how many there are."""


def timeline_lines(ranges: Iterable[ValidityRange]) -> Iterator[str]:
    """Lines of a drawing: a title per collection, a bar for each dataset type and pattern of ranges, and the dates.

    ``<`` and ``>`` mean that a bar goes on without bound, ``|`` is where a range begins.  A few dates stand at equal
    distances and are named by letters, so that short ranges show beside long ones; many are drawn to scale.

    Parameters
    ----------
    ranges : iterable of `ValidityRange`
        Sorted by collection, dataset type, data ID and time.
    """
    for collection, members in groupby(ranges, lambda valid: valid.collection):
        listed = list(members)
        axis = _axis([valid.timespan for valid in listed])
        groups = _grouped(listed)
        labels = [f"{kind}  {who}" for kind, who, _ in groups]
        width = max(map(len, labels))
        yield collection
        yield f"  {'':{width}}  {axis.scale}".rstrip()
        for label, (_, _, spans) in zip(labels, groups, strict=True):
            yield f"  {label:{width}}  {_bar(spans, axis)}"
        yield from (f"  {line}" for line in axis.legend)


@dataclass(frozen=True)
class _Axis:
    """Where instants are drawn.

    Parameters
    ----------
    places : mapping
        Column of each end of a range, from 1 to `_WIDTH`.
    scale : `str`
        Line above the bars.
    legend : `tuple` [`str`]
        Lines below them.
    """

    places: Mapping[int, int]
    scale: str
    legend: tuple[str, ...] = ()


def _axis(spans: Sequence[Timespan]) -> _Axis:
    bounded = (ns for span in spans for ns in (span.begin_ns, span.end_ns) if ns not in (span.MIN_NS, span.MAX_NS))
    known = sorted(set(bounded))
    dates = [iso_text(ns, 0) for ns in known]
    if len({date[:10] for date in dates}) == len(dates):
        dates = [date[:10] for date in dates]
    if len(known) <= _LETTERED:
        step = _WIDTH / (len(known) + 1)
        places = {ns: round(step * i) for i, ns in enumerate(known, start=1)}
        scale = [" "] * (_WIDTH + 2)
        for letter, place in zip(ascii_lowercase, places.values(), strict=False):
            scale[place] = letter
        named = [f"{letter} {date}" for letter, date in zip(ascii_lowercase, dates, strict=False)]
        return _Axis(places, "".join(scale), ("   ".join(named),) if named else ())
    begin, length = known[0], known[-1] - known[0]
    places = {ns: 6 + (ns - begin) * (_WIDTH - 12) // length for ns in known}
    return _Axis(places, f"      {dates[0]}{dates[-1]:>{_WIDTH - 6 - len(dates[0])}}")


def _grouped(listed: Sequence[ValidityRange]) -> list[tuple[str, str, list[Timespan]]]:
    """Dataset type, whose ranges these are, and the ranges; data IDs with equal ranges are one."""
    patterns: dict[tuple[str, tuple[Timespan, ...]], list[str]] = {}
    for (kind, data_id), valid in groupby(listed, lambda v: (v.ref.dataset_type.name, v.ref.data_id)):
        name = ", ".join(f"{d}={data_id[d]}" for d in data_id.group.required if d != "instrument")
        patterns.setdefault((kind, tuple(v.timespan for v in valid)), []).append(name)
    return [
        (kind, "; ".join(names) if len(names) <= _NAMED else counted(len(names), "data ID"), list(spans))
        for (kind, spans), names in patterns.items()
    ]


def _bar(spans: Sequence[Timespan], axis: _Axis) -> str:
    """The ranges of one line: a frame of blanks with a character more on each side for what is unbounded."""
    cells = [" "] * (_WIDTH + 2)
    for span in spans:
        first, last = axis.places.get(span.begin_ns, 1), axis.places.get(span.end_ns, _WIDTH + 1)
        cells[first:last] = ("|" + "=" * (_WIDTH + 1))[: max(last - first, 1)]
        if span.begin_ns == span.MIN_NS:
            cells[0:2] = "<="
        if span.end_ns == span.MAX_NS:
            cells[-1] = ">"
    return "".join(cells).rstrip()
