"""The module serves the names that it lists, from where they are made."""

from __future__ import annotations

from skybutler.compat.afw import detection


def test_names_are_there_once() -> None:
    assert [name for name in detection.__all__ if not hasattr(detection, name)] == []
    assert len(detection.__all__) == len(set(detection.__all__))
