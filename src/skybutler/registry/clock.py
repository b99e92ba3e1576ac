"""The time of day as the registry keeps it.  Knows no leap seconds to come."""

from __future__ import annotations

import time

__all__ = ["now_ns"]

_TAI_MINUS_UTC_NS = 37 * 1_000_000_000
"""Since 2017; ingest times need no better."""


def now_ns() -> int:
    """This moment in TAI nanoseconds (good to the leap-second offset, enough for ``ingest_date``)."""
    return time.time_ns() + _TAI_MINUS_UTC_NS
