"""Two tables that queries in ADQL are tried on."""

from __future__ import annotations

from skybutler.vo.adql import RegionColumn, TapTable, TapTables
from skybutler.vo.field import Field

__all__ = ["OBSERVATIONS", "SCHEMAS", "TABLES"]


def text(name: str) -> Field:
    return Field(name=name, datatype="char", arraysize="*")


OBSERVATIONS = TapTable(
    "ivoa",
    "ObsCore",
    (
        text("obs_id"),
        Field(name="calib_level", datatype="int"),
        text("band"),
        Field(name="visit", datatype="long"),
        Field(name="s_ra", datatype="double", unit="deg", ucd="pos.eq.ra", description="Right ascension."),
        Field(name="s_dec", datatype="double", unit="deg"),
        Field(name="s_region", datatype="char", arraysize="*", xtype="region"),
        text("access_url"),
    ),
    "obs",
    {"s_region": RegionColumn("region_key", "s_ra", "s_dec", "region_area")},
    {"access_url": "dataset_id"},
)
SCHEMAS = TapTable(
    "tap_schema", "schemas", (text("schema_name"), Field(name="schema_index", datatype="int")), "schemas"
)
TABLES = TapTables([OBSERVATIONS, SCHEMAS])
