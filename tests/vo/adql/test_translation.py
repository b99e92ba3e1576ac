"""A translation made of that of another query is the one that the query has by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import ExpressionError
from skybutler.vo.adql import TapTables, translate
from skybutler.vo.obscore import obscore_table
from support.tap_tables import OBSERVATIONS, SCHEMAS

OBSCORE = obscore_table()
SHARED = {"ivoa": TapTables([OBSCORE]), "tried": TapTables([OBSERVATIONS, SCHEMAS])}

NUMBERS = st.one_of(
    st.integers(-400, 400).map(str),
    st.integers(0, 10**20).map(str),
    st.floats(-400, 400, allow_nan=False).map(lambda v: f"{v:.6f}"),
    st.floats(0, 1e300).map(repr),
)
TEXTS = st.one_of(
    st.sampled_from(["i", "lsst.calexp", "lsst.raw", "%", "it''s", "3", " 2.5", "image", "",
                     "http://x/links?ID=01234567-0123-0123-0123-0123456789ab"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'"), max_size=12),
)  # fmt: skip
ANY = st.one_of(NUMBERS, TEXTS.map("'{}'".format))

QUERIES = [
    "SELECT * FROM {0} WHERE CONTAINS(POINT('ICRS', #, #), s_region) = 1",
    "SELECT obs_id FROM {0} WHERE INTERSECTS(CIRCLE(#, #, #), s_region) = # AND calib_level = ?",
    "SELECT obs_id FROM {0} WHERE 1 = INTERSECTS(s_region, POLYGON(#, #, #, #, #, #)) OR s_ra < #",
    "SELECT obs_id FROM {0} WHERE CONTAINS(POINT(# + 1, #), s_region) = 1 AND obs_id = ?",
    "SELECT TOP # obs_id, ? AS a, s_ra + # FROM {0} WHERE obs_id IN (?, ?) ORDER BY s_ra + #",
    "SELECT obs_id FROM {0} WHERE s_ra BETWEEN # AND # AND NOT (s_dec >= # OR # = calib_level)",
    "SELECT obs_id FROM {0} WHERE access_url LIKE ? OR access_url = ? OR s_region = ? OR obs_id LIKE ?",
    "SELECT CASE WHEN s_ra > # THEN 1 ELSE 2 END AS c FROM {0} GROUP BY CASE WHEN s_ra > # THEN 1 ELSE 2 END",
    "SELECT a.obs_id FROM {0} a LEFT JOIN {0} b ON a.obs_id = b.obs_id AND b.s_ra > # WHERE b.calib_level IN (#, #)",
    "SELECT x.obs_id FROM (SELECT obs_id, calib_level FROM {0} WHERE s_ra > #) x WHERE x.calib_level = #",
    "SELECT (SELECT MAX(s_ra) FROM {0} WHERE s_ra > #) FROM {0} GROUP BY (SELECT MAX(s_ra) FROM {0} WHERE s_ra > #)",
    "SELECT s_ra FROM {0} WHERE access_url = ?",
    "SELECT s_ra FROM {0} WHERE calib_level = ?",
    "SELECT COUNT(*) AS n FROM {0} WHERE DISTANCE(POINT(s_ra, s_dec), POINT(#, #)) < # HAVING COUNT(*) > #",
]  # fmt: skip


@st.composite
def queries(draw):
    schema = draw(st.sampled_from(["ivoa", "tried"]))
    text = draw(st.sampled_from(QUERIES)).format("ivoa.ObsCore")
    pieces = [draw({"#": NUMBERS, "?": ANY}.get(c, st.just(c))) for c in text]
    return schema, "".join(pieces)


def outcome(query, tables, dialect):
    try:
        return translate(query, tables, dialect, 100)
    except ExpressionError as error:
        return str(error)


@settings(max_examples=250, deadline=None)
@given(queries(), st.sampled_from(["sqlite", "postgres"]))
def test_it_does_not_matter_what_was_asked_before(query, dialect):
    schema, text = query
    alone = TapTables(SHARED[schema])
    assert outcome(text, SHARED[schema], dialect) == outcome(text, alone, dialect)


def test_other_values_need_no_other_translation():
    tables = TapTables([OBSCORE])
    query = (
        "SELECT * FROM ivoa.ObsCore WHERE dataproduct_subtype = 'lsst.calexp' AND lsst_band = '{}' AND lsst_visit = {} "
        "AND CONTAINS(POINT({}, -{}), s_region) = 1 AND s_fov < {}"
    )
    values = [("i", 3, 10.5, 20, 0.5), ("y", 4, 7, 9.5, 1.5), ("z", 5, 3.5, 80, 2.5)]
    found = [translate(query.format(*of_one), tables, "sqlite") for of_one in values]
    assert len({translation.sql for translation in found}) == 1
    assert found[2].fields is found[0].fields
    assert [t.parameters for t in found] == [("i", 3, 0.5), ("y", 4, 1.5), ("z", 5, 2.5)]
    assert len({t.conditions[0].region.encode() for t in found}) == 3
    assert all(t.relations[0].conditions == t.conditions for t in found)


def test_a_shape_that_is_none_is_told_of_where_it_stands():
    tables = TapTables([OBSCORE])
    query = "SELECT obs_id FROM ivoa.ObsCore WHERE CONTAINS(POINT(10.5, {}), s_region) = 1"
    translate(query.format("20.5"), tables, "sqlite")
    with pytest.raises(ExpressionError, match=r"95\.5"):
        translate(query.format("95.5"), tables, "sqlite")
