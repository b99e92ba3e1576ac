"""The module serves the names that it lists, from where they are made."""

from __future__ import annotations

from skybutler.compat.afw import image


def test_names_are_there_once() -> None:
    assert [name for name in image.__all__ if not hasattr(image, name)] == []
    assert len(image.__all__) == len(set(image.__all__))
