"""From an ADQL query to SQL with bound texts, the columns of its result, and the regions to be found first.

Knows no connection: who runs the SQL stages the regions of each `SpatialCondition` before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from skybutler.vo.field import Field

from .functions import rewrite_function, rewrite_like, typed_literals, unit_lookup
from .geometry import Geometry, SpatialCondition
from .names import first_select, output_names, resolve, result_fields
from .syntax import GEOMETRY, function_name, parse
from .tables import RegionColumn, TapTable, TapTables

__all__ = ["SpatialCondition", "Translation", "translate"]

_MARK = "bound_text_"
_MARKED = re.compile(rf"\b{_MARK}(\d+)_\b")


@dataclass(frozen=True, slots=True)
class Translation:
    """A query that can be run.

    Parameters
    ----------
    sql : `str`
        One SELECT, with a question mark for each text.
    parameters : `tuple` [`str`]
        The texts.
    fields : `tuple` [`Field`]
        Columns of the result.
    conditions : `tuple` [`SpatialCondition`]
        What must be staged before.
    """

    sql: str
    parameters: tuple[str, ...]
    fields: tuple[Field, ...]
    conditions: tuple[SpatialCondition, ...]


def translate(text: str, tables: TapTables, dialect: str, limit: int | None = None) -> Translation:
    """Translate a query.

    Parameters
    ----------
    text : `str`
        ADQL.
    tables : `TapTables`
        What can be asked for.
    dialect : `str`
        ``sqlite`` or ``postgres``.
    limit : `int`, optional
        Most rows; TOP may ask for fewer.

    Raises
    ------
    ExpressionError
        The query is malformed, names what does not exist, or asks for what is not allowed or not possible.
    """
    tree = parse(text)
    names = output_names(tree)
    tree = resolve(tree, tables, text)
    fields = result_fields(tree, tables, names)
    columns = _columns(tree, tables)
    regions: dict[tuple[str, str], tuple[str, RegionColumn]] = {}
    by_column: dict[tuple[str, str], Field] = {}
    for alias, table in columns.items():
        by_column |= {(alias, f.name.lower()): f for f in table.fields}
        regions |= {(alias, name.lower()): (table.relation, column) for name, column in table.regions.items()}
    geometry = Geometry(regions, text)
    rewriter = _Rewriter(geometry, dialect, by_column, text)
    made = rewriter.rewrite(tree)
    _name_outputs(made, fields)
    _limit(made, limit)
    _put_relations(made, tables)
    _by_number(made)
    sql, parameters = _bind(made, dialect)
    return Translation(sql, tuple(parameters), tuple(fields), tuple(geometry.conditions))


def _columns(tree: exp.Expr, tables: TapTables) -> dict[str, TapTable]:
    """Tables by their alias."""
    return {node.alias: tables.find(node.db, node.name) for node in tree.find_all(exp.Table) if node.db}


class _Rewriter:
    """Goes through a tree from the leaves up."""

    def __init__(self, geometry: Geometry, dialect: str, fields: Mapping[tuple[str, str], Field], text: str) -> None:
        self._geometry, self._dialect, self._text = geometry, dialect, text
        self._unit_of = unit_lookup(fields)

    def rewrite(self, node: exp.Expr) -> exp.Expr:
        """The tree in the words of the dialect."""
        if isinstance(node, exp.EQ | exp.NEQ) and (test := self._truth(node)) is not None:
            return test
        is_geometry = isinstance(node, exp.Func) and function_name(node) in GEOMETRY
        if not is_geometry:  # else arguments are shapes, which have no SQL
            self._children(node)
        typed_literals(node, self._text)
        if is_geometry:
            assert isinstance(node, exp.Func)
            made = self._geometry.rewrite(node)
            if isinstance(made, exp.Boolean | exp.In | exp.Paren | exp.LTE) and _is_test(node):
                return exp.Case(ifs=[exp.If(this=made, true=exp.Literal.number(1))], default=exp.Literal.number(0))
            return self.rewrite(made)
        if isinstance(node, exp.Like | exp.ILike) and not isinstance(node.parent, exp.Escape):
            return rewrite_like(node, self._dialect, self._text)
        if isinstance(node, exp.Escape):
            return rewrite_like(node, self._dialect, self._text)
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector | exp.Case | exp.If | exp.Cast):
            return rewrite_function(node, self._dialect, self._unit_of, self._text)
        return node

    def _truth(self, node: exp.Expr) -> exp.Expr | None:
        """``CONTAINS(...) = 1`` and its like as a plain condition, which an index can serve."""
        for test, value in ((node.this, node.expression), (node.expression, node.this)):
            if _is_test(test) and isinstance(value, exp.Literal) and value.this in ("0", "1"):
                made = self._geometry.rewrite(test)
                wanted = (value.this == "1") == isinstance(node, exp.EQ)
                return made if wanted else exp.Not(this=exp.Paren(this=made))
        return None

    def _children(self, node: exp.Expr) -> None:
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Expr):
                node.set(key, self.rewrite(value))
            elif isinstance(value, list):
                node.set(key, [self.rewrite(v) if isinstance(v, exp.Expr) else v for v in value])


def _is_test(node: exp.Expr) -> bool:
    return isinstance(node, exp.Func) and function_name(node) in ("CONTAINS", "INTERSECTS")


def _name_outputs(tree: exp.Expr, fields: list[Field]) -> None:
    """Give the columns of the first SELECT names that are all different."""
    select = first_select(tree)
    named = [
        exp.Alias(this=node.unalias(), alias=exp.to_identifier(field.name.lower(), quoted=True))
        for node, field in zip(select.selects, fields, strict=True)
    ]
    select.set("expressions", named)


def _limit(tree: exp.Expr, limit: int | None) -> None:
    if limit is None:
        return
    asked = tree.args.get("limit")
    top = int(asked.expression.this) if asked is not None else None
    tree.set("limit", exp.Limit(expression=exp.Literal.number(limit if top is None else min(top, limit))))


def _put_relations(tree: exp.Expr, tables: TapTables) -> None:
    for node in list(tree.find_all(exp.Table)):
        if node.db:
            relation = tables.find(node.db, node.name).relation
            node.set("db", None)
            node.set("this", exp.Var(this=relation))


def _by_number(tree: exp.Expr) -> None:
    """Let GROUP BY and ORDER BY refer to columns of the result by number where they repeat them.

    To PostgreSQL two texts that are bound are never equal, so that it would not see the repetition.
    """
    for select in tree.find_all(exp.Select):
        columns = [node.unalias() for node in select.selects]
        group, order = select.args.get("group"), select.args.get("order")
        places = list(group.expressions) if group else []
        places += [ordered.this for ordered in order.expressions] if order else []
        for node in places:
            if node in columns and not isinstance(node, exp.Column):
                node.replace(exp.Literal.number(columns.index(node) + 1))


def _bind(tree: exp.Expr, dialect: str) -> tuple[str, list[str]]:
    """SQL with question marks for texts, and the texts in their order."""
    values: list[str] = []
    for node in list(tree.find_all(exp.Literal)):
        if node.is_string:
            node.replace(exp.Var(this=f"{_MARK}{len(values)}_"))
            values.append(str(node.this))
    order: list[str] = []

    def placed(found: re.Match[str]) -> str:
        order.append(values[int(found[1])])
        return "?"

    return _MARKED.sub(placed, tree.sql(dialect=dialect)), order
