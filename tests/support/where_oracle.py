"""What a bound condition means, said in plain Python: the judge of everything that compiles conditions to SQL."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from lsst.sphgeom import DISJOINT, WITHIN, LonLat, UnitVector3d

from skybutler.expressions.bound import (
    Always,
    And,
    Arithmetic,
    Column,
    Comparison,
    Contains,
    Edge,
    Expression,
    Glob,
    In,
    Interval,
    IsNull,
    Literal,
    Negative,
    Not,
    Or,
    Overlaps,
    Point,
    Predicate,
    Truth,
)
from skybutler.sky.timespan import Timespan

__all__ = ["Row", "evaluate"]

Row = Mapping[tuple[str, str], Any]
"""Values by (element or dataset type, field); what is absent is missing.  Times are ns, regions sphgeom objects."""

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else None,
    "%": lambda a, b: int(math.copysign(abs(a) % abs(b), a)) if b else None,
}


def evaluate(node: Predicate | None, row: Row) -> bool | None:
    """Whether a row satisfies a condition; `None` is SQL's unknown."""
    value = True if node is None else _value(node, row)
    assert value is None or isinstance(value, bool)
    return value


def _value(node: Expression, row: Row) -> Any:
    match node:
        case Always(value):
            return value
        case And(parts):
            return _and([_value(part, row) for part in parts])
        case Or(parts):
            return _not(_and([_not(_value(part, row)) for part in parts]))
        case Not(part):
            return _not(_value(part, row))
        case IsNull(operand):
            return _value(operand, row) is None
        case Literal(value):
            return value
        case Column(_, element, field):
            return row.get((element, field))
        case Truth(column):
            return _value(column, row)
        case Interval(begin, end):
            ends = [None if side is None else _value(side, row) for side in (begin, end)]
            unknown = any(value is None and side is not None for side, value in zip((begin, end), ends, strict=True))
            return None if unknown else Timespan.from_ns(*ends)
        case _:
            return _of_known(node, row)


def _and(parts: list[bool | None]) -> bool | None:
    return False if False in parts else None if None in parts else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _of_known(node: Expression, row: Row) -> Any:
    """Operations that give unknown when any operand is missing."""
    match node:
        case Comparison(symbol, left, right) | Arithmetic(symbol, left, right):
            return _both(_OPERATORS[symbol], left, right, row)
        case Overlaps(left, right):
            return _both(_overlap, left, right, row)
        case Contains(outer, inner):
            return _both(_contains, outer, inner, row)
    match node:
        case Negative(operand):
            apply: Callable[[Any], Any] = operator.neg
        case Edge(operand, edge):
            apply = operator.attrgetter(f"{edge}_ns")
        case In(operand, values, ranges):
            wanted = {*values, *(number for r in ranges for number in r)}
            apply = wanted.__contains__
        case Glob(operand):
            wild = {"any": ".*", "one": "."}
            pattern = re.compile("".join(wild.get(kind) or re.escape(text) for kind, text in node.pieces()), re.DOTALL)
            apply = lambda value: pattern.fullmatch(value) is not None  # noqa: E731
        case _:
            raise TypeError(f"Unknown node {type(node).__name__}")
    value = _value(operand, row)
    return None if value is None else apply(value)


def _both(apply: Callable[[Any, Any], Any], left: Expression, right: Expression, row: Row) -> Any:
    first, second = _value(left, row), _value(right, row)
    return None if first is None or second is None else apply(first, second)


def _overlap(a: Any, b: Any) -> bool:
    if isinstance(a, Timespan):
        return a.overlaps(b)
    return not a.relate(b) & DISJOINT  # regions' own overlaps() may answer that it does not know


def _contains(outer: Any, inner: Any) -> bool:
    if isinstance(outer, Timespan):
        span = inner if isinstance(inner, Timespan) else Timespan.from_ns(inner, inner + 1)
        return outer.begin_ns <= span.begin_ns and span.end_ns <= outer.end_ns
    if isinstance(inner, Point):
        return bool(outer.contains(UnitVector3d(LonLat.fromDegrees(inner.ra_deg, inner.dec_deg))))
    return bool(inner.relate(outer) & WITHIN)
