"""Write a syntax tree back as canonical text that parses to the same tree.  Knows nothing of dimensions."""

from __future__ import annotations

from skybutler.expressions.nodes import (
    And,
    Binary,
    Bind,
    Boolean,
    Call,
    Membership,
    Name,
    Node,
    Not,
    Null,
    Number,
    Or,
    Pair,
    Range,
    Text,
    TimeText,
    Unary,
)
from skybutler.expressions.parser import BINDING_POWER, IN_POWER, NOT_POWER, SIGN_POWER

__all__ = ["to_text"]

_ATOM = 100


def to_text(node: Node | None) -> str:
    """Canonical text of an expression.

    Keywords in upper case, single blanks, only the parentheses that are needed.  For every tree that the parser can
    make, ``parse(to_text(node)) == node``.

    Parameters
    ----------
    node : `Node` or `None`
        A syntax tree; `None` is the empty expression.
    """
    return "" if node is None else _write(node)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _power(node: Node) -> int:
    """How strongly the outermost operator of a node binds."""
    match node:
        case Or():
            return BINDING_POWER["OR"]
        case And():
            return BINDING_POWER["AND"]
        case Not():
            return NOT_POWER
        case Binary(operator):
            return BINDING_POWER[operator]
        case Membership():
            return IN_POWER
        case Unary():
            return SIGN_POWER
        case _:
            return _ATOM


def _bracket(node: Node, power: int) -> str:
    """Text of an operand, in parentheses when its operator binds less than ``power``."""
    text = _write(node)
    return f"({text})" if _power(node) < power else text


def _write(node: Node) -> str:
    match node:
        case Or(operands) | And(operands):
            word = "OR" if isinstance(node, Or) else "AND"
            return f" {word} ".join(_bracket(operand, BINDING_POWER[word] + 1) for operand in operands)
        case Not(operand):
            return f"NOT {_bracket(operand, NOT_POWER)}"
        case Binary(operator, left, right):
            power = BINDING_POWER[operator]
            return f"{_bracket(left, power)} {operator} {_bracket(right, power + 1)}"
        case Membership(left, items, negated):
            return f"{_bracket(left, IN_POWER + 1)} {'NOT ' if negated else ''}IN ({_list(items)})"
        case Unary(operator, operand):
            # A sign directly before digits would become part of the number, so numbers get parentheses.
            plain = not isinstance(operand, Number | Unary) and _power(operand) >= SIGN_POWER
            return f"{operator}{_write(operand)}" if plain else f"{operator}({_write(operand)})"
        case _:
            return _write_atom(node)


def _write_atom(node: Node) -> str:
    match node:
        case Text(value):
            return _quote(value)
        case TimeText(value):
            return "T" + _quote(value)
        case Number(value):
            return repr(value)
        case Boolean(value):
            return "TRUE" if value else "FALSE"
        case Null():
            return "NULL"
        case Range(start, stop, step):
            return f"{start}..{stop}" + (f":{step}" if step != 1 else "")
        case Name():
            return node.text
        case Bind(name, field):
            return f":{name}" + (f".{field}" if field else "")
        case Call(name, arguments):
            return f"{name}({_list(arguments)})"
        case Pair(first, second):
            return f"({_write(first)}, {_write(second)})"
        case _:
            raise TypeError(f"{type(node).__name__} is not a node of the language.")


def _list(items: tuple[Node, ...]) -> str:
    # Members of a list are arithmetic, so a condition among them gets parentheses.
    return ", ".join(_bracket(item, IN_POWER + 1) for item in items)
