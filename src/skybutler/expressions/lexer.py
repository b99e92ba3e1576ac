"""Cut a ``where`` text into tokens with positions.  Knows nothing of grammar, names or types."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from skybutler.errors import ExpressionError

__all__ = ["KEYWORDS", "MAX_TOKENS", "Kind", "Token", "tokenize"]

MAX_TOKENS = 200_000
"""Longest expression accepted; about 100,000 values in an ``IN`` list."""

KEYWORDS = frozenset({"AND", "OR", "NOT", "IN", "OVERLAPS", "NULL", "TRUE", "FALSE"})
"""Reserved words, recognised in any case."""


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    KEYWORD = "keyword"
    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"
    TIME = "time"
    BIND = "bind"
    SYMBOL = "symbol"
    END = "end"


class Token(NamedTuple):
    """One word of an expression.

    ``value`` is the upper-case keyword, the symbol, the digits, the dotted name, the content of a quoted text with
    doubled quotes undone, or the name of a bind without its colon.
    """

    kind: Kind
    value: str
    position: int
    length: int

    @property
    def shown(self) -> str:
        """How an error message calls this token."""
        return "the end of the expression" if self.kind is Kind.END else f"'{self.value}'"


# A number must not eat the first dot of a range: '1..5' is 1, '..', 5.
_TOKEN = re.compile(
    r"""
    (?P<time>T'[^']*(?:''[^']*)*')
  | (?P<text>'[^']*(?:''[^']*)*')
  | (?P<float>\d+\.(?!\.)\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<integer>\d+)
  | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
  | (?P<bind>:[^\W\d]\w*(?:\.[^\W\d]\w*)?)
  | (?P<symbol><=|>=|!=|\.\.|[-+*/%=<>(),:])
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*")
_WORD = re.compile(r"\w+")

_FOREIGN = (
    ("==", "Equality is a single '='."),
    ("<>", "Write '!=' for 'not equal'."),
    ("&&", "Write AND."),
    ("&", "Write AND."),
    ("||", "Write OR."),
    ("|", "Write OR."),
    ("!", "Write NOT, or '!=' for 'not equal'."),
    ('"', "Put text in single quotes."),
    ("'", "The closing quote is missing; a quote inside text is doubled: 'it''s'."),
    ("T'", "The closing quote is missing."),
    ("[", "Lists stand in parentheses: IN (1, 2), or IN (:values) with a bind."),
    ("{", "Give values with bind: name = :value."),
    ("#", "Comments are not part of the language."),
    (";", "One expression only, without a semicolon."),
)


def tokenize(text: str) -> list[Token]:
    """Cut an expression into tokens.

    Parameters
    ----------
    text : `str`
        A ``where`` expression.

    Returns
    -------
    tokens : `list` [`Token`]
        The tokens in order; the last one is of kind ``END``.

    Raises
    ------
    ExpressionError
        A character that starts no token, an unfinished quoted text, or more than `MAX_TOKENS` tokens.
    """
    tokens: list[Token] = []
    position = _skip_blank(text, 0)
    while position < len(text):
        if len(tokens) >= MAX_TOKENS:
            raise ExpressionError(
                f"The expression has more than {MAX_TOKENS} words.",
                # Only the end is shown: the whole text would fill the terminal.
                text[position : position + 40],
                hint="Give long lists as a bind: visit IN (:visits).",
            )
        token = _token_at(text, position)
        tokens.append(token)
        position = _skip_blank(text, position + token.length)
    tokens.append(Token(Kind.END, "", len(text), 1))
    return tokens


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _token_at(text: str, position: int) -> Token:
    if text.startswith("==", position):
        raise _foreign(text, position)
    if text.startswith("T'", position) and text.find("'", position + 2) < 0:
        raise _foreign(text, position)  # before it is taken for the name T
    match = _TOKEN.match(text, position)
    if match is None:
        raise _foreign(text, position)
    kind, value = Kind(match.lastgroup), match.group()
    length = len(value)
    match kind:
        case Kind.TEXT:
            value = value[1:-1].replace("''", "'")
        case Kind.TIME:
            value = value[2:-1].replace("''", "'")
        case Kind.BIND:
            value = value[1:]
        case Kind.NAME if value.upper() in KEYWORDS:
            kind, value = Kind.KEYWORD, value.upper()
        case Kind.INTEGER | Kind.FLOAT if (tail := _WORD.match(text, match.end())) is not None:
            raise ExpressionError(
                f"'{value}{tail.group()}' is neither a number nor a name.",
                text,
                position,
                length + len(tail.group()),
                hint="Put text in single quotes; names start with a letter.",
            )
        case Kind.SYMBOL if value == "<" and text.startswith("<>", position):
            raise _foreign(text, position)
    return Token(kind, value, position, length)


def _foreign(text: str, position: int) -> ExpressionError:
    """Describe something that other languages have and this one has not."""
    for start, hint in _FOREIGN:
        if text.startswith(start, position):
            unfinished = start.endswith("'")
            message = "This text has no end." if unfinished else f"'{start}' is not part of the language."
            return ExpressionError(message, text, position, len(start), hint=hint)
    return ExpressionError(f"Unexpected character {text[position]!r}.", text, position)
