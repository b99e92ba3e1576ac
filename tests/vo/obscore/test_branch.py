from __future__ import annotations

from dataclasses import replace

import pytest

from skybutler.vo.obscore import FIELDS, ObsCoreRelation, ObsCoreSettings
from skybutler.vo.obscore.branch import REGION_ELEMENTS, _literal, region_key
from skybutler.vo.obscore.settings import TYPES

MIXED = ObsCoreSettings(
    dataset_types={**TYPES, "raw": replace(TYPES["raw"], s_xel1=4072, s_resolution=0.2)},
    spectral_ranges={"r": (552e-9, 1)},
)
TYPE_NAMES = {
    "sqlite": {"char": "text", "int": "integer", "long": "integer", "double": "real"},
    "postgresql": {"char": "text", "int": "bigint", "long": "bigint", "double": "double precision"},
}
CONDITIONS = ["t_min > 5e4", "t_max < 5e4", "em_min > 1e-9", "s_resolution > 0", "lsst_band = 'r'", "s_xel1 > 9",
              "s_ra > 0", "lsst_visit > 3", "t_exptime > 1", "obs_id LIKE 'x'", "access_estsize > 1"]  # fmt: skip


def test_regions_of_different_elements_have_different_numbers(observations):
    database = observations.butler.registry.database
    keys = [database.query(f"SELECT {region_key('7', element)}")[0][0] for element in REGION_ELEMENTS]
    keys += [database.query(f"SELECT {region_key('8', element)}")[0][0] for element in REGION_ELEMENTS]
    assert len(set(keys)) == 2 * len(REGION_ELEMENTS)


def test_texts_of_the_configuration_are_quoted(observations):
    database = observations.butler.registry.database
    for text in ("", "it's", "a?b?", "100%", "%s", "\\", "'; DROP TABLE dataset; --"):
        assert database.query(f"SELECT {_literal(text, database.dialect)}")[0][0] == text


@pytest.mark.parametrize("settings", [ObsCoreSettings(), MIXED], ids=["usual", "mixed"])
def test_columns_have_the_same_type_in_all_branches(observations, settings):
    database = observations.butler.registry.database
    relation = ObsCoreRelation(observations.butler.registry, settings, "", "")
    known = TYPE_NAMES[database.dialect]
    names = [f.name for f in FIELDS if f.name != "s_region"]
    of, absent = ("pg_typeof", "unknown") if database.dialect == "postgresql" else ("typeof", "null")
    types = ", ".join(f'CAST({of}("{name}") AS TEXT)' for name in names)
    for number, branch in relation._branches:
        for found in database.query(f"SELECT {types} FROM ({branch.sql(relation._runs()[number], columns=names)}) x"):
            told = {f.name: known[f.datatype] for f in FIELDS if f.name != "s_region"}
            assert {n: t for n, t in zip(names, found, strict=True) if t != absent and told[n] != t} == {}


def test_conditions_are_taken_to_the_tables_of_each_branch(observations):
    database = observations.butler.registry.database
    if database.dialect != "postgresql":
        pytest.skip("its plans do not tell where conditions are looked at")
    sql = ObsCoreRelation(observations.butler.registry, MIXED, "", "").sql()
    for condition in CONDITIONS:
        plan = database.query(f"EXPLAIN SELECT * FROM ({sql}) whole WHERE {condition}")
        assert not [line for (line,) in plan if "Subquery Scan on whole" in line], condition
