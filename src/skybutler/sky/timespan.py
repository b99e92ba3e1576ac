"""Half-open intervals of TAI nanoseconds since 1970-01-01 00:00 TAI.  How instants are read and written: times.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from skybutler.errors import InvalidError
from skybutler.sky.times import DAY, LIMIT, SECOND, iso_text, mjd_to_ns, parse_time, to_ns, to_time

if TYPE_CHECKING:
    from astropy.time import Time

__all__ = ["Timespan", "iso_text", "mjd_to_ns", "parse_time", "to_ns", "to_time"]

_JD_1970_HALVES: Final = 4_881_175  # half days from Julian date 0 to 1970-01-01 00:00


@dataclass(frozen=True, slots=True, init=False)
class Timespan:
    """The instants from ``begin`` (included) to ``end`` (excluded).

    Equal ends mean an instant, which is stored as one nanosecond; reversed ends make the empty timespan.  Timespans
    are sorted by begin, then end; the empty one comes last.  Against an instant, ``<`` and ``>`` mean wholly before
    and wholly after.

    Parameters
    ----------
    begin, end : `astropy.time.Time`, `datetime.datetime` (without zone: UTC), `int` (TAI nanoseconds) or `None`
        The ends; `None` is unbounded.

    Attributes
    ----------
    begin_ns, end_ns : `int`
        TAI nanoseconds since 1970-01-01 00:00 TAI; `MIN_NS` and `MAX_NS` when unbounded.
    """

    begin_ns: int
    end_ns: int

    MIN_NS: ClassVar[int] = -LIMIT
    MAX_NS: ClassVar[int] = LIMIT

    def __init__(self, begin: Time | datetime | int | None, end: Time | datetime | int | None) -> None:
        begin_ns = self.MIN_NS if begin is None else _bounded(begin)
        end_ns = self.MAX_NS if end is None else _bounded(end)
        if begin_ns == end_ns and begin_ns not in (self.MIN_NS, self.MAX_NS):
            end_ns += 1
        if begin_ns >= end_ns:
            begin_ns, end_ns = self.MAX_NS, self.MIN_NS
        object.__setattr__(self, "begin_ns", begin_ns)
        object.__setattr__(self, "end_ns", end_ns)

    @classmethod
    def from_ns(cls, begin_ns: int | None, end_ns: int | None) -> Timespan:
        """The timespan of two counts of TAI nanoseconds; `None`, `MIN_NS` and `MAX_NS` are unbounded."""
        return cls(begin_ns, end_ns)

    @classmethod
    def from_instant(cls, time: Time | datetime | int) -> Timespan:
        """The timespan of one instant, a nanosecond long."""
        return cls(time, time)

    @classmethod
    def make_empty(cls) -> Timespan:
        """The timespan that contains nothing."""
        return cls(cls.MAX_NS, cls.MIN_NS)

    @classmethod
    def from_day_obs(cls, day_obs: int, offset_s: int = 0) -> Timespan:
        """The 24 hours of an observing day.

        Parameters
        ----------
        day_obs : `int`
            The day as YYYYMMDD.
        offset_s : `int`
            Seconds from TAI midnight to the start of the day (12 hours for a day that ends at noon TAI).
        """
        text = f"{day_obs:08d}"
        if not 1970_01_01 <= day_obs <= 2261_12_31:
            raise InvalidError(f"{day_obs} is no observing day.", hint="Write YYYYMMDD, like 20261013.")
        begin = parse_time(f"{text[:4]}-{text[4:6]}-{text[6:]}", scale="tai") + round(offset_s * SECOND)
        return cls(begin, begin + DAY)

    # ------------------------------------------------------------------------------------------------------------- ends
    @property
    def begin(self) -> Time | None:
        """Begin as a `astropy.time.Time` in TAI, `None` if unbounded; asking an empty timespan is an error."""
        self._require_ends()
        return None if self.begin_ns == self.MIN_NS else to_time(self.begin_ns)

    @property
    def end(self) -> Time | None:
        """End as a `astropy.time.Time` in TAI, `None` if unbounded; asking an empty timespan is an error."""
        self._require_ends()
        return None if self.end_ns == self.MAX_NS else to_time(self.end_ns)

    @property
    def is_empty(self) -> bool:
        """Whether no instant lies within."""
        return self.begin_ns >= self.end_ns

    def _require_ends(self) -> None:
        if self.is_empty:
            raise InvalidError("An empty timespan has neither begin nor end.", hint="Ask is_empty first.")

    # ---------------------------------------------------------------------------------------------------------- algebra
    def overlaps(self, other: Timespan | Time | datetime) -> bool:
        """Whether an instant lies in both, or the given instant in this one; an empty timespan overlaps nothing."""
        other = _as_timespan(other)
        return max(self.begin_ns, other.begin_ns) < min(self.end_ns, other.end_ns)

    def contains(self, other: Timespan | Time | datetime) -> bool:
        """Whether this holds all of another, or an instant; the empty timespan lies in every one."""
        other = _as_timespan(other)
        return self.begin_ns <= other.begin_ns and other.end_ns <= self.end_ns

    def intersection(self, *others: Timespan) -> Timespan:
        """What is common to this and all others."""
        spans = (self, *others)
        begin, end = max(span.begin_ns for span in spans), min(span.end_ns for span in spans)
        return Timespan(begin, end) if begin < end else Timespan.make_empty()

    def difference(self, other: Timespan) -> Iterator[Timespan]:
        """The parts of this outside of another: none, one or two, in order; this itself if they do not overlap."""
        if not self.overlaps(other):
            yield self
            return
        if self.begin_ns < other.begin_ns:
            yield Timespan(self.begin_ns, other.begin_ns)
        if other.end_ns < self.end_ns:
            yield Timespan(other.end_ns, self.end_ns)

    def __lt__(self, other: Timespan | Time | datetime) -> bool:
        if isinstance(other, Timespan):
            return (self.begin_ns, self.end_ns) < (other.begin_ns, other.end_ns)
        return not self.is_empty and self.end_ns <= to_ns(other)

    def __gt__(self, other: Timespan | Time | datetime) -> bool:
        if isinstance(other, Timespan):
            return other < self
        return not self.is_empty and self.begin_ns > to_ns(other)

    def __le__(self, other: Timespan) -> bool:
        return not other < self

    def __ge__(self, other: Timespan) -> bool:
        return not self < other

    # ------------------------------------------------------------------------------------------------------------- text
    def __str__(self) -> str:
        if self.is_empty:
            return "(empty)"
        begin = "(-∞" if self.begin_ns == self.MIN_NS else f"[{_second_text(self.begin_ns)}"
        end = "∞" if self.end_ns == self.MAX_NS else _second_text(self.end_ns)
        return f"{begin}, {end})"

    def __repr__(self) -> str:
        if self.is_empty:
            return "Timespan.make_empty()"
        begin = None if self.begin_ns == self.MIN_NS else _time_repr(self.begin_ns)
        end = None if self.end_ns == self.MAX_NS else _time_repr(self.end_ns)
        return f"Timespan(begin={begin}, end={end})"


def _bounded(time: Time | datetime | int) -> int:
    # The two marks of unbounded ends are not instants, but they are what the columns of a registry hold.
    return time if isinstance(time, int) and abs(time) == LIMIT else to_ns(time)


def _as_timespan(time: Timespan | Time | datetime) -> Timespan:
    return time if isinstance(time, Timespan) else Timespan.from_instant(time)


def _second_text(ns: int) -> str:
    # Rounded to milliseconds, then cut to seconds, which is how Rubin's timespans print.
    milliseconds = (ns + 499_999) // 1_000_000
    return iso_text(milliseconds // 1000 * SECOND, 0)


def _time_repr(ns: int) -> str:
    """What ``repr`` of the astropy Time would be, without loading astropy."""
    half = DAY // 2
    total = ns + _JD_1970_HALVES * half
    days = (total + half) // DAY
    return f"astropy.time.Time({float(days)}, {(total - days * DAY) / DAY!r}, scale='tai', format='jd')"
