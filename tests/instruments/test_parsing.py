"""Checked access to YAML documents."""

from __future__ import annotations

import pytest
import yaml

from skybutler.errors import ConfigError
from skybutler.instruments.parsing import Section, load_document

DOCUMENT = load_document(
    """
    name: a
    count: 3
    size: 2.5
    on: true
    at: [1, 2.5]
    box: [0, 1, 2, 3]
    places: {here: [1, 2]}
    inner: {deep: {x: 1}}
    rows: [{y: 1}, {y: 2}]
    """,
    "file.yaml",
)


def test_values_by_type() -> None:
    section = Section(DOCUMENT, "file.yaml")
    assert (section.text("name"), section.integer("count"), section.number("size")) == ("a", 3, 2.5)
    assert section.number("count") == 3.0
    assert section.pair("at") == (1.0, 2.5)
    assert section.box("box") == (0, 1, 2, 3)
    assert section.pairs("places") == {"here": (1.0, 2.0)}
    assert section.text("absent", "default") == "default"
    assert section.optional_text("absent") is None
    assert [row.integer("y") for row in section.section_list("rows")] == [1, 2]
    assert [name for name, _ in section.sections("inner")] == ["deep"]


def test_the_place_of_a_mistake_is_named() -> None:
    inner = Section(DOCUMENT, "file.yaml").section("inner").section("deep")
    with pytest.raises(ConfigError, match="file.yaml: inner: deep: 'y' is missing"):
        inner.integer("y")
    with pytest.raises(ConfigError, match="'name' is 'a'; expected a number"):
        Section(DOCUMENT, "file.yaml").number("name")
    with pytest.raises(ConfigError, match="'x' is 1; expected a text"):
        inner.text("x")


def test_unread_keys_are_mistakes() -> None:
    section = Section({"name": "a", "nmae": "b"}, "file.yaml")
    section.text("name")
    with pytest.raises(ConfigError, match="unknown key 'nmae'. Did you mean 'name'"):
        section.finish()


def test_what_is_not_a_mapping_or_not_plain() -> None:
    with pytest.raises(ConfigError, match="holds list; expected a mapping"):
        load_document("[1, 2]", "file.yaml")
    with pytest.raises(yaml.YAMLError):
        load_document("a: !!python/name:os.system", "file.yaml")
    with pytest.raises(ConfigError, match="expected a mapping"):
        Section(3, "file.yaml")
