"""Canonical text: parsing it gives the same tree, writing it again the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.expressions.lexer import KEYWORDS
from skybutler.expressions.nodes import (
    And,
    Binary,
    Bind,
    Boolean,
    Call,
    Membership,
    Name,
    Node,
    Not,
    Null,
    Number,
    Or,
    Pair,
    Range,
    Text,
    TimeText,
    Unary,
)
from skybutler.expressions.parser import parse
from skybutler.expressions.text import to_text

WORDS = st.sampled_from(["visit", "detector", "ingest_date", "x1", "_y", "andy", "größe"])
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(lambda parts: Name(tuple(parts)))
BINDS = st.builds(Bind, WORDS | st.sampled_from(sorted(KEYWORDS)), st.sampled_from(["", "begin", "end"]))
NUMBERS = (st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)).map(Number)
ATOMS = st.one_of(
    NAMES,
    BINDS,
    NUMBERS,
    st.text(max_size=5).map(Text),
    st.text(max_size=5).map(TimeText),
    st.booleans().map(Boolean),
    st.just(Null()),
)
RANGES = st.tuples(st.integers(-100, 100), st.integers(0, 50), st.integers(1, 9)).map(
    lambda t: Range(t[0], t[0] + t[1], t[2])
)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "OVERLAPS", "+", "-", "*", "/", "%"])


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    items = st.lists(inner | RANGES, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Binary, OPERATORS, inner, inner),
        several.map(And),
        several.map(Or),
        inner.map(Not),
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Membership, inner, items, st.booleans()),
        st.builds(Pair, inner, inner),
        st.builds(Call, st.sampled_from(["GLOB", "POINT", "F"]), st.lists(inner, max_size=3).map(tuple)),
    )


TREES = st.recursive(ATOMS, _larger, max_leaves=12)


@given(TREES)
def test_parsing_the_text_gives_the_tree(node: Node) -> None:
    text = to_text(node)
    again = parse(text)
    assert again == node
    assert repr(again) == repr(node)  # 1 and 1.0, 0.0 and -0.0 are equal, but not the same
    assert to_text(again) == text


@pytest.mark.parametrize(
    "text,canonical",
    [
        ("", ""),
        ("tract=1 and  patch=2", "tract = 1 AND patch = 2"),
        ("((a) = (b))", "a = b"),
        ("a AND (b OR c)", "a AND (b OR c)"),
        ("(a AND b) OR c", "a AND b OR c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("not(a=1)", "NOT a = 1"),
        ("(NOT a) = b", "(NOT a) = b"),
        ("a in :x", "a IN (:x)"),
        ("a IN (1..5:1, +3,)", "a IN (1..5, 3)"),
        ("- -a", "-(-a)"),
        ("-(5)", "-(5)"),
        ("s = 'it''s'", "s = 'it''s'"),
        ("Glob(a,'*')", "GLOB(a, '*')"),
        ("a IN ((b AND c))", "a IN ((b AND c))"),
    ],
)
def test_canonical_forms(text: str, canonical: str) -> None:
    assert to_text(parse(text)) == canonical


def test_ranges_stand_only_in_lists() -> None:
    assert to_text(Membership(Name(("a",)), (Range(1, 5), Range(1, 9, 2)))) == "a IN (1..5, 1..9:2)"
