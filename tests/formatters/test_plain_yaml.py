"""Derived loaders and dumpers do not change the plain ones."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.plain_yaml import PlainDumper, PlainLoader, dump_yaml, load_yaml
from skybutler.formatters.property_set import PropertySetFormatter  # registers its tags when imported


def test_property_sets_are_only_recognised_by_their_own_loader() -> None:
    assert PropertySetFormatter.extension == ".yaml"
    assert load_yaml("!<lsst.daf.base.PropertySet> [[a, Int, 5]]", "x") == [["a", "Int", 5]]
    assert load_yaml("{a: 5}", "x", PlainLoader) == {"a": 5}


def test_texts_are_written_as_they_are() -> None:
    assert dump_yaml({"µ": "é", "n": [1, [2]]}).decode() == "µ: é\nn:\n- 1\n- - 2\n"


def test_the_place_of_an_error_is_told() -> None:
    with pytest.raises(UnreadableFileError, match=r"(?s)file\.yaml.*line 2"):
        load_yaml("a: 1\nb: ]", "file.yaml")


WORDS = st.text("aeyno_N-./ 0:#é", max_size=8) | st.sampled_from(
    ["y", "n", "yes", "Null", "OFF", "null", "x" * 200, "1.5", "=", "<<"]
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
TREES = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))


@given(TREES)
def test_what_needs_no_quotes_is_written_as_the_library_writes_it(data: Any) -> None:
    assert dump_yaml(data) == yaml.dump(data, Dumper=PlainDumper, sort_keys=False, allow_unicode=True, encoding="utf-8")
