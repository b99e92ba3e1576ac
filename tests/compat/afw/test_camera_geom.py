"""The module serves the names that it lists, from where they are made."""

from __future__ import annotations

from skybutler.compat.afw import camera_geom


def test_names_are_there_once() -> None:
    assert [name for name in camera_geom.__all__ if not hasattr(camera_geom, name)] == []
    assert len(camera_geom.__all__) == len(set(camera_geom.__all__))
