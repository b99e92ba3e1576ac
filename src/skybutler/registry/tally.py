"""What a transaction has done, counted by action and subject; parts rolled back do not count.  Knows no table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Noted", "Tally"]

Noted = tuple[int, Mapping[str, Any]]
"""How many, and what else is to be said."""

_MOST_VALUES = 20
"""No more different values of one detail are kept."""


class Tally:
    """Counts of a transaction and of the parts (savepoints) that are open in it, innermost last.

    However many changes there are, it holds one entry per action and subject.
    """

    def __init__(self) -> None:
        self._open: list[dict[tuple[str, str], Noted]] = []

    def begin(self) -> None:
        """A transaction begins, or a part of one."""
        self._open.append({})

    def keep(self) -> None:
        """The innermost part succeeds: what it did counts for what it is a part of."""
        done = self._open.pop()
        if self._open:
            for key, (count, details) in done.items():
                self._add(key, count, details)

    def drop(self) -> None:
        """The innermost part fails: nothing of it was done."""
        self._open.pop()

    def note(self, action: str, subject: str, count: int, details: Mapping[str, Any]) -> None:
        """Something was done in the innermost part.

        Parameters
        ----------
        action, subject : `str`
            What was done, to what; entries in which both are equal are added up.
        count : `int`
            To how many; nothing is noted for 0.
        details : mapping
            Names and plain values (JSON has them).  Of values that differ the first 20 are kept, in a list.
        """
        if count:
            self._add((action, subject), count, details)

    @property
    def noted(self) -> Mapping[tuple[str, str], Noted]:
        """What the innermost open part has done so far, parts of it that succeeded included."""
        return self._open[-1]

    def _add(self, key: tuple[str, str], count: int, details: Mapping[str, Any]) -> None:
        known = self._open[-1]
        if key not in known:
            known[key] = count, details
            return
        before, old = known[key]
        known[key] = before + count, old if old == details else _together(old, details)


def _together(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
    """Details of several changes: values that differ become a list."""
    found = dict(old)
    for name, value in new.items():
        if name not in found or found[name] == value:
            found[name] = value
            continue
        listed = found[name] if isinstance(found[name], list) else [found[name]]
        more = [v for v in (value if isinstance(value, list) else [value]) if v not in listed]
        found[name] = [*listed, *more][:_MOST_VALUES]
    return found
