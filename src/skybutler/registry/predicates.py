"""Bound conditions as SQL.  Regions are handed to the spatial planner; everything else is text and bound values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from skybutler.errors import InvalidQueryError
from skybutler.expressions import bound
from skybutler.expressions.bound import Expression, Predicate
from skybutler.sky.timespan import Timespan

from .database import ColumnKind, Database, quoted
from .fragments import FALSE, Fragment, Relations, conjunction, disjunction
from .keys import Keys

__all__ = ["PredicateCompiler"]

_LISTED = 300
"""Longer value lists are staged instead of bound one by one."""

_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class _Spatial(Protocol):
    def condition(self, predicate: bound.Overlaps | bound.Contains, *, exact: bool) -> Fragment:
        """SQL of a region condition; ``exact`` tells unknown (a missing region) from false."""

    def has_region(self, column: bound.Column) -> Fragment:
        """SQL of whether there is a region."""


class PredicateCompiler:
    """Compiles conditions over the tables of one query.

    Parameters
    ----------
    database : `Database`
        Decides on dialect.
    keys : `Keys`
        Encodes text dimensions.
    relations : `Relations`
        Where columns are found.
    datasets : mapping
        Alias of the table of each dataset type that takes part.
    collection_row : callable
        Row of a collection by name, or `None`.
    stage : callable
        Makes a temporary table that lives as long as the query.
    spatial : object
        Compiles region conditions.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        relations: Relations,
        datasets: Mapping[str, str],
        collection_row: Callable[[str], int | None],
        stage: Callable[[Mapping[str, ColumnKind], Any], str],
        spatial: _Spatial,
    ) -> None:
        self._database, self._keys, self._relations = database, keys, relations
        self._datasets, self._collection_row, self._stage, self._spatial = datasets, collection_row, stage, spatial

    # -------------------------------------------------------------- conditions
    def condition(self, node: Predicate, *, exact: bool = False) -> Fragment:
        """SQL of a condition.

        Parameters
        ----------
        node : `Predicate`
            What must hold.
        exact : `bool`
            Whether unknown must be told from false, as below ``NOT``.
        """
        match node:
            case bound.Always(value):
                return Fragment("(1 = 1)" if value else "(1 = 0)")
            case bound.And(parts):
                return conjunction(self.condition(p, exact=exact) for p in parts)
            case bound.Or(parts):
                return disjunction(self.condition(p, exact=exact) for p in parts)
            case bound.Not(operand):
                return Fragment("(NOT ") + self.condition(operand, exact=True) + ")"
            case bound.Truth(column):
                return self.expression(column) + " <> 0"
            case bound.IsNull(operand):
                return self._null_test(operand)
            case bound.Comparison():
                return self._comparison(node, exact)
            case bound.In():
                return self._membership(node, exact)
            case bound.Glob(operand, _):
                matched = self.expression(operand)
                sql, values = self._database.glob(matched.sql, node.pieces())
                return Fragment(sql, (*matched.values, *values))
            case bound.Overlaps(left, _) if left.type == "timespan":
                return self._overlap(node.left, node.right)
            case bound.Contains(outer, _) if outer.type == "timespan":
                return self._contains(node.outer, node.inner)
            case bound.Overlaps() | bound.Contains():
                return self._spatial.condition(node, exact=exact)
        raise InvalidQueryError(f"A {type(node).__name__} condition cannot be used here.")

    def _null_test(self, operand: Expression) -> Fragment:
        if operand.type == "timespan":
            return self.edges(operand)[0] + " IS NULL"
        if operand.type == "region":
            assert isinstance(operand, bound.Column)
            return Fragment("(NOT ") + self._spatial.has_region(operand) + ")"
        return self.expression(operand) + " IS NULL"

    def _comparison(self, node: bound.Comparison, exact: bool) -> Fragment:
        operator = _OPERATORS[node.operator]
        if isinstance(node.left, Predicate) or isinstance(node.right, Predicate):
            left, right = (self._truth(side) for side in (node.left, node.right))
            return Fragment("(") + left + f" {operator} " + right + ")"
        if node.left.type == "timespan":
            (b1, e1), (b2, e2) = self.edges(node.left), self.edges(node.right)
            same = conjunction([b1 + " = " + b2, e1 + " = " + e2])
            return same if node.operator == "=" else Fragment("(NOT ") + same + ")"
        if (code := self._code_column(node.left)) and isinstance(node.right, bound.Literal) and operator in ("=", "<>"):
            number = self._code(node.left, str(node.right.value))
            return _equality(code, operator, number, exact)
        return self.expression(node.left) + f" {operator} " + self.expression(node.right)

    def _truth(self, node: Expression) -> Fragment:
        if isinstance(node, bound.Literal):
            return Fragment("(1 = 1)" if node.value else "(1 = 0)")
        # in parentheses, since the comparison of two conditions binds no looser than what it compares
        inner = self.condition(node, exact=True) if isinstance(node, Predicate) else self.expression(node) + " <> 0"
        return Fragment("(") + inner + ")"

    def _code_column(self, node: Expression) -> str | None:
        """SQL of a text column that holds an integer code (interned dimension, run, collection), or `None`."""
        if not isinstance(node, bound.Column):
            return None
        if node.kind == "dimension" and self._keys.is_text(node.element):
            return self._relations.columns[node.element]
        if node.kind == "field" and self._keys.is_text(node.field) and node.type == "string":
            return f"{self._relations.aliases[node.element]}.{quoted(node.field)}"
        if node.kind == "dataset" and node.field in ("run", "collection"):
            return f"{self._datasets[node.element]}.{node.field}"
        return None

    def _code(self, column: Expression, text: str) -> int | None:
        assert isinstance(column, bound.Column)
        return self._collection_row(text) if column.kind == "dataset" else self._keys.names.find(text)

    def _membership(self, node: bound.In, exact: bool) -> Fragment:
        values: list[Any] = list(node.values)
        if code := self._code_column(node.operand):
            codes = (self._code(node.operand, str(v)) for v in values)
            operand, values = Fragment(code), [c for c in codes if c is not None]
        else:
            operand = self.expression(node.operand)
            values = [self._bindable(v) for v in values]
        parts = [self._listed(operand, values, node.operand.type)] if values else []
        parts += [_in_range(operand, node.operand.type, r) for r in node.ranges if len(r)]
        return operand + " <> " + operand if exact and not parts else disjunction(parts)

    def _listed(self, operand: Fragment, values: list[Any], kind: str) -> Fragment:
        if len(values) <= _LISTED:
            return operand + Fragment(f" IN ({', '.join('?' * len(values))})", tuple(values))
        kinds: dict[str, ColumnKind] = {"string": "text", "float": "float", "uuid": "id", "hash": "bytes"}
        column: ColumnKind = "int" if isinstance(values[0], int) else kinds.get(kind, "int")
        if any(isinstance(v, float) for v in values):
            column = "float"
        return operand + f" IN (SELECT v FROM {self._stage({'v': column}, [(v,) for v in values])})"

    # ------------------------------------------------------------- expressions
    def expression(self, node: Expression) -> Fragment:
        """SQL of a value (text dimensions and runs as text)."""
        match node:
            case bound.Literal(value, _):
                return Fragment("?", (self._bindable(value),))
            case bound.Column():
                return self._column(node)
            case bound.Edge(operand, edge):
                return self.edges(operand)[0 if edge == "begin" else 1]
            case bound.Negative(operand):
                return Fragment("(- ") + self.expression(operand) + ")"
            case bound.Arithmetic():
                return self._arithmetic(node)
        raise InvalidQueryError(f"A {type(node).__name__} cannot be used here.")

    def _column(self, node: bound.Column) -> Fragment:
        if code := self._code_column(node):
            if node.kind == "dataset":
                return Fragment(f"(SELECT x.name FROM collection x WHERE x.k = {code})")
            return Fragment(f"(SELECT x.text FROM name x WHERE x.k = {code})")
        if node.kind == "dimension":
            return Fragment(self._relations.columns[node.element])
        if node.kind == "dataset":
            column = {"dataset_id": "id", "ingest_date": "ingested"}[node.field]
            return Fragment(f"{self._datasets[node.element]}.{column}")
        return Fragment(f"{self._relations.aliases[node.element]}.{quoted(node.field)}")

    def _arithmetic(self, node: bound.Arithmetic) -> Fragment:
        left, right = self.expression(node.left), self.expression(node.right)
        if node.operator == "/":
            return Fragment("(CAST(") + left + " AS DOUBLE PRECISION) / NULLIF(" + right + ", 0))"
        if node.operator == "%":
            return Fragment("(") + left + " % NULLIF(" + right + ", 0))"
        return Fragment("(") + left + f" {node.operator} " + right + ")"

    def _bindable(self, value: Any) -> Any:
        match value:
            case UUID():
                return self._database.id_parameter(value.bytes)
            case bool():
                return int(value)
        return value

    # --------------------------------------------------------------- timespans
    def edges(self, node: Expression) -> tuple[Fragment, Fragment]:
        """SQL of begin and end of a timespan, in TAI nanoseconds."""
        match node:
            case bound.Literal(Timespan() as span, _):
                return Fragment("?", (span.begin_ns,)), Fragment("?", (span.end_ns,))
            case bound.Column("dataset", element, "timespan"):
                alias = self._datasets[element]
                return Fragment(f"{alias}.begin"), Fragment(f"{alias}.finish")
            case bound.Column("field", element, _):
                alias = self._relations.aliases[element]
                return Fragment(f"{alias}.timespan_begin"), Fragment(f"{alias}.timespan_end")
            case bound.Interval(begin, end):
                return (
                    Fragment("?", (Timespan.MIN_NS,)) if begin is None else self.expression(begin),
                    Fragment("?", (Timespan.MAX_NS,)) if end is None else self.expression(end),
                )
        value = self.expression(node)  # a time: the instant that lasts one nanosecond
        return value, Fragment("(") + value + " + 1)"

    def _overlap(self, left: Expression, right: Expression) -> Fragment:
        (b1, e1), (b2, e2) = self.edges(left), self.edges(right)
        return conjunction([b1 + " < " + e2, e1 + " > " + b2])

    def _contains(self, outer: Expression, inner: Expression) -> Fragment:
        (b1, e1), (b2, e2) = self.edges(outer), self.edges(inner)
        return conjunction([b1 + " <= " + b2, e1 + " >= " + e2])


