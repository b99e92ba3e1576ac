"""Names in a query: which table and column each one is.  Knows neither geometry nor SQL dialects."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from skybutler.errors import ExpressionError, InvalidQueryError, nearest
from skybutler.vo.field import Field

from .syntax import AdqlDialect, refused
from .tables import TapTable, TapTables

__all__ = ["first_select", "output_names", "resolve", "result_fields"]

_SQL_TYPES = {
    "unsignedByte": "SMALLINT",
    "short": "SMALLINT",
    "int": "INT",
    "long": "BIGINT",
    "float": "REAL",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "char": "VARCHAR",
    "unicodeChar": "VARCHAR",
}
_DATATYPES = {
    "TINYINT": "short",
    "SMALLINT": "short",
    "INT": "int",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DECIMAL": "double",
    "BIGDECIMAL": "double",
    "BOOLEAN": "boolean",
    "VARCHAR": "char",
    "CHAR": "char",
    "TEXT": "char",
}
_KEEPING = (exp.Max, exp.Min, exp.Avg, exp.Sum, exp.Paren, exp.Neg, exp.Abs)
"""Functions whose value has the unit of its argument."""


def output_names(tree: exp.Query) -> list[str | None]:
    """Names of the columns of the result as the user wrote them; `None` where nothing was said."""
    return [None if e.is_star else (e.alias or None) for e in tree.selects]


def resolve(tree: exp.Query, tables: TapTables, text: str) -> exp.Query:
    """A tree in which every column says its table, stars are columns, and values have types.

    Parameters
    ----------
    tree : `sqlglot.exp.Query`
        Of `parse`; it is changed.
    tables : `TapTables`
        What there is.
    text : `str`
        The query, for messages.

    Raises
    ------
    ExpressionError
        A table or column is unknown, or could be of several tables.
    """
    for identifier in tree.find_all(exp.Identifier):
        # Names are the same in any case; delimited ones too, since we have no two that differ in case only.
        identifier.set("this", identifier.this.lower())
        identifier.set("quoted", False)
    schema = MappingSchema(dialect=AdqlDialect)
    for found in _tables(tree, tables, text):
        columns = {f.name.lower(): _SQL_TYPES[f.datatype] for f in found.fields}
        schema.add_table(found.full_name.lower(), columns, match_depth=False)
    _check_columns(tree, tables, text)
    try:
        tree = qualify(tree, schema=schema, dialect=AdqlDialect, quote_identifiers=False)
    except OptimizeError as error:
        raise ExpressionError(str(error).split(". Line")[0] + ".", text) from error
    return annotate_types(tree, schema=schema, dialect=AdqlDialect)


def _tables(tree: exp.Query, tables: TapTables, text: str) -> Iterator[TapTable]:
    made = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table):
        if not node.db and node.name in made:
            continue
        try:
            found = tables.find(node.db, node.name)
        except InvalidQueryError as error:
            raise refused(error.message, node, text, error.hint) from error
        node.set("db", exp.to_identifier(found.schema.lower()))
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(found.name.lower())))
        yield found


def _check_columns(tree: exp.Query, tables: TapTables, text: str) -> None:
    """Refuse columns that nothing in the query has; sqlglot would say so without the nearest names."""
    known = {alias.alias for alias in tree.find_all(exp.Alias)}
    known |= {name.name for alias in tree.find_all(exp.TableAlias) for name in alias.args.get("columns") or ()}
    for node in tree.find_all(exp.Table):
        if node.db:
            known |= {f.name.lower() for f in tables.find(node.db, node.name).fields}
    known |= {column.name for node in tree.find_all(exp.CTE, exp.Subquery) for column in node.this.selects}
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier) and column.name not in known:
            hint = nearest(column.name, known) or "List what there is: SELECT column_name FROM tap_schema.columns"
            raise refused(f"There is no column '{column.name}'.", column.this, text, hint)


# ------------------------------------------------------------------- results
def result_fields(tree: exp.Query, tables: TapTables, names: list[str | None]) -> tuple[list[Field], frozenset[int]]:
    """Columns of the result of a resolved query, and which of them are regions.

    Parameters
    ----------
    tree : `sqlglot.exp.Query`
        Of `resolve`.
    tables : `TapTables`
        What there is.
    names : list
        Of `output_names`.
    """
    scopes = {id(scope.expression): scope for scope in traverse_scope(tree)}
    selects = tree.selects
    said = names if len(names) == len(selects) else [None] * len(selects)
    found: list[Field] = []
    regions: set[int] = set()
    of_regions = {id(table.field(name)) for table in tables for name in table.regions}
    taken: set[str] = set()
    for node, name in zip(selects, said, strict=True):
        source = _source(node.unalias(), first_select(tree), scopes, tables)
        wanted = name or _said(node, source)
        final, n = wanted, 1
        while final.lower() in taken:
            n += 1
            final = f"{wanted}_{n}"
        taken.add(final.lower())
        if id(source) in of_regions:
            regions.add(len(found))
        found.append(_described(node.unalias(), source, final))
    return found, frozenset(regions)


def _said(node: exp.Expr, source: Field | None) -> str:
    """Name of a column of the result to which the query gave none."""
    value = node.unalias()
    if not isinstance(value, exp.Column):
        return _name_of(value)
    own = node.alias_or_name
    return source.name if source is not None and source.name.lower() == own.lower() else own


def _name_of(node: exp.Expr) -> str:
    return node.sql_name().lower() if isinstance(node, exp.Func) else "col"


def first_select(tree: exp.Expr) -> exp.Select:
    """The SELECT that names the columns of a query."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    assert isinstance(tree, exp.Select)
    return tree


def _source(node: exp.Expr, select: exp.Expr, scopes: dict[int, Scope], tables: TapTables) -> Field | None:
    """The column of a table that a value comes from, unchanged or with its unit kept."""
    if isinstance(node, _KEEPING):
        inner = _source(node.this, select, scopes, tables)
        return None if inner is None else Field(name=_name_of(node), datatype=inner.datatype, unit=inner.unit)
    if not isinstance(node, exp.Column) or (scope := scopes.get(id(select))) is None:
        return None
    origin = scope.sources.get(node.table)
    if isinstance(origin, exp.Table):
        return tables.find(origin.db, origin.name).field(node.name)
    if isinstance(origin, Scope):
        inner_select = first_select(origin.expression)
        for column in inner_select.selects:
            if column.alias_or_name == node.name:
                return _source(column.unalias(), inner_select, scopes, tables)
    return None


def _described(node: exp.Expr, source: Field | None, name: str) -> Field:
    if source is not None and isinstance(node, exp.Column):
        return Field(
            name=name, datatype=source.datatype, arraysize=source.arraysize, unit=source.unit, ucd=source.ucd,
            utype=source.utype, xtype=source.xtype, description=source.description,
        )  # fmt: skip
    datatype = _datatype(node)
    unit = source.unit if source is not None else None
    return Field(name=name, datatype=datatype, arraysize="*" if datatype == "char" else None, unit=unit)


def _datatype(node: exp.Expr) -> str:
    kind = node.type.this.value if node.type is not None else "UNKNOWN"
    if isinstance(node, exp.Count):
        return "long"
    return _DATATYPES.get(kind, "double" if isinstance(node, exp.Func | exp.Binary | exp.Neg | exp.Paren) else "char")
