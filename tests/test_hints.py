"""Messages help: the nearest names, and a caret under the trouble."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skybutler.hints import caret, nearest


def test_nearest_offers_close_names_only() -> None:
    known = ["calexp", "calexpBackground", "raw", "deepCoadd"]
    assert nearest("calxep", known) == "Did you mean 'calexp'?"
    assert nearest("zzz", known) == ""
    assert nearest("raw", []) == ""


def test_nearest_ignores_case() -> None:
    assert nearest("CALEXP", ["calexp"]) == "Did you mean 'calexp'?"


def test_nearest_joins_several_names() -> None:
    assert nearest("visit", ["visitor", "visit1", "tract"]) == "Did you mean 'visit1' or 'visitor'?"


def test_caret_points_into_its_line() -> None:
    assert caret("a = 1\nAND bb = 2", 10, 2) == "  AND bb = 2\n      ^^"


@given(st.text(), st.integers(-5, 100), st.integers(-5, 100))
def test_caret_never_leaves_the_text(text: str, position: int, length: int) -> None:
    lines = caret(text, position, length).rpartition("\n")
    marks = lines[2].strip()
    assert set(marks) == {"^"}
    assert len(lines[2]) - 2 <= max(len(text), 1) + 1


def test_caret_shows_the_surroundings_in_a_long_text() -> None:
    text = "a = 1 AND " * 100 + "bad" + " AND b = 2" * 100
    line, mark = caret(text, 1000, 3).split("\n")
    assert len(line) <= 110
    assert line.startswith("  ...")
    assert line.endswith("...")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "bad"
    line, mark = caret(text, 4, 1).split("\n")
    assert line.startswith("  a = 1")
    assert line[mark.index("^")] == "1"
    line, mark = caret(text, len(text) - 1, 1).split("\n")
    assert not line.endswith("...")
    assert line[mark.index("^")] == "2"
    line, mark = caret(text, 900, 500).split("\n")
    assert len(mark) <= len(line)
    assert caret("x" * 100, 99) == "  " + "x" * 100 + "\n  " + " " * 99 + "^"
