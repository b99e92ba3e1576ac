"""Timespans with the spellings of lsst.daf.butler.  Knows no repository."""

# ruff: noqa: N802 - the names are those of lsst.daf.butler

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from skybutler.sky.timespan import Timespan as PlainTimespan

if TYPE_CHECKING:
    from astropy.time import Time

__all__ = ["Timespan"]


class Timespan(PlainTimespan):
    """A half-open interval of TAI; see `skybutler.sky.timespan.Timespan`."""

    __slots__ = ()

    @classmethod
    def of(cls, timespan: PlainTimespan) -> Timespan:
        """The same timespan with these spellings."""
        return timespan if isinstance(timespan, Timespan) else cls(timespan.begin_ns, timespan.end_ns)

    @classmethod
    def makeEmpty(cls) -> Timespan:
        """The timespan that contains nothing."""
        return cls.of(cls.make_empty())

    @classmethod
    def fromInstant(cls, time: Time | datetime | int) -> Timespan:
        """The timespan of one instant."""
        return cls.of(cls.from_instant(time))

    def isEmpty(self) -> bool:
        """Whether no instant lies within."""
        return self.is_empty

    def intersection(self, *others: PlainTimespan) -> Timespan:
        """What is common to this and all others."""
        return self.of(super().intersection(*others))

    def difference(self, other: PlainTimespan) -> Iterator[Timespan]:
        """The parts of this outside of another."""
        return map(self.of, super().difference(other))

    # A dataclass is equal only to its own class, but a timespan is what its ends are.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlainTimespan):
            return NotImplemented
        return (self.begin_ns, self.end_ns) == (other.begin_ns, other.end_ns)

    def __hash__(self) -> int:
        return hash((self.begin_ns, self.end_ns))
