"""Comparisons of bound expressions: make the types agree, decide what is constant.  Knows no syntax and no SQL."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from skybutler.errors import ExpressionError
from skybutler.expressions.arithmetic import NUMERIC
from skybutler.expressions.bound import (
    Always,
    Column,
    Comparison,
    Expression,
    IsNull,
    Literal,
    Predicate,
    Scalar,
    Truth,
    ValueType,
    none_of,
)
from skybutler.expressions.names import Scope, name_column
from skybutler.expressions.nodes import Node

__all__ = ["agreeing", "as_predicate", "compare", "mismatch"]

_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPUTE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_ORDERED = NUMERIC | {"string", "time", "uuid"}
_COMPARABLE = _ORDERED | {"bool", "hash"}


def compare(scope: Scope, operator: str, left: Expression, right: Expression, place: Node) -> Predicate:
    """``= != < <= > >=`` of two expressions.

    Comparing with ``NULL`` asks whether a value is missing; a text compared with an integer dimension is compared
    with the name that the dimension has as well.
    """
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right, operator = right, left, _MIRRORED[operator]
    if "null" in (left.type, right.type):
        return _null_test(scope, operator, right if left.type == "null" else left, place)
    if isinstance(right, Literal):
        left, right = agreeing(scope, left, right, place, operator in ("=", "!="))
    if not _comparable(left.type, right.type, operator):
        raise mismatch(scope, f"compare ({operator})", left, right, place)
    if left.type == "bool":
        return _compare_conditions(scope, operator, left, right, place)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return Always(_COMPUTE[operator](left.value, right.value), position=place.position, length=place.length)
    return Comparison(operator, left, right, position=place.position, length=place.length)


def agreeing(
    scope: Scope, left: Expression, right: Literal, place: Node, equality: bool = True
) -> tuple[Expression, Literal]:
    """Both sides with types that fit, where a constant or column can be taken for one of another type.

    What cannot be made to fit is returned as it is.
    """
    match right:
        case Literal(float() as value) if left.type == "int" and value.is_integer():
            return left, replace(right, value=int(value), value_type="int")
        case Literal(str() as value) if left.type == "hash":
            try:
                return left, replace(right, value=bytes.fromhex(value), value_type="hash")
            except ValueError:
                raise scope.error(f"'{value}' is not a hash in hexadecimal digits.", right) from None
        case Literal(str()) if isinstance(left, Column) and equality:
            name = name_column(scope.universe, left)
            if name is not None:
                return replace(name, position=left.position, length=left.length), right
    return left, right


def as_predicate(scope: Scope, expression: Expression, place: Node) -> Predicate:
    """A boolean expression as a condition."""
    match expression:
        case Predicate():
            return expression
        case Column(_, _, _, "bool"):
            return Truth(expression, position=place.position, length=place.length)
        case Literal(bool() as value):
            return Always(value, position=place.position, length=place.length)
    hint = f"Compare it with something: {scope.excerpt(place)} = ..." if expression.type != "null" else ""
    raise scope.error(f"{scope.excerpt(place)} is of type {expression.type}, not a condition.", place, hint)


def _comparable(left: ValueType, right: ValueType, operator: str) -> bool:
    if left in NUMERIC and right in NUMERIC:
        return True
    return left == right and left in (_COMPARABLE if operator in ("=", "!=") else _ORDERED)


def _null_test(scope: Scope, operator: str, operand: Expression, place: Node) -> Predicate:
    if operator not in ("=", "!="):
        raise scope.error(f"Nothing is {operator} NULL.", place, "Ask for missing values with = NULL or != NULL.")
    missing: Predicate = IsNull(operand, position=place.position, length=place.length)
    if isinstance(operand, Literal):
        missing = Always(operand.type == "null", position=place.position, length=place.length)
    return missing if operator == "=" else none_of(missing, place.position, place.length)


def _compare_conditions(scope: Scope, operator: str, left: Expression, right: Expression, place: Node) -> Predicate:
    """Equality of two conditions; with a constant it is the condition itself or its negation."""
    first, second = as_predicate(scope, left, place), as_predicate(scope, right, place)
    if isinstance(first, Always):
        first, second = second, first
    if isinstance(second, Always):
        return first if second.value == (operator == "=") else none_of(first, place.position, place.length)
    return Comparison(operator, first, second, position=place.position, length=place.length)


# --------------------------------------------------------------------------------------------------------------- errors
def mismatch(
    scope: Scope, what: str, left: Expression, right: Expression, place: Node, advice: str = ""
) -> ExpressionError:
    """The error for two expressions whose types do not go together."""
    sides = f"{scope.excerpt(left)} ({left.type}) with {scope.excerpt(right)} ({right.type})"
    return scope.error(f"Cannot {what} {sides}.", place, advice or _advice(left, right))


def _advice(left: Expression, right: Expression) -> str:
    """What to write instead, judged by the types of both sides."""
    kinds = {left.type, right.type}
    constant = right.value if isinstance(right, Literal) else None
    if "time" in kinds and "string" in kinds:
        return "Times are written T'2026-01-31T12:00:00', or bound as astropy Time."
    if "time" in kinds and kinds & NUMERIC:
        return "Times are written T'...', modified Julian dates too: T'61000.5'."
    if "uuid" in kinds and "string" in kinds:
        return "Write UUID('...')."
    if kinds & {"region", "point"}:
        return "Regions are compared with OVERLAPS or IN."
    if "timespan" in kinds:
        return "Timespans are compared with OVERLAPS or IN; times with their .begin and .end."
    if "bool" in kinds:
        return "Conditions are compared with TRUE or FALSE; join comparisons with AND."
    return _quoting_advice(kinds, constant)


def _quoting_advice(kinds: set[ValueType], constant: Scalar) -> str:
    if "string" in kinds and kinds & NUMERIC:
        if isinstance(constant, str):
            return "Numbers are written without quotes." if constant.strip().isdigit() else "A number is needed here."
        return f"Text is written in single quotes: '{constant!s}'." if constant is not None else ""
    return ""
