"""ADQL text as a syntax tree that holds nothing but what is allowed.  Knows neither tables nor SQL dialects.

The grammar is that of ADQL 2.1 (IVOA Recommendation 2023-12-15).  sqlglot parses far more, so everything is denied that
is not listed here: a new kind of node is denied until somebody has thought about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import TokenType

from skybutler.errors import ExpressionError, nearest

__all__ = ["GEOMETRY", "LONGEST", "AdqlDialect", "function_name", "is_name", "parse", "refused"]

LONGEST = 100_000
"""Characters of a query; longer ones are refused before they are read."""
_DEEPEST = 100
_NAME = re.compile(r"(?!.*(?i:bound_text_|relation_of_|staged_regions_))[ !#->@-~]{1,128}")
"""Uploaded tables have columns of any name; all names are in quotes in SQL."""
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
_FIRST = re.compile(r"[\s(]*(\w+)")

GEOMETRY = frozenset(
    (
        "POINT", "CIRCLE", "POLYGON", "BOX", "REGION", "CONTAINS", "INTERSECTS", "DISTANCE", "AREA", "CENTROID",
        "COORD1", "COORD2", "COORDSYS",
    )
)  # fmt: skip
"""Functions whose arguments may be shapes."""
_FUNCTIONS = frozenset(
    (
        "ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "AVG", "BITWISE_AND", "BITWISE_NOT", "BITWISE_OR", "BITWISE_XOR",
        "CASE", "CAST", "CEIL", "CEILING", "COALESCE", "COS", "COT", "COUNT", "DEGREES", "EXISTS", "EXP", "FLOOR",
        "IN_UNIT", "LN", "LOG", "LOG10", "LOWER", "MAX", "MIN", "MOD", "PI", "POWER", "RADIANS", "RAND", "RANDOM",
        "ROUND", "SIN", "SQRT", "SUM", "TAN", "TRUNC", "TRUNCATE", "UPPER",
    )
)  # fmt: skip
_CASTS = frozenset(["BIGINT", "CHAR", "DOUBLE", "FLOAT", "INT", "SMALLINT", "TEXT", "VARCHAR"])

_NODES = (
    exp.Add, exp.Alias, exp.All, exp.And, exp.Between, exp.BitwiseAnd, exp.BitwiseNot, exp.BitwiseOr, exp.BitwiseXor,
    exp.Boolean, exp.Case, exp.Column, exp.CTE, exp.DataType, exp.DataTypeParam, exp.Distinct, exp.Div, exp.DPipe,
    exp.EQ, exp.Escape, exp.Except, exp.From, exp.GT, exp.GTE, exp.Group, exp.Having, exp.Identifier, exp.If, exp.ILike,
    exp.In, exp.Intersect, exp.Is, exp.Join, exp.LT, exp.LTE, exp.Like, exp.Limit, exp.Literal, exp.Mod, exp.Mul,
    exp.NEQ, exp.Neg, exp.Not, exp.Null, exp.Offset, exp.Or, exp.Order, exp.Ordered, exp.Paren, exp.Select, exp.Star,
    exp.Sub, exp.Subquery, exp.Table, exp.TableAlias, exp.Union, exp.Var, exp.Where, exp.With,
)  # fmt: skip
_FORBIDDEN_ARGS = ("locks", "into", "windows", "qualify", "laterals", "sample", "pivots", "hint", "kind", "settings",
                   "format", "connect", "distribute", "sort", "cluster", "match", "prewhere",
                   "recursive")  # fmt: skip


class AdqlDialect(Postgres):
    """ADQL as far as sqlglot has to know: TOP instead of LIMIT."""

    class Tokenizer(Postgres.Tokenizer):
        """Words."""

        KEYWORDS = {
            **{word: kind for word, kind in Postgres.Tokenizer.KEYWORDS.items() if kind is not TokenType.LIMIT},
            "TOP": TokenType.TOP,
        }


def parse(text: str) -> exp.Query:
    """The tree of one query.

    Raises
    ------
    ExpressionError
        It is malformed, not a query, or uses what ADQL does not have; with a caret under the place.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"The query has {len(text)} characters; {LONGEST} are the most.")
    _refuse_depth(text)
    if (word := _FIRST.match(text)) and word[1].upper() not in ("SELECT", "WITH"):
        raise ExpressionError(f"A query begins with SELECT, not with {word[1]}.", text, word.start(1), len(word[1]))
    try:
        trees = [tree for tree in sqlglot.parse(text, read=AdqlDialect) if tree is not None]
    except ParseError as error:
        _explain(error, text)
    except TokenError as error:
        raise ExpressionError("The query has a text or name whose quote is never closed.", text, len(text)) from error
    except RecursionError as error:
        raise ExpressionError("The query is nested too deeply.", text) from error
    if len(trees) != 1:
        raise ExpressionError(f"There are {len(trees)} statements; one SELECT is expected.", text)
    (tree,) = trees
    if not isinstance(tree, exp.Query):
        raise ExpressionError(f"A {tree.key.upper()} statement is not a query; one SELECT is expected.", text)
    for node in tree.walk():
        _check(node, text)
    return tree


