"""From an ADQL query to SQL with bound texts, the columns of its result, and the regions to be found first.

Knows no connection: who runs the SQL stages the regions of each `SpatialCondition` before.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from sqlglot import exp

from skybutler.errors import InvalidError
from skybutler.vo.field import Field

from .boxes import cones_of_boxes
from .counting import count_by_kind
from .functions import rewrite_function, rewrite_like, typed_literals, unit_lookup
from .geometry import Geometry, SpatialCondition
from .literals import Slot, Taken, numbered, open_comparisons, slot_of, slots_in, take
from .meaning import check_meaning
from .names import first_select, output_names, resolve, result_fields
from .needs import leave_out, leave_to_relations, only_identifiers, only_kinds, only_shown, table_of
from .pairs import RegionPairs, join_pairs
from .syntax import GEOMETRY, function_name, parse
from .tables import Cone, RegionColumn, TapTable, TapTables
from .translation import Pattern, RelationUse, Translation, Value, open_shapes

__all__ = ["translate"]

RELATION = "relation_of_"
"""Begin of the marks of relations in SQL."""
_UUID = "UUID OF A DATASET"
_UUID_AT_END = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_MARK = "bound_text_"
_REMEMBERED = 500
"""Translations kept: clients ask again and again, often with other values."""
_MARKED = re.compile(rf"\b{_MARK}(\d+)_\b")


def translate(text: str, tables: TapTables, dialect: str, limit: int | None = None) -> Translation:
    """Translate a query.

    Parameters
    ----------
    text : `str`
        ADQL.
    tables : `TapTables`
        What can be asked for.
    dialect : `str`
        ``sqlite``, ``postgres`` or ``duckdb``.
    limit : `int`, optional
        Most rows; TOP may ask for fewer.

    Raises
    ------
    ExpressionError
        The query is malformed, names what does not exist, or asks for what is not allowed or not possible.
    """
    taken, known = take(text), tables.translations
    key = (taken.shape, dialect, limit)
    for fixed in known.get(key, ()):
        pattern: Pattern | None = known.get((key, fixed, tuple(taken.texts[i] for i in fixed)))
        if pattern is not None:
            try:
                return pattern.filled(taken.texts)
            except InvalidError:  # which is told where it stands below
                break
    pattern = _translated(text, taken, tables, dialect, limit)
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = known.get(key, frozenset()) | {pattern.fixed}
    known[key, pattern.fixed, tuple(taken.texts[i] for i in pattern.fixed)] = pattern
    return pattern.filled(taken.texts)


def _translated(text: str, taken: Taken, tables: TapTables, dialect: str, limit: int | None) -> Pattern:
    tree = parse(text)
    names = output_names(tree)
    is_numbered = numbered(tree, taken, text)
    tree = resolve(tree, tables, text)
    check_meaning(tree, text)
    once = {slot for slot, n in slots_in(tree).items() if n == 1} if is_numbered else set()
    compared = open_comparisons(tree, _columns(tree, tables), taken.kinds) & once
    fields, regions = result_fields(tree, tables, names)
    rewriter = _Rewriter(tree, tables, dialect, text)
    made = rewriter.rewritten(tree)
    count_by_kind(made, tables)
    shown = only_shown(made, tables)
    identifiers = only_identifiers(made, tables)
    constants = only_kinds(made, tables)
    left = slots_in(made)
    shapes, free = open_shapes(rewriter.geometry, once - set(left))
    free |= compared & {slot for slot, n in left.items() if n == 1}
    _name_outputs(made, fields)
    if constants:
        leave_out(first_select(made), constants, tables)
    _limit(made, limit)
    uses = _put_relations(made, tables, rewriter)
    _by_number(made)
    sql, parameters = _bind(made, dialect, {slot: Slot(slot, taken.kinds[slot]) for slot in free})
    uses.sort(key=lambda use: sql.index(use.mark))
    translation = Translation(sql, (), tuple(fields), tuple(rewriter.conditions), tuple(uses), regions, identifiers,
                              constants, shown, tuple(rewriter.geometry.pairs))  # fmt: skip
    return Pattern(translation, parameters, shapes, tuple(i for i in range(len(taken.texts)) if i not in free))


def _columns(tree: exp.Expr, tables: TapTables) -> dict[str, TapTable]:
    """Tables by their alias."""
    return {node.alias: tables.find(node.db, node.name) for node in tree.find_all(exp.Table) if node.db}


class _Rewriter:
    """Goes through a tree from the leaves up."""

    def __init__(self, tree: exp.Expr, tables: TapTables, dialect: str, text: str) -> None:
        self._dialect, self._text = dialect, text
        regions: dict[tuple[str, str], tuple[str, RegionColumn]] = {}
        fields: dict[tuple[str, str], Field] = {}
        held: dict[str, str] = {}
        self._identifiers: dict[tuple[str, str], str] = {}
        self._positions: dict[str, tuple[str, str]] = {}
        for alias, table in _columns(tree, tables).items():
            fields |= {(alias, f.name.lower()): f for f in table.fields}
            regions |= {(alias, name.lower()): (table.relation, column) for name, column in table.regions.items()}
            self._identifiers |= {(alias, name.lower()): column for name, column in table.identifiers.items()}
            if table.position is not None:
                self._positions[alias] = table.position
            if table.rows is not None:
                held[alias] = table.full_name
        self.geometry = Geometry(regions, text, held)
        self._unit_of = unit_lookup(fields)
        self.pushed: dict[int, list[SpatialCondition]] = {}
        """Conditions that every row of a table must fulfil, by the id of its node."""
        self.cones: dict[int, list[Cone]] = {}
        """Circles in which every row of a table must be, likewise."""
        self.paired: dict[int, list[RegionPairs]] = {}
        """Pairs in which every region of a table must be, likewise."""
        self._joins: list[tuple[exp.Select, exp.In, str]] = []

    @property
    def conditions(self) -> list[SpatialCondition]:
        """All conditions on regions."""
        return self.geometry.conditions

    def rewritten(self, tree: exp.Expr) -> exp.Expr:
        """The whole tree in the words of the dialect."""
        for table, cone in cones_of_boxes(tree, self._positions):
            self.cones.setdefault(id(table), []).append(cone)
        made = self.rewrite(tree)
        for select, test, stage in self._joins:
            join_pairs(select, test, stage)
        return made

    def rewrite(self, node: exp.Expr) -> exp.Expr:
        """A node in the words of the dialect."""
        if isinstance(node, exp.EQ | exp.NEQ) and (test := self._truth(node)) is not None:
            return test
        self._note_cone(node, node)
        is_geometry = isinstance(node, exp.Func) and function_name(node) in GEOMETRY
        if not is_geometry:  # else arguments are shapes, which have no SQL
            self._children(node)
        typed_literals(node, self._text)
        if is_geometry:
            assert isinstance(node, exp.Func)
            made = self.geometry.rewrite(node)
            if _is_test(node):
                return exp.Case(ifs=[exp.If(this=made, true=exp.Literal.number(1))], default=exp.Literal.number(0))
            return self.rewrite(made)
        if isinstance(node, exp.EQ | exp.Like | exp.Glob):
            return self._identified(node)
        if isinstance(node, exp.ILike) and not isinstance(node.parent, exp.Escape):
            return rewrite_like(node, self._dialect, self._text)
        if isinstance(node, exp.Escape):
            return rewrite_like(node, self._dialect, self._text)
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector | exp.Case | exp.If | exp.Cast):
            return rewrite_function(node, self._dialect, self._unit_of, self._text)
        return node

    def _truth(self, node: exp.EQ | exp.NEQ) -> exp.Expr | None:
        """``CONTAINS(...) = 1`` and its like as a plain condition, which an index can serve."""
        for test, value in ((node.this, node.expression), (node.expression, node.this)):
            if not (_is_test(test) and isinstance(value, exp.Literal) and value.this in ("0", "1")):
                continue
            known = len(self.conditions)
            if (value.this == "1") == isinstance(node, exp.EQ):
                self._note_cone(test, node)
            made = self.geometry.rewrite(test)
            if (value.this == "1") != isinstance(node, exp.EQ):
                return exp.Not(this=exp.Paren(this=made))
            if isinstance(made, exp.In) and isinstance(made.this, exp.Tuple):
                return self._joined(node, made)
            if (
                len(self.conditions) > known
                and self.conditions[-1].element is None
                and (table := table_of(node, made.this.table)) is not None
            ):
                self.pushed.setdefault(id(table), []).append(self.conditions[-1])
                return exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(1))
            return made
        return None

    def _joined(self, node: exp.Expr, test: exp.In) -> exp.Expr:
        """A test of the pairs that were noted last, or what stays of it if they are going to be joined."""
        row, key = test.this.expressions
        table, select = table_of(node, key.table), node.find_ancestor(exp.Select)
        if table is None or select is None:
            return test
        pairs = self.geometry.pairs[-1]
        if pairs.element is None:
            self.paired.setdefault(id(table), []).append(pairs)
        if table_of(node, row.table) is None:
            return test
        self._joins.append((select, test, pairs.stage))
        return exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(1))

    def _note_cone(self, test: exp.Expr, place: exp.Expr) -> None:
        """Remember the circle in which all rows of a table must be, if a test says so of its positions."""
        if not self._positions or (found := self.geometry.cone_of(test)) is None:
            return
        point, cone = found
        assert isinstance(point.ra, exp.Column)
        assert isinstance(point.dec, exp.Column)
        alias = point.ra.table
        known = self._positions.get(alias) == (point.ra.name, point.dec.name) and point.dec.table == alias
        if known and (table := table_of(place, alias)) is not None:
            self.cones.setdefault(id(table), []).append(cone)

    def _identified(self, node: exp.EQ | exp.Like | exp.Glob) -> exp.Expr:
        """With a condition on the UUID of a dataset beside one on a text that ends with it."""
        column, value = node.this, node.expression
        if isinstance(value, exp.Column):
            column, value = value, column
        within = isinstance(node.parent, exp.Escape)
        plain = rewrite_like(node, self._dialect, self._text) if isinstance(node, exp.Like) and not within else node
        if not (isinstance(column, exp.Column) and isinstance(value, exp.Literal)) or within or node.args.get("negate"):
            return plain
        key = self._identifiers.get((column.table, column.name))
        found = _UUID_AT_END.search(str(value.this))
        if key is None or found is None:
            return plain
        same = exp.EQ(this=exp.column(key, column.table), expression=exp.Anonymous(this=_UUID, expressions=[found[0]]))
        return exp.Paren(this=exp.and_(same, plain))

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
        exp.Alias(this=_unnamed(node), alias=exp.to_identifier(field.name.lower(), quoted=True))
        for node, field in zip(select.selects, fields, strict=True)
    ]
    select.set("expressions", named)


def _unnamed(node: exp.Expr) -> exp.Expr:
    """A column of a SELECT without its alias, which a query as a column has in itself."""
    if isinstance(node, exp.Subquery):
        node.set("alias", None)
    return node.unalias()


def _limit(tree: exp.Expr, limit: int | None) -> None:
    if limit is None:
        return
    asked = tree.args.get("limit")
    top = int(asked.expression.this) if asked is not None else None
    tree.set("limit", exp.Limit(expression=exp.Literal.number(limit if top is None else min(top, limit))))


def _put_relations(
    tree: exp.Expr,
    tables: TapTables,
    found: _Rewriter,
) -> list[RelationUse]:
    uses: list[RelationUse] = []
    values = leave_to_relations(tree, tables)
    columns: dict[str, set[str]] = {}
    for column in tree.find_all(exp.Column):
        columns.setdefault(column.table, set()).add(column.name)
    most = _enough(tree)
    for node in list(tree.find_all(exp.Table)):
        if not node.db:
            continue
        table = tables.find(node.db, node.name)
        text = table.relation
        held = table.rows is not None or table.source is not None
        if held or any(column.element is None for column in table.regions.values()):
            name = table.full_name if held else table.relation
            text = f"{RELATION}{len(uses)}_"
            key, used = id(node), frozenset(columns.get(node.alias, ()))
            conditions, around = tuple(found.pushed.get(key, ())), tuple(found.cones.get(key, ()))
            pairs = tuple(found.paired.get(key, ()))
            uses.append(RelationUse(text, name, conditions, used, values.get(key, {}), around, most, pairs))
        node.set("db", None)
        node.set("this", exp.Var(this=text))
    return uses


def _enough(tree: exp.Expr) -> int | None:
    """How many rows of its only table a query needs that takes the first ones just as they are."""
    if not isinstance(tree, exp.Select) or any(
        tree.args.get(name) for name in ("where", "group", "having", "order", "distinct", "joins", "with_")
    ):
        return None
    if any(isinstance(node, exp.AggFunc | exp.Subquery) for node in tree.walk()):
        return None
    counts = [int(tree.args[name].expression.this) for name in ("limit", "offset") if tree.args.get(name)]
    return sum(counts) if tree.args.get("limit") else None


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


def _bind(tree: exp.Expr, dialect: str, free: Mapping[int, Slot]) -> tuple[str, tuple[Value | Slot, ...]]:
    """SQL with question marks for texts and for literals that are left open, and these in their order."""
    values: list[Value | Slot] = []
    for call in list(tree.find_all(exp.Anonymous)):
        if call.this == _UUID:
            (text,) = call.expressions
            call.replace(exp.Var(this=f"{_MARK}{len(values)}_"))
            values.append(uuid.UUID(text))
    for node in list(tree.find_all(exp.Literal)):
        slot = free.get(-1 if (number := slot_of(node)) is None else number)
        if slot is not None or node.is_string:
            node.replace(exp.Var(this=f"{_MARK}{len(values)}_"))
            values.append(slot or str(node.this))
    for identifier in tree.find_all(exp.Identifier):  # columns may have names that are words of SQL
        identifier.set("quoted", True)
    order: list[Value | Slot] = []

    def placed(found: re.Match[str]) -> str:
        order.append(values[int(found[1])])
        return "?"

    return _MARKED.sub(placed, tree.sql(dialect=dialect, comments=False, copy=False)), tuple(order)
