"""The ``order_by`` language: names with an optional minus, bound to columns of the query.  Knows no SQL."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from skybutler.errors import ExpressionError, nearest
from skybutler.expressions.bound import Column, Edge
from skybutler.expressions.lexer import Kind, Token, tokenize
from skybutler.expressions.names import Scope
from skybutler.expressions.nodes import Name

if typing.TYPE_CHECKING:
    from skybutler.dimensions.group import DimensionGroup
    from skybutler.dimensions.universe import DimensionUniverse

__all__ = ["Order", "OrderTerm", "bind_order", "order_text", "parse_order"]


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One name to order by, as written; ``text`` is the source for error messages."""

    name: Name
    descending: bool
    text: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """One column to order by."""

    column: Column | Edge
    descending: bool


def parse_order(terms: str | Iterable[str]) -> tuple[OrderTerm, ...]:
    """Parse names to order by.

    Parameters
    ----------
    terms : `str` or iterable of `str`
        Names as in ``where`` (``visit``, ``visit.exposure_time``, ``timespan.begin``), each with an optional ``-``
        for descending order; several in one text are divided by commas.

    Raises
    ------
    ExpressionError
        A term is no name.
    """
    texts = [terms] if isinstance(terms, str) else list(terms)
    return tuple(term for text in texts for term in _terms(text))


def order_text(terms: Iterable[OrderTerm]) -> str:
    """Canonical text of terms; ``parse_order(order_text(terms))`` gives them back."""
    return ", ".join(f"{'-' if term.descending else ''}{term.name.text}" for term in terms)


def _terms(text: str) -> Iterator[OrderTerm]:
    tokens = iter(tokenize(text))
    token = next(tokens)
    if token.kind is Kind.END:
        return
    while True:
        descending = token.value == "-" and token.kind is Kind.SYMBOL
        if descending:
            token = next(tokens)
        yield OrderTerm(_name(token, text), descending, text)
        token = next(tokens)
        if token.kind is Kind.END:
            return
        if token.value != ",":
            direction = token.value.upper() in ("ASC", "DESC")
            hint = "Write '-' before a name for descending order." if direction else "Divide names by commas."
            raise ExpressionError(f"Unexpected {token.shown}.", text, token.position, token.length, hint=hint)
        token = next(tokens)


def _name(token: Token, text: str) -> Name:
    parts = tuple(token.value.split("."))
    if token.kind is not Kind.NAME or len(parts) > 3:
        message = f"Expected a name to order by, found {token.shown}."
        raise ExpressionError(message, text, token.position, token.length, hint="Write visit, -visit or visit.name.")
    return Name(parts, position=token.position, length=token.length)


def bind_order(
    terms: Iterable[OrderTerm],
    *,
    universe: DimensionUniverse,
    group: DimensionGroup | None = None,
    element: str | None = None,
    dataset_types: Mapping[str, DimensionGroup] | None = None,
) -> tuple[Order, ...]:
    """Find the columns to order by.

    Parameters
    ----------
    terms : iterable of `OrderTerm`
        What `parse_order` returned.
    universe, group, element, dataset_types
        As for `~skybutler.expressions.bind.bind`; with a ``group``, columns must belong to it.

    Raises
    ------
    ExpressionError
        Unknown or ambiguous names, columns outside the query, regions and whole timespans.
    """
    found = []
    for term in terms:
        scope = Scope(term.text, universe, group, element, dataset_types or {})
        column = scope.resolve(term.name)
        stored = column.operand if isinstance(column, Edge) else column
        if column.type in ("region", "timespan"):
            hint = f"Order by {term.name.text}.begin or .end." if column.type == "timespan" else ""
            raise scope.error(f"Rows cannot be ordered by a {column.type}.", term.name, hint)
        outside = [] if group is None else [name for name in stored.dimensions if name not in group.names]
        if outside and group is not None:
            hint = nearest(term.name.text, group.names) or f"The query has {', '.join(group.names)}."
            message = f"Cannot order by '{term.name.text}': {', '.join(outside)} is not in the query."
            raise scope.error(message, term.name, hint)
        found.append(Order(column, term.descending))
    return tuple(found)
