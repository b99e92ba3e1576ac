"""Values written as Python literals, with arithmetic, read through the syntax tree.  Executes nothing."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any, Final

from skybutler.errors import SkyMapError

__all__ = ["literal", "shortened", "value_of"]

_ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def literal(text: str) -> Any:
    """The value of a command line override: a literal with arithmetic, or the text itself if it is none."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    if isinstance(tree.body, ast.Name | ast.Attribute):
        return text
    try:
        return value_of(tree.body)
    except (SkyMapError, ArithmeticError, RecursionError):
        return text


def value_of(node: ast.expr) -> Any:
    """A literal, a list of literals, or arithmetic on numbers.

    Raises
    ------
    SkyMapError
        Raised for anything else.
    """
    match node:
        case ast.Constant(value=str() | bool() | int() | float() | None as value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [value_of(item) for item in items]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_number(operand, limit=math.inf))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            return _ARITHMETIC[type(sign)](_number(left), _number(right))
    raise SkyMapError(
        f"'{shortened(node)}' is not a value.", hint="Values are numbers, texts, lists, True, False, None and + - * /."
    )


def _number(node: ast.expr, limit: float = 1e300) -> int | float:
    """A number, not so large that arithmetic with it could overflow."""
    value = value_of(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > limit:
        raise SkyMapError(f"'{shortened(node)}' is not a number.")
    return value


def shortened(node: ast.AST) -> str:
    """At most 60 characters of source text, for messages."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:57] + "..."
