"""Implied values of data IDs: read once per parent record, not once per row.  Knows no queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from skybutler.dimensions import DimensionGroup

from .database import Database, quoted
from .keys import Keys

__all__ = ["ImpliedValues", "Step"]

_CHUNK = 500
_REMEMBERED = 100_000
"""Records that are kept between batches."""


@dataclass(slots=True)
class Step:
    """Values that one kind of record implies.

    Parameters
    ----------
    element : `str`
        Whose records they are.
    required : `tuple` [`str`]
        Dimensions that identify a record.
    implied : `tuple` [`str`]
        Dimensions whose values follow.
    """

    element: str
    required: tuple[str, ...]
    implied: tuple[str, ...]
    known: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    """Implied by required values, of records looked at before."""


class ImpliedValues:
    """Looks up what follows from the values of other dimensions.

    Parameters
    ----------
    database, keys
        The registry's parts.
    group : `DimensionGroup`
        Dimensions of the data IDs.
    given : collection of `str`
        Dimensions whose values the rows have: all required ones, and perhaps some implied ones.
    """

    def __init__(self, database: Database, keys: Keys, group: DimensionGroup, given: Collection[str]) -> None:
        self._database, self._keys = database, keys
        self.steps = list(_steps(group, given))

    def of(self, step: Step, records: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Implied by required values (plain ones, as everywhere); all `None` where there is no record.

        Parameters
        ----------
        step : `Step`
            One of ``steps``.
        records : iterable of `tuple`
            Required values of the records, each once.
        """
        wanted = list(records)
        if len(step.known) > _REMEMBERED:
            step.known.clear()
        new = [record for record in wanted if record not in step.known]
        if new:
            step.known.update(dict.fromkeys(new, (None,) * len(step.implied)))
            self._fetch(step, new)
        return {record: step.known[record] for record in wanted}

    def _fetch(self, step: Step, records: Sequence[tuple[Any, ...]]) -> None:
        """Records that differ in their last value only are read together."""
        together: dict[tuple[Any, ...], dict[int, tuple[Any, ...]]] = {}
        for record in records:
            stored = self._keys.encode_all(step.required, record)
            if stored is not None:
                together.setdefault(stored[:-1], {})[stored[-1]] = record
        *first, last = map(quoted, step.required)
        columns = ", ".join([last, *map(quoted, step.implied)])
        for start, members in together.items():
            codes = list(members)
            for begin in range(0, len(codes), _CHUNK):
                wanted, part = self._database.one_of(last, "int", codes[begin : begin + _CHUNK])
                conditions = " AND ".join([*(f"{d} = ?" for d in first), wanted])
                sql = f"SELECT {columns} FROM {quoted(step.element)} WHERE {conditions}"
                for code, *values in self._database.query(sql, (*start, *part)):
                    step.known[members[code]] = tuple(map(self._decoded, step.implied, values))

    def _decoded(self, dimension: str, stored: int | None) -> Any:
        return None if stored is None else self._keys.decode(dimension, stored)


def _steps(group: DimensionGroup, given: Collection[str]) -> list[Step]:
    """In an order in which each step finds what it needs: the filter of a visit, then the band of the filter."""
    wanted: dict[str, list[str]] = {}
    for dimension in group.implied:
        if dimension not in given:
            source = next(n for n in group.names if dimension in group.universe[n].implied)
            wanted.setdefault(source, []).append(dimension)
    known = set(given)
    steps = []
    while wanted:
        ready = [n for n in wanted if known.issuperset(group.universe[n].required)]
        for name in ready:
            implied = tuple(wanted.pop(name))
            known.update(implied)
            steps.append(Step(name, tuple(group.universe[name].required), implied))
    return steps
