"""Removing RUNs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click.testing

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]


def _names(repo: Path) -> list[str]:
    with Butler(repo) as butler:
        return butler.collections.query()


def test_runs_are_shown_and_asked_for(good: Good, run: Run, repo: Path) -> None:
    result = run("remove-runs", repo, "u/flats", input="n\n")
    assert result.exit_code == 1
    assert "u/flats  flat                 1" in result.stdout
    assert "u/flats" in _names(repo)
    assert "Removed 1 RUN with 1 dataset." in good("remove-runs", repo, "u/flats", input="y\n")
    assert "u/flats" not in _names(repo)
    assert list((repo / "u").glob("flats/**/*.yaml")) == []


def test_runs_in_chains_need_force_when_nobody_is_asked(good: Good, bad: Bad, repo: Path) -> None:
    assert "Add --force" in bad("remove-runs", repo, "u/*", "--no-confirm")
    assert len(_names(repo)) == 4
    said = good("remove-runs", repo, "u/*", "--no-confirm", "--force")
    assert "They will be taken out of chains: u/one in both, u/two in both." in said
    assert "Removed 3 RUNs with 6 datasets." in said
    assert _names(repo) == ["both"]


def test_runs_in_chains_can_be_confirmed(good: Good, repo: Path) -> None:
    assert "They will be taken out of chains: u/two in both." in good("remove-runs", repo, "u/two", input="y\n")
    assert _names(repo) == ["both", "u/flats", "u/one"]


def test_other_collections_are_left_alone(good: Good, repo: Path) -> None:
    assert good("remove-runs", repo, "bo*") == "No RUN matches: nothing to remove.\n"


def test_unknown_run(bad: Bad, repo: Path) -> None:
    assert "No collection with name 'u/none' found." in bad("remove-runs", repo, "u/none")
