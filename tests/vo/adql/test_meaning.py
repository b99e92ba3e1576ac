from __future__ import annotations

import pytest

from skybutler.errors import ExpressionError
from skybutler.vo.adql import translate
from support.tap_tables import TABLES

REFUSED = [
    ("SELECT obs_id, COUNT(*) FROM ivoa.ObsCore", "'obs_id' is neither in GROUP BY"),
    ("SELECT band, s_ra FROM ivoa.ObsCore GROUP BY band", "'s_ra' is neither in GROUP BY"),
    ("SELECT band FROM ivoa.ObsCore GROUP BY band HAVING s_ra > 3", "'s_ra' is neither"),
    ("SELECT MAX(s_ra) + s_dec AS x FROM ivoa.ObsCore", "'s_dec' is neither"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE COUNT(*) > 3", "go into HAVING"),
    ("SELECT AVG(obs_id) FROM ivoa.ObsCore", "'obs_id' is text, where a number is expected"),
    ("SELECT -obs_id FROM ivoa.ObsCore", "'obs_id' is text"),
    ("SELECT s_ra + obs_id FROM ivoa.ObsCore", "'obs_id' is text"),
    ("SELECT UPPER(s_ra) FROM ivoa.ObsCore", "'s_ra' is a number, where text is expected"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE visit LIKE '25%'", "'visit' is a number"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE s_ra", "where a truth value is expected"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE NOT obs_id", "where a truth value is expected"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE s_ra > 3 AND band", "'band' is text"),
    ("SELECT obs_id FROM ivoa.ObsCore WHERE obs_id = 5", "'obs_id' is text, and '5' a number"),
    ("SELECT obs_id FROM ivoa.ObsCore UNION SELECT s_ra FROM ivoa.ObsCore", "a number on the other"),
    ("SELECT obs_id FROM ivoa.ObsCore EXCEPT SELECT obs_id, s_ra FROM ivoa.ObsCore", "One side has 1 columns"),
]

MEANT = [
    "SELECT COUNT(*) FROM ivoa.ObsCore HAVING COUNT(*) > 1",
    "SELECT band AS b, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY b HAVING n > 3 ORDER BY n DESC",
    "SELECT band, COUNT(*) FROM ivoa.ObsCore GROUP BY 1",
    "SELECT ROUND(s_ra, 0) AS r, MIN(s_dec) FROM ivoa.ObsCore GROUP BY ROUND(s_ra, 0)",
    "SELECT ROUND(s_ra, 0) AS r, MIN(s_dec) FROM ivoa.ObsCore GROUP BY r",
    "SELECT ROUND(s_ra, 0) + 1 AS r, 'x' AS y, COUNT(*) FROM ivoa.ObsCore GROUP BY ROUND(s_ra, 0)",
    "SELECT o.band, UPPER(o.band), COUNT(DISTINCT obs_id) FROM ivoa.ObsCore AS o GROUP BY band",
    "SELECT band, (SELECT COUNT(*) FROM ivoa.ObsCore) FROM ivoa.ObsCore GROUP BY band",
    "SELECT (SELECT MAX(s_ra) FROM ivoa.ObsCore) FROM ivoa.ObsCore",
    "SELECT obs_id FROM ivoa.ObsCore WHERE s_ra = (SELECT MAX(s_ra) FROM ivoa.ObsCore)",
    "WITH c AS (SELECT calib_level AS t FROM ivoa.ObsCore) SELECT t, COUNT(*) AS n FROM c GROUP BY t",
    "SELECT AVG(n) FROM (SELECT band, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY band) AS x",
    "SELECT obs_id FROM ivoa.ObsCore WHERE calib_level = '1' AND '2.5' < s_ra",
    "SELECT obs_id || '-' || band, CAST(s_ra AS VARCHAR) || 'x' FROM ivoa.ObsCore",
    "SELECT COALESCE(band, 'x'), COALESCE(visit, 0) + 1 FROM ObsCore WHERE COALESCE(band, 'x') = 'x'",
    "SELECT SUM(CASE WHEN band = 'g' THEN 1 ELSE 0 END) FROM ivoa.ObsCore",
    "SELECT s_ra FROM ObsCore WHERE CONTAINS(POINT(1, 2), s_region) = 1 OR NOT INTERSECTS(s_region, POINT(1, 2)) = 0",
    "SELECT MIN(DISTANCE(POINT(s_ra, s_dec), POINT(1, 2))) AS d FROM ObsCore",
    "SELECT s_ra FROM ObsCore WHERE NOT EXISTS (SELECT 1 FROM tap_schema.schemas)",
    "SELECT obs_id FROM ivoa.ObsCore WHERE band IN ('g', 'r') AND visit IS NOT NULL OR s_ra BETWEEN 1 AND 2",
    "SELECT obs_id FROM ivoa.ObsCore UNION ALL SELECT 'x' FROM ivoa.ObsCore",
    "SELECT visit FROM ivoa.ObsCore UNION SELECT s_ra FROM ivoa.ObsCore",
    "SELECT NULL AS a, -s_ra, ABS(visit) FROM ivoa.ObsCore WHERE s_ra > -3 AND -1 < visit",
]  # fmt: skip


@pytest.mark.parametrize("query, message", REFUSED)
def test_what_cannot_be_meant_is_refused(query: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        translate(query, TABLES, "sqlite")


@pytest.mark.parametrize("query", MEANT)
def test_what_is_meant_is_not(query: str) -> None:
    for dialect in ("sqlite", "postgres", "duckdb"):
        assert translate(query, TABLES, dialect).sql
