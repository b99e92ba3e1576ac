"""Which exposures make which visit: the three ways to group.  Works on columns; knows no repository."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.instruments.description import VISIT_SYSTEMS

__all__ = ["Visits", "group_exposures"]

log = logging.getLogger(__name__)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Visits:
    """Visits as columns, in order of id.

    Parameters
    ----------
    ids : `~numpy.ndarray` [`int`]
        Shape (n_visits,).
    names : `list` [`str`]
        One per visit.
    starts : `~numpy.ndarray` [`int`]
        Where the members of each visit begin in ``members``, shape (n_visits,).
    members : `~numpy.ndarray` [`int`]
        Rows of exposures, those of a visit together and in order of exposure id.
    systems : `list` [`tuple` [`int`, ...]]
        For each visit the ids of the visit systems it belongs to.
    """

    ids: Ints
    names: list[str]
    starts: Ints
    members: Ints
    systems: list[tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> Ints:
        """Exposures per visit, shape (n_visits,)."""
        return np.diff(np.append(self.starts, len(self.members)))

    def part(self, begin: int, end: int) -> Visits:
        """Some consecutive visits."""
        end = min(end, len(self))
        stop = self.starts[end] if end < len(self) else len(self.members)
        first = self.starts[begin]
        return Visits(
            self.ids[begin:end],
            self.names[begin:end],
            self.starts[begin:end] - first,
            self.members[first:stop],
            self.systems[begin:end],
        )


def group_exposures(way: str, exposures: Mapping[str, Sequence[Any]]) -> Visits:
    """Group exposures to visits.

    Parameters
    ----------
    way : `str`
        ``one-to-one``: an exposure is a visit with its id, named as its observation.
        ``by-group-metadata``: a group is a visit; its id are the digits of the group's name.
        ``one-to-one-and-by-counter``: both an exposure by itself, and the exposures that share day and range of
        counters; such a visit has id and name of its first exposure, whose own visit is ``9<id>``, ``<name>_first``.
    exposures : mapping
        Columns ``id``, ``obs_id``, ``group``, ``day_obs``, ``seq_num``, ``seq_start``, ``seq_end``, in order of id;
        optionally ``group_id``.

    Raises
    ------
    InvalidError
        An unknown way, or a group without digits.
    """
    made = _WAYS.get(way)
    if made is None:
        raise InvalidError(
            f"'{way}' is no way to group exposures.", hint=nearest(way, _WAYS) or f"Ways are: {', '.join(_WAYS)}."
        )
    listed = sorted(made(exposures))
    if repeated := [a[0] for a, b in itertools.pairwise(listed) if a[0] == b[0]]:
        raise InvalidError(f"Grouping '{way}' gives two visits the same id {repeated[0]}.")
    counts = [len(rows) for _, _, rows, _ in listed]
    return Visits(
        np.array([visit for visit, _, _, _ in listed], np.int64),
        [name for _, name, _, _ in listed],
        np.cumsum([0, *counts])[:-1].astype(np.int64),
        np.array([row for _, _, rows, _ in listed for row in rows], np.int64),
        [systems for _, _, _, systems in listed],
    )


_Visit = tuple[int, str, list[int], tuple[int, ...]]
"""Id, name, rows of exposures, visit systems."""

_ONE, _GROUP, _COUNTER = (VISIT_SYSTEMS[n] for n in ("one-to-one", "by-group-metadata", "by-seq-start-end"))


def _one_to_one(exposures: Mapping[str, Sequence[Any]]) -> list[_Visit]:
    return [
        (e, name, [i], (_ONE,)) for i, (e, name) in enumerate(zip(exposures["id"], exposures["obs_id"], strict=True))
    ]


def _by_group(exposures: Mapping[str, Sequence[Any]]) -> list[_Visit]:
    rows: dict[str, list[int]] = {}
    for i, group in enumerate(exposures["group"]):
        rows.setdefault(group, []).append(i)
    given = exposures.get("group_id")
    found: list[_Visit] = []
    for group, members in rows.items():
        digits = "".join(re.findall(r"\d", group or ""))
        if given is not None and given[members[0]] is not None:
            digits = str(given[members[0]])
        if not digits:
            raise InvalidError(f"Group {group!r} has no digits to make a visit id of.", hint="Use another grouping.")
        found.append((int(digits), group, members, (_GROUP,)))
    return found


def _by_counter(exposures: Mapping[str, Sequence[Any]]) -> list[_Visit]:
    ids, names, numbers = exposures["id"], exposures["obs_id"], exposures["seq_num"]
    rows: dict[tuple[int, int, int], list[int]] = {}
    for i, key in enumerate(zip(exposures["day_obs"], exposures["seq_start"], exposures["seq_end"], strict=True)):
        rows.setdefault(key, []).append(i)
    found: list[_Visit] = []
    for (day, start, end), members in rows.items():
        first = next((i for i in members if numbers[i] == start), None)
        alone = start == end and len(members) == 1
        if first is None:
            log.warning("Exposures %s to %s of %s make no visit: the first one is not there.", start, end, day)
        elif not alone:
            found.append((ids[first], names[first], [first, *(i for i in members if i != first)], (_COUNTER,)))
        for i in members:
            if alone:
                found.append((ids[i], names[i], [i], (_ONE, _COUNTER)))
            elif i == first:
                found.append((int(f"9{ids[i]}"), f"{names[i]}_first", [i], (_ONE,)))
            else:
                found.append((ids[i], names[i], [i], (_ONE,)))
    return found


_WAYS = {"one-to-one": _one_to_one, "by-group-metadata": _by_group, "one-to-one-and-by-counter": _by_counter}
