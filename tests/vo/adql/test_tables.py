from __future__ import annotations

import pytest

from skybutler.errors import InvalidQueryError
from skybutler.vo.adql import TapTable, TapTables
from support.tap_tables import OBSERVATIONS, TABLES


def test_tables_are_found_in_any_case_and_without_their_schema():
    assert TABLES.find("IVOA", "obscore") is OBSERVATIONS
    assert TABLES.find("", "OBSCORE") is OBSERVATIONS
    assert [table.full_name for table in TABLES] == ["ivoa.ObsCore", "tap_schema.schemas"]
    assert OBSERVATIONS.field("S_RA") is OBSERVATIONS.fields[4]
    assert OBSERVATIONS.field("s_rah") is None


def test_what_is_not_there_gets_the_nearest():
    with pytest.raises(InvalidQueryError, match="Did you mean 'ivoa.ObsCore'"):
        TABLES.find("ivoa", "obscor")
    with pytest.raises(InvalidQueryError, match="Tables are ivoa.ObsCore, tap_schema.schemas"):
        TABLES.find("", "xyz")


def test_an_ambiguous_name_needs_its_schema():
    two = TapTables([*TABLES, TapTable("mine", "schemas", (), "x")])
    with pytest.raises(InvalidQueryError, match="several tables 'schemas': tap_schema.schemas and mine.schemas"):
        two.find("", "schemas")
    assert two.find("mine", "schemas").relation == "x"
