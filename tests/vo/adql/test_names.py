from __future__ import annotations

from skybutler.vo.adql import translate
from support.tap_tables import OBSERVATIONS, TABLES


def test_results_have_the_columns_that_were_asked_for():
    def fields(adql: str) -> list[tuple[str, str, str | None]]:
        return [(f.name, f.datatype, f.unit) for f in translate(adql, TABLES, "sqlite").fields]

    assert [name for name, _, _ in fields("SELECT * FROM ivoa.obscore")] == [f.name for f in OBSERVATIONS.fields]
    assert fields("SELECT S_RA AS Right, COUNT(*), COUNT(*) FROM ObsCore GROUP BY s_ra") == [
        ("Right", "double", "deg"), ("count", "long", None), ("count_2", "long", None),
    ]  # fmt: skip
    assert fields("SELECT MAX(s_dec), MIN(visit) AS v, AVG(calib_level) FROM ivoa.ObsCore") == [
        ("max", "double", "deg"), ("v", "long", None), ("avg", "double", None),
    ]  # fmt: skip
    assert fields("WITH c AS (SELECT s_ra AS x, band FROM ivoa.ObsCore) SELECT x, band, x * 2 AS y FROM c AS d") == [
        ("x", "double", "deg"), ("band", "char", None), ("y", "double", None),
    ]  # fmt: skip
    assert fields("SELECT a.obs_id, b.obs_id FROM ivoa.ObsCore AS a JOIN ivoa.ObsCore AS b ON a.visit = b.visit") == [
        ("obs_id", "char", None), ("obs_id_2", "char", None),
    ]  # fmt: skip
    (field,) = translate("SELECT s_ra FROM ObsCore UNION SELECT s_dec FROM ObsCore", TABLES, "sqlite").fields
    assert (field.ucd, field.description) == ("pos.eq.ra", "Right ascension.")


def test_regions_are_known_wherever_they_come_from():
    def regions(adql: str) -> frozenset[int]:
        return translate(adql, TABLES, "sqlite").regions

    assert regions("SELECT obs_id, s_region FROM ObsCore") == {1}
    assert regions("SELECT * FROM (SELECT s_region AS outline FROM ObsCore) AS q") == {0}
    assert regions("WITH c AS (SELECT s_region FROM ObsCore) SELECT COUNT(*) FROM c") == set()
