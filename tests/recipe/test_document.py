from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ConfigError
from skybutler.recipe.document import Mark, parse_document

TEXT = """\
# a recipe
a: 1
steps:
  - one: {x: 2022-01-01, y: [5, 6]}
  - two
"""


def test_values_know_where_they_stand() -> None:
    document = parse_document(TEXT, "r.yaml")
    assert document.content == {"a": 1, "steps": [{"one": {"x": "2022-01-01", "y": [5, 6]}}, "two"]}
    assert document.marks[("a",)] == Mark(2, 1)
    assert document.marks[("steps", 0, "one", "x")] == Mark(4, 11)
    assert document.marks[("steps", 0, "one", "y", 1)] == Mark(4, 33)
    assert document.place(("steps", 1)) == "r.yaml:5:5"
    assert document.place(("steps", 1, "unknown", 5)) == "r.yaml:5:5"
    assert document.place(("nothing",)) == "r.yaml:2:1"


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: 1\nb: 2\na: 3\n", "r.yaml:3:1: 'a' is there twice; first in line 1."),
        ("x:\n  a: 1\n  a: 2\n", "r.yaml:3:3: 'a' is there twice"),
        ("a: [1, 2\nb: 3\n", "r.yaml:2:2: this is not valid YAML"),
        ("a: !!python/object/apply:os.system ['false']\n", "r.yaml:1:4: this is not valid YAML"),
        ("a: !mine 5\n", "not valid YAML"),
        ("a: &x [*x]\n", "r.yaml:1: a value holds itself"),
        ("a: 1\n--- \nb: 2\n", "not valid YAML"),
        ("a: \x07\n", "not valid YAML"),
    ],
)
def test_bad_documents_are_told_with_their_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "r.yaml")
    assert said in str(caught.value)


def test_aliases_cannot_unfold_without_end() -> None:
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 9))
    with pytest.raises(ConfigError, match="unfolds to more than"):
        parse_document(f"l0: &l0 [x, x]\n{levels}\n", "r.yaml")


def test_an_empty_document() -> None:
    assert parse_document("# nothing\n", "r.yaml").content is None


PLAIN = st.recursive(
    st.integers(-5, 5) | st.booleans() | st.text("abc", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@given(content=PLAIN)
def test_every_value_has_a_place(content: object) -> None:
    document = parse_document(yaml.safe_dump(content), "r.yaml")
    assert document.content == content

    def check(value: object, path: tuple[str | int, ...]) -> None:
        assert path in document.marks
        if isinstance(value, dict):
            for key, item in value.items():
                check(item, (*path, key))
        if isinstance(value, list):
            for i, item in enumerate(value):
                check(item, (*path, i))

    check(content, ())