def _refuse_depth(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth > _DEEPEST:
            raise ExpressionError(f"The query has more than {_DEEPEST} parentheses within one another.", text)


def _explain(error: ParseError, text: str) -> NoReturn:
    """Say it in our words: sqlglot's have terminal colours and names of its tokens."""
    first = error.errors[0] if error.errors else {}
    word = str(first.get("highlight") or "")
    line, column = int(first.get("line") or 1), int(first.get("col") or 1)
    lines = text.splitlines(keepends=True)
    position = sum(map(len, lines[: line - 1])) + max(0, column - len(word))
    hint = ""
    if re.search(r"\blimit\b", text, re.IGNORECASE):
        hint = "ADQL has no LIMIT: write SELECT TOP n."
    raise ExpressionError(
        f"The query cannot be understood at '{word}'.", text, position, len(word), hint=hint
    ) from None


def is_name(text: str) -> bool:
    """Whether a table or column can be called so, in quotes if need be."""
    return _NAME.fullmatch(text) is not None


def function_name(node: exp.Func) -> str:
    """Name of a function in upper case."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).upper()
    return node.sql_name().upper()


def refused(message: str, node: exp.Expr, text: str, hint: str = "") -> ExpressionError:
    """The error for a node, with a caret under it where its place is known."""
    place: Mapping[str, int] | None = next((n.meta for n in node.walk() if "start" in n.meta), None)
    if place is None:
        found = re.search(rf"\b{re.escape(str(node.name))}\b", text, re.IGNORECASE) if node.name else None
        place = {"start": found.start(), "end": found.end() - 1} if found else {"start": 0, "end": 0}
    return ExpressionError(message, text, place["start"], place["end"] - place["start"] + 1, hint=hint)


def _check(node: exp.Expr, text: str) -> None:
    used = next((name for name in _FORBIDDEN_ARGS if node.args.get(name)), None)
    if used is not None and not (used == "kind" and isinstance(node, exp.Join)):
        raise refused(f"Queries may not have {used.upper()}.", node, text)
    if isinstance(node, exp.DataType):
        if node.this.value not in _CASTS:
            raise refused(
                f"Values cannot be cast to {node.this.value}.", node, text, f"Types: {', '.join(sorted(_CASTS))}."
            )
        return
    if isinstance(node, exp.Limit | exp.Offset) and not _COUNT.fullmatch(str(node.expression)):
        raise refused(f"{'TOP' if isinstance(node, exp.Limit) else 'OFFSET'} needs a whole number.", node, text)
    if isinstance(node, exp.Identifier) and not is_name(node.this):
        raise refused(f"'{node.this}' is no name of a table or column.", node, text)
    if isinstance(node, exp.Table):
        if node.catalog or not isinstance(node.this, exp.Identifier):
            raise refused("A table is named schema.table.", node, text)
        return
    if isinstance(node, exp.Select) and not node.expressions:
        raise refused("SELECT names no columns.", node, text)
    if type(node) in _NODES:
        return
    if isinstance(node, exp.Func):
        name = function_name(node)
        if name in _FUNCTIONS or name in GEOMETRY:
            return
        known = sorted(_FUNCTIONS | GEOMETRY)
        hint = nearest(name, known) or f"Functions are {', '.join(known)}."
        raise refused(f"There is no function '{name}'.", node, text, hint)
    raise refused(f"Queries may not have {node.key.upper()}.", node, text)
