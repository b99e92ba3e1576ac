"""Derived loaders and dumpers do not change the plain ones."""

from __future__ import annotations

import pytest

from skybutler.errors import UnreadableFileError
from skybutler.formatters.plain_yaml import PlainLoader, dump_yaml, load_yaml
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
