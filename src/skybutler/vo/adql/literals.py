"""Literals of a query taken out of its text: what is left is the same for queries that differ only in their values.

Clients ask the same question of many places. What a translation does not depend on, and how a value that it leaves
open is put in, is decided here for each literal by where it stands; any doubt keeps it in.  Knows no SQL dialect.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from .syntax import AdqlDialect
from .tables import TapTable

__all__ = ["Slot", "Taken", "numbered", "open_comparisons", "slot_of", "slots_in", "take"]

_LITERALS = re.compile(
    r"""
    "[^"]*"                                             # a name, which stays
    | '(?P<text>(?:[^']|'')*)'
    | (?<![\w.])(?:
        (?P<real>\d+\.\d*(?:[eE][+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)? | \d+[eE][+-]?\d+)
        | (?P<whole>\d{1,18})
      )(?![\w.])
    """,
    re.VERBOSE | re.ASCII,
)
_STRANGE = ("--", "/*", "\\", "$", "\0")
"""Texts with these are taken as they are: the pattern does not know all that the tokenizer knows."""
_MOST = 200
_SLOT = "slot"
_WHOLE = frozenset(("TINYINT", "SMALLINT", "INT", "BIGINT"))
_REAL = frozenset(("FLOAT", "DOUBLE"))
_TEXT = frozenset(("VARCHAR", "CHAR", "TEXT"))
_FITTING = {"text": _TEXT, "whole": _WHOLE | _REAL, "real": _REAL}
"""Types of columns with which a bound value compares as the literal does, on both databases."""
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value that is bound: number of the literal in the query, and its kind."""

    number: int
    kind: str

    def value(self, texts: tuple[str, ...]) -> str | int | float:
        """The value that it has in a query, from the texts of its literals."""
        text = texts[self.number]
        return text if self.kind == "text" else int(text) if self.kind == "whole" else float(text)


@dataclass(frozen=True, slots=True)
class Taken:
    """A query and its literals.

    Parameters
    ----------
    shape : `str`
        The text without them, but with a mark of the kind of each.
    texts : `tuple` [`str`]
        The literals in their order; of texts without quotes.
    starts : `tuple` [`int`]
        Where they begin.
    kinds : `tuple` [`str`]
        ``text``, ``whole`` or ``real``.
    """

    shape: str
    texts: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()


def take(text: str) -> Taken:
    """Take the literals out of a query, or none if it has something uncommon."""
    if any(strange in text for strange in _STRANGE):
        return Taken(text)
    pieces, texts, starts, kinds = [], [], [], []
    end = 0
    for found in _LITERALS.finditer(text):
        if (kind := found.lastgroup) is None:
            continue
        pieces += [text[end : found.start()], f"\0{kind}\0"]
        end = found.end()
        value = found[kind]
        texts.append(value.replace("''", "'") if kind == "text" else value)
        starts.append(found.start())
        kinds.append(kind)
    if len(texts) > _MOST:
        return Taken(text)
    return Taken("".join([*pieces, text[end:]]), tuple(texts), tuple(starts), tuple(kinds))


def numbered(tree: exp.Expr, taken: Taken, text: str) -> bool:
    """Note at each literal of a tree which one of the query it is; tell whether all were found where they should be."""
    tokens = AdqlDialect().tokenize(text)
    known = {token.start: str(token.text) for token in tokens if token.token_type.name in ("STRING", "NUMBER")}
    if known != dict(zip(taken.starts, taken.texts, strict=True)):
        return False
    numbers = {start: i for i, start in enumerate(taken.starts)}
    for node in tree.find_all(exp.Literal):
        start = node.meta.get("start")
        if start is None:  # the parser made it
            continue
        if (number := numbers.get(start)) is None:
            return False
        if (node.this, node.is_string) != (taken.texts[number], taken.kinds[number] == "text"):
            return False
        node.meta[_SLOT] = number
    return True


def slot_of(node: exp.Expr) -> int | None:
    """Number of a literal in its query; `None` for other nodes, and for literals that come from elsewhere."""
    return node.meta.get(_SLOT) if isinstance(node, exp.Literal) else None


def slots_in(tree: exp.Expr) -> Counter[int]:
    """How often each literal of the query stands in a tree."""
    return Counter(number for node in tree.find_all(exp.Literal) if (number := slot_of(node)) is not None)


def open_comparisons(tree: exp.Expr, tables: Mapping[str, TapTable], kinds: tuple[str, ...]) -> set[int]:
    """Literals of a resolved tree that are only compared with columns, so that their values can be bound.

    Parameters
    ----------
    tree : `sqlglot.exp.Expr`
        Of `resolve`.
    tables : mapping
        Tables by alias.
    kinds : `tuple` [`str`]
        Of the literals.
    """
    closed = {
        (alias, name.lower())
        for alias, table in tables.items()
        for name in (*table.constants, *table.identifiers, *table.regions, *(table.position or ()))
    }
    found: set[int] = set()
    for node in tree.find_all(*_COMPARISONS):
        column, *values = _sides(node)
        if not isinstance(column, exp.Column) or (column.table, column.name) in closed or not _is_condition(node):
            continue
        kind = column.type.this.value if column.type is not None else ""
        slots = [slot_of(value) for value in values]
        if all(slot is not None and kind in _FITTING[kinds[slot]] for slot in slots):
            found.update(slot for slot in slots if slot is not None)
    return found


def _sides(node: exp.Expr) -> list[exp.Expr]:
    match node:
        case exp.Between():
            return [node.this, node.args["low"], node.args["high"]]
        case exp.In():
            return [node.this, *node.expressions] if node.expressions else [node]
    return [node.this, node.expression] if isinstance(node.this, exp.Column) else [node.expression, node.this]


def _is_condition(node: exp.Expr) -> bool:
    """Whether a comparison is part of a WHERE, and that of a query of which nothing compares the text with another."""
    parent = node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Not | exp.Paren):
        parent = parent.parent
    if not isinstance(parent, exp.Where):
        return False
    while parent is not None:
        if isinstance(parent.parent, exp.Select) and parent.arg_key not in ("where", "from_", "joins", "with_"):
            return False
        parent = parent.parent
    return True
