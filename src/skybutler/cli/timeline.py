"""Validity ranges drawn as bars over time, as lines of text.  Knows no repository and no subcommand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from skybutler.sky.timespan import iso_text

from .output import counted

if TYPE_CHECKING:
    from skybutler.butler.calibrations import ValidityRange
    from skybutler.sky.timespan import Timespan

__all__ = ["timeline_lines"]

_WIDTH = 60
"""Characters of the time axis."""

_DAY = 86_400_000_000_000
_NAMED = 3
"""So many data IDs of a line are written out; of more, how many there are."""


def timeline_lines(ranges: Iterable[ValidityRange]) -> Iterator[str]:
    """Lines of a drawing: a title per collection, then a bar for each dataset type and pattern of ranges.

    Time runs from the first to the last end of any range in the collection; ``<`` and ``>`` mean that a bar goes on
    without bound, ``|`` is where a range begins.

    Parameters
    ----------
    ranges : iterable of `ValidityRange`
        Sorted by collection, dataset type, data ID and time.
    """
    for collection, members in groupby(ranges, lambda valid: valid.collection):
        listed = list(members)
        begin, end = _axis([valid.timespan for valid in listed])
        groups = _grouped(listed)
        labels = [f"{kind}  {who}" for kind, who, _ in groups]
        width = max(map(len, labels))
        dates = iso_text(begin)[:10], iso_text(end)[:10]
        yield collection
        yield f"  {'':{width}}   {dates[0]}{dates[1]:>{_WIDTH - 10}}"
        for label, (_, _, spans) in zip(labels, groups, strict=True):
            yield f"  {label:{width}}  {_bar(spans, begin, end)}"


def _axis(spans: Sequence[Timespan]) -> tuple[int, int]:
    """First and last instant drawn: what is bounded, with a margin for what goes on."""
    known = [ns for span in spans for ns in (span.begin_ns, span.end_ns) if ns not in (span.MIN_NS, span.MAX_NS)]
    begin, end = (min(known), max(known)) if known else (0, _DAY)
    margin = max((end - begin) // 10, _DAY)
    before = any(span.begin_ns == span.MIN_NS for span in spans)
    after = any(span.end_ns == span.MAX_NS for span in spans)
    return begin - margin * before, end + margin * after


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


def _bar(spans: Sequence[Timespan], begin: int, end: int) -> str:
    """The ranges of one line: a frame of blanks with a character more on each side for what is unbounded."""
    cells = [" "] * (_WIDTH + 2)
    for span in spans:
        first, last = (
            1 + (min(max(ns, begin), end) - begin) * (_WIDTH - 1) // (end - begin)
            for ns in (span.begin_ns, span.end_ns)
        )
        cells[first : last + 1] = "|" + "=" * (last - first)
        if span.begin_ns == span.MIN_NS:
            cells[0], cells[1] = "<", "="
        if span.end_ns == span.MAX_NS:
            cells[-1] = ">"
    return "".join(cells).rstrip()
