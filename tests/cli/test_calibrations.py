"""Certifying calibrations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]


def test_certify(good: Good, bad: Bad, repo: Path) -> None:
    options = ("certify-calibrations", repo, "u/flats", "calib", "flat")
    said = good(*options, "--begin-date", "2026-01-01", "--end-date", "2026-02-01T12:00:00")
    assert said == ("Certified 1 dataset of type 'flat' in 'calib' for [2026-01-01T00:00:00, 2026-02-01T12:00:00).\n")
    with Butler(repo) as butler:
        ((_, _, span),) = butler.registry.calibrations.ranges("calib", "flat")
        assert str(span) == "[2026-01-01T00:00:00, 2026-02-01T12:00:00)"
    assert "overlap" in bad(*options, "--begin-date", "2026-01-15").lower()
    good(*options, "--begin-date", "2026-02-01T12:00:00")


def test_chains_are_searched_as_asked(good: Good, bad: Bad, repo: Path) -> None:
    good("collection-chain", repo, "ins", "u/one", "u/flats")
    assert "in 'u/one'" in bad("certify-calibrations", repo, "ins", "calib", "flat")
    good("certify-calibrations", repo, "ins", "calib", "flat", "--search-all-inputs")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["u/flat", "calib", "flat"], "Did you mean 'u/flats'"),
        (["u/flats", "calib", "flt"], "Did you mean 'flat'"),
        (["u/one", "calib", "numbers"], "not a calibration dataset type"),
        (["u/flats", "u/one", "flat"], "u/one"),
        (["u/two", "calib", "flat"], "Nothing to certify"),
        (["u/flats", "calib", "flat", "--begin-date", "yesterday"], "yesterday"),
        (["u/flats", "calib", "flat", "--begin-date", "2026-02-01", "--end-date", "2026-01-01"], "empty"),
    ],
)
def test_mistakes_change_nothing(arguments: list[str], said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("certify-calibrations", repo, *arguments)
    with Butler(repo) as butler:
        assert "calib" not in butler.collections.query()
