"""A ratio may fall below its target, or below two thirds of what is recorded, but not below both."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recorded

ratios = st.floats(0.01, 1000.0)


@pytest.mark.parametrize(
    "ratio, target, known, passes",
    [
        (3.9, 8, 6.0, False),  # below both
        (4.1, 8, 6.0, True),  # below the target, above two thirds of what is recorded
        (8.1, 8, 60.0, True),  # above the target, however much is recorded
        (7.9, 8, 60.0, False),
        (4.1, 8, {"value": 6.0, "why": "a check more"}, True),
        (7.9, 8, None, False),  # nothing recorded: the target alone
        (8.0, 8, None, True),
        (0.1, None, 60.0, True),  # nothing promised: only watched
    ],
)
def test_fails_below_both_target_and_two_thirds_of_recorded(
    ratio: float, target: float | None, known: recorded.Ratio | None, passes: bool
) -> None:
    least = recorded.least_ratio(target, known)
    assert (least is None or ratio >= least) is passes


@given(ratio=ratios, target=ratios, known=ratios)
def test_rule_is_that_of_its_words(ratio: float, target: float, known: float) -> None:
    fails = ratio < target and ratio < recorded.KEPT * known
    least = recorded.least_ratio(target, known)
    assert least is not None
    assert (ratio < least) is fails


def test_better_and_new_ratios_are_recorded() -> None:
    assert recorded.update_ratios({"put": 5.0}, {"put": 6.1234, "get": 2.0}, None) == ({"put": 6.12, "get": 2.0}, [])


def test_lowering_needs_a_reason() -> None:
    known: dict[str, recorded.Ratio] = {"put": 5.0, "find": {"value": 20.0, "why": "older"}}
    assert recorded.update_ratios(known, {"put": 4.0, "find": 19.0}, None) == (known, ["put", "find"])
    updated, refused = recorded.update_ratios(known, {"put": 4.0}, "syncs to the disk")
    assert updated == {"put": {"value": 4.0, "why": "syncs to the disk"}, "find": {"value": 20.0, "why": "older"}}
    assert refused == []


def test_a_reason_is_gone_when_the_ratio_is_better_again() -> None:
    updated, _ = recorded.update_ratios({"put": {"value": 4.0, "why": "syncs"}}, {"put": 5.0}, None)
    assert updated == {"put": 5.0}


@given(known=st.dictionaries(st.sampled_from("abc"), ratios), measured=st.dictionaries(st.sampled_from("abcd"), ratios))
def test_nothing_falls_silently(known: dict[str, float], measured: dict[str, float]) -> None:
    updated, _ = recorded.update_ratios(known, measured, None)
    assert all(recorded.value_of(updated[row]) >= ratio for row, ratio in known.items())


def test_what_is_saved_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "FILE", tmp_path / "recorded.json")
    assert recorded.load_recorded() == {"cases": {}, "short": {}}
    some = {"cases": {}, "short": {"registry.sqlite": {"put": {"value": 4.0, "why": "größer"}, "find": 20.0}}}
    recorded.save_recorded(some)
    assert recorded.load_recorded() == some
