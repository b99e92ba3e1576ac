from __future__ import annotations

import pytest

from skybutler.errors import ExpressionError
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.dimension_tables import dimension_tables
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from support.vo_tables import rows_of
from support.world import square


@pytest.fixture(scope="module")
def ask(observations):
    registry = observations.butler.registry
    tables = TapTables([obscore_table(), *dimension_tables(registry)])
    relation = ObsCoreRelation(registry, ObsCoreSettings(), "", "")
    return lambda adql: rows_of(answer(registry, relation, tables, adql))


def test_every_record_is_a_row_with_the_names_of_its_labels(ask, observations):
    for element in ("instrument", "physical_filter", "detector", "exposure", "visit", "tract", "patch", "skymap"):
        key = observations.butler.registry.universe[element].key.name
        expected = [
            {"label": str(row[key]), "owner": row.get("instrument", row.get("skymap"))}
            for row in observations.rows[element]
        ]
        owner = {"instrument": "NULL", "skymap": "NULL", "tract": "skymap", "patch": "skymap"}.get(
            element, "instrument"
        )
        name = f"CAST({element} AS VARCHAR)"
        selected = f"{name} AS label" + (f", {owner} AS owner" if owner != "NULL" else "")
        found = ask(f"SELECT {selected} FROM butler.{element}")
        if owner == "NULL":
            expected = [{"label": row["label"]} for row in expected]
        assert sorted(map(str, found)) == sorted(map(str, expected)), element


def test_times_filters_and_truths(ask):
    (row,) = ask("SELECT * FROM butler.exposure WHERE instrument = 'Cam' AND exposure = 11")
    assert (row["physical_filter"], row["obs_id"], row["exposure_time"]) == ("r_1", "E1", 15.5)
    assert (row["can_see_sky"], row["has_simulated"]) == (0, 0)
    assert row["t_max"] - row["t_min"] == pytest.approx(1 / 24)
    assert row["t_min"] == pytest.approx(60310.0 + 37 / 86400 + 2 / 24, abs=1e-9)
    assert ask("SELECT COUNT(*) AS n FROM butler.exposure WHERE can_see_sky IS NULL") == [{"n": 1}]


@pytest.mark.parametrize("element", ["visit", "tract", "patch", "visit_detector_region"])
def test_regions_are_found_as_the_records_have_them(ask, observations, element):
    from lsst.sphgeom import LonLat, UnitVector3d

    circle = square(0.35, 0.2, 0.1).getBoundingCircle()
    point = UnitVector3d(LonLat.fromDegrees(0.35, 0.2))
    records = [row for row in observations.rows[element] if row["region"] is not None]
    there = sum(row["region"].contains(point) for row in records)
    near = sum(not row["region"].isDisjointFrom(circle) for row in records)
    radius = circle.getOpeningAngle().asDegrees()
    condition = "CONTAINS(POINT(0.35, 0.2), s_region)"
    assert there > 0
    assert ask(f"SELECT COUNT(*) AS n FROM butler.{element} WHERE 1 = {condition}") == [{"n": there}]
    assert ask(
        f"SELECT COUNT(*) AS n FROM butler.{element} WHERE 1 = INTERSECTS(CIRCLE(0.35, 0.2, {radius!r}), s_region)"
    ) == [{"n": near}]
    assert (
        len(ask(f"SELECT s_ra, s_region FROM butler.{element} WHERE {condition} = 0"))
        == len(observations.rows[element]) - there
    )
    assert ask(f"SELECT s_region FROM butler.{element} WHERE 1 = {condition}")[0]["s_region"].startswith("POLYGON ICRS")


def test_they_are_joined_with_images(ask):
    found = ask(
        "SELECT o.obs_id, v.target_name, v.s_region, o.s_region AS image FROM ivoa.ObsCore AS o "
        "JOIN butler.visit AS v ON v.visit = o.lsst_visit AND v.instrument = o.instrument_name "
        "WHERE o.dataproduct_subtype = 'lsst.calexp' AND 1 = CONTAINS(POINT(0.35, 0.2), v.s_region) "
        "AND 1 = INTERSECTS(CIRCLE(0.35, 0.2, 3), o.s_region) ORDER BY o.obs_id"
    )
    assert found
    assert {row["target_name"] for row in found} <= {"WFD", "wfd", None}
    assert all(row["image"] and row["s_region"] for row in found)


def test_left_joins_keep_rows_without_a_partner(ask, observations):
    found = ask(
        "SELECT t.tract, v.visit FROM butler.tract AS t LEFT JOIN butler.visit AS v "
        "ON v.visit = t.tract AND 1 = CONTAINS(POINT(0.35, 0.2), v.s_region)"
    )
    assert {row["visit"] for row in found} == {None}
    assert len(found) == len(observations.rows["tract"])


def test_internal_columns_cannot_be_asked_for(ask):
    with pytest.raises(ExpressionError, match="no column 'region_key'"):
        ask("SELECT region_key FROM butler.visit")
