"""Every row of ObsCore is compared with what the records of its data ID say."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import Any

import pytest
from lsst.sphgeom import LonLat, UnitVector3d

from skybutler import Butler
from skybutler.errors import ConfigError
from skybutler.vo.obscore import FIELDS, ObsCoreRelation, ObsCoreSettings, TypeSettings
from skybutler.vo.obscore.settings import TYPES
from support.observations import IMAGES, RUN, make_observations
from support.world import square

COUNTS = {f"lsst.{name}": len(data_ids) for name, (_, data_ids) in IMAGES.items()}


def test_all_images_are_told_of_and_nothing_else(observations):
    rows = observations("SELECT * FROM ivoa.ObsCore")
    assert Counter(row["dataproduct_subtype"] for row in rows) == COUNTS
    assert list(rows[0]) == [f.name for f in FIELDS]
    found = observations("SELECT dataproduct_subtype, calib_level, COUNT(*) AS n FROM ObsCore GROUP BY 1, 2 ORDER BY 2")
    assert [(row["calib_level"], row["n"]) for row in found] == [(1, 11), (2, 12), (3, 48)]


def test_a_row_says_what_the_records_say(observations):
    (row,) = observations(
        "SELECT * FROM ObsCore WHERE dataproduct_subtype = 'lsst.calexp' AND lsst_visit = 11 AND lsst_detector = 2"
    )
    visit = next(r for r in observations.rows["visit"] if r["id"] == 11)
    region = next(r for r in observations.rows["visit_detector_region"] if (r["visit"], r["detector"]) == (11, 2))[
        "region"
    ]
    circle = region.getBoundingCircle()
    center = LonLat(circle.getCenter())
    identifier = re.fullmatch(
        r"https://data\.example/api/datalink/links\?ID=butler%3A//test/(.{36})", row["access_url"]
    )
    assert identifier
    assert observations.butler.get_dataset(uuid.UUID(identifier[1])).data_id["visit"] == 11
    assert row["obs_publisher_did"] == f"ivo://example/test?id={identifier[1]}"
    expected: dict[str, Any] = {
        "dataproduct_type": "image", "calib_level": 2, "obs_id": "v1-R1_S0", "obs_collection": "LSST",
        "obs_title": "lsst.calexp - r - v1-R1_S0", "facility_name": "Rubin-LSST", "instrument_name": "Cam",
        "target_name": "wfd", "t_exptime": 15.5, "lsst_band": "r", "lsst_filter": "r_1", "lsst_tract": None,
        "lsst_patch": None, "em_min": 552e-9, "em_max": 691e-9, "o_ucd": "phot.count",
        "access_format": "application/x-votable+xml;content=datalink", "access_estsize": 1, "pol_states": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    mjd = [ns / 86_400e9 + 40587 for ns in (visit["timespan"].begin_ns, visit["timespan"].end_ns)]
    assert [row["t_min"], row["t_max"]] == pytest.approx(mjd, abs=1e-9)
    assert row["s_ra"] % 360 == pytest.approx(center.getLon().asDegrees() % 360, abs=1e-4)
    assert row["s_dec"] == pytest.approx(center.getLat().asDegrees(), abs=1e-4)
    assert row["s_fov"] == pytest.approx(2 * circle.getOpeningAngle().asDegrees(), rel=1e-3)
    numbers = [float(word) for word in row["s_region"].removeprefix("POLYGON ICRS ").split()]
    for ra, dec, vertex in zip(numbers[::2], numbers[1::2], region.getVertices(), strict=True):
        assert (ra, dec) == pytest.approx(
            (LonLat(vertex).getLon().asDegrees(), LonLat(vertex).getLat().asDegrees()), abs=1e-6
        )


def test_raws_have_the_region_of_their_visit_once_it_is_defined(observations):
    rows = observations("SELECT * FROM ObsCore WHERE calib_level = 1 AND instrument_name = 'Cam'")
    by_id = {row["obs_id"]: row for row in rows}
    assert len(by_id) == 10
    assert by_id["E0-1"]["lsst_visit"] == 10  # not the visit of a pair of exposures
    assert by_id["E0-1"]["s_region"].startswith("POLYGON ICRS ")
    assert by_id["E5-0"]["lsst_visit"] is None
    assert by_id["E5-0"]["s_region"] is None
    assert by_id["E5-0"]["s_ra"] is None
    assert by_id["E5-0"]["lsst_band"] is None  # the filter 'dark' has none
    assert by_id["E5-0"]["em_min"] is None


def test_coadds_have_no_time_and_no_instrument(observations):
    (row,) = observations(
        "SELECT * FROM ObsCore WHERE lsst_tract = 3 AND lsst_patch = 1 AND lsst_band = 'g' AND calib_level = '3'"
    )
    assert row["obs_id"] == "Map-3-1"
    assert [row[n] for n in ("t_min", "t_max", "t_exptime", "instrument_name", "lsst_filter", "lsst_visit")] == [
        None
    ] * 6
    assert (row["em_min"], row["em_max"]) == (402e-9, 552e-9)


POINT = (0.35, 0.2)


def regions(observations):
    """Region and obs_id of every image that has one."""
    cam = {(r["visit"], r["detector"]): r["region"] for r in observations.rows["visit_detector_region"]}
    patches = {(r["skymap"], r["tract"], r["id"]): r["region"] for r in observations.rows["patch"]}
    names = {r["id"]: r["full_name"] for r in observations.rows["detector"] if r["instrument"] == "Cam"}
    for instrument, d, e in IMAGES["raw"][1]:
        if instrument == "Cam" and (e, d) in cam:
            yield cam[e, d], f"E{e - 10}-{d}"
    for _, d, v in IMAGES["calexp"][1]:
        yield cam[v, d], f"v{v - 10}-{names[d]}"
    for _, m, t, p in IMAGES["deepCoadd"][1]:
        yield patches[m, t, p], f"{m}-{t}-{p}"


def test_images_at_a_point(observations):
    place = UnitVector3d(LonLat.fromDegrees(*POINT))
    expected = sorted(name for region, name in regions(observations) if region.contains(place))
    assert len(set(expected)) >= 3
    where = f"CONTAINS(POINT('ICRS', {POINT[0]}, {POINT[1]}), s_region) = 1"
    assert sorted(r["obs_id"] for r in observations(f"SELECT obs_id FROM ObsCore WHERE {where}")) == expected
    several = f"SELECT obs_id FROM ObsCore WHERE {where} AND lsst_band = 'r' AND calib_level = 3"
    assert {r["obs_id"] for r in observations(several)} == {name for name in expected if name.startswith("Map")}
    twice = f"SELECT obs_id FROM ObsCore WHERE {where} AND {where}"
    assert sorted(r["obs_id"] for r in observations(twice)) == expected
    either = f"SELECT obs_id FROM ObsCore WHERE {where} OR obs_id = 'E5-0'"
    assert sorted(r["obs_id"] for r in observations(either)) == sorted([*expected, "E5-0"])
    everything = [name for _, name in regions(observations)]
    without = f"SELECT obs_id FROM ObsCore WHERE 0 = CONTAINS(POINT({POINT[0]}, {POINT[1]}), s_region)"
    assert sorted(r["obs_id"] for r in observations(without)) == sorted(
        (Counter(everything) - Counter(expected)).elements()
    )


CENTRES = {
    "box": "s_ra BETWEEN 0.2 AND 0.6 AND s_dec >= -0.1 AND s_dec < 0.3",
    "cone": "1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 0.35, 0.2, 0.3))",
    "distance": "DISTANCE(POINT(359.99, 0.1), POINT(s_ra, s_dec)) < 0.4",
    "polygon": "1 = CONTAINS(POINT(s_ra, s_dec), POLYGON(0.1, 0.0, 0.6, 0.0, 0.4, 0.5))",
    "box and time": "s_ra BETWEEN 0.2 AND 0.6 AND s_dec BETWEEN -0.1 AND 0.3 AND t_min > 0",
    "box and region": "s_ra BETWEEN 0.2 AND 0.6 AND s_dec BETWEEN -9 AND 9 AND 1 = CONTAINS(POINT(0.3, 0), s_region)",
    "two boxes": "s_ra BETWEEN 0.2 AND 0.6 AND s_dec BETWEEN -9 AND 9 AND obs_id IN "
    "(SELECT obs_id FROM ObsCore WHERE s_ra BETWEEN 0.22 AND 0.7 AND s_dec BETWEEN 0 AND 8)",
}


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("where", CENTRES.values(), ids=CENTRES)
def test_images_by_centre(observations, monkeypatch, where, is_long):
    def found(near: int) -> list[str]:
        monkeypatch.setattr("skybutler.vo.answer._NEAR", near)
        return sorted(map(str, observations(f"SELECT obs_id, s_ra, s_dec, lsst_visit FROM ObsCore WHERE {where}")))

    monkeypatch.setattr("skybutler.vo.answer._FEW", 0 if is_long else 1_000)
    total = observations("SELECT COUNT(*) AS n FROM ObsCore")[0]["n"]
    expected = found(-1)  # as the SQL alone tells
    assert 0 < len(expected) < total
    assert found(1_000) == found(3) == expected


def test_images_by_centre_are_looked_for_nowhere_else(observations):
    relation = ObsCoreRelation(observations.butler.registry, ObsCoreSettings(), "", "")
    database = observations.butler.registry.database
    with database.staged({"k": "int"}, [], measured=True) as none:
        stages = {element: [none] for element in relation.elements_of({})}
        assert database.query(relation.sql(stages, ["obs_id", "s_ra", "lsst_visit"])) == []


@pytest.mark.parametrize("how", ["overlaps", "within", "contains"])
def test_images_by_region(observations, how):
    box = square(0.3, 0.1, 0.9 if how != "contains" else 0.05)
    corners = ", ".join(
        f"{LonLat(v).getLon().asDegrees()!r}, {LonLat(v).getLat().asDegrees()!r}" for v in box.getVertices()
    )
    tests = {"overlaps": box.intersects, "within": box.contains, "contains": lambda region: region.contains(box)}
    expected = sorted(name for region, name in regions(observations) if tests[how](region))
    assert expected
    polygon = f"POLYGON('ICRS', {corners})"
    where = {
        "overlaps": f"1 = INTERSECTS({polygon}, s_region)",
        "within": f"1 = CONTAINS(s_region, {polygon})",
        "contains": f"1 = CONTAINS({polygon}, s_region)",
    }[how]
    assert sorted(r["obs_id"] for r in observations(f"SELECT obs_id FROM ObsCore WHERE {where}")) == expected


def test_a_dataset_is_found_by_the_end_of_its_url(observations):
    row = observations("SELECT TOP 1 access_url, obs_publisher_did FROM ObsCore WHERE calib_level = 2")[0]
    identifier = row["access_url"][-36:]
    for condition in (f"access_url LIKE '%{identifier}'", f"obs_publisher_did = '{row['obs_publisher_did']}'"):
        assert len(observations(f"SELECT obs_id FROM ObsCore WHERE {condition}")) == 1
    assert observations(f"SELECT obs_id FROM ObsCore WHERE access_url LIKE 'http://%{identifier}'") == []


def test_settings_choose_and_name(observations):
    said = TypeSettings(
        dataproduct_subtype="x",
        calib_level=4,
        obs_id="{visit}/{detector.raft}",
        obs_title="{obs_id} o'clock",
        s_xel1=64,
    )
    settings = ObsCoreSettings(
        obs_collection="it's",
        facility_name="F",
        dataset_types={"calexp": said, "absent": TYPES["raw"]},
        spectral_ranges={},
    )
    rows = observations("SELECT * FROM ObsCore ORDER BY obs_id, lsst_detector", settings)
    assert len(rows) == COUNTS["lsst.calexp"]
    assert (rows[0]["obs_id"], rows[0]["obs_title"], rows[0]["s_xel1"]) == ("10/R0", "10/R0 o'clock", 64)
    assert {row["obs_collection"] for row in rows} == {"it's"}
    assert {row["em_min"] for row in rows} == {None}
    assert len(observations("SELECT obs_id FROM ObsCore", ObsCoreSettings(collections=(RUN,)))) == sum(COUNTS.values())
    assert observations("SELECT * FROM ObsCore", ObsCoreSettings(dataset_types={})) == []
    assert observations("SELECT COUNT(*) AS n FROM ObsCore", ObsCoreSettings(dataset_types={}))[0]["n"] == 0


@pytest.mark.parametrize(
    "template, message",
    [("{vist}", "visit"), ("{visit.nme}", "name"), ("{tract.id}", "have no tract"), ("{visit", "brace")],
)
def test_templates_that_do_not_fit_are_refused(observations, template, message):
    def make() -> None:
        said = TypeSettings(dataproduct_subtype="x", calib_level=2, obs_id=template)
        ObsCoreRelation(observations.butler.registry, ObsCoreSettings(dataset_types={"calexp": said}), "", "")

    with pytest.raises(ConfigError, match=message):
        make()


def test_it_is_always_what_the_registry_is(tmp_path, database_url):
    make_observations(tmp_path / "repo", database_url)
    with Butler(tmp_path / "repo", writeable=True, run=RUN) as butler:
        relation = ObsCoreRelation(butler.registry, ObsCoreSettings(), "", "")

        def count() -> int:
            ((n,),) = butler.registry.database.query(f"SELECT count(*) FROM ({relation.sql()}) o")
            return int(n)

        before = count()
        ref = butler.find_dataset("calexp", instrument="Cam", visit=10, detector=0)
        assert ref is not None
        with butler.transaction():
            butler.prune_datasets([ref], unstore=True, purge=True)
            assert count() == before - 1
        assert count() == before - 1
        butler.put({}, ref.dataset_type, ref.data_id)
        assert count() == before
        butler.remove_runs([RUN])
        assert count() == 0


def test_its_text_is_made_anew_only_when_definitions_change(tmp_path, database_url):
    make_observations(tmp_path / "repo", database_url)
    with Butler(tmp_path / "repo") as reader, Butler(tmp_path / "repo", writeable=True) as writer:
        relation = ObsCoreRelation(reader.registry, ObsCoreSettings(), "", "")
        told = {"visit_detector_region": ["staged_0"]}, {"obs_id", "s_region"}, {"calib_level": frozenset((2.0,))}
        first = relation.sql()
        assert relation.sql() is first
        assert relation.sql(*told) is relation.sql(*told)
        assert len({relation.sql(*told), relation.sql(told[0]), relation.sql(None, *told[1:]), first}) == 4
        ref = writer.find_dataset("calexp", instrument="Cam", visit=10, detector=0, collections=RUN)
        assert ref is not None
        writer.collections.register("later")
        writer.put({}, ref.dataset_type, ref.data_id, run="later")
        assert relation.sql() != first
        assert len(reader.registry.database.query(relation.sql())) == 1 + len(reader.registry.database.query(first))
