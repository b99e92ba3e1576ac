"""The time of day as the registry keeps it.  Knows no leap seconds to come."""

from __future__ import annotations

import time

__all__ = ["now_ns", "utc_text"]

_TAI_MINUS_UTC_NS = 37 * 1_000_000_000
"""Since 2017; ingest times need no better."""


def now_ns() -> int:
    """This moment in TAI nanoseconds (good to the leap-second offset, enough for ``ingest_date``)."""
    return time.time_ns() + _TAI_MINUS_UTC_NS


def utc_text(ns: int) -> str:
    """A moment that `now_ns` gave, as ISO 8601 text in UTC, to the second: ``2026-11-30 15:04:05``."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime((ns - _TAI_MINUS_UTC_NS) // 1_000_000_000))
