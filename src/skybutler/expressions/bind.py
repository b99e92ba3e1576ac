"""Give a syntax tree meaning: names become columns, values get types, conditions are checked.  Knows no SQL."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import Any

from skybutler.errors import InvalidError, nearest
from skybutler.expressions import nodes
from skybutler.expressions.arithmetic import binary, unary
from skybutler.expressions.bound import (
    Comparison,
    Expression,
    Glob,
    Literal,
    Predicate,
    Scalar,
    ValueType,
    all_of,
    any_of,
    none_of,
)
from skybutler.expressions.comparison import agreeing, as_predicate, compare
from skybutler.expressions.functions import constant_call
from skybutler.expressions.membership import Members, interval, member, overlap
from skybutler.expressions.names import Scope
from skybutler.expressions.values import is_list, typed, typed_list

if typing.TYPE_CHECKING:
    from skybutler.dimensions.group import DimensionGroup
    from skybutler.dimensions.universe import DimensionUniverse

__all__ = ["bind"]

_T = typing.TypeVar("_T")
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def bind(
    node: nodes.Node | None,
    *,
    text: str = "",
    universe: DimensionUniverse,
    group: DimensionGroup | None = None,
    element: str | None = None,
    binds: Mapping[str, Any] | None = None,
    dataset_types: Mapping[str, DimensionGroup] | None = None,
) -> Predicate | None:
    """Bind a parsed ``where`` expression.

    Names are looked up in this order: binds, dimensions (their primary keys), fields of ``element``, fields that only
    one element of ``group`` has, fields of the only dataset type, fields that only one element of the universe has.

    Parameters
    ----------
    node : `~skybutler.expressions.nodes.Node` or `None`
        What `~skybutler.expressions.parser.parse` returned.
    text : `str`
        The text it was parsed from, for error messages.
    universe : `DimensionUniverse`
        All dimensions and elements.
    group : `DimensionGroup`, optional
        Dimensions of the query.
    element : `str`, optional
        Element whose records are queried.
    binds : mapping, optional
        Values by name.
    dataset_types : mapping, optional
        Dimensions of the dataset types whose fields may be used, by name.

    Returns
    -------
    predicate : `~skybutler.expressions.bound.Predicate` or `None`
        The condition; `None` for the empty expression.

    Raises
    ------
    ExpressionError
        Unknown or ambiguous names, types that do not go together, malformed times, regions, UUIDs, unusable binds.
    """
    if node is None:
        return None
    scope = Scope(text, universe, group, element, dataset_types or {})
    return _Binder(scope, binds or {}).predicate(node)


class _Binder:
    """Walks a syntax tree; each method gives the bound form of one kind of node."""

    def __init__(self, scope: Scope, binds: Mapping[str, Any]) -> None:
        self.scope, self.binds = scope, binds

    # ------------------------------------------------------------------------------------------------------- conditions
    def predicate(self, node: nodes.Node) -> Predicate:
        match node:
            case nodes.And(operands):
                return all_of(map(self.predicate, operands), node.position, node.length)
            case nodes.Or(operands):
                return any_of(map(self.predicate, operands), node.position, node.length)
            case nodes.Not(operand):
                return none_of(self.predicate(operand), node.position, node.length)
            case nodes.Membership():
                return self.membership(node)
            case nodes.Binary(operator, left, right) if operator in _COMPARISONS:
                return self.comparison(operator, left, right, node)
            case nodes.Binary("OVERLAPS", left, right):
                return overlap(self.scope, self.expression(left), self.expression(right), node)
            case nodes.Call("GLOB", arguments):
                return self.glob(arguments, node)
            case _:
                return as_predicate(self.scope, self.expression(node), node)

    def comparison(self, operator: str, left: nodes.Node, right: nodes.Node, node: nodes.Node) -> Predicate:
        first, second = self.expression(left), self.expression(right)
        if isinstance(first, Literal) and isinstance(second, Literal):
            self.refuse_hiding(left, right)
        return compare(self.scope, operator, first, second, node)

    def refuse_hiding(self, *sides: nodes.Node) -> None:
        """Catch ``visit = visit`` with a bind named like the dimension, which would be true for every row."""
        for side in sides:
            if isinstance(side, nodes.Name) and side.text in self.scope.universe:
                message = f"The bind '{side.text}' hides the dimension of this name, so this compares two constants."
                raise self.scope.error(
                    message, side, f"Give the bind another name, or write {side.text} = :{side.text}."
                )

    def membership(self, node: nodes.Membership) -> Predicate:
        members = Members()
        for item in node.items:
            match item:
                case nodes.Range(start, stop, step):
                    members.ranges.append(range(start, stop + 1, step))
                case nodes.Bind(name, "") | nodes.Name((name,)) if is_list(self.binds.get(name)):
                    members.lists.append(self.usable(item, name, typed_list))
                case _:
                    members.expressions.append(self.expression(item))
        left = self.expression(node.left)
        if isinstance(left, Literal):
            self.refuse_hiding(node.left)
        found = member(self.scope, left, members, node)
        return none_of(found, node.position, node.length) if node.negated else found

    def glob(self, arguments: tuple[nodes.Node, ...], node: nodes.Node) -> Predicate:
        usage = "Write GLOB(column, 'pattern*')."
        if len(arguments) != 2:
            raise self.scope.error(f"GLOB has two arguments, not {len(arguments)}.", node, usage)
        operand, pattern = map(self.expression, arguments)
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            raise self.scope.error("The pattern of GLOB must be a text.", arguments[1], usage)
        operand, pattern = agreeing(self.scope, operand, pattern, node)
        if operand.type != "string" or isinstance(operand, Literal):
            raise self.scope.error(f"GLOB needs a text column, not {self.scope.excerpt(operand)}.", arguments[0], usage)
        found = Glob(operand, str(pattern.value), position=node.position, length=node.length)
        if all(kind == "text" for kind, _ in found.pieces()):  # no wildcard: equality can use an index
            exact = Literal("".join(text for _, text in found.pieces()), "string", position=pattern.position)
            return Comparison("=", operand, exact, position=node.position, length=node.length)
        return found

    # ------------------------------------------------------------------------------------------------------ expressions
    def expression(self, node: nodes.Node) -> Expression:
        match node:
            case nodes.Text(value):
                return self.literal(node, value, "string")
            case nodes.Number(value):
                return self.literal(node, value, "int" if isinstance(value, int) else "float")
            case nodes.Boolean(value):
                return self.literal(node, value, "bool")
            case nodes.Null():
                return self.literal(node, None, "null")
            case nodes.TimeText(value):
                return self.literal(node, self.time(node, value), "time")
            case nodes.Bind(name, field):
                return self.bound_value(node, name, field)
            case nodes.Name():
                return self.name(node)
            case nodes.Pair(first, second):
                return interval(self.scope, self.expression(first), self.expression(second), node)
            case nodes.Unary(_, operand):
                return unary(self.scope, node, self.expression(operand))
            case nodes.Binary(operator, left, right) if operator in "+-*/%":
                return binary(self.scope, node, self.expression(left), self.expression(right))
            case nodes.Call(name, arguments) if name != "GLOB":
                return self.call(node, name, arguments)
            case _:
                return self.predicate(node)

    def literal(self, node: nodes.Node, value: Scalar, kind: ValueType) -> Literal:
        return Literal(value, kind, position=node.position, length=node.length)

    def time(self, node: nodes.TimeText, value: str) -> int:
        from skybutler.sky.timespan import parse_time

        try:
            return parse_time(value)
        except InvalidError as error:
            raise self.scope.error(error.message, node, error.hint) from error

    def call(self, node: nodes.Node, name: str, arguments: tuple[nodes.Node, ...]) -> Expression:
        constants = []
        for argument in arguments:
            value = self.expression(argument)
            if not isinstance(value, Literal):
                hint = "Write a number or text, or bind a value."
                raise self.scope.error(f"Arguments of {name} must be constants.", argument, hint)
            constants.append(value)
        try:
            return self.literal(node, *constant_call(name, constants))
        except InvalidError as error:
            raise self.scope.error(error.message, node, error.hint) from error

    # ------------------------------------------------------------------------------------------------------------ binds
    def name(self, node: nodes.Name) -> Expression:
        """A bind without colon, else a column."""
        match node.parts:
            case (name,) if name in self.binds:
                return self.bound_value(node, name, "")
            case (name, ("begin" | "end") as field) if name in self.binds:
                return self.bound_value(node, name, field)
            case _:
                return self.scope.resolve(node)

    def bound_value(self, node: nodes.Node, name: str, field: str) -> Literal:
        if name not in self.binds:
            hint = nearest(name, self.binds) or f"Give it with bind={{'{name}': ...}}."
            raise self.scope.error(f"No value is bound to '{name}'.", node, hint)
        if is_list(self.binds[name]):
            raise self.scope.error(f"The bind '{name}' is a list.", node, f"Use it with IN: visit IN (:{name}).")
        value, kind = self.usable(node, name, typed)
        if not field:
            return self.literal(node, value, kind)
        from skybutler.sky.timespan import Timespan

        if not isinstance(value, Timespan):
            raise self.scope.error(f"The bind '{name}' is no timespan; it has no {field}.", node)
        return self.literal(node, value.begin_ns if field == "begin" else value.end_ns, "time")

    def usable(self, node: nodes.Node, name: str, convert: Callable[[Any], _T]) -> _T:
        """Convert the value of a bind, naming the bind when it cannot be used."""
        try:
            return convert(self.binds[name])
        except InvalidError as error:
            raise self.scope.error(f"Bind '{name}': {error.message}", node, error.hint) from error
