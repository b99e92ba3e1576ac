"""The registry's clock counts TAI: astropy, which knows the leap seconds, agrees."""

from __future__ import annotations

import pytest
from astropy.time import Time

from skybutler.registry.clock import now_ns, utc_text


def test_now_is_astropys_tai() -> None:
    before = Time.now().unix_tai
    now = now_ns()
    after = Time.now().unix_tai
    assert before - 1e-3 <= now / 1e9 <= after + 1e-3


def test_it_does_not_follow_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = Time("2024-01-01T00:00:00", scale="utc")
    monkeypatch.setattr("time.time_ns", lambda: int(moment.unix) * 10**9)
    assert now_ns() == round(moment.unix_tai) * 10**9


def test_utc_text_is_astropys() -> None:
    moment = Time("2026-11-30T15:04:05", scale="utc")
    assert utc_text(round(moment.unix_tai) * 10**9) == "2026-11-30 15:04:05"
