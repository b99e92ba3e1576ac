"""Functions and operators of ADQL that SQLite and PostgreSQL spell differently.  Knows neither names nor geometry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from skybutler.vo.field import Field

from .syntax import function_name, refused

__all__ = ["rewrite_function", "rewrite_like", "typed_literals", "unit_lookup"]

_NUMERIC = frozenset(("TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BIGDECIMAL"))


def rewrite_function(node: exp.Func, dialect: str, unit_of: Callable[[exp.Expr], str | None], text: str) -> exp.Expr:
    """What stands for a function in a dialect; most stand for themselves.

    Parameters
    ----------
    node : `sqlglot.exp.Func`
        The function, its arguments done already.
    dialect : `str`
        ``sqlite``, ``postgres`` or ``duckdb``.
    unit_of : callable
        Unit of a value, `None` if it has none.
    text : `str`
        The query, for messages.
    """
    name = function_name(node)
    arguments = list(node.expressions) if isinstance(node, exp.Anonymous) else list(node.iter_expressions())
    match name, arguments:
        case "IN_UNIT", [value, exp.Literal() as unit]:
            return _in_unit(value, str(unit.this), unit_of(value), node, text)
        case (("BITWISE_AND" | "BITWISE_OR"), [a, b]):
            made = exp.BitwiseAnd if name == "BITWISE_AND" else exp.BitwiseOr
            return exp.Paren(this=made(this=_integer(a), expression=_integer(b)))
        case "BITWISE_XOR", [a, b]:
            return _xor(_integer(a), _integer(b))
        case "BITWISE_NOT", [a]:
            return exp.Paren(this=exp.BitwiseNot(this=_integer(a)))
        case (("RAND" | "RANDOM"), _):
            return _random(dialect)
        case "PI", []:
            return exp.Literal.number("3.141592653589793")
        case "LOG10", [a]:
            return _call("log10" if dialect == "sqlite" else "log", _double(a))
        case (("LOG" | "LN"), _):
            return _logarithm(node, name, arguments, dialect, text)
        case "COT", [a]:
            return exp.Paren(this=exp.Div(this=exp.Literal.number("1.0"), expression=_call("tan", a)))
        case "ROUND", [a, digits]:
            if dialect == "postgres":
                rounded = _call("round", exp.Cast(this=a, to=exp.DataType.build("DECIMAL")), digits)
                return exp.Cast(this=rounded, to=exp.DataType.build("DOUBLE"))
            return _call("round", a, digits)
        case (("TRUNCATE" | "TRUNC"), [a]):
            return _call("trunc", a)
        case (("TRUNCATE" | "TRUNC"), [a, digits]):
            factor = _call("power", exp.Literal.number("10.0"), digits)
            scaled = _call("trunc", exp.Mul(this=exp.Paren(this=a), expression=factor))
            return exp.Paren(this=exp.Div(this=scaled, expression=factor.copy()))
        case (("CEIL" | "CEILING" | "FLOOR"), [a]):
            return _call("ceil" if name.startswith("CEIL") else "floor", a)
    return node


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])


def _integer(node: exp.Expr) -> exp.Expr:
    kind = node.type.this.value if node.type is not None else ""
    return (
        node
        if kind in ("INT", "BIGINT", "SMALLINT", "TINYINT")
        else exp.Cast(this=node, to=exp.DataType.build("BIGINT"))
    )


def _double(node: exp.Expr) -> exp.Expr:
    return exp.Cast(this=node, to=exp.DataType.build("DOUBLE"))


def _xor(a: exp.Expr, b: exp.Expr) -> exp.Expr:
    """Of what SQLite has: a | b without a & b."""
    either = exp.Paren(this=exp.BitwiseOr(this=a, expression=b))
    both = exp.Paren(this=exp.BitwiseAnd(this=a.copy(), expression=b.copy()))
    return exp.Paren(this=exp.Sub(this=either, expression=both))


def _random(dialect: str) -> exp.Expr:
    if dialect != "sqlite":
        return _call("random")
    scaled = exp.Div(this=_call("random"), expression=exp.Literal.number("18446744073709551616.0"))
    return exp.Paren(this=exp.Add(this=scaled, expression=exp.Literal.number("0.5")))


def _logarithm(node: exp.Func, name: str, arguments: list[exp.Expr], dialect: str, text: str) -> exp.Expr:
    match arguments:
        case [a]:
            return _call("ln", a)
        case [exp.Literal() as base, a] if base.this in ("10", "10.0"):  # what sqlglot makes of LOG10
            return _call("log10" if dialect == "sqlite" else "log", _double(a))
    raise refused(f"{name} has one argument; it is the natural logarithm.", node, text)


def _in_unit(value: exp.Expr, wanted: str, known: str | None, node: exp.Func, text: str) -> exp.Expr:
    import astropy.units as u

    if known is None:
        raise refused("IN_UNIT needs a value whose unit is known.", node, text)
    try:
        factor = u.Unit(known).to(u.Unit(wanted))
    except (ValueError, u.UnitConversionError) as error:
        raise refused(f"A value in '{known}' cannot be given in '{wanted}'.", node, text) from error
    return exp.Paren(this=exp.Mul(this=value, expression=exp.Literal.number(repr(float(factor)))))


# ---------------------------------------------------------------------- texts
def rewrite_like(node: exp.Expr, dialect: str, text: str) -> exp.Expr:
    """LIKE and ILIKE, which in ADQL differ in whether case counts; in SQLite LIKE takes no notice of it.

    No letter escapes another one unless the query names one, for which PostgreSQL takes the backslash.

    Parameters
    ----------
    node : `sqlglot.exp.Like`, `sqlglot.exp.ILike` or `sqlglot.exp.Escape`
        An ESCAPE has the LIKE in it.
    dialect, text : `str`
        As for `rewrite_function`.

    Raises
    ------
    ExpressionError
        The pattern is no text, on SQLite, which cannot do that.
    """
    if dialect == "postgres" and not isinstance(node, exp.Escape):
        pattern = node.expression
        if isinstance(pattern, exp.Literal) and "\\" not in str(pattern.this):
            return node
        return exp.Escape(this=node, expression=exp.Literal.string(""))
    if dialect != "sqlite":
        return node
    escape = ""
    if isinstance(node, exp.Escape):
        escape, node = str(node.expression.this), node.this
    if isinstance(node, exp.ILike) and not escape:
        made: exp.Expr = exp.Like(this=_call("lower", node.this), expression=_call("lower", node.expression))
    elif isinstance(node, exp.Like) and isinstance(node.expression, exp.Literal) and node.expression.is_string:
        made = exp.Glob(this=node.this, expression=exp.Literal.string(_glob(str(node.expression.this), escape)))
    else:
        raise refused("The pattern of LIKE must be a text; of ILIKE it cannot have an ESCAPE.", node, text)
    return exp.Not(this=exp.Paren(this=made)) if node.args.get("negate") else made


def _glob(pattern: str, escape: str) -> str:
    """A pattern of LIKE as one of GLOB."""
    found, letters = "", iter(pattern)
    for letter in letters:
        if letter == escape:
            letter = next(letters, escape)
        elif letter in "%_":
            found += "*" if letter == "%" else "?"
            continue
        found += f"[{letter}]" if letter in "[*?" else letter
    return found


def typed_literals(node: exp.Expr, text: str) -> None:
    """Make numbers of texts that are compared with numbers, as in ``calib_level = '1'``.

    Raises
    ------
    ExpressionError
        Such a text is no number.
    """
    sides: list[exp.Expr] = []
    match node:
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            sides = [node.this, node.expression]
        case exp.Between():
            sides = [node.this, node.args["low"], node.args["high"]]
        case exp.In():
            sides = [node.this, *node.expressions]
    if not any(side.type is not None and side.type.this.value in _NUMERIC for side in sides):
        return
    for side in sides:
        if isinstance(side, exp.Literal) and side.is_string:
            try:
                value = float(side.this)
            except ValueError as error:
                raise refused(f"'{side.this}' is compared with a number.", node, text) from error
            number = str(int(side.this)) if re.fullmatch(r"\s*\d+\s*", side.this) else repr(value)
            literal: exp.Expr = exp.Literal.number(number.lstrip("-"))
            side.replace(exp.Neg(this=literal) if number.startswith("-") else literal)


def unit_lookup(fields: Mapping[tuple[str, str], Field]) -> Callable[[exp.Expr], str | None]:
    """A function that gives the unit of a value that is a column, by table alias and name."""

    def unit(node: exp.Expr) -> str | None:
        while isinstance(node, exp.Paren | exp.Neg):
            node = node.this
        if not isinstance(node, exp.Column):
            return None
        found = fields.get((node.table, node.name))
        return None if found is None else found.unit

    return unit
