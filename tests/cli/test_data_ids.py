"""Listing data IDs and dimension records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


def test_data_ids(rows: Rows, good: Good, repo: Path) -> None:
    assert rows("query-data-ids", repo, "detector") == [{"instrument": "Cam", "detector": d} for d in range(3)]
    found = rows("query-data-ids", repo, "detector", "--order-by", "-detector", "--limit", 1, "--offset", 1)
    assert found == [{"instrument": "Cam", "detector": 1}]
    assert good("query-data-ids", repo, "detector", "--where", "detector = 2").split()[-2:] == ["Cam", "2"]


def test_data_ids_of_datasets(rows: Rows, repo: Path) -> None:
    assert rows("query-data-ids", repo, "-d", "numbers", "--collections", "u/two") == [
        {"instrument": "Cam", "detector": 1}
    ]
    assert rows("query-data-ids", repo, "-d", "numbers,note", "--collections", "u/one") == [{"instrument": "Cam"}]
    found = rows(
        "query-data-ids", repo, "detector", "--datasets", "numbers", "--datasets", "flat", "--collections", "u/*"
    )
    assert found == [{"instrument": "Cam", "detector": 0}]


def test_empty_data_ids_say_why(run: Run, repo: Path) -> None:
    result = run("query-data-ids", repo, "detector", "--where", "detector = 9")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing satisfies: detector = 9" in result.stderr
    assert "no records" in run("query-data-ids", repo, "visit").stderr


def test_records(rows: Rows, good: Good, repo: Path) -> None:
    assert [r["full_name"] for r in rows("query-dimension-records", repo, "detector")] == ["R0", "R1", "R2"]
    shown = good("query-dimension-records", repo, "detector", "--where", "detector.full_name = 'R1'").splitlines()
    assert shown[0].split() == ["instrument", "id", "full_name", "name_in_raft", "raft", "purpose"]
    assert shown[2].split() == ["Cam", "1", "R1", "--", "--", "--"]
    found = rows("query-dimension-records", repo, "detector", "-d", "numbers", "--collections", "u/two")
    assert [r["id"] for r in found] == [1]


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["query-data-ids"], 2, "Name dimensions"),
        (["query-data-ids", "detectr"], 1, "Did you mean 'detector'"),
        (["query-data-ids", "detector", "-d", "numbers"], 2, "need each other"),
        (["query-data-ids", "detector", "--collections", "u/*"], 2, "need each other"),
        (["query-data-ids", "detector", "-d", "nmbers", "--collections", "u/*"], 1, "Did you mean 'numbers'"),
        (["query-data-ids", "detector", "--offset", "-1"], 2, "-1"),
        (["query-dimension-records", "detctor"], 1, "Did you mean 'detector'"),
        (["query-dimension-records", "detector", "--order-by", "nme"], 1, "nme"),
        (["query-dimension-records", "detector", "--where", "a b"], 1, "^"),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, bad: Bad, repo: Path) -> None:
    assert said in bad(arguments[0], repo, *arguments[1:], status=status)


def test_records_after_the_first(rows: Rows, repo: Path) -> None:
    found = rows("query-dimension-records", repo, "detector", "--limit", 1, "--offset", 1, "--no-check")
    assert [r["id"] for r in found] == [1]
