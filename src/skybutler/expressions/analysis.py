"""What a bound condition says as a whole: its conjuncts, the values it allows, the columns it needs.  No SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skybutler.expressions.bound import (
    Always,
    And,
    Column,
    Comparison,
    Expression,
    In,
    Literal,
    Or,
    Predicate,
    Scalar,
    operands,
)

__all__ = [
    "allowed_values",
    "columns_of",
    "conjuncts",
    "datasets_of",
    "dimensions_of",
    "elements_of",
    "equalities",
    "walk",
]

MAX_LISTED = 10_000
"""Integer ranges longer than this are not written out as allowed values."""


def walk(node: Expression | None) -> Iterator[Expression]:
    """Yield a bound node and everything below it, in source order."""
    stack = [] if node is None else [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(operands(current)))


def conjuncts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    """The conditions that must all hold; none for `None` and for a condition that is always true."""
    match predicate:
        case None | Always(True):
            return ()
        case And(parts):
            return parts
        case _:
            return (predicate,)


def columns_of(predicate: Predicate | None) -> tuple[Column, ...]:
    """Every column whose value is needed, once each, in the order of first use."""
    return tuple(dict.fromkeys(node for node in walk(predicate) if isinstance(node, Column)))


def dimensions_of(predicate: Predicate | None) -> frozenset[str]:
    """Names of the dimensions that a query must contain to evaluate the condition.

    Join elements such as ``visit_detector_region`` count with the dimensions they join; datasets do not count, see
    `datasets_of`.  The set is not completed with required dimensions: ``universe.conform`` does that.
    """
    return frozenset(name for column in columns_of(predicate) for name in column.dimensions)


def elements_of(predicate: Predicate | None) -> frozenset[str]:
    """Names of the dimension elements whose own table (or view, or pixelization) has to be consulted.

    A dimension of which only the primary key is used needs no table of its own and is not listed.
    """
    return frozenset(column.element for column in columns_of(predicate) if column.kind == "field")


def datasets_of(predicate: Predicate | None) -> frozenset[str]:
    """Names of the dataset types whose fields the condition uses."""
    return frozenset(column.element for column in columns_of(predicate) if column.kind == "dataset")


def allowed_values(predicate: Predicate | None) -> dict[str, frozenset[Scalar]]:
    """The values that the condition leaves to dimensions it restricts to a list.

    Parameters
    ----------
    predicate : `Predicate` or `None`
        A bound condition.

    Returns
    -------
    allowed : `dict` [`str`, `frozenset`]
        By dimension: every row that satisfies the condition has one of these values.  An empty set means that no row
        can satisfy it.  A dimension that some branch of an ``OR`` leaves free is missing; so a governor is
        constrained exactly when it is a key here.
    """
    match predicate:
        case Comparison("=", Column("dimension", name, _, type_), Literal(value, same)) if type_ == same:
            return {name: frozenset((value,))}
        case In(Column("dimension", name, _, type_), values, ranges) if sum(map(len, ranges)) <= MAX_LISTED:
            # Numbers of the other kind can match an integer key only when they are whole; the binder made those int.
            fitting = (value for value in values if type_ != "int" or isinstance(value, int))
            return {name: frozenset(fitting).union(*ranges)}
        case And(parts):
            return _both(allowed_values(part) for part in parts)
        case Or(parts):
            return _either([allowed_values(part) for part in parts])
        case _:
            return {}


def _both(maps: Iterator[dict[str, frozenset[Scalar]]]) -> dict[str, frozenset[Scalar]]:
    result: dict[str, frozenset[Scalar]] = {}
    for allowed in maps:
        for name, values in allowed.items():
            result[name] = result[name] & values if name in result else values
    return result


def _either(maps: list[dict[str, frozenset[Scalar]]]) -> dict[str, frozenset[Scalar]]:
    common = set(maps[0]).intersection(*maps[1:])
    return {name: frozenset[Scalar]().union(*(allowed[name] for allowed in maps)) for name in common}


def equalities(predicate: Predicate | None) -> Mapping[str, Scalar]:
    """The dimensions that the condition fixes to one value, with that value."""
    return {name: next(iter(values)) for name, values in allowed_values(predicate).items() if len(values) == 1}
