"""What no query can mean: databases tell it late, each in its own words, and SQLite answers anything.  Knows no names.

Types are those that sqlglot finds; where it finds none, the database has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from .syntax import GEOMETRY, function_name, refused

__all__ = ["check_meaning"]

_TEXT, _NUMBER, _TRUTH = "text", "a number", "a truth value"
_KINDS = (
    (_TEXT, exp.DataType.TEXT_TYPES), (_NUMBER, exp.DataType.NUMERIC_TYPES), (_TRUTH, {exp.DType.BOOLEAN}),
)  # fmt: skip
_OF_NUMBERS = (exp.Sum, exp.Avg, exp.Abs, exp.Sqrt, exp.Exp, exp.Ln, exp.Log, exp.Floor, exp.Ceil, exp.Round, exp.Neg)
_OF_TEXT = (exp.Upper, exp.Lower, exp.Like, exp.ILike)
_OF_TRUTHS = (exp.Where, exp.Having, exp.Not, exp.And, exp.Or)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)


def check_meaning(tree: exp.Expr, text: str) -> None:
    """Refuse a resolved query whose groups or types cannot be.

    Parameters
    ----------
    tree : `sqlglot.exp.Query`
        With types.
    text : `str`
        The query, for messages.

    Raises
    ------
    ExpressionError
        A column is neither grouped nor aggregated, an aggregate is where none can be, or a value is of a type that
        its place cannot have.
    """
    for node in tree.walk():
        if isinstance(node, exp.Select):
            _check_groups(node, text)
        elif isinstance(node, exp.SetOperation):
            _check_columns(node, text)
        elif isinstance(node, _OF_TRUTHS):
            for operand in (node.this, node.args.get("expression")):
                _want(_TRUTH, operand, text)
        elif isinstance(node, _OF_NUMBERS):
            _want(_NUMBER, node.this, text)
        elif isinstance(node, _OF_TEXT):
            _want(_TEXT, node.this, text)
        elif isinstance(node, _ARITHMETIC):
            _want(_NUMBER, node.left, text)
            _want(_NUMBER, node.right, text)
        elif isinstance(node, _COMPARISONS):
            _check_comparison(node, text)


def _kind(node: exp.Expr | None) -> str | None:
    """What a value is; nothing is said of texts in quotes, which may stand for numbers, and of shapes."""
    if node is None or node.type is None or (isinstance(node, exp.Literal) and node.is_string):
        return None
    if isinstance(node, exp.Func) and function_name(node) in GEOMETRY:
        return None
    return next((name for name, types in _KINDS if node.type.this in types), None)


def _want(kind: str, node: exp.Expr | None, text: str) -> None:
    found = _kind(node)
    if node is not None and found is not None and found != kind:
        raise refused(f"{_shown(node)} is {found}, where {kind} is expected.", _place(node), text)


def _check_comparison(node: exp.Binary, text: str) -> None:
    left, right = _kind(node.left), _kind(node.right)
    if {left, right} == {_TEXT, _NUMBER}:
        raise refused(f"{_shown(node.left)} is {left}, and {_shown(node.right)} {right}.", _place(node.left), text)


def _check_columns(node: exp.SetOperation, text: str) -> None:
    """Both sides of a UNION and its like have the same columns."""
    sides = node.left.selects, node.right.selects
    if len(sides[0]) != len(sides[1]):
        raise refused(f"One side has {len(sides[0])} columns, the other {len(sides[1])}.", sides[1][0], text)
    for one, other in zip(*sides, strict=True):
        kinds = _kind(one.unalias()), _kind(other.unalias())
        if None not in kinds and kinds[0] != kinds[1]:
            raise refused(
                f"Column '{one.alias_or_name}' is {kinds[0]} on one side, {kinds[1]} on the other.", other, text
            )


# ---------------------------------------------------------------------- groups
def _check_groups(select: exp.Select, text: str) -> None:
    if (where := select.args.get("where")) is not None:
        for node in _outside(where, ()):
            if isinstance(node, exp.AggFunc):
                raise refused("WHERE is about single rows; conditions on groups go into HAVING.", _place(node), text)
    group, having = select.args.get("group"), select.args.get("having")
    grouped = tuple(group.expressions) if group is not None else ()
    whole = [*select.selects, *([having] if having is not None else [])]
    if not grouped and having is None and not any(isinstance(n, exp.AggFunc) for w in whole for n in _outside(w, ())):
        return
    named = {column.alias_or_name for column in select.selects}
    for column in whole:
        for node in _outside(column, grouped):
            if isinstance(node, exp.Column) and (node.table or node.name not in named):
                raise refused(f"Column '{node.name}' is neither in GROUP BY nor in an aggregate.", _place(node), text)


def _outside(node: exp.Expr, known: tuple[exp.Expr, ...]) -> Iterator[exp.Expr]:
    """A node and what is below it, aggregates without what they are of; no other queries, and nothing that is known."""
    if node in known or isinstance(node, exp.Query):
        return
    yield node
    if not isinstance(node, exp.AggFunc):
        for child in node.iter_expressions():
            yield from _outside(child, known)


def _shown(node: exp.Expr) -> str:
    return f"'{node.name}'" if isinstance(node, exp.Column) else f"'{node.sql()[:60]}'"


def _place(node: exp.Expr) -> exp.Expr:
    """Where a message points to: columns know it of their names."""
    return node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Expr) else node
