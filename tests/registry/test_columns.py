"""Columns of records are checked by type before anything is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skybutler.errors import DimensionValueError
from skybutler.registry.columns import check_values


@pytest.mark.parametrize(
    "kind, values, expected",
    [
        ("int", [1, None, -(2**63)], [1, None, -(2**63)]),
        ("int", [1.0, np.float64(2.0), None], [1, 2, None]),
        ("int", [np.int8(3), 4], [3, 4]),
        ("float", [1, 2.5, np.float32(0.5), None], [1, 2.5, 0.5, None]),
        ("string", ["a", np.str_("b"), None], ["a", "b", None]),
        ("bool", [True, 0, np.bool_(True), None], [True, 0, True, None]),
        ("hash", [b"x", None], [b"x", None]),
        ("int", [], []),
    ],
)
def test_values_that_fit(kind: str, values: list[Any], expected: list[Any]) -> None:
    found = check_values("it", kind, values)
    assert found == expected
    assert kind != "int" or all(type(v) in (int, type(None)) for v in found)


@pytest.mark.parametrize(
    "kind, value",
    [
        ("int", 1.5), ("int", float("nan")), ("int", float("inf")), ("int", "1"), ("int", True), ("int", 2**63),
        ("float", "x"), ("float", False), ("string", 1), ("string", b"x"), ("bool", "yes"), ("hash", "x"),
    ],
)  # fmt: skip
def test_values_that_do_not(kind: str, value: Any) -> None:
    with pytest.raises(DimensionValueError, match="^it must be"):
        check_values("it", kind, [None, value])
