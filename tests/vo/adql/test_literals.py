from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sqlglot import exp

from skybutler.errors import ExpressionError
from skybutler.vo.adql.literals import Slot, numbered, slots_in, take
from skybutler.vo.adql.syntax import parse


@pytest.mark.parametrize(
    "text, texts, kinds",
    [
        ("SELECT a FROM t WHERE b = 'it''s' AND c > 1", ("it's", "1"), ("text", "whole")),
        ("SELECT a FROM t WHERE b IN (1.5, .5, 2., 1e3, -7)", ("1.5", ".5", "2.", "1e3", "7"),
         ("real", "real", "real", "real", "whole")),
        ('SELECT "col 1", b2 FROM t3.x_4', (), ()),
        ("SELECT a FROM t WHERE b = 12345678901234567890", (), ()),
        ("SELECT a FROM t WHERE b = '' AND c = '1'", ("", "1"), ("text", "text")),
        ("SELECT a FROM t WHERE b = 1 -- 'of course'", (), ()),
        ("SELECT a FROM t WHERE b = 1 /* 2 */", (), ()),
        (r"SELECT a FROM t WHERE b = E'\'' AND c = 1", (), ()),
    ],
)  # fmt: skip
def test_literals_are_taken_out_of_a_text(text, texts, kinds):
    found = take(text)
    assert (found.texts, found.kinds) == (texts, kinds)
    assert found.texts or found.shape == text


def test_queries_that_differ_in_more_than_values_have_other_shapes():
    texts = ["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1.0", "SELECT a FROM t WHERE b = '1'",
             "SELECT a FROM t WHERE b = -1", "SELECT a FROM t WHERE B = 1", "SELECT a FROM t WHERE b = b"]  # fmt: skip
    assert len({take(text).shape for text in texts}) == len(texts)
    assert take("SELECT a FROM t WHERE b = 'x'").shape == take("SELECT a FROM t WHERE b = '; DROP'").shape


def test_too_many_literals_are_left():
    assert take(f"SELECT a FROM t WHERE b IN ({', '.join(map(str, range(500)))})").texts == ()


WORDS = st.sampled_from(
    ["a", "'", "''", '"', "1", "2.5", ".", "e", "E'", "N'", "x", " ", "-", "(", ")", ",", "=", "%", "_"]
)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(WORDS, max_size=25).map("".join))
def test_whatever_a_text_is_its_literals_are_those_of_the_tree_or_not_used(middle):
    text = f"SELECT a FROM t WHERE b = {middle}"
    try:
        tree = parse(text)
    except ExpressionError:
        reject()
    taken = take(text)
    if numbered(tree, taken, text):
        for node in tree.find_all(exp.Literal):
            for number in slots_in(node):  # none if the parser made it of several tokens
                assert node.this == taken.texts[number]


def test_a_slot_has_the_value_of_its_literal():
    assert [Slot(i, k).value(("x", "07", "1e2")) for i, k in enumerate(("text", "whole", "real"))] == ["x", 7, 100.0]
