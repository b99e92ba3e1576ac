"""Circumstances of an observation."""

from __future__ import annotations

import dataclasses

import pytest

from skybutler.errors import InvalidError
from skybutler.images import VisitInfo, Weather
from skybutler.images.visit_info import ROTATION_TYPES


def test_nothing_is_known_unless_said() -> None:
    assert set(dataclasses.asdict(VisitInfo()).values()) == {None}
    assert VisitInfo(weather=Weather(temperature=1.0)) != VisitInfo(weather=Weather(temperature=2.0))


@pytest.mark.parametrize("name", ROTATION_TYPES)
def test_rotation_types(name: str) -> None:
    assert VisitInfo(rotation_type=name).rotation_type == name


def test_unknown_rotation_type() -> None:
    with pytest.raises(InvalidError, match="'sky' is no rotation type.*SKY"):
        VisitInfo(rotation_type="sky")
