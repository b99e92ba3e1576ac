"""The tables of a query: which ones give the dimensions and fields that are needed.  Knows no conditions."""

from __future__ import annotations

from collections.abc import Sequence

from skybutler.dimensions import DimensionGroup, SkyPixDimension
from skybutler.errors import InvalidQueryError

from .database import quoted
from .fragments import Fragment, Relations

__all__ = ["QueryTables"]


class QueryTables(Relations):
    """A FROM clause over dimension tables.

    Parameters
    ----------
    group : `DimensionGroup`
        All dimensions that take part.
    prefix : `str`
        Start of the aliases, to keep those of subqueries apart.
    """

    def __init__(self, group: DimensionGroup, prefix: str = "e") -> None:
        super().__init__()
        self._universe, self._group, self._prefix = group.universe, group, prefix
        self._nullable: set[str] = set()

    def need(self, dimension: str) -> str:
        """SQL expression of a dimension's (stored) value, joining a table when none gives it yet."""
        if dimension not in self.columns:
            element = self._universe[dimension]
            if isinstance(element, SkyPixDimension):
                raise InvalidQueryError(
                    f"Nothing in this query says which {dimension} pixels are meant.",
                    hint=f"Add a condition such as {dimension} = 123, a region, or a dataset type with that dimension.",
                )
            if dimension in self._group.implied:
                self.need_element(next(n for n in self._group.names if dimension in self._universe[n].implied))
            elif element.view_of and element.view_of not in self.aliases:
                column, view = quoted(dimension), quoted(element.view_of)
                source = f"(SELECT DISTINCT {column} FROM {view} WHERE {column} IS NOT NULL)"
                self.add(Fragment(source), self._alias(), {dimension: dimension})
            else:
                self.need_element(dimension)
        return self.columns[dimension]

    def clause(self, conditions: Sequence[Fragment]) -> Fragment:
        self._relate_implied()
        return super().clause(conditions)

    def _relate_implied(self) -> None:
        """Join what says which implied value goes with which record, wherever such a value takes part.

        A filter's own table does not know which visit was taken through it.
        """
        before = -1
        while before != len(self.aliases):  # the table of a filter brings its band, that of a visit its filter
            before = len(self.aliases)
            for dimension in self._group.implied:
                sources = [n for n in self._group.names if dimension in self._universe[n].implied]
                if dimension in self.columns and not any(n in self.aliases for n in sources):
                    self.need_element(sources[0])

    def need_element(self, name: str) -> str:
        """Alias of an element's own table, joining it when it does not take part yet."""
        if name not in self.aliases:
            element = self._universe[name]
            if element.view_of:
                return self.need_element(element.view_of)
            outer = element.is_dimension and name in self._nullable
            self.add_element(name, outer=outer)
        return self.aliases[name]

    def add_element(
        self, name: str, *, on: tuple[Fragment, ...] = (), alias: str | None = None, outer: bool = False
    ) -> str:
        """Join an element's table, whatever takes part already; return its alias."""
        element = self._universe[name]
        alias = alias or self._alias()
        provides = {d: d for d in (*element.required, *element.implied)}
        self._nullable.update(d for d in element.implied if d not in self.columns)
        self.add(Fragment(quoted(name)), alias, provides, on=on, outer=outer)
        self.aliases[name] = alias
        return alias

    def _alias(self) -> str:
        return f"{self._prefix}{len(self._tables)}"
