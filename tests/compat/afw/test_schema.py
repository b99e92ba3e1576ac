"""Schemas with the spellings of lsst.afw.table: fields, keys, aliases."""

from __future__ import annotations

import pytest

from skybutler.compat.afw.catalogs import SourceCatalog, SourceTable
from skybutler.compat.afw.schema import AliasMap, Field, Key, Schema, name_of
from skybutler.errors import InvalidError


@pytest.fixture
def schema() -> Schema:
    schema = SourceTable.makeMinimalSchema()
    schema.addField("base_X_instFlux", type=float, doc="a flux", units="count")
    schema.addField(Field("base_X_flag", "Flag", "general failure"))
    schema.addField("name", type="String", size=8)
    return schema


def test_fields_and_keys(schema: Schema) -> None:
    assert schema.getOrderedNames()[:4] == ["id", "coord_ra", "coord_dec", "parent"]
    assert schema.getNames() == set(schema.getOrderedNames())
    assert "base" in schema.getNames(topOnly=True)
    item = schema.find("base_X_instFlux")
    assert item.key == item.getKey() == Key("base_X_instFlux")
    assert item.key.isValid()
    field = item.getField()
    assert (field.getName(), field.getDoc(), field.getUnits(), field.getTypeString(), field.getSize()) == (
        "base_X_instFlux", "a flux", "count", "D", 1,
    )  # fmt: skip
    key, again = schema["name"]
    assert (key.name, again.getSize()) == ("name", 8)
    assert name_of(key) == name_of(again) == name_of("name") == "name"
    assert schema.find(key) == schema.find("name")
    assert "name" in schema
    assert Key("name") in schema
    assert (schema.get("nothing"), schema.get("nothing", 3)) == (None, 3)
    assert len(schema) == schema.getFieldCount() == len(schema.asList()) == 7
    assert schema.join("slot", "Centroid") == "slot_Centroid"
    with pytest.raises(KeyError, match="no column 'base_X_instFlx'.*Did you mean 'base_X_instFlux'"):
        schema.find("base_X_instFlx")
    with pytest.raises(InvalidError, match="needs a type"):
        schema.addField("x")


def test_patterns(schema: Schema) -> None:
    found = schema.extract("base_*")
    assert list(found) == ["base_X_instFlux", "base_X_flag"]
    assert found["base_X_flag"].field.getTypeString() == "Flag"


def test_aliases(schema: Schema) -> None:
    aliases = schema.getAliasMap()
    aliases.set("slot_PsfFlux", "base_X")
    assert schema.find("slot_PsfFlux_instFlux").key.name == "base_X_instFlux"
    assert (aliases.get("slot_PsfFlux"), aliases.get("other")) == ("base_X", "other")
    assert aliases.apply("slot_PsfFlux_flag") == "base_X_flag"
    assert aliases["slot_PsfFlux"] == "base_X"
    assert list(aliases) == aliases.items() == [("slot_PsfFlux", "base_X")]
    assert "slot_PsfFlux" in aliases
    copied = Schema(schema)
    assert aliases.erase("slot_PsfFlux")
    assert not aliases.erase("slot_PsfFlux")
    assert len(aliases) == 0
    assert len(copied.getAliasMap()) == 1
    schema.setAliasMap(copied.getAliasMap())
    assert isinstance(schema.getAliasMap(), AliasMap)
    assert SourceCatalog(schema).schema.getAliasMap().get("slot_PsfFlux") == "base_X"
