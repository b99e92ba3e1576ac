"""Turn a ``where`` text into a syntax tree, by operator precedence.  Knows nothing of names, types or SQL."""

from __future__ import annotations

import math

from skybutler.errors import ExpressionError
from skybutler.expressions.lexer import Kind, Token, tokenize
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
    children,
)

__all__ = ["BINDING_POWER", "IN_POWER", "MAX_DEPTH", "NOT_POWER", "SIGN_POWER", "parse"]

MAX_DEPTH = 100
"""Deepest nesting accepted, far below Python's recursion limit for everything that walks the tree."""

NOT_POWER = 3
IN_POWER = 5
SIGN_POWER = 8
BINDING_POWER = (
    {"OR": 1, "AND": 2}
    | dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "OVERLAPS"), 4)
    | {"IN": IN_POWER, "NOT": IN_POWER}
    | dict.fromkeys(("+", "-"), 6)
    | dict.fromkeys(("*", "/", "%"), 7)
)
"""Operators between two expressions by strength; ``NOT`` is here the one of ``NOT IN``."""

_RANGE_HINT = "Bind a Python range: IN (:values)."
_INT64 = range(-(2**63), 2**63)

_FOREIGN_WORDS = {
    "LIKE": "Patterns are written GLOB(column, 'pattern*').",
    "BETWEEN": "Write x >= a AND x <= b, or IN (a..b) for integers.",
    "IS": "Write x = NULL or x != NULL.",
    "SIMILAR": "Patterns are written GLOB(column, 'pattern*').",
}


def parse(text: str) -> Node | None:
    """Parse a ``where`` expression.

    Parameters
    ----------
    text : `str`
        The expression.  The grammar is in the documentation of the ``where`` language: ``OR``, ``AND``, ``NOT``,
        comparisons and ``OVERLAPS``, ``[NOT] IN``, ``+ -``, ``* / %``, signs; weakest first.

    Returns
    -------
    node : `Node` or `None`
        The tree; `None` for an empty text, which constrains nothing.

    Raises
    ------
    ExpressionError
        The text is not an expression; the error knows where and carries advice.
    """
    parser = _Parser(text)
    return parser.whole()


