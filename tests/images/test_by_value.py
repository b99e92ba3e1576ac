"""Equality by value of dataclasses that hold arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from skybutler.images.by_value import ByValue, frozen, same


@dataclass(frozen=True, slots=True, eq=False)
class Thing(ByValue):
    array: Any
    number: float = 0.0


@pytest.mark.parametrize(
    "value",
    [
        1,
        float("nan"),
        "text",
        None,
        (1.0, float("nan")),
        np.array([1.0, np.nan]),
        np.arange(3),
        {"a": np.arange(3), "b": (float("nan"),)},
    ],
)
def test_a_value_is_the_same_as_its_copy(value: Any) -> None:
    import copy

    assert same(value, copy.deepcopy(value))
    assert Thing(value) == Thing(copy.deepcopy(value))
    assert hash(Thing(value)) == hash(Thing(copy.deepcopy(value)))


@pytest.mark.parametrize(
    "a, b",
    [
        (1, 2),
        (1.0, float("nan")),
        ((1, 2), (1, 2, 3)),
        ((1, 2), [1, 2]),
        (np.arange(3), np.arange(4)),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0])),
        (np.array(["a"]), np.array([1.0])),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_different_values_are_not_the_same(a: Any, b: Any) -> None:
    assert not same(a, b)
    assert Thing(a) != Thing(b)


def test_of_another_class_nothing_is_equal() -> None:
    assert Thing(1) != (1, 0.0)


def test_frozen_arrays_are_copies_that_refuse_to_change() -> None:
    given = np.arange(3.0)
    kept = frozen(given)
    given[0] = 5.0
    assert kept.tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1.0
