"""Findings are plain values."""

from __future__ import annotations

from skybutler.upkeep.finding import Finding


def test_a_finding_needs_no_advice() -> None:
    assert Finding("clock", "ok", "12:00") == Finding("clock", "ok", "12:00", "", "")
