"""Grammar of the where language: precedence, every documented form, limits, and errors that point at the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ExpressionError
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
from skybutler.expressions.parser import MAX_DEPTH, parse

A, B, C = Name(("a",)), Name(("b",)), Name(("c",))


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_no_constraint(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "text,expected",
    [
        ("a or b and not c", Or((A, And((B, Not(C)))))),
        ("a AND b AND c", And((A, B, C))),
        ("(a AND b) AND c", And((And((A, B)), C))),
        ("NOT a = b", Not(Binary("=", A, B))),
        ("NOT NOT a", Not(Not(A))),
        ("a = b = c", Binary("=", Binary("=", A, B), C)),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a % b = -c", Binary("=", Binary("%", A, B), Unary("-", C))),
        ("a - -1", Binary("-", A, Number(-1))),
        ("-(1)", Unary("-", Number(1))),
        ("a < 1e3", Binary("<", A, Number(1000.0))),
        ("a = b IN (1)", Binary("=", A, Membership(B, (Number(1),)))),
        ("a + 1 NOT IN (b, :c)", Membership(Binary("+", A, Number(1)), (B, Bind("c")), True)),
        ("a IN ()", Membership(A, ())),
        ("a IN (1,)", Membership(A, (Number(1),))),
        ("a IN :x", Membership(A, (Bind("x"),))),
        ("a in b.timespan", Membership(A, (Name(("b", "timespan")),))),
        ("a IN (-10 .. -1 : 2, 'x', NULL)", Membership(A, (Range(-10, -1, 2), Text("x"), Null()))),
        ("T'61000' IN (NULL, :t.end)", Membership(TimeText("61000"), (Null(), Bind("t", "end")))),
        ("(T'1', NULL) OVERLAPS a.timespan", Binary("OVERLAPS", Pair(TimeText("1"), Null()), Name(("a", "timespan")))),
        ("glob(a, 'x*')", Call("GLOB", (A, Text("x*")))),
        ("POINT(:ra, 2 + 3) IN (a.region)", Membership(Call("POINT", (Bind("ra"), Binary("+", Number(2), Number(3)))),
                                                       (Name(("a", "region")),))),
        ("a = TRUE OR false", Or((Binary("=", A, Boolean(True)), Boolean(False)))),
        ("a = -9223372036854775808", Binary("=", A, Number(-(2**63)))),
    ],
)  # fmt: skip
def test_trees(text: str, expected: Node) -> None:
    assert parse(text) == expected


def test_nodes_know_their_place() -> None:
    text = "visit > 3 AND NOT (detector IN (1..5, 7) OR band='r')"
    node = parse(text)
    assert isinstance(node, And)
    places = [node, *node.operands, node.operands[1].operand]  # type: ignore[attr-defined]
    assert [text[n.position : n.position + n.length] for n in places[:3]] == [
        text, "visit > 3", "NOT (detector IN (1..5, 7) OR band='r')",
    ]  # fmt: skip
    assert text[places[3].position :].startswith("detector IN (1..5, 7) OR")


@pytest.mark.parametrize(
    "text,position,words",
    [
        ("a = 1 AND", 9, "Expected a value or a name, found the end"),
        ("a = 1)", 5, "Unexpected ')'"),
        ("(a = 1", 0, "never closed"),
        ("(a, b", 5, "Expected ')'"),
        ("a b", 2, "AND or OR"),
        ("a LIKE 'x%'", 2, "GLOB"),
        ("a BETWEEN 1 AND 2", 2, "IN (a..b)"),
        ("a IS NULL", 2, "= NULL"),
        ("a > t'2020-01-01'", 5, "capital letter"),
        ("a IN 5", 5, "list in parentheses"),
        ("a IN (1 2)", 8, "Expected ','"),
        ("a NOT 5", 6, "Expected 'IN'"),
        ("a = NOT b", 4, "parentheses"),
        ("a = 1..5", 5, "only in a list"),
        ("a IN (5..1)", 7, "before its start"),
        ("a IN (1..5:0)", 11, "positive integer"),
        ("a IN (1..5:-1)", 12, "positive integer"),
        ("a IN (1..:x)", 7, "integer literals"),
        ("a IN (1..5:x)", 10, "Bind a Python range"),
        ("a IN (1.5..3)", 9, "integer literals"),
        ("a.b.c.d = 1", 0, "at most three"),
        ("a = 9223372036854775808", 4, "64 bits"),
        ("a = " + "9" * 5000, 4, "64 bits"),
        ("a = 1e999", 4, "too large"),
        ("a = :x.middle", 4, "only .begin and .end"),
        ("a = 1, b = 2", 5, "AND"),
        ("a = 1 :x", 6, "operator is missing"),
        ("f(1", 3, "Expected ','"),
    ],
)
def test_errors_point_at_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.position, caught.value.text) == (position, text)
    assert words in str(caught.value)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 5000 + "a" + ")" * 5000,
        "NOT " * 5000 + "a",
        "-" * 5000 + "a = 1",
        "f(" * 5000,
        "a" + " + 1" * 5000 + " = 1",
        "a = 1" + " = 1" * 5000,
        "a IN ((" * 5000,
    ],
    ids=["parentheses", "not", "sign", "call", "sum", "equal", "in"],
)
def test_depth_is_bounded_without_recursion_error(deep: str) -> None:
    with pytest.raises(ExpressionError, match="nested more than 100 levels"):
        parse(deep)


def test_allowed_depth_works() -> None:
    inner = MAX_DEPTH - 2
    assert parse("(" * inner + "a" + ")" * inner) == A
    assert isinstance(parse(" OR ".join(["a"] * 10_000)), Or)


def test_long_lists_are_accepted() -> None:
    node = parse(f"visit IN {tuple(range(50_000))}")
    assert isinstance(node, Membership)
    assert len(node.items) == 50_000


WORDS = [
    "a",
    "visit.name",
    "1",
    "2.5",
    "'x'",
    "T'61000'",
    ":b",
    "(",
    ")",
    ",",
    "IN",
    "NOT",
    "AND",
    "OR",
    "OVERLAPS",
    "NULL",
]
WORDS += ["TRUE", "=", "!=", "<", "+", "-", "*", "%", "..", ":", "GLOB("]


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=40))
def test_any_text_parses_or_says_where_it_fails(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        place = error
    else:
        return
    assert 0 <= place.position <= len(text)
    assert str(place)
