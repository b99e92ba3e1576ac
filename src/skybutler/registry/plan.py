"""How a statement is to be planned, where whoever asks knows more than a planner can.  Knows no database."""

from __future__ import annotations

from enum import Enum

__all__ = ["Plan"]

_FIRST_PART = 16
"""One part in so many."""


class Plan(Enum):
    """How a statement is to be planned; each database knows what it has to do for that, if anything."""

    USUAL = "usual"
    """By statistics; the answer is likely to be short."""
    AS_WRITTEN = "as written"
    """Few staged rows lead, and the tables are written in the order in which they are best joined."""
    LONG = "long"
    """By statistics, for more rows than a batch has: all of them are wanted."""
    BY_INDEX = "by index"
    """For as many, too, or the first of them; each is joined by unique keys, and no table is read before the first."""

    @property
    def is_long(self) -> bool:
        """Whether the answer is known to be long."""
        return self in (Plan.LONG, Plan.BY_INDEX)

    def first_part(self, size: int) -> int:
        """How many rows to fetch first of an answer that comes in parts: few of a long one, so that they come soon."""
        return max(1, size // _FIRST_PART) if self.is_long else size