class _Parser:
    """One pass over the tokens.  Every method leaves ``index`` on the first token it did not use."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.depth = 0

    # ------------------------------------------------------------------ tokens
    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def at(self, value: str, ahead: int = 0) -> bool:
        """Whether a symbol or keyword comes next."""
        token = self.tokens[min(self.index + ahead, len(self.tokens) - 1)]
        return token.value == value and token.kind in (Kind.SYMBOL, Kind.KEYWORD)

    def expect(self, value: str, purpose: str) -> Token:
        if not self.at(value):
            raise self.error(f"Expected '{value}' {purpose}, found {self.token.shown}.")
        return self.advance()

    def error(self, message: str, token: Token | None = None, hint: str = "") -> ExpressionError:
        token = token or self.token
        return ExpressionError(message, self.text, token.position, token.length, hint=hint)

    def span(self, first: int) -> dict[str, int]:
        """Position and length from offset ``first`` to the last token used."""
        last = self.tokens[self.index - 1]
        return {"position": first, "length": last.position + last.length - first}

    # ----------------------------------------------------------------- grammar
    def whole(self) -> Node | None:
        if len(self.tokens) == 1:
            return None
        node = self.expression()
        if self.index < len(self.tokens) - 1:
            raise self.unexpected()
        _check_depth(node, self.text)
        return node

    def unexpected(self) -> ExpressionError:
        """The error for a token that cannot follow what was read."""
        token, hint = self.token, ""
        if token.kind is Kind.NAME:
            hint = _FOREIGN_WORDS.get(token.value.upper(), "Join conditions with AND or OR; put text in single quotes.")
        elif token.kind is Kind.TEXT and self.index and self.tokens[self.index - 1].value == "t":
            hint = "Times are written with a capital letter: T'2026-01-31T12:00:00'."
        elif token.value == "..":
            hint = "A range of integers may stand only in a list: visit IN (1..10)."
        elif token.value == ",":
            hint = "Lists stand in parentheses after IN; conditions are joined with AND."
        elif token.kind is Kind.BIND:
            hint = "An operator is missing before the bind."
        return self.error(f"Unexpected {token.shown}.", hint=hint)

    def expression(self, power: int = 0) -> Node:
        """Read operands and operators as long as the operators bind at least with ``power``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"The expression is nested more than {MAX_DEPTH} levels deep.", hint=_DEPTH_HINT)
        node = self.prefix(power)
        while (strength := self.strength()) >= power and strength > 0:
            node = self.infix(node, strength)
        self.depth -= 1
        return node

    def strength(self) -> int:
        token = self.token
        if token.kind not in (Kind.SYMBOL, Kind.KEYWORD):
            return 0
        return BINDING_POWER.get(token.value, 0)

    def infix(self, left: Node, strength: int) -> Node:
        operator = self.token.value
        if operator in ("AND", "OR"):
            operands = [left]
            while self.at(operator):
                self.advance()
                operands.append(self.expression(strength + 1))
            kind = And if operator == "AND" else Or
            return kind(tuple(operands), **self.span(left.position))
        if operator in ("IN", "NOT"):
            return self.membership(left)
        self.advance()
        right = self.expression(strength + 1)
        return Binary(operator, left, right, **self.span(left.position))

    def membership(self, left: Node) -> Node:
        negated = self.at("NOT")
        if negated:
            self.advance()
        self.expect("IN", "after NOT")
        if not self.at("("):
            if self.token.kind not in (Kind.BIND, Kind.NAME):
                hint = "Write IN (value, ...), IN (first..last) or IN (:values)."
                raise self.error(f"IN needs a list in parentheses, found {self.token.shown}.", hint=hint)
            items = [self.expression(SIGN_POWER)]
        else:
            self.advance()
            items = []
            # A comma before the closing parenthesis is what Python prints for a tuple of one.
            while not self.at(")"):
                items.append(self.item())
                if not self.at(")"):
                    self.expect(",", "or ')' in the list")
            self.advance()
        return Membership(left, tuple(items), negated, **self.span(left.position))

    def item(self) -> Node:
        """Read one member of an ``IN`` list: arithmetic or a range."""
        node = self.expression(IN_POWER + 1)
        if not self.at(".."):
            return node
        dots = self.advance()
        start, stop, step = node, self.expression(SIGN_POWER), 1
        if self.token.kind is Kind.BIND:
            raise self.error(
                "The step of a range must be an integer literal.", hint="Bind a Python range: IN (:values)."
            )
        if self.at(":"):
            self.advance()
            step_node = self.expression(SIGN_POWER)
            step = step_node.value if isinstance(step_node, Number) and isinstance(step_node.value, int) else 0
            if step < 1:
                raise self.error("The step of a range must be a positive integer.", self.tokens[self.index - 1])
        match start, stop:
            case Number(int(first)), Number(int(last)) if first <= last:
                return Range(first, last, step, **self.span(start.position))
            case Number(int(first)), Number(int(last)):
                raise self.error(f"The range ends at {last}, before its start {first}.", dots)
            case _:
                raise self.error(
                    "Both ends of a range must be integer literals.", dots, "Bind a Python range: IN (:values)."
                )

    def prefix(self, power: int) -> Node:
        token = self.token
        if token.kind is Kind.KEYWORD and token.value == "NOT":
            if power > NOT_POWER:
                raise self.error("NOT must be in parentheses here.", hint="Write (NOT condition).")
            self.advance()
            operand = self.expression(NOT_POWER)
            return Not(operand, **self.span(token.position))
        if token.kind is Kind.SYMBOL and token.value in "+-":
            self.advance()
            if self.token.kind in (Kind.INTEGER, Kind.FLOAT):
                return self.number(token.value)
            operand = self.expression(SIGN_POWER)
            return Unary(token.value, operand, **self.span(token.position))
        if self.at("("):
            return self.parentheses()
        return self.primary()

    def parentheses(self) -> Node:
        opening = self.advance()
        node = self.expression()
        if self.at(","):
            self.advance()
            second = self.expression()
            self.expect(")", "after the second item of a pair")
            return Pair(node, second, **self.span(opening.position))
        if not self.at(")"):
            if self.token.kind is not Kind.END:
                raise self.unexpected()
            raise self.error("This parenthesis is never closed.", opening)
        self.advance()
        return node

    def primary(self) -> Node:
        token = self.token
        where = {"position": token.position, "length": token.length}
        match token.kind, token.value:
            case ((Kind.INTEGER | Kind.FLOAT), _):
                return self.number("")
            case Kind.NAME, _:
                return self.name()
            case Kind.TEXT, value:
                node: Node = Text(value, **where)
            case Kind.TIME, value:
                node = TimeText(value, **where)
            case Kind.BIND, value:
                node = self.bind(token)
            case Kind.KEYWORD, ("TRUE" | "FALSE") as value:
                node = Boolean(value == "TRUE", **where)
            case Kind.KEYWORD, "NULL":
                node = Null(**where)
            case _:
                raise self.error(f"Expected a value or a name, found {token.shown}.")
        self.advance()
        return node

    def bind(self, token: Token) -> Bind:
        name, _, field = token.value.partition(".")
        if field not in ("", "begin", "end"):
            raise self.error(f"':{name}' has no '{field}'; only .begin and .end of a timespan exist.")
        return Bind(name, field, position=token.position, length=token.length)

    def number(self, sign: str) -> Number:
        token = self.advance()
        first = token.position if not sign else self.tokens[self.index - 2].position
        if token.kind is Kind.FLOAT:
            value = float(sign + token.value)
            if not math.isfinite(value):
                raise self.error("This number is too large.", token)
            return Number(value, **self.span(first))
        # Python refuses to convert thousands of digits, so the length is looked at first.
        digits = token.value.lstrip("0") or "0"
        integer = int(sign + digits) if len(digits) < 20 else None
        if integer is None or integer not in _INT64:
            raise self.error("This integer does not fit 64 bits.", token)
        return Number(integer, **self.span(first))

    def name(self) -> Node:
        token = self.advance()
        parts = tuple(token.value.split("."))
        if self.at("("):
            return self.call(token)
        if len(parts) > 3:
            raise self.error(f"'{token.value}' has {len(parts)} parts; names have at most three.", token)
        return Name(parts, position=token.position, length=token.length)

    def call(self, token: Token) -> Node:
        self.advance()
        arguments = []
        while not self.at(")"):
            arguments.append(self.expression())
            if not self.at(")"):
                self.expect(",", f"or ')' in the arguments of {token.value}")
        self.advance()
        return Call(token.value.upper(), tuple(arguments), **self.span(token.position))


_DEPTH_HINT = "Use fewer parentheses, or IN (...) for many values."


def _check_depth(root: Node, text: str) -> None:
    """Refuse trees that are too deep although the text is not nested, as in a sum of a thousand terms."""
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise ExpressionError(
        f"The expression is nested more than {MAX_DEPTH} levels deep.",
        text,
        level[0].position,
        level[0].length,
        hint=_DEPTH_HINT,
    )
