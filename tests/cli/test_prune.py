"""Pruning datasets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest

from skybutler import Butler, CollectionType

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]


def _count(repo: Path, kind: str, collections: str) -> int:
    with Butler(repo) as butler:
        return butler.query_datasets(kind, collections, find_first=False).count()


def test_purge_asks_and_removes(good: Good, run: Run, repo: Path) -> None:
    result = run("prune-datasets", repo, "--purge", "u/one", "-d", "numbers", "--where", "detector > 0", input="n\n")
    assert result.exit_code == 1
    assert _count(repo, "numbers", "u/one") == 3
    shown = good("prune-datasets", repo, "--purge", "u/one", "-d", "numbers", "--where", "detector > 0", input="y\n")
    assert "Pruned 2 datasets." in shown
    assert _count(repo, "numbers", "u/one") == 1
    assert len(list(repo.glob("u/one/numbers/**/*.yaml"))) == 1


def test_dry_run_changes_nothing(good: Good, repo: Path) -> None:
    assert "Would prune 4 datasets." in good("prune-datasets", repo, "both", "--unstore", "--dry-run")
    assert len(list(repo.glob("u/**/*.yaml"))) == 6


def test_first_or_all(good: Good, repo: Path) -> None:
    arguments = ("prune-datasets", repo, "both", "-d", "numbers", "--unstore", "--dry-run")
    assert "Would prune 3 datasets." in good(*arguments)
    assert "Would prune 4 datasets." in good(*arguments, "--find-all")


def test_unstore_keeps_the_datasets(good: Good, repo: Path) -> None:
    assert good("prune-datasets", repo, "u/two", "--unstore", "--quiet") == ""
    assert _count(repo, "numbers", "u/two") == 1
    assert list(repo.glob("u/two/**/*.yaml")) == []


def test_disassociate(good: Good, repo: Path) -> None:
    good("associate", repo, "tag", "--collections", "u/one")
    assert _count(repo, "numbers", "tag") == 3
    good("prune-datasets", repo, "--disassociate", "tag", "-d", "numbers", "--no-confirm")
    assert _count(repo, "numbers", "tag") == 0
    assert _count(repo, "note", "tag") == 1
    assert _count(repo, "numbers", "u/one") == 3


def test_nothing_to_prune(run: Run, repo: Path) -> None:
    result = run("prune-datasets", repo, "u/two", "--unstore", "-d", "note", "--no-confirm")
    assert result.exit_code == 0
    assert "No datasets to prune.\n  No dataset of type 'note' was ever in 'u/two'" in result.stderr


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["u/one"], 2, "Say what to do"),
        (["--unstore"], 2, "Name the COLLECTIONs"),
        (["--purge", "u/one", "--disassociate", "tag"], 2, "do not go together"),
        (["u/one", "--unstore", "--quiet", "--dry-run"], 2, "do not go together"),
        (["--purge", "both"], 1, "--purge needs a RUN; 'both' is a CHAINED collection."),
        (["--purge", "u/on"], 1, "No collection with name 'u/on' found."),
        (["u/one", "--unstore", "--where", "detector >"], 1, "Error: "),
        (["u/one", "-d", "number", "--unstore"], 1, "Did you mean 'numbers'?"),
        (["u/one", "--disassociate", "u/two", "--no-confirm"], 1, "u/two"),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, bad: Bad, repo: Path) -> None:
    with Butler(repo, writeable=True) as butler:
        butler.collections.register("tag", CollectionType.TAGGED)
    assert said in bad("prune-datasets", repo, *arguments, status=status)
    assert len(list(repo.glob("u/**/*.yaml"))) == 6
