"""Rows and columns that are left out are those that nobody asked for: answers are as without."""

from __future__ import annotations

import pytest

from skybutler.vo.adql import TapTables, translate
from skybutler.vo.obscore import obscore_table

TABLES = TapTables([obscore_table()])
CALEXP = "dataproduct_subtype = 'lsst.calexp'"


def needs(adql):
    return translate(adql, TABLES, "sqlite").relations[0]


def test_columns_that_a_query_names_are_needed():
    found = needs("SELECT obs_id FROM ivoa.ObsCore o WHERE lsst_tract = 3 AND CONTAINS(POINT(1, 2), s_region) = 1")
    assert found.columns == {"obs_id", "lsst_tract"}
    assert needs("SELECT COUNT(*) FROM ivoa.ObsCore").columns == {"rows_of_kind"}
    assert needs("SELECT 1 AS one FROM ivoa.ObsCore").columns == set()


@pytest.mark.parametrize(
    "where, values",
    [
        (CALEXP, {"dataproduct_subtype": {"lsst.calexp"}}),
        ("'lsst.calexp' = dataproduct_subtype AND calib_level = '2'",
         {"dataproduct_subtype": {"lsst.calexp"}, "calib_level": {2.0}}),
        ("calib_level IN (1, 3) AND calib_level IN (3, 2)", {"calib_level": {3.0}}),
        (f"NOT {CALEXP}", {}),
        (f"{CALEXP} OR lsst_visit = 3", {}),
        (f"({CALEXP}) AND (calib_level = 2 OR calib_level = 3)", {"dataproduct_subtype": {"lsst.calexp"}}),
        ("calib_level <> 1", {}),
        ("calib_level NOT IN (1, 2)", {}),
    ],
)  # fmt: skip
def test_values_that_all_rows_must_have(where, values):
    assert needs(f"SELECT obs_id FROM ivoa.ObsCore WHERE {where}").values == values


def test_rows_without_a_partner_stay():
    adql = "SELECT a.obs_id FROM ivoa.ObsCore a LEFT JOIN ivoa.ObsCore b ON a.obs_id = b.obs_id WHERE b.calib_level = 2"
    assert all(use.values == {} for use in translate(adql, TABLES, "sqlite").relations)


@pytest.mark.parametrize(
    "query, constants, identifiers",
    [
        ("SELECT calib_level, access_url FROM ivoa.ObsCore", {0: "calib_level"}, {1: "access_url"}),
        ("SELECT access_url FROM ivoa.ObsCore ORDER BY 1", {}, {0: "access_url"}),
        ("SELECT calib_level FROM ivoa.ObsCore ORDER BY calib_level", {}, {}),
        ("SELECT DISTINCT calib_level, access_url FROM ivoa.ObsCore", {}, {}),
        ("SELECT calib_level, access_url FROM ivoa.ObsCore GROUP BY 1, 2", {}, {}),
        ("SELECT access_url FROM ivoa.ObsCore UNION SELECT obs_id FROM ivoa.ObsCore", {}, {}),
        ("SELECT 1 AS a", {}, {}),
        ("SELECT calib_level + 1 AS a, UPPER(access_url) AS b FROM ivoa.ObsCore", {}, {}),
    ],
)  # fmt: skip
def test_what_a_result_need_not_carry(query, constants, identifiers):
    found = translate(query, TABLES, "sqlite")
    assert dict(found.constants) == constants
    assert dict(found.identifiers) == identifiers
