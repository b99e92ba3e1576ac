"""Making and changing chains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]


@pytest.mark.parametrize(
    "arguments, after",
    [
        (["u/flats"], "[u/flats]"),
        (["u/*"], "[u/flats, u/one, u/two]"),
        (["--mode", "extend", "u/flats"], "[u/two, u/one, u/flats]"),
        (["--mode", "prepend", "u/flats,u/one"], "[u/flats, u/one, u/two]"),
        (["--mode", "extend", "u/two"], "[u/one, u/two]"),
        (["--mode", "remove", "u/two", "u/flats"], "[u/one]"),
        (["--mode", "remove", "u/t*,u/f*"], "[u/one]"),
        (["--mode", "prepend", "--flatten", "inner"], "[u/flats, u/two, u/one]"),
        (["--mode", "extend", "--flatten", "inner", "u/two"], "[u/one, u/flats, u/two]"),
        (["--mode", "extend", "--no-flatten", "inner"], "[u/two, u/one, inner]"),
        (["--mode", "pop"], "[u/one]"),
        (["--mode", "pop", "0", "1"], "[]"),
        (["--mode", "pop", "--", "-1"], "[u/two]"),
    ],
)
def test_modes(arguments: list[str], after: str, good: Good, repo: Path) -> None:
    good("collection-chain", repo, "inner", "u/flats")
    assert good("collection-chain", repo, "both", *arguments) == f"{after}\n"


def test_names_that_were_not_in_the_chain_are_told(run: Callable[..., Any], repo: Path) -> None:
    assert run("collection-chain", repo, "both", "--mode", "remove", "u/flats").stderr == "Not in 'both': u/flats.\n"


def test_new_chains_of_chains(good: Good, repo: Path) -> None:
    assert good("collection-chain", repo, "new", "both", "u/flats", "--doc", "All of it.") == "[both, u/flats]\n"
    assert good("collection-chain", repo, "flat", "both", "u/flats", "--flatten") == "[u/two, u/one, u/flats]\n"
    with Butler(repo) as butler:
        assert butler.collections.get_info("new").doc == "All of it."


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["both"], 2, "needs at least one CHILD"),
        (["both", "--mode", "pop", "--flatten"], 2, "--flatten does not go with --mode pop"),
        (["both", "both"], 1, "Cycle"),
        (["both", "nothing"], 1, "No collection with name 'nothing' found."),
        (["both", "--mode", "pop", "7"], 1, "no position 7 in a chain of 2"),
        (["both", "--mode", "pop", "u/one"], 1, "--mode remove takes names"),
        (["new", "--mode", "remove", "u/one"], 1, "There is no chain 'new'"),
        (["both", "--mode", "remove", "u/tow"], 1, "Did you mean 'u/two'"),
        (["u/one", "--mode", "pop"], 1, "is a RUN, not a CHAINED"),
        (["u/one", "u/two"], 1, "u/one"),
    ],
)
def test_mistakes_change_nothing(arguments: list[str], status: int, said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("collection-chain", repo, *arguments, status=status)
    with Butler(repo) as butler:
        assert butler.collections.query() == ["both", "u/flats", "u/one", "u/two"]
        assert butler.collections.get_info("both").children == ("u/two", "u/one")
