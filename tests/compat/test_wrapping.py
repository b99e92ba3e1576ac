"""One place goes from our objects to those with other spellings and back."""

from __future__ import annotations

import copy
import pickle
from importlib import import_module

import numpy as np
import pytest

from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.compat.wrapping import WRAPPERS, Wrapped, plain_parameters, to_compat, to_plain
from skybutler.images import Box, FilterLabel, Image, VisitInfo, Weather


@pytest.mark.parametrize("name", WRAPPERS)
def test_table_names_what_there_is(name: str) -> None:
    module, _, own = name.rpartition(".")
    assert getattr(import_module(module), own).__module__ == module
    target, _, path = WRAPPERS[name].partition(":")
    found = import_module(target)
    for part in path.split("."):
        found = getattr(found, part)
    assert callable(found)


def test_what_has_no_other_spelling_is_handed_through() -> None:
    thing = object()
    assert to_compat(thing) is thing
    assert to_plain(thing) is thing
    assert to_compat((3, 4)) == (3, 4)


def test_there_and_back_is_the_same_object() -> None:
    image = Image(np.zeros((3, 4), np.float32))
    wrapped = to_compat(image)
    assert isinstance(wrapped, Wrapped)
    assert to_plain(wrapped) is image
    wrapped.array[1, 2] = 7.0
    assert image.array[1, 2] == 7.0


def test_pairs_are_called_by_their_component() -> None:
    assert to_compat((3, 4), "dimensions") == Extent2I(3, 4)
    assert to_compat((3, 4), "xy0") == Point2I(3, 4)
    assert to_compat(Box((1, 3), (10, 14)), "bbox") == Box2I(Point2I(10, 1), Extent2I(4, 2))


def test_parameters_are_translated() -> None:
    box = Box2I(Point2I(10, 1), Extent2I(4, 2))
    assert plain_parameters({"bbox": box, "columns": ["a"]}) == {"bbox": Box((1, 3), (10, 14)), "columns": ["a"]}
    assert plain_parameters(None) is None


def test_what_is_not_spelt_otherwise_is_ours() -> None:
    info = to_compat(VisitInfo(id=3, weather=Weather(1.0, 2.0, 3.0)))
    assert info.boresight_ra is None
    assert "getWeather" in dir(info)
    assert "boresight_ra" in dir(info)
    with pytest.raises(AttributeError, match=r"VisitInfo has no 'getWether' here. Did you mean 'getWeather'"):
        info.getWether()
    assert not hasattr(info, "_anything")


def test_wrappers_are_equal_by_what_they_wrap_and_can_be_copied() -> None:
    a, b = (to_compat(FilterLabel("r", "HSC-R")) for _ in range(2))
    assert a == b
    assert a == FilterLabel("r", "HSC-R") == b
    assert a != "r"
    assert hash(a) == hash(b)
    assert pickle.loads(pickle.dumps(a)) == a
    assert copy.deepcopy(a) == a
