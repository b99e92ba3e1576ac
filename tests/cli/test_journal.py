"""Looking into the journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


def test_a_table_that_people_can_read(good: Good, repo: Path) -> None:
    good("collection-chain", repo, "all", "u/one", "u/flats")
    lines = good("log", repo, "--limit", "2").splitlines()
    assert re.split(r"  +", lines[0]) == ["time", "who", "action", "subject", "count", "details"]
    assert re.search(r"\d\d:\d\d:\d\d  \w+@\S+  set-chain +all +1  children=u/one, u/flats$", lines[2])
    assert "register-collection" in lines[3]
    assert len(lines) == 4


def test_for_programs(rows: Rows, repo: Path) -> None:
    puts = rows("log", repo, "--action", "put", "--subject", "u/one")
    assert {(r["subject"], r["count"]) for r in puts} == {("numbers in u/one", 1), ("note in u/one", 1)}
    assert len(puts) == 4
    (chain,) = rows("log", repo, "--action", "set-*")
    assert chain["details"] == {"children": ["u/two", "u/one"]}
    assert rows("log", repo)[-1]["action"] == "create"


def test_times(rows: Rows, good: Good, run: Callable[..., Any], repo: Path) -> None:
    everything = rows("log", repo)
    assert rows("log", repo, "--since", "1w", "--until", "2261-01-01") == everything
    assert rows("log", repo, "--since", everything[-1]["time"].replace(" ", "T")) == everything
    assert rows("log", repo, "--until", "7 d") == []
    said = run("log", repo, "--since", "2261-01-01")
    assert (said.stdout, said.stderr) == ("", "The journal has no such change.\n")


@pytest.mark.parametrize("option, value", [("--since", "yesterday"), ("--until", "3 moons"), ("--since", "2026-13-01")])
def test_bad_times(option: str, value: str, bad: Bad, repo: Path) -> None:
    assert value in bad("log", repo, option, value)


def test_trimming(good: Good, rows: Rows, run: Callable[..., Any], repo: Path) -> None:
    before = rows("log", repo)
    assert good("log", repo, "--trim", "7d").startswith("The journal has nothing from before ")
    assert run("log", repo, "--trim", "0s", input="n\n").exit_code != 0
    assert rows("log", repo) == before
    said = good("log", repo, "--trim", "0s", "--no-confirm")
    assert said == f"Removed {len(before)} entries of the journal.\n"
    (told,) = rows("log", repo)
    assert (told["action"], told["count"]) == ("trim", len(before))
    assert good("verify", repo) == "Nothing is wrong.\n"


def test_trimming_goes_alone(bad: Bad, repo: Path) -> None:
    assert "no other option" in bad("log", repo, "--trim", "7d", "--action", "put", status=2)
    assert "yesterday" in bad("log", repo, "--trim", "yesterday")


def test_control_characters_are_shown_not_sent(good: Good, repo: Path) -> None:
    good("collection-chain", repo, "a\x1bb", "u/one")
    assert "\x1b" not in good("log", repo)
