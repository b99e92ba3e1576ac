"""The plainest YAML: what is read means the same to a YAML library, the rest is left to it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from skybutler.butler.config import RepositoryConfig
from skybutler.butler.simple_yaml import read_simple

PIECES = st.sampled_from([
    "a:", "  b:", "root:", " 1", " 0", " 01", " 12.5", " 1e3", " x", " /a/b", " <butlerRoot>", " <<", "<<:", " yes",
    "No:", "  null: x", " ~", " sqlite:///<butlerRoot>/s.sqlite3", " a: b", " a:", " #c", "#c", "\n", "\n", "\n",
    "\n  ", "\t", "- ", " - x", " {a: b}", " 'q'", " \"q\"", " &x", " *x", " !!str", " |", "---", "...", "%TAG",
    "\r", "\x85", "\ufeff", "\x00", " 2020-01-01", " 0x10", " 1_000", " 1:30", " .inf", " =", " a#b", " a #b", " é",
    "true:", " off", " OFF", " a%20b",
])  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
@example("a: 1\nb:\n  c: x\n  d: 2\ne: <butlerRoot>\n")
@example("a:\n")
@example("a:\nb: x")
@example("a: x\n  b: y")
@example("a: x\na: y")
@example("")
def test_what_is_read_is_what_yaml_says(text: str) -> None:
    found = read_simple(text)
    if found is not None:
        assert found == (yaml.safe_load(text) or {})


@given(st.text("ab:<>/ .\n#1-", max_size=30))
def test_texts_of_the_characters_that_matter(text: str) -> None:
    found = read_simple(text)
    if found is not None:
        assert found == (yaml.safe_load(text) or {})


def test_a_new_repository_needs_no_yaml_library() -> None:
    config = RepositoryConfig.from_mapping({}, "/r")
    text = "# a comment\n" + yaml.safe_dump(config.to_mapping(), sort_keys=False)
    assert read_simple(text) == config.to_mapping()


@pytest.mark.parametrize("text", ["a: [1]", "a: 'x'", "a: yes", "a:\n", "a: b c", "- x", "a: x # why", "a: 1\n\tb: 2"])
def test_what_may_be_more_is_left_to_the_library(text: str) -> None:
    assert read_simple(text) is None
