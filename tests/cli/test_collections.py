"""Listing and removing collections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from skybutler import Butler, CollectionType

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


def _lines(text: str) -> list[str]:
    return text.splitlines()[2:]


@pytest.mark.parametrize(
    "chains, expected",
    [
        (
            "TREE",
            ["both     CHAINED", "  u/two  RUN", "  u/one  RUN", "u/flats  RUN", "u/one    RUN", "u/two    RUN"],
        ),
        ("flatten", ["u/flats  RUN", "u/one    RUN", "u/two    RUN"]),
        ("NO-CHILDREN", ["both     CHAINED", "u/flats  RUN", "u/one    RUN", "u/two    RUN"]),
        (
            "TABLE",
            ["both     CHAINED  u/two", "                  u/one", "u/flats  RUN", "u/one    RUN", "u/two    RUN"],
        ),
        ("INVERSE-TABLE", ["both     CHAINED", "u/flats  RUN", "u/one    RUN      both", "u/two    RUN      both"]),
        (
            "INVERSE-TREE",
            [
                "both     CHAINED",
                "u/flats  RUN",
                "u/one    RUN",
                "  both   CHAINED",
                "u/two    RUN",
                "  both   CHAINED",
            ],
        ),
    ],
)
def test_chains(chains: str, expected: list[str], good: Good, repo: Path) -> None:
    assert _lines(good("query-collections", repo, "--chains", chains)) == expected


def test_the_usual_is_a_tree(good: Good, repo: Path) -> None:
    assert good("query-collections", repo) == good("query-collections", repo, "*", "--chains", "TREE")


def test_some_collections(good: Good, repo: Path) -> None:
    shown = good("query-collections", repo, "u/o*,u/t*", "--collection-type", "run", "-t")
    assert shown.splitlines()[0].split() == ["Name", "Type", "Dataset", "Types"]
    assert _lines(shown) == ["u/one  RUN   note", "             numbers", "u/two  RUN   numbers"]
    shown = good("query-collections", repo, "u/one", "-t", "--exclude-dataset-types", "num*")
    assert _lines(shown) == ["u/one  RUN   note"]


def test_json(rows: Rows, repo: Path) -> None:
    found = {r["name"]: r for r in rows("query-collections", repo)}
    assert list(found) == ["both", "u/flats", "u/one", "u/two"]
    assert found["both"]["children"] == ["u/two", "u/one"]
    assert found["u/one"] == {
        "name": "u/one",
        "type": "RUN",
        "doc": "",
        "children": [],
        "parents": ["both"],
        "dataset_types": ["note", "numbers"],
    }


def test_none(run: Run, good: Good, tmp_path: Path, repo: Path) -> None:
    result = run("query-collections", repo, "x*", "--collection-type", "TAGGED")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No collection of type TAGGED matches 'x*'." in result.stderr
    good("create", tmp_path / "empty")
    assert "There are no collections yet." in run("query-collections", tmp_path / "empty").stderr


def test_unknown_names_and_kinds(bad: Bad, repo: Path) -> None:
    assert "Did you mean 'u/one'" in bad("query-collections", repo, "u/onr")
    assert "Did you mean 'TAGGED'?" in bad("query-collections", repo, "--collection-type", "TAGED")
    assert "'flatten'" in bad("query-collections", repo, "--chains", "FLAT", status=2)


def test_descriptions(good: Good, bad: Bad, repo: Path) -> None:
    assert good("collection-doc", repo, "u/one") == "\n"
    assert good("collection-doc", repo, "u/one", "First try.\nBad seeing.") == ""
    assert good("collection-doc", repo, "u/one") == "First try.\nBad seeing.\n"
    assert _lines(good("query-collections", repo, "u/one", "--show-doc")) == [
        "u/one  RUN   First try.",
        "             Bad seeing.",
    ]
    assert "Did you mean 'u/one'" in bad("collection-doc", repo, "u/onr", "x")


# --------------------------------------------------------------------- remove
@pytest.fixture
def tagged(repo: Path) -> Path:
    with Butler(repo, writeable=True) as butler:
        butler.collections.register("tag", CollectionType.TAGGED)
        butler.collections.register("outer", CollectionType.CHAINED)
        butler.collections.redefine_chain("outer", ["tag", "both"])
    return repo


def _names(repo: Path) -> list[str]:
    with Butler(repo) as butler:
        return butler.collections.query()


def test_remove_asks(good: Good, run: Run, tagged: Path) -> None:
    result = run("remove-collections", tagged, "outer", input="n\n")
    assert result.exit_code == 1
    assert "outer" in _names(tagged)
    assert "Removed 1 collection." in good("remove-collections", tagged, "outer", input="y\n")
    assert "outer" not in _names(tagged)


def test_remove_does_not_touch_runs(run: Run, tagged: Path) -> None:
    result = run("remove-collections", tagged, "u/*", "--no-confirm")
    assert result.exit_code == 0
    assert "RUNs are not removed by this command: u/flats, u/one, u/two." in result.stderr
    assert "Nothing to remove." in result.stdout


def test_remove_members_of_chains(good: Good, bad: Bad, tagged: Path) -> None:
    assert "'tag' is a child of 'outer'; nothing was removed." in bad(
        "remove-collections", tagged, "tag,both", "--no-confirm"
    )
    assert "tag" in _names(tagged)
    good("remove-collections", tagged, "tag", "both", "--no-confirm", "--remove-from-parents")
    assert _names(tagged) == ["outer", "u/flats", "u/one", "u/two"]


def test_remove_a_chain_with_its_members(good: Good, tagged: Path) -> None:
    good("remove-collections", tagged, "tag", "both", "outer", "--no-confirm")
    assert _names(tagged) == ["u/flats", "u/one", "u/two"]


def test_remove_unknown(bad: Bad, repo: Path) -> None:
    assert "No collection with name 'bot' found." in bad("remove-collections", repo, "bot")
