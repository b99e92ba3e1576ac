"""SQL text with its bound values, and a FROM clause under construction.  Knows no meaning of the columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .database import quoted

__all__ = ["FALSE", "TRUE", "Fragment", "Relations", "conjunction", "disjunction"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL text and the values of its ``?`` marks, in order."""

    sql: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Fragment | str) -> Fragment:
        if isinstance(other, str):
            return Fragment(self.sql + other, self.values)
        return Fragment(self.sql + other.sql, self.values + other.values)


TRUE, FALSE = Fragment("(1 = 1)"), Fragment("(1 = 0)")


def _joined(word: str, parts: Sequence[Fragment], empty: Fragment) -> Fragment:
    if not parts:
        return empty
    if len(parts) == 1:
        return parts[0]
    values: tuple[Any, ...] = ()
    for part in parts:
        values += part.values
    return Fragment("(" + f" {word} ".join(p.sql for p in parts) + ")", values)


def conjunction(parts: Iterable[Fragment]) -> Fragment:
    """All of them."""
    return _joined("AND", list(parts), TRUE)


def disjunction(parts: Iterable[Fragment]) -> Fragment:
    """Any of them."""
    return _joined("OR", list(parts), FALSE)


class Relations:
    """A FROM clause: tables joined on the dimensions they share.

    Inner join conditions are collected for the WHERE clause, so that the first table can lead by CROSS JOIN (SQLite
    then keeps it outermost; staged rows have no statistics that would tell it so).

    Attributes
    ----------
    columns : `dict`
        SQL expression of each dimension that some table provides.
    aliases : `dict`
        Alias of each dimension element's own table, once it takes part.
    """

    def __init__(self) -> None:
        self._tables: list[Fragment] = []
        self._conditions: list[Fragment] = []
        self._leads = False
        self.columns: dict[str, str] = {}
        self.aliases: dict[str, str] = {}

    def add(
        self,
        source: Fragment,
        alias: str,
        provides: Mapping[str, str],
        *,
        on: Sequence[Fragment] = (),
        outer: bool = False,
        leads: bool = False,
    ) -> None:
        """Join a table.

        Parameters
        ----------
        source : `Fragment`
            Table name or parenthesised SELECT.
        alias : `str`
            Its alias.
        provides : mapping
            Dimension → column name.
        on : sequence of `Fragment`
            Further join conditions.
        outer : `bool`
            Keep rows without a partner.
        leads : `bool`
            First table of the query and the smallest: the others are looked up from it.
        """
        conditions = list(on)
        for dimension, column in provides.items():
            expression = f"{alias}.{quoted(column)}"
            if dimension in self.columns:
                conditions.append(Fragment(f"{expression} = {self.columns[dimension]}"))
            else:
                self.columns[dimension] = expression
        body = source + f" {alias}"
        if self._tables and outer:
            body = Fragment("LEFT JOIN ") + body + Fragment(" ON ") + conjunction(conditions)
        elif self._tables:
            word = "CROSS JOIN " if self._leads and len(self._tables) == 1 else "JOIN "
            body = Fragment(word) + body + ("" if word.startswith("CROSS") else " ON TRUE")
            self._conditions += conditions
        else:
            self._conditions += conditions
            self._leads = leads
        self._tables.append(body)

    @property
    def empty(self) -> bool:
        """Whether no table takes part yet."""
        return not self._tables

    def clause(self, conditions: Sequence[Fragment]) -> Fragment:
        """FROM and WHERE."""
        values: tuple[Any, ...] = ()
        for table in self._tables:
            values += table.values
        tables = Fragment(" FROM " + " ".join(t.sql for t in self._tables), values) if self._tables else Fragment("")
        every = [*self._conditions, *conditions]
        return tables + " WHERE " + conjunction(every) if every else tables
