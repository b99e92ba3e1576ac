"""Statistics as attributes."""

from __future__ import annotations

import copy
import math
import pickle

import pytest

from skybutler.images import SummaryStats


def test_attributes_and_items() -> None:
    stats = SummaryStats({"psf_sigma": 2.5, "ra_corners": [1.0, 2.0]}, n_psf_star=3, ourOwnNumber=7)
    assert stats.psf_sigma == stats["psf_sigma"] == 2.5
    assert stats.ra_corners == (1.0, 2.0)
    assert stats.ourOwnNumber == 7
    assert math.isnan(stats.zero_point)
    assert dict(stats) == {"psf_sigma": 2.5, "ra_corners": (1.0, 2.0), "n_psf_star": 3, "ourOwnNumber": 7}
    assert "zero_point" in dir(stats)
    assert "ourOwnNumber" in dir(stats)


def test_what_there_is_not() -> None:
    with pytest.raises(AttributeError, match="no statistic 'psf_sigam'. Did you mean .*'psf_sigma'"):
        SummaryStats().psf_sigam  # noqa: B018
    with pytest.raises(AttributeError, match="do not change"):
        SummaryStats().psf_sigma = 2.0
    with pytest.raises(KeyError):
        SummaryStats()["psf_sigma"]


def test_equal_by_value() -> None:
    stats = SummaryStats(psf_sigma=1.0, ra=float("nan"))
    assert stats == SummaryStats(ra=float("nan"), psf_sigma=1.0) != SummaryStats(psf_sigma=1.0)
    assert hash(stats) == hash(SummaryStats(ra=float("nan"), psf_sigma=1.0))
    assert pickle.loads(pickle.dumps(stats)) == copy.deepcopy(stats) == stats
    assert repr(stats) == "SummaryStats(psf_sigma=1)"
