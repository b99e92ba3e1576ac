"""The error tree is whole: one root, one code per class, each listed and documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skybutler import errors
from skybutler.errors import ButlerError
from support.source import source_modules


def _tree(root: type[ButlerError]) -> list[type[ButlerError]]:
    return [root, *(c for child in root.__subclasses__() for c in _tree(child))]


ERRORS = sorted({c for c in _tree(ButlerError) if c.__module__ == errors.__name__}, key=lambda c: c.__name__)


def test_all_lists_every_error() -> None:
    listed = [n for n in errors.__all__ if isinstance(getattr(errors, n), type)]
    assert listed == [c.__name__ for c in ERRORS]


def test_errors_live_in_one_module() -> None:
    pattern = re.compile(r"^class (\w+)\(.*Error\b.*\):", re.MULTILINE)
    found = [f"{m.name}: {c}" for m in source_modules() if m.name != "errors.py" for c in pattern.findall(m.text)]
    assert found == []


def test_codes_are_unique_and_their_own() -> None:
    assert [c.__name__ for c in ERRORS if "code" not in vars(c)] == []
    codes = [c.code for c in ERRORS]
    assert sorted(set(codes)) == sorted(codes)
    assert [c for c in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", c)] == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda c: c.__name__)
def test_text_is_message_and_hint(error: type[ButlerError]) -> None:
    assert str(error("No 'x' here.", hint="Try 'y'.")).split() == ["No", "'x'", "here.", "Try", "'y'."]


def test_errors_are_documented(repository_root: Path) -> None:
    page = (repository_root / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [c.__name__ for c in ERRORS if f"`{c.__name__}`" not in page] == []
    assert [c.__name__ for c in ERRORS if not c.__doc__] == []