def _in_range(operand: Fragment, kind: str, wanted: range) -> Fragment:
    """Whether a number is one of a range of integers."""
    inside = operand + Fragment(" BETWEEN ? AND ?", (wanted[0], wanted[-1]))
    whole, steps = operand, []
    if kind != "int":
        whole = Fragment("CAST(") + operand + " AS BIGINT)"
        steps.append(operand + " = " + whole)
    if wanted.step != 1:
        steps.append(Fragment("(") + whole + Fragment(" - ?) % ? = 0", (wanted.start, wanted.step)))
    if kind == "int" or not steps:
        return conjunction([inside, *steps])
    # numbers beyond BIGINT must not reach the cast, and a missing one must stay unknown
    unknown = operand + " IS NULL THEN NULL"
    return Fragment("CASE WHEN ") + inside + " THEN " + conjunction(steps) + " WHEN " + unknown + " ELSE (1 = 0) END"


def _equality(column: str, operator: str, code: int | None, exact: bool) -> Fragment:
    """Comparison of a column of codes with the code of a text; `None` is a text that nothing in the repository has."""
    if code is not None:
        return Fragment(f"{column} {operator} ?", (code,))
    if exact:  # never equal, and unknown where the column is missing
        return Fragment(f"{column} {'=' if operator == '<>' else '<>'} {column}")
    return Fragment(f"{column} IS NOT NULL") if operator == "<>" else FALSE
