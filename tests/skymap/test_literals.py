from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.skymap.literals import literal, shortened

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


@given(value=VALUES)
def test_what_python_writes_is_read_back(value: Any) -> None:
    assert literal(repr(value)) == value


@pytest.mark.parametrize(
    "text, value",
    [
        ("1.0/60", 1.0 / 60),
        ("2 * (3 + 4) - 1", 13),
        ("-7 // 2", -4),
        ("7 % 4", 3),
        ("+3", 3),
        ("(1, 2.5)", [1, 2.5]),
        ("DC2", "DC2"),
        ("u/me/map", "u/me/map"),
        ("1 /", "1 /"),
        ("1/0", "1/0"),
        ("2**3", "2**3"),
        ("f(1)", "f(1)"),
        ("[x for x in y]", "[x for x in y]"),
        ("", ""),
        ("1e200 * 1e200 * 1e200", "1e200 * 1e200 * 1e200"),
    ],
)
def test_texts(text: str, value: Any) -> None:
    result = literal(text)
    assert result == value
    assert type(result) is type(value)


def test_long_expressions_are_shortened_for_messages() -> None:
    assert len(shortened(ast.parse("a" * 100))) == 60
    assert shortened(ast.parse("a . b")) == "a.b"
