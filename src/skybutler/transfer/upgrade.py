"""Dimension records of older universes brought to the repository's: fields renamed, dropped, made records of their own.

Knows no file and writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from skybutler.dimensions import DimensionUniverse
from skybutler.errors import ButlerError, NotFoundError
from skybutler.sky.timespan import Timespan, iso_text

__all__ = ["Upgrade"]

_log = logging.getLogger(__name__)

Columns = dict[str, Sequence[Any]]
_DAY_NS = 86_400_000_000_000


class Upgrade:
    """What it takes to bring records from one version of the standard universe to another; see its history.

    Parameters
    ----------
    universe : `DimensionUniverse`
        The repository's.
    version : `int`
        Version that the records were written with.
    namespace : `str`
        Namespace of that version; only ``daf_butler`` has a history that is known.
    classes : mapping
        Class names of instruments that are known already, by name.
    """

    def __init__(self, universe: DimensionUniverse, version: int, namespace: str, classes: Mapping[str, str]) -> None:
        self._universe = universe
        old = version if namespace == "daf_butler" else universe.version
        self.systems = old < 2 and "visit_system_membership" in universe
        self._seeing = old < min(1, universe.version)
        self._names = old < min(1, universe.version)
        self._groups = old < 6 and "group" in universe["exposure"].implied
        self._exposure_days = old < 6 and "day_obs" in universe["exposure"].implied
        self._visit_days = old < 6 and "day_obs" in universe["visit"].implied
        self._new_days = old < 1 and "day_obs" in universe["visit"].fields
        self._classes = dict(classes)
        self._offsets: dict[str, int | None] = {}
        self._found: dict[str, dict[tuple[Any, ...], None]] = {"group": {}, "day_obs": {}}

    @property
    def is_change(self) -> bool:
        """Whether anything has to be changed."""
        return any((self.systems, self._seeing, self._names, self._groups, self._exposure_days, self._visit_days))

    # --------------------------------------------------------------- records
    def records(self, element: str, columns: Mapping[str, Sequence[Any]]) -> Columns:
        """The records with the fields that they have in the new universe; see `gathered` for what they bring."""
        found = dict(columns)
        if element == "instrument" and "class_name" in found:
            self._classes |= {n: str(c) for n, c in zip(found["name"], found["class_name"], strict=True) if c}
        elif element == "visit":
            self._visits(found)
        elif element == "exposure":
            self._exposures(found)
        return found

    def _visits(self, columns: Columns) -> None:
        if self._seeing:
            columns.pop("seeing", None)
        if self.systems:
            columns.pop("visit_system", None)
        if self._new_days and "timespan" in columns:
            known = columns.get("day_obs") or [None] * len(columns["instrument"])
            rows = zip(columns["instrument"], known, columns["timespan"], strict=True)
            columns["day_obs"] = [self._day_of(i, span) if day is None else day for i, day, span in rows]
        if self._visit_days:
            self._note("day_obs", columns, "instrument", "day_obs")

    def _exposures(self, columns: Columns) -> None:
        if self._names and "name" in columns and "obs_id" not in columns:
            columns["obs_id"] = columns.pop("name")
        if self._groups and "group_name" in columns:
            columns["group"] = columns.pop("group_name")
            columns.pop("group_id", None)
            self._note("group", columns, "instrument", "group")
        if self._exposure_days:
            self._note("day_obs", columns, "instrument", "day_obs")

    def _note(self, element: str, columns: Columns, *fields: str) -> None:
        if all(field in columns for field in fields):
            rows = zip(*(columns[field] for field in fields), strict=True)
            self._found[element] |= dict.fromkeys(row for row in rows if None not in row)

    def memberships(self, element: str, columns: Mapping[str, Sequence[Any]]) -> Columns | None:
        """Rows of ``visit_system_membership`` that visits (as they are in the file) bring, or `None`."""
        if element != "visit" or not self.systems or "visit_system" not in columns:
            return None
        rows = [
            row
            for row in zip(*(columns[f] for f in ("instrument", "visit_system", "id")), strict=True)
            if all(value is not None for value in row)
        ]
        return dict(zip(("instrument", "visit_system", "visit"), map(list, zip(*rows, strict=True)), strict=True))

    def gathered(self, element: str) -> Columns | None:
        """Records of an element that others have brought, or `None`."""
        rows = list(self._found.get(element, ()))
        if not rows:
            return None
        instruments, values = (list(column) for column in zip(*rows, strict=True))
        if element == "group":
            return {"instrument": instruments, "name": values}
        spans = [self._span_of(i, day) for i, day in rows]
        if unknown := sorted({i for i, span in zip(instruments, spans, strict=True) if span is None}):
            _log.warning(
                "Days of %s get no timespans: it is not known at what time their days begin.", ", ".join(unknown)
            )
        return {"instrument": instruments, "id": values, "timespan": spans}

    # ------------------------------------------------------------------ types
    def dimensions(self, names: Sequence[str]) -> list[str]:
        """Dimensions of a dataset type in the new universe."""
        dropped = {"visit_system"} if self.systems and "visit" in names else set()
        return [name for name in names if name not in dropped]

    # ------------------------------------------------------------------- days
    def _span_of(self, instrument: str, day: int) -> Timespan | None:
        offset = self._offset(instrument)
        return None if offset is None else Timespan.from_day_obs(day, offset)

    def _day_of(self, instrument: str, span: Timespan | None) -> int | None:
        """The observing day in which a visit began."""
        if span is None or span.is_empty or span.begin_ns == Timespan.MIN_NS:
            return None
        text = iso_text(span.begin_ns - (self._offset(instrument) or 0) * 1_000_000_000, 0)
        return int(text[:10].replace("-", ""))

    def _offset(self, instrument: str) -> int | None:
        """Seconds from midnight (TAI) to the begin of an instrument's observing day; `None` where nobody knows."""
        if instrument not in self._offsets:
            self._offsets[instrument] = _day_offset(instrument, self._classes.get(instrument, ""))
        return self._offsets[instrument]


def _day_offset(name: str, class_name: str) -> int | None:
    from skybutler.instruments import Instrument

    for wanted in filter(None, (class_name, name)):
        try:
            rules = Instrument.load(wanted).rules.get("observing_day_offset", ())
        except NotFoundError:
            continue
        except ButlerError as error:  # a broken description is for those who work with the instrument
            _log.warning("The description of %s cannot be read: %s", wanted, error)
            continue
        return next((round(float(rule.value)) for rule in rules if rule.kind == "const"), None)
    return None
