"""What the result of a query needs of its tables, and which rows cannot be in it.  Knows no SQL dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from .tables import TapTables

__all__ = ["leave_out", "leave_to_relations", "only_identifiers", "only_kinds", "only_shown", "table_of"]


def only_identifiers(tree: exp.Expr, tables: TapTables) -> dict[int, str]:
    """Select identifiers instead of the texts that end with them, where texts are only to be shown."""
    if not isinstance(tree, exp.Select) or any(tree.args.get(name) for name in ("distinct", "group", "having")):
        return {}
    sources = [*_first_source(tree), *(join.this for join in tree.args.get("joins") or ())]
    found: dict[int, str] = {}
    for place, node in enumerate(tree.selects):
        column = node.unalias()
        if not isinstance(column, exp.Column):
            continue
        for source in sources:
            if isinstance(source, exp.Table) and source.db and source.alias == column.table:
                known = {n.lower(): (n, key) for n, key in tables.find(source.db, source.name).identifiers.items()}
                if column.name in known:
                    found[place], key = known[column.name]
                    column.replace(exp.column(key, column.table))
    return found


def only_kinds(tree: exp.Expr, tables: TapTables) -> dict[int, str]:
    """Columns of a result from one table that follow from the kind of row, if they are only to be shown."""
    clauses = ("distinct", "group", "having", "order", "joins")
    if not isinstance(tree, exp.Select) or any(tree.args.get(name) for name in clauses):
        return {}
    source = next(_first_source(tree), None)
    if not isinstance(source, exp.Table) or not source.db:
        return {}
    known = {name.lower(): name for name in tables.find(source.db, source.name).constants}
    columns = {place: node.unalias() for place, node in enumerate(tree.selects)}
    return {p: known[c.name] for p, c in columns.items() if isinstance(c, exp.Column) and c.name in known}


def only_shown(tree: exp.Expr, tables: TapTables) -> tuple[str, ...]:
    """Columns of a result, if all of it are columns of one table in any order; else none."""
    clauses = ("distinct", "group", "having", "order", "joins", "with_")
    if not isinstance(tree, exp.Select) or any(tree.args.get(name) for name in clauses):
        return ()
    source = next(_first_source(tree), None)
    columns = [node.unalias() for node in tree.selects]
    if not isinstance(source, exp.Table) or not source.db:
        return ()
    known = {field.name.lower(): field.name for field in tables.find(source.db, source.name).fields}
    names = [known.get(c.name) if isinstance(c, exp.Column) else None for c in columns]
    return () if None in names else tuple(name for name in names if name is not None)


def leave_out(select: exp.Select, constants: Mapping[int, str], tables: TapTables) -> None:
    """Select the kind of row in place of what follows from it."""
    source = select.args["from_"].this
    kept = [node for place, node in enumerate(select.selects) if place not in constants]
    kind = exp.column(tables.find(source.db, source.name).kind, source.alias)
    select.set("expressions", [*kept, exp.Alias(this=kind, alias=exp.to_identifier("kind of row", quoted=True))])


def leave_to_relations(tree: exp.Expr, tables: TapTables) -> dict[int, dict[str, frozenset[str | float]]]:
    """Take conditions on the kind of row out of a tree: values by column that all rows of a table must have.

    Whoever composes the table fulfils them, by the id of its node; a database would plan anew for each bound value.
    """
    found: dict[int, dict[str, frozenset[str | float]]] = {}
    for node, table, column, wanted in list(_needs(tree)):
        constants = tables.find(table.db, table.name).constants if table.db else ()
        if column in {name.lower() for name in constants}:
            told = found.setdefault(id(table), {})
            told[column] = told.get(column, wanted) & wanted
            node.replace(exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(1)))
    return found


def _needs(tree: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Table, str, frozenset[str | float]]]:
    """Conditions that a column is one of some values in all rows that are taken of a table."""
    for node in tree.find_all(exp.EQ, exp.In):
        column = node.this
        values = [node.expression] if isinstance(node, exp.EQ) else node.expressions
        if not isinstance(column, exp.Column):
            if not (isinstance(node, exp.EQ) and isinstance(node.expression, exp.Column)):
                continue
            column, values = node.expression, [node.this]
        if not values or not all(isinstance(value, exp.Literal) for value in values):
            continue
        if (table := table_of(node, column.table)) is not None:
            yield node, table, column.name, frozenset(str(v.this) if v.is_string else float(v.this) for v in values)


def table_of(node: exp.Expr, alias: str) -> exp.Table | None:
    """The table of an alias, if all rows that are taken of it must fulfil this condition."""
    parent = node.parent
    while isinstance(parent, exp.And | exp.Paren):
        parent = parent.parent
    if not isinstance(parent, exp.Where | exp.Join) or not isinstance(parent.parent, exp.Select):
        return None
    select = parent.parent
    sources = list(_first_source(select))
    for join in select.args.get("joins") or ():
        if join.side:  # of an outer join, rows without a partner stay
            return None
        sources.append(join.this)
    return next((s for s in sources if isinstance(s, exp.Table) and s.alias == alias), None)


def _first_source(select: exp.Expr) -> Iterator[exp.Expr]:
    """What stands behind FROM, if there is one: values can be selected of nothing."""
    if (source := select.args.get("from_")) is not None:
        yield source.this
