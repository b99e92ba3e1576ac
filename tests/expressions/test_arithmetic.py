"""Arithmetic: types, folding of constants with SQL's meaning, and what is refused."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.arithmetic import binary, unary
from skybutler.expressions.bound import Arithmetic, Expression, Literal, Negative
from skybutler.expressions.names import Scope
from skybutler.expressions.nodes import Binary, Name, Null, Unary

SCOPE = Scope("visit * text", DimensionUniverse.load())
VISIT = SCOPE.resolve(Name(("visit",), position=0, length=5))
TEXT = SCOPE.resolve(Name(("detector", "raft"), position=8, length=4))


def _binary(operator: str, left: Expression, right: Expression) -> Expression:
    sides = (Null(position=side.position, length=side.length) for side in (left, right))
    return binary(SCOPE, Binary(operator, *sides), left, right)


def _number(value: float) -> Literal:
    return Literal(value, "int" if isinstance(value, int) else "float")


@pytest.mark.parametrize(
    "operator,left,right,result",
    [
        ("+", 1, 2.5, 3.5),
        ("/", 7, 2, 3.5),
        ("/", 6, 2, 3.0),
        ("%", -7, 2, -1),
        ("%", 7, -2, 1),
        ("-", 1, 2, -1),
        ("*", 3, 4, 12),
    ],
)
def test_constants_are_computed(operator: str, left: float, right: float, result: float) -> None:
    found = _binary(operator, _number(left), _number(right))
    assert isinstance(found, Literal)
    assert repr(found.value) == repr(result)
    assert found.type == type(result).__name__


@given(st.sampled_from("+-*%"), st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_constants_are_computed_as_the_database_would(operator: str, left: int, right: int) -> None:
    assume(operator != "%" or right != 0)
    exact = {"+": left + right, "-": left - right, "*": left * right, "%": 0}[operator]
    assume(-(2**63) <= exact < 2**63)  # beyond, SQLite goes on with floats; see the error tests below
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        (expected,) = connection.execute(f"SELECT ? {operator} ?", (left, right)).fetchone()
    assert _binary(operator, _number(left), _number(right)) == _number(expected)


def test_columns_stay() -> None:
    assert _binary("+", VISIT, _number(1)) == Arithmetic("+", VISIT, _number(1))
    assert unary(SCOPE, Unary("-", Null()), VISIT) == Negative(VISIT)
    assert unary(SCOPE, Unary("+", Null()), VISIT) == VISIT
    assert unary(SCOPE, Unary("-", Null()), _number(2)) == _number(-2)


@pytest.mark.parametrize(
    "operator,left,right,words",
    [
        ("*", VISIT, TEXT, "'*' needs numbers, but text is of type string"),
        ("+", TEXT, VISIT, "text is of type string"),
        ("%", VISIT, _number(1.5), "'%' needs integers"),
        ("/", VISIT, _number(0), "Division by zero"),
        ("/", VISIT, _number(0.0), "Division by zero"),
        ("%", VISIT, _number(0), "Division by zero"),
        ("+", _number(2**63 - 1), _number(1), "64 bit"),
        ("*", _number(1e300), _number(1e300), "too large"),
    ],
)
def test_refused(operator: str, left: Expression, right: Expression, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        _binary(operator, left, right)
    assert words in str(caught.value)


def test_signs_need_numbers() -> None:
    with pytest.raises(ExpressionError, match="A sign needs a number"):
        unary(SCOPE, Unary("-", Null()), TEXT)
    with pytest.raises(ExpressionError, match="64 bit"):
        unary(SCOPE, Unary("-", Null()), _number(-(2**63)))
