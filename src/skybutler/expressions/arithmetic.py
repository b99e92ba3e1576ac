"""Arithmetic of bound expressions: checks types and computes what is constant.  No names, no SQL."""

from __future__ import annotations

import math

from skybutler.expressions.bound import Arithmetic, Expression, Literal, Negative
from skybutler.expressions.names import Scope
from skybutler.expressions.nodes import Binary, Unary
from skybutler.expressions.values import INT64

__all__ = ["NUMERIC", "binary", "unary"]

NUMERIC = frozenset({"int", "float"})


def unary(scope: Scope, node: Unary, operand: Expression) -> Expression:
    """A sign before a number."""
    if operand.type not in NUMERIC:
        raise scope.error(
            f"A sign needs a number, but {scope.excerpt(node.operand)} is of type {operand.type}.", node.operand
        )
    if node.operator == "+":
        return operand
    if isinstance(operand, Literal):
        assert isinstance(operand.value, int | float)
        return _literal(scope, node, -operand.value)
    return Negative(operand, position=node.position, length=node.length)


def binary(scope: Scope, node: Binary, left: Expression, right: Expression) -> Expression:
    """``+ - * / %`` of two numbers; ``/`` is true division, ``%`` is between integers."""
    for side, expression in ((node.left, left), (node.right, right)):
        if expression.type not in NUMERIC:
            message = f"'{node.operator}' needs numbers, but {scope.excerpt(side)} is of type {expression.type}."
            raise scope.error(message, side)
        if node.operator == "%" and expression.type != "int":
            raise scope.error(f"'%' needs integers, but {scope.excerpt(side)} is a float.", side)
    if node.operator in "/%" and isinstance(right, Literal) and right.value == 0:
        raise scope.error("Division by zero.", node.right)
    if isinstance(left, Literal) and isinstance(right, Literal):
        assert isinstance(left.value, int | float)
        assert isinstance(right.value, int | float)
        return _literal(scope, node, _compute(node.operator, left.value, right.value))
    return Arithmetic(node.operator, left, right, position=node.position, length=node.length)


def _compute(operator: str, left: int | float, right: int | float) -> int | float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            # As in SQL and C: the remainder has the sign of the left operand.
            remainder = abs(left) % abs(right)
            return remainder if left >= 0 else -remainder


def _literal(scope: Scope, node: Unary | Binary, value: int | float) -> Literal:
    if isinstance(value, float) and not math.isfinite(value):
        raise scope.error("The result is too large for a float.", node)
    if isinstance(value, int) and value not in INT64:
        raise scope.error("The result does not fit a 64 bit integer.", node)
    kind = "int" if isinstance(value, int) else "float"
    return Literal(value, kind, position=node.position, length=node.length)  # type: ignore[arg-type]
