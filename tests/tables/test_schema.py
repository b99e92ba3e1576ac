"""Schemas: finding, extracting, adding."""

from __future__ import annotations

import pytest

from skybutler.errors import InvalidError, MissingColumnError, ParameterError
from skybutler.tables import Aliases, Field, Schema


@pytest.fixture
def schema() -> Schema:
    fields = [
        Field("id", "L"),
        Field("base_PsfFlux_instFlux", "D", "flux", "count"),
        Field("base_PsfFlux_flag", "Flag"),
    ]
    return Schema(fields, Aliases({"slot_PsfFlux": "base_PsfFlux", "number": "id"}))


def test_finding(schema: Schema) -> None:
    assert schema.find("base_PsfFlux_instFlux").unit == "count"
    assert schema["slot_PsfFlux_flag"].is_flag
    assert "slot_PsfFlux_flag" in schema
    assert "slot_PsfFlux_flux" not in schema
    assert 1 not in schema


def test_the_nearest_names_are_offered(schema: Schema) -> None:
    with pytest.raises(MissingColumnError, match="Did you mean 'base_PsfFlux_instFlux'"):
        schema.find("base_PsfFlux_instflux")
    with pytest.raises(MissingColumnError, match=r"an alias of 'base_PsfFlux_x'"):
        schema.find("slot_PsfFlux_x")
    with pytest.raises(MissingColumnError, match="It has id, base_PsfFlux_instFlux"):
        schema.find("qqqqqqqqqq")


def test_extracting(schema: Schema) -> None:
    assert list(schema.extract("base_*")) == ["base_PsfFlux_instFlux", "base_PsfFlux_flag"]
    assert list(schema.extract("*_flag", "id")) == ["id", "base_PsfFlux_flag"]
    assert schema.extract("num*") == {"number": schema["id"]}
    assert schema.extract("nothing*") == {}
    with pytest.raises(ParameterError, match="needs a pattern"):
        schema.extract()


def test_adding(schema: Schema) -> None:
    schema.add("x", float, "position", "pixel")
    assert schema.names[-1] == "x"
    schema.add("x", float, "position", "pixel")
    with pytest.raises(InvalidError, match="another column 'x'"):
        schema.add("x", int)


def test_two_fields_of_one_name() -> None:
    with pytest.raises(InvalidError, match="two different columns 'a'"):
        Schema([Field("a"), Field("a", "I")])


def test_a_copy_is_its_own(schema: Schema) -> None:
    other = schema.copy()
    assert other == schema
    other.add("x")
    other.aliases.set("y", "x")
    assert "x" not in schema
    assert "y" not in schema.aliases
    assert other != schema


def test_it_shows_what_fields_are(schema: Schema) -> None:
    text = repr(schema)
    assert "base_PsfFlux_instFlux: D [count]  flux" in text
    assert "slot_PsfFlux -> base_PsfFlux" in text
