"""Words of the where language: kinds, positions, and what is refused with advice."""

from __future__ import annotations

import pytest

from skybutler.errors import ExpressionError
from skybutler.expressions import lexer
from skybutler.expressions.lexer import Kind, tokenize


def _words(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.value) for token in tokenize(text)[:-1]]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("1..5", [(Kind.INTEGER, "1"), (Kind.SYMBOL, ".."), (Kind.INTEGER, "5")]),
        ("1...5", [(Kind.INTEGER, "1"), (Kind.SYMBOL, ".."), (Kind.FLOAT, ".5")]),
        ("1. .5 1e3 2.5E-3", [(Kind.FLOAT, "1."), (Kind.FLOAT, ".5"), (Kind.FLOAT, "1e3"), (Kind.FLOAT, "2.5E-3")]),
        ("T'61000' 'T'", [(Kind.TIME, "61000"), (Kind.TEXT, "T")]),
        ("'it''s' '' ''''", [(Kind.TEXT, "it's"), (Kind.TEXT, ""), (Kind.TEXT, "'")]),
        ("and And AND andy", [(Kind.KEYWORD, "AND")] * 3 + [(Kind.NAME, "andy")]),
        ("null True fAlse overlaps", [(Kind.KEYWORD, word) for word in ("NULL", "TRUE", "FALSE", "OVERLAPS")]),
        ("visit.timespan.begin", [(Kind.NAME, "visit.timespan.begin")]),
        (":x :in :a.begin", [(Kind.BIND, "x"), (Kind.BIND, "in"), (Kind.BIND, "a.begin")]),
        ("9:2", [(Kind.INTEGER, "9"), (Kind.SYMBOL, ":"), (Kind.INTEGER, "2")]),
        ("<=>=!=<", [(Kind.SYMBOL, symbol) for symbol in ("<=", ">=", "!=", "<")]),
        ("größe = 'µ'", [(Kind.NAME, "größe"), (Kind.SYMBOL, "="), (Kind.TEXT, "µ")]),
        (" \n\t ", []),
    ],
)  # fmt: skip
def test_words(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert _words(text) == expected


def test_positions_point_into_the_text() -> None:
    text = "visit  IN\n(1..5, 'a''b')"
    tokens = tokenize(text)
    assert [text[t.position : t.position + t.length] for t in tokens[:-1]] == [
        "visit", "IN", "(", "1", "..", "5", ",", "'a''b'", ")",
    ]  # fmt: skip
    assert tokens[-1] == (Kind.END, "", len(text), 1)


@pytest.mark.parametrize(
    "text,position,length,hint",
    [
        ("a == 1", 2, 2, "single '='"),
        ("a <> 1", 2, 2, "'!='"),
        ("a && b", 2, 2, "AND"),
        ("a || b", 2, 2, "OR"),
        ("!a", 0, 1, "NOT"),
        ('a = "x"', 4, 1, "single quotes"),
        ("a = 'x", 4, 1, "closing quote"),
        ("a = T'x", 4, 2, "closing quote"),
        ("a IN [1]", 5, 1, "parentheses"),
        ("a = {x}", 4, 1, "bind"),
        ("a = 1 # note", 6, 1, "Comments"),
        ("a = 1;", 5, 1, "semicolon"),
        ("a = 12abc", 4, 5, "quotes"),
        ("a = 1.5x", 4, 4, "quotes"),
        ("a = 1 @", 6, 1, ""),
    ],
)
def test_foreign_words_are_explained(text: str, position: int, length: int, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        tokenize(text)
    error = caught.value
    assert (error.text, error.position, error.length) == (text, position, length)
    assert hint in error.hint


def test_number_of_words_is_bounded() -> None:
    text = "+" * (lexer.MAX_TOKENS + 1)
    with pytest.raises(ExpressionError, match="more than 200000 words") as caught:
        tokenize(text)
    assert len(str(caught.value)) < 300
    assert len(tokenize("+" * lexer.MAX_TOKENS)) == lexer.MAX_TOKENS + 1
