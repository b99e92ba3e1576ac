"""Counting of rows that differ in nothing a query looks at: a table counts each kind, and the query adds these up.

Knows no SQL dialect.
"""

from __future__ import annotations

from sqlglot import exp

from .tables import TapTables

__all__ = ["count_by_kind"]

_OTHER = (exp.Select, exp.Subquery, exp.Anonymous, exp.Var, exp.Window)
"""What may look at more than the kind of row, or be another value in each row."""


def count_by_kind(tree: exp.Expr, tables: TapTables) -> None:
    """Add up the rows of each kind where a query counts rows, and looks at nothing but what follows from their kind.

    Parameters
    ----------
    tree : `sqlglot.exp.Expr`
        The query, its names resolved; it is changed.
    tables : `TapTables`
        What has kinds of rows.
    """
    for select in list(tree.find_all(exp.Select)):
        source = select.args["from_"].this if select.args.get("from_") else None
        if not isinstance(source, exp.Table) or not source.db or select.args.get("joins"):
            continue
        table = tables.find(source.db, source.name)
        if not table.rows_of_kind or not _looks_at_kinds(select, source, {name.lower() for name in table.constants}):
            continue
        for count in list(select.find_all(exp.Count)):
            rows = exp.Sum(this=exp.column(table.rows_of_kind, source.alias, quoted=True))
            count.replace(exp.cast(exp.Coalesce(this=rows, expressions=[exp.Literal.number(0)]), "BIGINT"))


def _looks_at_kinds(select: exp.Select, source: exp.Table, constants: set[str]) -> bool:
    """Whether a query counts rows, and all columns that it names are of this table and follow from the kind of row."""
    if any(isinstance(node, _OTHER) for node in select.walk() if node is not select):
        return False
    totals = list(select.find_all(exp.AggFunc))
    counts = [node for node in totals if isinstance(node, exp.Count)]
    if not counts or not all(isinstance(node.this, exp.Star) for node in counts):
        return False
    if any(not isinstance(node, exp.Count | exp.Min | exp.Max) for node in totals):
        return False
    named = set(select.named_selects)
    return all(
        (column.name in constants if column.table == source.alias else not column.table and column.name in named)
        for column in select.find_all(exp.Column)
    )
