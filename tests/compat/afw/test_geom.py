"""The module serves the names that it lists, from where they are made."""

from __future__ import annotations

from skybutler.compat.afw import geom


def test_names_are_there_once() -> None:
    assert [name for name in geom.__all__ if not hasattr(geom, name)] == []
    assert len(geom.__all__) == len(set(geom.__all__))
