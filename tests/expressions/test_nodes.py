"""Syntax nodes: frozen, equal by meaning, and walkable."""

from __future__ import annotations

import dataclasses

import pytest

from skybutler.expressions.nodes import Binary, Membership, Name, Number, Range, Text, children
from skybutler.expressions.parser import parse


def test_position_does_not_count_for_equality() -> None:
    assert Number(1, position=5, length=1) == Number(1)
    assert hash(Text("a", position=3)) == hash(Text("a"))
    assert Name(("a", "b")).text == "a.b"


def test_nodes_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Number(1).value = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    "text,count",
    [
        ("a", 0),
        ("a = 1", 2),
        ("a AND b AND c", 3),
        ("NOT a", 1),
        ("-a", 1),
        ("a IN (1, 2..3)", 3),
        ("(a, b)", 2),
        ("f(1, 2)", 2),
    ],
)
def test_children(text: str, count: int) -> None:
    node = parse(text)
    assert node is not None
    assert len(list(children(node))) == count


def test_children_come_in_source_order() -> None:
    node = Membership(Binary("+", Name(("a",)), Number(1)), (Range(1, 2), Text("x")))
    assert list(children(node)) == [node.left, *node.items]
