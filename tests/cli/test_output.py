"""Tables as aligned text, drawn, and as JSON."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.cli.output import Table, cell, counted, plain_lines, show, table_of_rows

VALUES = st.one_of(st.none(), st.integers(), st.booleans(), st.floats(), st.text(max_size=8), st.binary(max_size=4))


def _text(table: Table) -> str:
    return "".join(text for _, text in plain_lines(table))


def test_plain_text_is_aligned() -> None:
    table = table_of_rows(("name", "n", "gap", "x"), [("a", 5, None, 0.25), ("longer", -12, None, None)])
    assert _text(table).splitlines() == [
        "name      n  gap     x",
        "------  ---  ---  ----",
        "a         5  --   0.25",
        "longer  -12  --     --",
    ]


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6))
def test_no_value_is_cut_off(rows: list[tuple[Any, Any]]) -> None:
    lines = _text(table_of_rows(("a", "b"), rows)).splitlines()
    assert len(lines) == len(rows) + 2
    for line, row in zip(lines[2:], rows, strict=True):
        assert cell(row[0]).strip() in line
        assert cell(row[1]).strip() in line


@given(st.text(max_size=20))
def test_text_cannot_move_the_cursor(text: str) -> None:
    assert cell(text).isprintable()
    assert cell(text) == text or not text.isprintable()


def test_cells() -> None:
    assert [cell(v) for v in (None, True, 1, 0.1, b"\x01\xff", "a\nb")] == ["--", "True", "1", "0.1", "01ff", "a\\nb"]


def test_columns_widen_when_they_must_and_the_header_is_printed_once() -> None:
    table = Table(("x", "y"), [[["a", "b"], [1, 2]], [], [["longest"], [3]], [["c"], [4]]])
    assert _text(table).splitlines() == ["x  y", "-  -", "a  1", "b  2", "longest  3", "c        4"]


def test_only_one_batch_is_held() -> None:
    asked: list[int] = []

    def batches() -> Iterator[list[list[int]]]:
        for n in range(3):
            asked.append(n)
            yield [[n]]

    lines = plain_lines(Table(("n",), batches()))
    next(lines)
    assert asked == [0]
    assert sum(rows for rows, _ in lines) == 2


def test_several_tables_are_apart(capsys: pytest.CaptureFixture[str]) -> None:
    tables = [table_of_rows(("a",), [(1,)], "First"), table_of_rows(("none",), []), table_of_rows(("b",), [(2,)])]
    assert show(tables) == 2
    assert capsys.readouterr().out == "First\na\n-\n1\n\nb\n-\n2\n"


def test_nothing_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(table_of_rows(("a",), [])) == 0
    assert show([], as_json=True) == 0
    assert capsys.readouterr().out == "[]\n"


def test_json_is_one_array_over_tables_and_batches(capsys: pytest.CaptureFixture[str]) -> None:
    first = Table(("a", "b"), [[[1, 2], ["x", None]], [[3], [b"\x00"]]])
    second = table_of_rows(("c", "d", "e"), [(math.nan, [1, ("y",)], {"k": 0.5})])
    assert show([first, second], as_json=True) == 4
    assert json.loads(capsys.readouterr().out) == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": None},
        {"a": 3, "b": "00"},
        {"c": None, "d": [1, ["y"]], "e": {"k": 0.5}},
    ]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _on_terminal(table: Table, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "dumb")
    screen = _Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    show(table)
    return screen.getvalue()


def test_short_tables_are_drawn_on_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _on_terminal(table_of_rows(("name", "n"), [("[red]not markup[/red]", 1), ("b", 22)]), monkeypatch)
    assert "[red]not markup[/red]" in shown
    assert "─" in shown or "━" in shown
    assert [line.split()[-1] for line in shown.splitlines() if "b" in line] == ["22"]


def test_long_tables_are_printed_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _on_terminal(Table(("n",), ([list(range(400))] for _ in range(3))), monkeypatch)
    assert shown.splitlines()[:3] == ["  n", "---", "  0"]
    assert len(shown.splitlines()) == 1202


def test_counted() -> None:
    assert (counted(1, "file"), counted(0, "file"), counted(2, "file")) == ("1 file", "0 files", "2 files")
