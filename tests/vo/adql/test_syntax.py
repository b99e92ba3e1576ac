from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skybutler.errors import ExpressionError
from skybutler.vo.adql import translate
from skybutler.vo.adql.syntax import parse
from support.tap_tables import TABLES

REFUSED = [
    ("SELECT 1; DROP TABLE x", "2 statements"),
    ("DELETE FROM ivoa.ObsCore", "begins with SELECT"),
    ("SELECT pg_sleep(10) FROM ivoa.ObsCore", "no function 'PG_SLEEP'"),
    ("SELECT * FROM pg_catalog.pg_user", "no table 'pg_catalog.pg_user'"),
    ("SELECT * FROM sqlite_master", "no table 'sqlite_master'"),
    ("SELECT * FROM main.obs", "no table 'main.obs'"),
    ("SELECT * FROM obs", "no table 'obs'"),
    ("SELECT region_key FROM ivoa.ObsCore", "no column 'region_key'"),
    ("SELECT * FROM ivoa.ObsCore LIMIT 5", "write SELECT TOP n"),
    ("SELECT set_config('a','b',true) FROM ivoa.ObsCore", "SET_CONFIG"),
    ("SELECT nosuch FROM ivoa.ObsCore", "no column 'nosuch'"),
    ("SELECT calib_levl FROM ivoa.ObsCore", "Did you mean 'calib_level'"),
    ("SELECT * FROM ivoa.ObsCor", "Did you mean 'ivoa.ObsCore'"),
    ("SELECT DISTANC(1,2,3,4) FROM ivoa.ObsCore", "Did you mean 'DISTANCE'"),
    ("SELECT x.obs_id FROM ivoa.ObsCore AS o", "x"),
    ("SELECT obs_id FROM ObsCore AS a, ObsCore AS b", "obs_id"),
    ("SELECT FROM ivoa.ObsCore WHERE", "understood"),
    ("SELECT 'abc FROM ivoa.ObsCore", "never closed"),
    ("SELECT obs_id FROM ObsCore WHERE calib_level = 'high'", "'high' is compared with a number"),
    ("SELECT POINT(1,2) AS p FROM ObsCore", "can only stand within"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT('GALACTIC', 1, 2), s_region)", "GALACTIC"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT(1, 100), s_region)", "100"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT(s_ra, s_dec), CIRCLE(1, 2, -1))", "-1"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT(1, 1), CIRCLE(1, 2))", "A geometry is expected"),
    ("SELECT obs_id FROM ObsCore WHERE 1=INTERSECTS(s_region, POLYGON(1, 2, 3))", "3 numbers"),
    ("SELECT obs_id FROM ObsCore WHERE 1=INTERSECTS(s_region, POLYGON(1, 2, 1, 2, 1, 2))", "polygon"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT(s_ra, s_dec), s_region)", "made of numbers"),
    ("SELECT obs_id FROM ObsCore WHERE 1=CONTAINS(POINT(1,2), access_url)", "no column of regions"),
    ("SELECT obs_id FROM ObsCore WHERE 1=INTERSECTS(s_region, REGION('Ring 1 2 3'))", "Ring"),
    ("SELECT obs_id FROM ObsCore WHERE 1=INTERSECTS(s_region, REGION('Circle 1 2 x'))", "no number"),
    ("SELECT IN_UNIT(s_ra, 'kg') AS k FROM ObsCore", "kg"),
    ("SELECT IN_UNIT(visit, 'kg') AS k FROM ObsCore", "unit is known"),
    ('SELECT "a;b" FROM ObsCore', "no column"),
    ('SELECT "a?b" FROM ObsCore', "no name"),
    ('SELECT "a RELATION_OF_0_" FROM ObsCore', "no name"),
    ("WITH RECURSIVE c AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM c) SELECT * FROM c", "RECURSIVE"),
    ("SELECT obs_id INTO t FROM ObsCore", "INTO"),
    ("SELECT obs_id FROM ObsCore FOR UPDATE", "LOCKS"),
    ("SELECT x FROM generate_series(1, 9) AS x", "schema.table"),
    ("SELECT CURRENT_USER FROM ObsCore", "CURRENT_USER"),
    ("SELECT " + "(" * 200 + "1" + ")" * 200, "parentheses"),
    ("SELECT '" + "x" * 200_000 + "'", "characters"),
    ("", "0 statements"),
]


@pytest.mark.parametrize("adql, message", REFUSED, ids=[adql[:60] for adql, _ in REFUSED])
def test_what_is_refused_says_why(adql, message):
    for dialect in ("sqlite", "postgres"):
        with pytest.raises(ExpressionError) as caught:
            translate(adql, TABLES, dialect)
        assert message in str(caught.value)
        assert "\x1b" not in str(caught.value)


WORDS = st.sampled_from(
    [
        *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "TOP", "ORDER BY", "GROUP BY", "HAVING", "UNION", "AS", "a"),
        *("(", ")", ",", "*", "=", "1", "-1", "0.5", "1e400", "'a'", "''", '"obs_id"', "obs_id", "s_ra", "s_region"),
        *("ivoa.ObsCore", "tap_schema.schemas", "pg_catalog.pg_user", "CONTAINS(", "POINT(", "CIRCLE(", "POLYGON("),
        *("'ICRS'", "INTERSECTS(", "DISTANCE(", "COUNT(*)", "CAST(", "LIKE", "IN", "IS NULL", "BETWEEN", "CASE WHEN"),
        *("THEN", "END", ";", "--", "/*", "*/", "$$", "?", ":x", "@", "::", "[", "]", "'", '"', "\x00", "ü"),
    ]
)


@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=60))
@settings(max_examples=400, deadline=None)
@example("SELECT -- SELECT ?")
@example("SELECT TOP 1e400 obs_id FROM ivoa.ObsCore")
@example("SELECT TOP -1 obs_id FROM ivoa.ObsCore")
@example("SELECT TOP 'a' obs_id FROM ivoa.ObsCore")
def test_any_text_is_translated_or_refused(text):
    try:
        found = translate(text, TABLES, "sqlite", 10)
    except ExpressionError:
        return
    assert found.sql.startswith(("SELECT", "WITH", "("))


def test_the_caret_stands_under_the_trouble():
    with pytest.raises(ExpressionError) as caught:
        parse("SELECT obs_id\nFROM ivoa.ObsCore\nWHERE sleep(1) = 1")
    assert "  WHERE sleep(1) = 1\n        ^^^^^" in str(caught.value)
    with pytest.raises(ExpressionError) as caught:
        parse("SELECT obs_id\nFROM ivoa.ObsCore LIMIT 5")
    assert "  FROM ivoa.ObsCore LIMIT 5\n                          ^" in str(caught.value)
