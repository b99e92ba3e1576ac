"""Rows are counted by kind only where that is the same; that numbers are right is tested with answers."""

from __future__ import annotations

import pytest

from skybutler.vo.adql import TapTables, translate
from skybutler.vo.obscore import obscore_table
from skybutler.vo.obscore.columns import ROWS_OF_KIND

TABLES = TapTables([obscore_table()])


def counts_kinds(adql):
    found = translate(adql, TABLES, "sqlite")
    return [ROWS_OF_KIND in use.columns for use in found.relations]


@pytest.mark.parametrize(
    "adql",
    [
        "SELECT COUNT(*) FROM ivoa.ObsCore",
        "SELECT COUNT(*) AS n FROM ivoa.ObsCore AS o WHERE o.calib_level = 2 AND dataproduct_type = 'image'",
        "SELECT calib_level, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY calib_level ORDER BY n DESC",
        "SELECT COUNT(*) AS n, MAX(calib_level) AS m FROM ivoa.ObsCore HAVING COUNT(*) > 3 ORDER BY COUNT(*)",
        "SELECT dataproduct_subtype FROM ivoa.ObsCore GROUP BY dataproduct_subtype HAVING COUNT(*) > 3",
        "SELECT COUNT(*) FROM ivoa.ObsCore WHERE CONTAINS(POINT(1, 2), s_region) = 1",
    ],
)
def test_rows_that_differ_in_their_kind_only_are_counted_by_kind(adql):
    assert counts_kinds(adql) == [True]


@pytest.mark.parametrize(
    "adql",
    [
        "SELECT COUNT(*) FROM ivoa.ObsCore WHERE lsst_visit > 3",
        "SELECT COUNT(obs_id) FROM ivoa.ObsCore",
        "SELECT COUNT(DISTINCT calib_level) FROM ivoa.ObsCore",
        "SELECT COUNT(*), SUM(calib_level) FROM ivoa.ObsCore",
        "SELECT COUNT(*), AVG(calib_level) FROM ivoa.ObsCore",
        "SELECT lsst_band, COUNT(*) FROM ivoa.ObsCore GROUP BY lsst_band",
        "SELECT COUNT(*) FROM ivoa.ObsCore WHERE RAND() < 0.5",
        "SELECT COUNT(*) FROM ivoa.ObsCore WHERE CONTAINS(POINT(1, 2), s_region) = 1 OR calib_level = 2",
        "SELECT COUNT(*) FROM ivoa.ObsCore WHERE obs_id IN (SELECT obs_id FROM ivoa.ObsCore)",
        "SELECT COUNT(*) FROM ivoa.ObsCore AS a, ivoa.ObsCore AS b",
        "SELECT calib_level FROM ivoa.ObsCore",
        "SELECT MAX(calib_level) FROM ivoa.ObsCore",
    ],
)
def test_other_rows_are_counted_one_by_one(adql):
    assert not any(counts_kinds(adql))


def test_a_query_within_another_counts_by_kind_alone():
    inner = "SELECT calib_level AS c, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY calib_level"
    assert counts_kinds(f"SELECT COUNT(*) AS m FROM ({inner}) AS q") == [True]
    assert counts_kinds(f"WITH q AS ({inner}) SELECT q.n FROM q JOIN ivoa.ObsCore AS o ON o.calib_level = q.c") in (
        [True, False],
        [False, True],
    )
