"""The dimension universe with a foreign constructor."""

from __future__ import annotations

from skybutler.compat.universe import DimensionUniverse
from skybutler.dimensions import DimensionUniverse as PlainUniverse


def test_standard_universes() -> None:
    assert DimensionUniverse() == PlainUniverse.load()
    assert DimensionUniverse(version=1) == PlainUniverse.load(1)
    assert DimensionUniverse(version=1) != DimensionUniverse()


def test_groups_are_equal_to_ours() -> None:
    universe = DimensionUniverse()
    group = universe.extract(["visit", universe["detector"]])
    assert group == universe.conform(["visit", "detector"]) == PlainUniverse.load().conform(["visit", "detector"])
    assert universe.extract(group) is group
