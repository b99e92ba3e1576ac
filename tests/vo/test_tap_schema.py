from __future__ import annotations

from dataclasses import replace

from skybutler.vo.adql import ForeignKey, TapTable, TapTables
from skybutler.vo.answer import answer
from skybutler.vo.field import Field
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.tap_schema import complete_tables, delimited
from support.vo_tables import rows_of

STARS = TapTable(
    "refcats", "stars",
    (Field(name="id", datatype="long"), Field(name="size", datatype="double", unit="arcsec"),
     Field(name="name", datatype="char", arraysize="12")),
    "SELECT 1 AS id", description="It's bright?", keys=(ForeignKey("ivoa.ObsCore", (("id", "lsst_visit"),)),),
)  # fmt: skip


def ask(observations, adql, *tables):
    registry = observations.butler.registry
    told = complete_tables(TapTables([obscore_table(), *tables]))
    obscore = ObsCoreRelation(registry, ObsCoreSettings(), "https://data.example/", "ivo://example/")
    return rows_of(answer(registry, obscore, told, adql))


def test_the_query_of_the_notebook(observations):
    (row,) = ask(
        observations, "SELECT * FROM tap_schema.tables where schema_name like 'ivoa' order by table_index ASC", STARS
    )
    assert (row["table_name"], row["schema_name"], row["table_type"]) == ("ivoa.ObsCore", "ivoa", "table")


def test_all_columns_of_all_tables_are_told_of(observations):
    found = ask(observations, 'SELECT table_name, column_name, "size", std FROM TAP_SCHEMA.columns', STARS)
    told = complete_tables(TapTables([obscore_table(), STARS]))
    assert [(r["table_name"], r["column_name"]) for r in found] == [
        (t.full_name, delimited(f.name)) for t in told for f in t.fields
    ]
    sizes = {(r["table_name"], r["column_name"]): r["size"] for r in found}
    assert sizes["refcats.stars", "name"] == 12
    assert sizes["refcats.stars", '"size"'] is None
    assert len({r["table_name"] for r in found}) == 7


def test_texts_come_back_whatever_is_in_them(observations):
    (row,) = ask(observations, "SELECT description FROM tap_schema.tables WHERE table_name = 'refcats.stars'", STARS)
    assert row["description"] == "It's bright?"


def test_keys_name_tables_and_columns(observations):
    found = ask(
        observations,
        "SELECT k.target_table, c.from_column, c.target_column FROM tap_schema.keys k JOIN tap_schema.key_columns c "
        "ON k.key_id = c.key_id JOIN tap_schema.tables t ON t.table_name = k.from_table "
        "WHERE t.schema_name = 'refcats'",
        STARS,
    )
    assert found == [{"target_table": "ivoa.ObsCore", "from_column": "id", "target_column": "lsst_visit"}]


def test_a_table_that_comes_later_is_told_of_at_once(observations):
    query = "SELECT COUNT(*) AS n FROM tap_schema.tables"
    assert ask(observations, query)[0]["n"] == 6
    assert ask(observations, query, STARS, replace(STARS, name="galaxies"))[0]["n"] == 8


def test_words_of_the_language_are_written_in_quotes():
    assert [delimited(name) for name in ("size", "Order", "obs_id")] == ['"size"', '"Order"', "obs_id"]
