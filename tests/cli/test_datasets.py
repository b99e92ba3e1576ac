"""Listing datasets, tagging them, copying them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


# ---------------------------------------------------------------------- query
def test_everything_everywhere(rows: Rows, repo: Path) -> None:
    found = rows("query-datasets", repo)
    assert [r["type"] for r in found] == ["flat", "note", "numbers", "numbers", "numbers", "numbers"]
    assert len({r["id"] for r in found}) == 6


def test_search_order(rows: Rows, repo: Path) -> None:
    options = ("query-datasets", repo, "numbers", "--where", "detector = 1")
    assert {r["run"] for r in rows(*options)} == {"u/one", "u/two"}
    assert [r["run"] for r in rows(*options, "--find-first", "--collections", "both")] == ["u/two"]
    assert [r["run"] for r in rows(*options, "--find-first", "--collections", "u/one,u/two")] == ["u/one"]


def test_uris(rows: Rows, repo: Path) -> None:
    for row in rows("query-datasets", repo, "n*", "--show-uri"):
        assert Path(row["uri"].removeprefix("file://")).is_file()


def test_a_repository_is_not_changed_by_looking(good: Good, repo: Path) -> None:
    before = (repo / "skybutler.sqlite3").read_bytes()
    good("query-datasets", repo)
    assert (repo / "skybutler.sqlite3").read_bytes() == before


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["number"], 1, "Did you mean 'numbers'?"),
        (["numbers", "--collections", "u/tow"], 1, "Did you mean 'u/two'"),
        (["numbers", "--where", "detector = "], 1, "detector ="),
        (["numbers", "--where", "detector = 'a' +"], 1, "Error"),
        (["numbers", "--where", "detektor = 1"], 1, "Did you mean 'detector'"),
        (["numbers", "--order-by", "detectr"], 1, "detector"),
        (["numbers", "--limit", "all"], 2, "not a valid integer"),
        (["numbers.x"], 1, "numbers.x"),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("query-datasets", repo, *arguments, status=status)


# ------------------------------------------------------------------ associate
def test_associate(good: Good, rows: Rows, repo: Path) -> None:
    assert good("associate", repo, "tag", "-d", "numbers", "--collections", "both", "--find-first") == (
        "Associated 3 datasets with 'tag'.\n"
    )
    assert good("associate", repo, "tag", "-d", "numbers", "--collections", "both", "--find-first").startswith(
        "Associated 3"
    )
    assert len(rows("query-datasets", repo, "--collections", "tag")) == 3


def test_associating_nothing_says_why(run: Any, repo: Path) -> None:
    result = run("associate", repo, "tag", "-d", "note", "--collections", "u/two")
    assert result.exit_code == 0
    assert "ever in 'u/two'" in result.stderr
    assert result.stdout == "Associated 0 datasets with 'tag'.\n"


def test_associating_two_of_a_kind(bad: Bad, repo: Path) -> None:
    assert "same type and data ID" in bad("associate", repo, "tag", "-d", "numbers")
    with Butler(repo) as butler:
        assert "tag" not in butler.collections.query()


def test_associating_into_a_run(bad: Bad, repo: Path) -> None:
    assert "'u/two'" in bad("associate", repo, "u/two", "--collections", "u/one")


# ------------------------------------------------------------------- retrieve
def test_retrieve(good: Good, rows: Rows, repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert good("retrieve-artifacts", repo, target, "--collections", "u/one") == f"Retrieved 4 files into {target}.\n"
    assert len(list(target.glob("u/one/**/*.yaml"))) == 4
    flat = rows("retrieve-artifacts", repo, tmp_path / "flat", "-d", "note", "--no-preserve-path", "-t", "copy")
    assert [Path(r["uri"].removeprefix("file://")).parent for r in flat] == [tmp_path / "flat"]
    assert "uri" in good("retrieve-artifacts", repo, target, "-d", "note", "--clobber", "-v")


def test_retrieve_into_a_zip_file(good: Good, rows: Rows, repo: Path, tmp_path: Path) -> None:
    said = good("retrieve-artifacts", repo, tmp_path / "out", "-d", "*", "--zip")
    (made,) = (tmp_path / "out").iterdir()
    assert said == f"Zip file written to {made}.\n"
    assert rows("retrieve-artifacts", repo, tmp_path / "out", "-d", "*", "--zip", "--clobber") == [{"uri": str(made)}]
    assert good("retrieve-artifacts", repo, tmp_path / "none", "-d", "n*", "--where", "detector = 9", "--zip") == (
        f"Retrieved 0 files into {tmp_path / 'none'}.\n"
    )


def test_retrieve_mistakes(bad: Bad, good: Good, repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert "'*' means all" in bad("retrieve-artifacts", repo, target)
    good("retrieve-artifacts", repo, target, "-d", "*")
    next(target.glob("u/one/note/**/*.yaml")).write_text("changed")
    assert "already a file" in bad("retrieve-artifacts", repo, target, "-d", "note")
    assert "'move'" in bad("retrieve-artifacts", repo, target, "-t", "move", status=2)
    (tmp_path / "file").write_text("")
    assert "is a file" in bad("retrieve-artifacts", repo, tmp_path / "file", "-d", "note", status=2)
