"""Positions of uploaded tables and regions: the same pairs as if each position were asked for alone."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import ButlerError, ExpressionError, InvalidQueryError
from skybutler.vo.adql import TapTable, TapTables, translate
from skybutler.vo.answer import answer
from skybutler.vo.dimension_tables import dimension_tables
from skybutler.vo.field import Field
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from support.vo_tables import rows_of

COLUMNS = (("n", "long"), ("ra", "double"), ("dec", "double"), ("size", "double"), ("flag", "boolean"))
FIELDS = tuple(Field(name=name, datatype=kind) for name, kind in COLUMNS)
KINDS = "dataproduct_subtype = 'lsst.calexp'"


def uploaded(rows):
    return TapTable("tap_upload", "mine", FIELDS, "", rows=rows)


@pytest.fixture(scope="module")
def mine():
    """Places in and around what was observed."""
    random = np.random.default_rng(3)
    ra, dec = random.uniform(-1.5, 4.0, 60), random.uniform(-1.5, 1.5, 60)
    rows = [(i, float(r), float(d), 0.05 + 0.01 * i, True) for i, (r, d) in enumerate(zip(ra, dec, strict=True))]
    return uploaded([*rows, (60, None, 0.1, 0.1, True), (61, 0.1, float("nan"), 0.1, None), (62, 0.1, 0.1, None, None)])


@pytest.fixture(scope="module")
def ask(observations):
    registry = observations.butler.registry
    obscore = ObsCoreRelation(registry, ObsCoreSettings(), "https://data.example/", "ivo://example/")

    def asked(adql, *tables):
        every = [obscore_table(), *dimension_tables(registry), *tables]
        return rows_of(answer(registry, obscore, TapTables(every), adql))

    return asked


def one_by_one(ask, mine, shape, test="CONTAINS({}, s_region)", table="ivoa.ObsCore", name="obs_id", more="1 = 1"):
    found = []
    for n, ra, dec, size, _ in mine.rows:
        if ra is not None and dec == dec and size is not None:
            condition = test.format(shape.format(ra=ra, dec=dec, size=size))
            rows = ask(f"SELECT {name} AS x FROM {table} WHERE {condition} = 1 AND {more}")
            found += [(n, row["x"]) for row in rows]
    return sorted(found)


def as_pairs(rows):
    return sorted((row["n"], row["x"]) for row in rows)


def test_positions_of_rows_find_what_each_would_find_alone(ask, mine):
    expected = one_by_one(ask, mine, "POINT({ra}, {dec})", more=KINDS)
    assert len(expected) >= 10
    found = ask(f"SELECT u.n, o.obs_id AS x FROM tap_upload.mine AS u, ivoa.ObsCore AS o WHERE {KINDS} "
                "AND CONTAINS(POINT('ICRS', u.ra, u.dec), o.s_region) = 1", mine)  # fmt: skip
    assert as_pairs(r for r in found if r["n"] != 62) == expected
    joined = ask("SELECT u.n, o.obs_id AS x FROM ivoa.ObsCore AS o JOIN tap_upload.mine AS u "
                 f"ON 1 = INTERSECTS(o.s_region, POINT(u.ra, u.dec)) WHERE {KINDS} ORDER BY n", mine)  # fmt: skip
    assert as_pairs(joined) == as_pairs(found)
    counted = ask("SELECT u.n, COUNT(*) AS x FROM tap_upload.mine AS u JOIN ivoa.ObsCore AS o "
                  f"ON CONTAINS(POINT(u.ra, u.dec), o.s_region) = 1 WHERE {KINDS} GROUP BY u.n", mine)  # fmt: skip
    numbers = [n for n, _ in as_pairs(found)]
    assert as_pairs(counted) == sorted((n, numbers.count(n)) for n in set(numbers))


@pytest.mark.parametrize(
    "shape, test",
    [
        ("CIRCLE({ra}, {dec}, {size})", "INTERSECTS({}, s_region)"),
        ("CIRCLE({ra}, {dec}, 0.02)", "CONTAINS({}, s_region)"),
        ("CIRCLE(POINT({ra}, {dec}), 1.2)", "CONTAINS(s_region, {})"),
    ],
)
def test_circles_of_rows_do_too(ask, mine, shape, test):
    expected = one_by_one(ask, mine, shape, test, more=KINDS)
    assert expected
    condition = test.format(shape.format(ra="u.ra", dec="u.dec", size='u."size"'))
    found = ask(f"SELECT u.n, o.obs_id AS x FROM tap_upload.mine AS u, ivoa.ObsCore AS o WHERE {condition} = 1 "
                f"AND u.\"size\" IS NOT NULL AND {KINDS}", mine)  # fmt: skip
    assert as_pairs(found) == expected


def test_regions_of_dimensions_are_found(ask, mine):
    expected = one_by_one(ask, mine, "POINT({ra}, {dec})", table="butler.patch", name="patch")
    assert expected
    found = ask("SELECT u.n, p.patch AS x FROM butler.patch p JOIN tap_upload.mine u "
                "ON CONTAINS(POINT(u.ra, u.dec), p.s_region) = 1 WHERE u.\"size\" IS NOT NULL", mine)  # fmt: skip
    assert as_pairs(found) == expected


def test_where_not_all_rows_need_a_partner_the_others_stay(ask, mine):
    inside = {n for n, _ in one_by_one(ask, mine, "POINT({ra}, {dec})", more=KINDS)} | {62}
    test = "CONTAINS(POINT(u.ra, u.dec), o.s_region)"
    left = ask(f"SELECT u.n, o.obs_id FROM tap_upload.mine u LEFT JOIN ivoa.ObsCore o ON {test} = 1 AND {KINDS}", mine)
    assert {row["n"] for row in left} == set(range(63))
    assert {row["n"] for row in left if row["obs_id"] is not None} == inside
    exists = (
        f"SELECT u.n FROM tap_upload.mine u WHERE EXISTS (SELECT 1 FROM ivoa.ObsCore o WHERE {KINDS} AND {test} = 1)"
    )
    assert {row["n"] for row in ask(exists, mine)} == inside
    either = ask(f"SELECT u.n FROM tap_upload.mine u, ivoa.ObsCore o WHERE {KINDS} AND ({test} = 1 OR u.n = 60)", mine)
    assert {row["n"] for row in either} == inside | {60}
    told = ask(f"SELECT u.n, o.obs_id AS x, {test} AS y FROM tap_upload.mine u, ivoa.ObsCore o WHERE {KINDS}", mine)
    assert {row["n"] for row in told if row["y"] == 1} == inside
    outside = ask(
        f"SELECT u.n, o.obs_id AS x FROM tap_upload.mine u, ivoa.ObsCore o WHERE {KINDS} AND {test} = 0", mine
    )
    assert not set(as_pairs(outside)) & set(as_pairs(row for row in told if row["y"] == 1))
    assert len(outside) + sum(row["y"] for row in told) == len(told)


def test_a_table_without_rows_has_no_pairs(ask):
    query = "SELECT * FROM tap_upload.mine u, ivoa.ObsCore o WHERE CONTAINS(POINT(u.ra, u.dec), o.s_region) = 1"
    assert ask(query, uploaded([])) == []


@pytest.mark.parametrize(
    "row, message",
    [
        ((1, 10.0, 95.0, 1.0, True), "Row 2 of 'mine' has coordinates out of range: 10, 95"),
        ((1, 1e6, 5.0, 1.0, True), "out of range: 1e.06, 5"),
        ((1, float("inf"), 5.0, 1.0, True), "out of range: inf, 5"),
    ],
)
def test_positions_out_of_range_are_told_of(ask, row, message):
    query = "SELECT * FROM tap_upload.mine u, ivoa.ObsCore o WHERE CONTAINS(POINT(u.ra, u.dec), o.s_region) = 1"
    with pytest.raises(InvalidQueryError, match=message):
        ask(query, uploaded([(0, 1.0, 1.0, 1.0, True), row]))


@pytest.mark.parametrize(
    "test, message",
    [
        ("CONTAINS(POINT(u.ra + 1, u.dec), o.s_region)", "columns of an uploaded table"),
        ("CONTAINS(POINT(o.s_ra, u.dec), o.s_region)", "columns of an uploaded table"),
        ("INTERSECTS(POLYGON(u.ra, u.dec, 1, 2, 3, 4), o.s_region)", "columns of an uploaded table"),
        ("CONTAINS(POINT(o.s_ra, o.s_dec), o.s_region)", "columns of an uploaded table"),
        ("INTERSECTS(o.s_region, o.s_region)", "Two columns of regions cannot be compared"),
    ],
)
def test_what_cannot_be_compared_is_refused(test, message):
    query = f"SELECT u.n FROM tap_upload.mine u, ivoa.ObsCore o WHERE {test} = 1"
    with pytest.raises(ExpressionError, match=message):
        translate(query, TapTables([obscore_table(), uploaded([])]), "sqlite")


def test_coordinates_are_numbers(ask, mine):
    query = "SELECT u.n FROM tap_upload.mine u, ivoa.ObsCore o WHERE CONTAINS(POINT(u.flag, u.dec), o.s_region) = 1"
    with pytest.raises(ButlerError, match="flag"):
        ask(query, mine)
