"""Many values at once, conditions, and what completion offers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.cli.options import TRANSFERS, split_commas
from skybutler.storage.transfer import MODES

Rows = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    "text, parts",
    [
        ("a", ["a"]),
        ("a,b, c", ["a", "b", "c"]),
        ("x[1,2],y", ["x[1,2]", "y"]),
        ("[a,b]", ["[a,b]"]),
        ("u/[a,b]*,c", ["u/[a,b]*", "c"]),
        (",a,,", ["a"]),
        ("", []),
    ],
)
def test_splitting_at_commas(text: str, parts: list[str]) -> None:
    assert split_commas(text) == parts


@given(st.lists(st.text("abc/*_", min_size=1, max_size=5), max_size=5))
def test_splitting_undoes_joining(parts: list[str]) -> None:
    assert split_commas(",".join(parts)) == parts


def test_transfer_modes_are_those_of_storage() -> None:
    assert TRANSFERS == MODES


def test_values_may_be_repeated_or_between_commas(rows: Rows, repo: Path) -> None:
    together = rows("query-datasets", repo, "numbers,note", "--collections", "u/one,u/two", "--order-by", "-instrument")
    apart = rows("query-datasets", repo, "numbers", "note", "--collections", "u/one", "--collections", "u/two")
    assert len(together) == 5
    assert {r["id"] for r in together} == {r["id"] for r in apart}


def test_repeated_conditions_must_all_hold(rows: Rows, repo: Path) -> None:
    found = rows(
        "query-datasets", repo, "numbers", "--where", "detector > 0", "--where", "detector < 2 OR detector > 9"
    )
    assert [r["detector"] for r in found] == [1, 1]


def test_find_first_needs_an_order(bad: Callable[..., str], repo: Path) -> None:
    for arguments in ([], ["--collections", "u/*"]):
        assert "--find-first needs --collections" in bad("query-datasets", repo, "--find-first", *arguments, status=2)


def test_assignments_need_an_equals_sign(bad: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("path\n")
    said = bad("ingest-files", repo, "note", "u/x", table, "--data-id", "instrument", status=2)
    assert "'instrument' must have the form NAME=VALUE" in said


def test_unknown_choices_name_the_known_ones(bad: Callable[..., str], repo: Path) -> None:
    assert "'symlink'" in bad("ingest-raws", repo, "x", "-t", "steal", status=2)
