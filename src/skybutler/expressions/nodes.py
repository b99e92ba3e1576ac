"""The syntax tree of a ``where`` text: frozen nodes that remember where they stood.  Knows nothing of dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = [
    "And",
    "Binary",
    "Bind",
    "Boolean",
    "Call",
    "Membership",
    "Name",
    "Node",
    "Not",
    "Null",
    "Number",
    "Or",
    "Pair",
    "Range",
    "Text",
    "TimeText",
    "Unary",
    "children",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Any part of an expression.  Two nodes are equal when they mean the same, wherever they stood."""

    position: int = field(default=0, compare=False, repr=False)
    """0-based offset of the first character in the source text."""

    length: int = field(default=1, compare=False, repr=False)
    """How many characters of the source text the node covers."""


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text, quotes removed."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number with its sign; integers fit 64 bits, floats are finite."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """``TRUE`` or ``FALSE``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    """``NULL``: no value, or the open end of a time range."""


@dataclass(frozen=True, slots=True)
class TimeText(Node):
    """The content of a time literal ``T'...'``, not yet understood."""

    value: str


@dataclass(frozen=True, slots=True)
class Range(Node):
    """The integers ``start``, ``start + step``, ... up to and including ``stop``."""

    start: int
    stop: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An identifier of one to three dotted parts."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The name as written."""
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """A value given beside the text, ``:name``; ``field`` is ``begin`` or ``end`` in ``:interval.begin``."""

    name: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments; the name is in upper case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pair(Node):
    """Two expressions in parentheses: a time range."""

    first: Node
    second: Node


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """A sign before something that is not a plain number."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An arithmetic operation, a comparison or ``OVERLAPS``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """``left IN (items)`` or ``left NOT IN (items)``."""

    left: Node
    items: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not(Node):
    """Negation of a condition."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """Two or more conditions that must all hold."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Two or more conditions of which one must hold."""

    operands: tuple[Node, ...]


def children(node: Node) -> Iterator[Node]:
    """Yield the direct parts of a node, in source order."""
    match node:
        case And(operands) | Or(operands) | Call(_, operands):
            yield from operands
        case Membership(left, items):
            yield left
            yield from items
        case Binary(_, left, right) | Pair(left, right):
            yield left
            yield right
        case Not(operand) | Unary(_, operand):
            yield operand
