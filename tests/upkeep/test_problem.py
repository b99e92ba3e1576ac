"""Findings are kept in order, few in memory and many on disk."""

from __future__ import annotations

from skybutler.upkeep.problem import Found, quiet


def test_findings_come_back_as_they_were() -> None:
    found = Found()
    rows = [[f"{i:032x}", "", "p/é\n\x1b", None] for i in range(5_003)]
    for row in rows:
        found.add(*row)
    assert len(found) == 5_003
    for _ in range(2):
        batches = list(found.batches())
        assert [len(batch) for batch in batches] == [2_000, 2_000, 1_003]
        assert [row for batch in batches for row in batch] == rows


def test_nothing_found() -> None:
    assert list(Found().batches()) == []


def test_quiet_progress() -> None:
    with quiet("Looking", "files") as advance:
        advance(1, None)
