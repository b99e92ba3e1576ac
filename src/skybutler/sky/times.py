"""Instants as TAI nanoseconds since 1970-01-01 00:00 TAI, and the texts people write for them.

Knows nothing of intervals.  astropy is loaded only for scales that need its tables or theories (UTC, TDB, ...), numpy
only for many times at once.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from functools import lru_cache
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final

from skybutler.errors import InvalidError, nearest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from astropy.time import Time

__all__ = ["iso_text", "mjd_to_ns", "parse_time", "to_ns", "to_time"]

SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
LIMIT: Final = 2**63 - 1

_MJD_1970: Final = 40587
_JD_1970: Final = Decimal("2440587.5")
_DAY_1972: Final = 730  # from here on a second of UTC is a second of TAI
_ORDINAL_1970: Final = date(1970, 1, 1).toordinal()
_TT_MINUS_TAI: Final = 32_184_000_000  # ns, by definition (IAU 1991)

# Scales, and where they are the same as TAI but for a constant, that constant in nanoseconds.
_SCALES: Final = {"tai": 0, "tt": _TT_MINUS_TAI, "utc": None, "tdb": None, "tcb": None, "tcg": None}
# Formats that count seconds of uniform time: the TAI nanosecond at which the count is zero.
_COUNTERS: Final = {
    "unix_tai": 0,
    "gps": 315_964_819 * SECOND,  # 1980-01-06 00:00 UTC
    "cxcsec": 883_612_800 * SECOND - _TT_MINUS_TAI,  # 1998-01-01 00:00 TT
}
_CALENDAR: Final = {"iso": "utc", "isot": "utc", "fits": "utc", "yday": "utc"}
_NUMERIC: Final = {"mjd": "tai", "jd": "tai", "unix": "utc", "cxcsec": "tt"} | dict.fromkeys(
    ("unix_tai", "gps", "jyear", "byear", "decimalyear"), "tai"
)
_DEFAULT_SCALE: Final = _CALENDAR | _NUMERIC

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_CLOCK: Final = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?"
_ZONE: Final = r"(Z|z|[+-]\d\d:?\d\d)?"
_DATE: Final = re.compile(rf"([+-]\d)?(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:([T ]){_CLOCK}{_ZONE})?", re.ASCII)
_YDAY: Final = re.compile(rf"(\d{{4}}):(\d{{1,3}})(?::{_CLOCK})?", re.ASCII)
_HINT: Final = "Write '2026-10-13T01:30:00', '2026:286:01:30:00', '61326.0625', optionally 'format/value/scale'."
_DIGITS: Final = Context(prec=80)  # enough that no product below is rounded


# ------------------------------------------------------------------------------------------------------------- objects
def to_ns(time: Time | datetime | int) -> int:
    """TAI nanoseconds of an instant.

    Parameters
    ----------
    time : `astropy.time.Time`, `datetime.datetime` or `int`
        A scalar time; a datetime without zone is UTC; an integer is returned as it is.

    Raises
    ------
    InvalidError
        No single instant, or one outside the years 1678 to 2261.
    """
    if isinstance(time, (int, Integral)) and not isinstance(time, bool):
        return _in_range(int(time), time)
    if isinstance(time, datetime):
        utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        since_midnight = ((utc.hour * 60 + utc.minute) * 60 + utc.second) * SECOND + utc.microsecond * 1000
        return _calendar_ns(utc.toordinal() - _ORDINAL_1970, since_midnight, "utc", str(time))
    if hasattr(time, "jd1") and getattr(time, "isscalar", False):
        return int(_time_ns(time))
    raise InvalidError(f"{time!r} is no instant.", hint="Give a scalar astropy Time, a datetime or nanoseconds.")


def to_time(ns: int) -> Time:
    """The `astropy.time.Time` (scale TAI, exact to the nanosecond) of TAI nanoseconds."""
    from astropy.time import Time

    days, rest = divmod(int(ns), DAY)
    return Time(days + float(_JD_1970), rest / DAY, format="jd", scale="tai")


def mjd_to_ns(mjd: npt.ArrayLike, scale: str = "tai") -> npt.NDArray[np.int64]:
    """TAI nanoseconds of many modified Julian dates.

    Parameters
    ----------
    mjd : array_like
        Modified Julian dates, days.  A double resolves about 0.6 microseconds today.
    scale : `str`
        Time scale of the dates.

    Raises
    ------
    InvalidError
        Unknown scale, or a date that is not finite or not within the years 1678 to 2261.
    """
    import numpy as np

    days = np.asarray(mjd, float)
    offset = _SCALES[_known_scale(scale)]
    if not np.isfinite(days).all():
        raise InvalidError(f"{np.count_nonzero(~np.isfinite(days))} of {days.size} dates are not finite.")
    whole = np.floor(days)
    if offset is None:
        return _astropy_ns(whole, days - whole, "mjd", scale.lower(), f"{days.size} dates")
    ns = _from_days(whole - _MJD_1970, days - whole)
    return np.asarray(ns - offset)


def iso_text(ns: int, decimals: int = 9, separator: str = "T") -> str:
    """ISO 8601 text of TAI nanoseconds, in TAI, without naming the scale.

    Parameters
    ----------
    ns : `int`
        TAI nanoseconds since 1970-01-01 00:00 TAI.
    decimals : `int`
        Digits after the second, 0 to 9; an exact half is rounded down.
    separator : `str`
        Between date and time of day.
    """
    unit = 10 ** (9 - decimals)
    ticks = (ns + (unit - 1) // 2) // unit
    days, rest = divmod(ticks * unit, DAY)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{date.fromordinal(days + _ORDINAL_1970)}{separator}"
    text += f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction // unit:0{decimals}}" if decimals else text


# --------------------------------------------------------------------------------------------------------------- texts
def parse_time(
    value: str | float | Decimal | np.integer[Any] | np.floating[Any],
    format: str | None = None,
    scale: str | None = None,
) -> int:
    """TAI nanoseconds of what stands in a ``T'...'`` literal: ``[format/]value[/scale]``.

    Without a format a number is a modified Julian date (integer or not), a leading sign means FITS (``+02026-10-13``),
    ``2026:286`` is year and day, and the rest is ISO 8601 with a blank or ``T`` before the time of day.  Without a
    scale ISO, FITS, year-and-day and ``unix`` are UTC, ``cxcsec`` is TT, everything else TAI.  The only time zones
    accepted are ``Z`` and ``+00:00``.

    Parameters
    ----------
    value : `str` or number
        The text between the quotes, or a number.
    format, scale : `str`, optional
        Used where the text names none.

    Raises
    ------
    InvalidError
        The text is no time, names an unknown format or scale, or lies outside the years 1678 to 2261.
    """
    if isinstance(value, bool):
        raise InvalidError(f"{value} is no time.", hint=_HINT)
    # `item` is how numpy's numbers become Python's
    number = None if isinstance(value, str) else Decimal(value.item() if hasattr(value, "item") else value)
    text = str(value).strip()
    own_format, body, own_scale = _split(text)
    form = (
        own_format or (format.lower() if format else None) or (_guess_format(body, text) if number is None else "mjd")
    )
    if form not in _DEFAULT_SCALE:
        hint = nearest(form, _DEFAULT_SCALE) or f"Formats are {', '.join(_DEFAULT_SCALE)}."
        raise InvalidError(f"Unknown time format '{form}' in '{text}'.", hint=hint)
    scale = _known_scale(own_scale or scale or _DEFAULT_SCALE[form])
    if form in _CALENDAR:
        return _parse_calendar(body, form, scale, text)
    if number is None and not _NUMBER.fullmatch(body):
        raise InvalidError(f"'{text}' does not have the form of time format '{form}': a plain number.", hint=_HINT)
    # A float is taken for what it is in binary, as mjd_to_ns does.
    return _number_ns(Decimal(body) if number is None else number, form, scale, text)


def _split(text: str) -> tuple[str | None, str, str | None]:
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == 1:
        return None, text, None
    if len(parts) == 2:
        # Only a format can stand before a slash that no scale follows.
        if parts[1].lower() in _SCALES or not parts[0][:1].isalpha():
            return None, parts[0], parts[1].lower()
        return parts[0].lower(), parts[1], None
    if len(parts) == 3:
        return parts[0].lower(), parts[1], parts[2].lower()
    raise InvalidError(f"'{text}' is no time.", hint=_HINT)


def _known_scale(scale: str) -> str:
    if scale.lower() not in _SCALES:
        hint = nearest(scale, _SCALES) or f"Scales are {', '.join(_SCALES)}."
        raise InvalidError(f"Unknown time scale '{scale}'.", hint=hint)
    return scale.lower()


def _guess_format(body: str, text: str) -> str:
    if _NUMBER.fullmatch(body):
        return "mjd"
    if match := _DATE.fullmatch(body):
        return "fits" if match[1] else "iso" if match[5] != "T" else "isot"
    if _YDAY.fullmatch(body):
        return "yday"
    raise InvalidError(f"'{text}' is no time.", hint=_HINT)


def _parse_calendar(body: str, form: str, scale: str, text: str) -> int:
    match = (_YDAY if form == "yday" else _DATE).fullmatch(body)
    if not match:
        raise InvalidError(f"'{text}' does not have the form of time format '{form}'.", hint=_HINT)
    try:
        if form == "yday":
            ordinal, clock, zone = _year_day(match[1], match[2]), match.group(3, 4, 5, 6), None
        else:
            ordinal = date(int((match[1] or "") + match[2]), int(match[3]), int(match[4])).toordinal()
            clock, zone = match.group(6, 7, 8, 9), match[10]
        since_midnight = _clock_ns(*clock)
    except ValueError as error:
        raise InvalidError(f"'{text}' is no time: {error}.") from error
    if zone not in (None, "Z", "z", "+00:00") or (zone and scale != "utc"):
        raise InvalidError(f"'{text}' has time zone '{zone}'.", hint="Only UTC has one: write '+00:00', or none.")
    return _calendar_ns(ordinal - _ORDINAL_1970, since_midnight, scale, text)


def _year_day(year: str, day: str) -> int:
    ordinal = date(int(year), 1, 1).toordinal() + int(day) - 1
    if int(day) < 1 or date.fromordinal(ordinal).year != int(year):
        raise ValueError(f"day {day} is not in year {year}")
    return ordinal


def _clock_ns(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> int:
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    if h > 23 or m > 59 or s > 60 or (s == 60 and (h, m) != (23, 59)):
        raise ValueError("time of day is out of range")
    return ((h * 60 + m) * 60 + s) * SECOND + round(Decimal(f"0.{fraction or 0}") * SECOND)


def _number_ns(number: Decimal, form: str, scale: str, text: str) -> int:
    if not number.is_finite():
        raise InvalidError(f"{text} is no time.", hint=_HINT)
    offset = _SCALES[scale]
    if form in _COUNTERS:
        return _in_range(_scaled(number, SECOND) + _COUNTERS[form], text)
    if form == "unix":  # days of 86,400 s whatever the leap seconds (POSIX)
        return _calendar_ns(*divmod(_in_range(_scaled(number, SECOND), text), DAY), "utc", text)
    if form in ("mjd", "jd") and offset is not None:
        since = _DIGITS.subtract(number, _MJD_1970 if form == "mjd" else _JD_1970)
        return _in_range(_scaled(since, DAY) - offset, text)
    if number.adjusted() > 9:  # and so too large for any format
        raise _out_of_range(text)
    whole = number.to_integral_value()
    return int(_astropy_ns(float(whole), float(_DIGITS.subtract(number, whole)), form, scale, text))


def _scaled(number: Decimal, unit: int) -> int:
    return int(_DIGITS.multiply(number, Decimal(unit)).to_integral_value())


# --------------------------------------------------------------------------------------------------------------- clocks
def _calendar_ns(day: int, since_midnight: int, scale: str, text: str) -> int:
    """TAI nanoseconds of a time of day (23:59:60 included) on a day since 1970-01-01, both in the given scale."""
    offset = _SCALES[scale]
    _in_range(day * DAY, text)
    if offset is not None and since_midnight < DAY:
        return _in_range(day * DAY + since_midnight - offset, text)
    if scale == "utc" and day >= _DAY_1972:
        ns = _utc_midnight(day) + since_midnight
        if since_midnight < DAY or ns < _utc_midnight(day + 1):
            return ns
    elif since_midnight < DAY:
        return int(_astropy_ns(day + _MJD_1970, since_midnight / DAY, "mjd", scale, text))
    raise InvalidError(f"'{text}' is no time: there is no leap second then in scale '{scale}'.")


@lru_cache(maxsize=4096)
def _utc_midnight(day: int) -> int:
    """TAI nanoseconds of 0:00 UTC of a day since 1970-01-01; astropy takes a millisecond for each."""
    return int(_astropy_ns(day + _MJD_1970, 0.0, "mjd", "utc", f"day {day}"))


def _astropy_ns(value: Any, value2: Any, format: str, scale: str, text: str) -> npt.NDArray[np.int64]:
    from astropy.time import Time

    try:
        time = Time(value, value2, format=format, scale=scale)
    except ValueError as error:
        raise InvalidError(f"'{text}' is no time: {error}.") from error
    return _time_ns(time)


def _time_ns(time: Time) -> npt.NDArray[np.int64]:
    with warnings.catch_warnings():
        # ERFA calls years dubious for which leap seconds are not announced yet; they count as having none.
        warnings.filterwarnings("ignore", message="ERFA function")
        tai = time.tai
    return _from_days(tai.jd1 - float(_JD_1970), tai.jd2)


def _from_days(days: Any, more_days: Any) -> npt.NDArray[np.int64]:
    """Nanoseconds of the sum of two counts of days, without rounding the sum to a double."""
    import numpy as np

    halves = np.rint(days * 2.0)
    rest = (days * 2.0 - halves) / 2.0 + more_days
    if not (np.abs(halves / 2 + rest) < LIMIT // DAY).all():  # also when not finite
        raise InvalidError("A time lies outside the years 1678 to 2261 that nanoseconds can count.")
    return np.asarray(halves.astype(np.int64) * (DAY // 2) + np.rint(rest * DAY).astype(np.int64))


def _in_range(ns: int, text: object) -> int:
    if not -LIMIT < ns < LIMIT:
        raise _out_of_range(text)
    return ns


def _out_of_range(text: object) -> InvalidError:
    return InvalidError(f"'{text}' lies outside the years 1678 to 2261 that nanoseconds can count.")
