"""Queries are run on both databases and in DuckDB; what they find is compared with what Python finds in the rows."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsst.sphgeom import Angle, Circle, ConvexPolygon, LonLat, UnitVector3d

from skybutler.registry.database import Database, open_database
from skybutler.vo.adql import translate
from support.postgres import fresh_database
from support.tap_tables import TABLES

Ask = Callable[..., list[tuple[Any, ...]]]
DIALECT = {"sqlite": "sqlite", "postgresql": "postgres"}
BANDS = "ugrizy"


@dataclass(frozen=True)
class Row:
    obs_id: str
    calib_level: int
    band: str | None
    visit: int | None
    s_ra: float
    s_dec: float
    s_region: str
    access_url: str
    radius: float

    @property
    def center(self) -> UnitVector3d:
        return UnitVector3d(LonLat.fromDegrees(self.s_ra, self.s_dec))

    @property
    def region(self) -> Circle:
        return Circle(self.center, Angle.fromDegrees(self.radius))


def make_rows() -> list[Row]:
    random = np.random.default_rng(7)
    rows = []
    for i in range(300):
        ra, dec = float(random.uniform(0, 360)), float(np.degrees(np.arcsin(random.uniform(-1, 1))))
        if i % 3 == 0:
            ra, dec = float(random.normal(62, 1) % 360), float(random.normal(-37, 1))
        rows.append(
            Row(
                f"{'Obs' if i % 2 else 'obs'}-{i:03d}_{i % 5}",
                1 + i % 3,
                None if i % 11 == 0 else BANDS[i % 6],
                None if i % 7 == 0 else 1000 + i,
                ra,
                dec,
                f"CIRCLE ICRS {ra:.6f} {dec:.6f} 0.3",
                f"http://x/links?ID={i:04d}*[{i % 4}]",
                0.3,
            )
        )
    return rows


ROWS = make_rows()


class Service:
    """Runs queries, staging regions by asking sphgeom about each row."""

    def __init__(self, database: Database) -> None:
        self.database = database
        columns: Any = dict.fromkeys(("obs_id", "band", "s_region", "access_url"), "text")
        columns |= dict.fromkeys(("calib_level", "visit", "region_key"), "int")
        columns |= dict.fromkeys(("s_ra", "s_dec", "region_area"), "float")
        made = ", ".join(f"{name} {database.kinds[kind]}" for name, kind in columns.items())
        with database.transaction():
            database.execute(f"CREATE TABLE obs ({made})")
            database.execute(
                f"CREATE TABLE schemas (schema_name {database.kinds['text']}, schema_index {database.kinds['int']})"
            )
            area = 2 * math.pi * (1 - math.cos(math.radians(0.3))) * math.degrees(1) ** 2
            values = [{**vars(row), "region_key": i, "region_area": area} for i, row in enumerate(ROWS)]
            database.insert_many("obs", columns, [tuple(value[name] for name in columns) for value in values])
            database.insert_many(
                "schemas", {"schema_name": "text", "schema_index": "int"}, [("ivoa", 1), ("tap_schema", 0)]
            )

    def __call__(self, adql: str, limit: int | None = None) -> list[tuple[Any, ...]]:
        found = translate(adql, TABLES, DIALECT[self.database.dialect], limit)
        with self.database.transaction():
            for condition in found.conditions:
                self.database.execute(f"DROP TABLE IF EXISTS {condition.stage}")
                self.database.execute(f"CREATE TEMPORARY TABLE {condition.stage} (k {self.database.kinds['int']})")
                keys = [i for i, row in enumerate(ROWS) if chosen(row.region, condition.how, condition.region)]
                self.database.insert_many(condition.stage, {"k": "int"}, [(k,) for k in keys])
            sql = found.sql
            for use in found.relations:
                tests = [f" AND region_key IN (SELECT k FROM {condition.stage})" for condition in use.conditions]
                sql = sql.replace(use.mark, f"(SELECT * FROM obs WHERE 1 = 1{''.join(tests)})")
            rows = self.database.query(sql, found.parameters)
        assert all(len(row) == len(found.fields) for row in rows)
        return [tuple(row) for row in rows]


def chosen(region: Circle, how: str, given: Any) -> bool:
    if how == "contains" and isinstance(given, Circle) and given.getOpeningAngle().asRadians() == 0.0:
        return bool(region.contains(given.getCenter()))
    return bool(
        {"overlaps": given.intersects, "within": given.contains, "contains": region.contains}[how](
            given if how == "contains" else region
        )
    )


class SnapshotService:
    """Runs queries in DuckDB, which answers from snapshots."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        area = 2 * math.pi * (1 - math.cos(math.radians(0.3))) * math.degrees(1) ** 2
        values = [{**vars(row), "region_key": i, "region_area": area} for i, row in enumerate(ROWS)]
        self.connection.register("obs", pa.Table.from_pylist(values))
        schemas = [{"schema_name": "ivoa", "schema_index": 1}, {"schema_name": "tap_schema", "schema_index": 0}]
        self.connection.register("schemas", pa.Table.from_pylist(schemas))

    def __call__(self, adql: str, limit: int | None = None) -> list[tuple[Any, ...]]:
        found = translate(adql, TABLES, "duckdb", limit)
        for condition in found.conditions:
            keys = [i for i, row in enumerate(ROWS) if chosen(row.region, condition.how, condition.region)]
            self.connection.register(condition.stage, pa.table({"k": pa.array(keys, pa.int64())}))
        sql = found.sql
        for use in found.relations:
            tests = [f" AND region_key IN (SELECT k FROM {condition.stage})" for condition in use.conditions]
            sql = sql.replace(use.mark, f"(SELECT * FROM obs WHERE 1 = 1{''.join(tests)})")
        return self.connection.sql(sql, params=list(found.parameters)).fetchall()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "duckdb"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    if request.param == "duckdb":
        yield SnapshotService()
        return
    if request.param == "sqlite":
        database = open_database(
            f"sqlite:///{tmp_path_factory.mktemp('adql') / 'r.sqlite3'}", writeable=True, create=True
        )
        yield Service(database)
        database.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        database = open_database(url, writeable=True, create=True)
        yield Service(database)
        database.close()


def names(condition: Callable[[Row], Any]) -> list[tuple[str]]:
    return sorted((row.obs_id,) for row in ROWS if condition(row))


def degrees(a: UnitVector3d, ra: float, dec: float) -> float:
    from lsst.sphgeom import NormalizedAngle

    return float(NormalizedAngle(a, UnitVector3d(LonLat.fromDegrees(ra, dec))).asDegrees())


AT = UnitVector3d(LonLat.fromDegrees(62, -37))


def near(row: Row) -> float:
    return degrees(row.center, 62, -37)


SELECT = "SELECT obs_id FROM ivoa.ObsCore WHERE "
CONDITIONS: list[tuple[str, Callable[[Row], Any]]] = [
    ("calib_level = '1'", lambda r: r.calib_level == 1),
    ("calib_level IN ('1', 2)", lambda r: r.calib_level < 3),
    ("visit BETWEEN '1005' AND 1010.5", lambda r: r.visit and 1005 <= r.visit <= 1010),
    ("band = 'i' AND NOT (visit IS NULL OR calib_level > -1 + 2)",
     lambda r: r.band == "i" and r.visit and r.calib_level < 2),
    ("obs_id LIKE 'Obs%'", lambda r: r.obs_id.startswith("Obs")),
    ("obs_id NOT LIKE 'Obs%'", lambda r: not r.obs_id.startswith("Obs")),
    ("obs_id LIKE '%-00__0'", lambda r: r.obs_id[3:6] == "-00" and r.obs_id.endswith("0")),
    ("obs_id LIKE '%!_3' ESCAPE '!' AND obs_id NOT ILIKE 'OBS-01%'",
     lambda r: r.obs_id[-2:] == "_3" and r.obs_id[4:6] != "01"),
    ("obs_id LIKE '%\\' OR obs_id LIKE '%\\_3' OR obs_id NOT LIKE '%\\%' AND band = 'g'", lambda r: r.band == "g"),
    ("band || '\\' LIKE 'g\\' AND obs_id ILIKE LOWER('OBS%') AND 'a%' NOT LIKE 'a\\%'", lambda r: r.band == "g"),
    ("access_url LIKE '%*[1]'", lambda r: r.access_url.endswith("*[1]")),
    ("obs_id ILIKE 'OBS-00%'", lambda r: r.obs_id[3:6] == "-00"),
    ("LOWER(obs_id) = 'obs-007_2' OR UPPER(band) = 'Y'", lambda r: r.obs_id == "Obs-007_2" or r.band == "y"),
    ("COALESCE(band, 'none') = 'none'", lambda r: r.band is None),
    ("CONTAINS(POINT('ICRS', 62, -37), s_region) = 1", lambda r: r.region.contains(AT)),
    ("0 = CONTAINS(POINT(62, -37), s_region)", lambda r: not r.region.contains(AT)),
    ("1=INTERSECTS(CIRCLE('ICRS', 62.0, -37.0, 0.5), s_region)", lambda r: near(r) <= 0.8),
    ("INTERSECTS(s_region, CIRCLE(POINT(62.0, -37.0), 0.5)) != 0", lambda r: near(r) <= 0.8),
    ("1=CONTAINS(s_region, CIRCLE('', 62.0, -37.0, 1))", lambda r: near(r) <= 0.7),
    ("1=CONTAINS(CIRCLE('ICRS GEOCENTER', 62.0, -37.0, 0.1), s_region)", lambda r: near(r) <= 0.2),
    ("1=CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 62, -37, 1))", lambda r: near(r) <= 1),
    ("CONTAINS(POINT(s_ra, s_dec), REGION('Circle ICRS 62 -37 1')) = 1", lambda r: near(r) <= 1),
    ("1=INTERSECTS(POINT(s_ra, s_dec), CIRCLE(62, -37, 1))", lambda r: near(r) <= 1),
    ("1=INTERSECTS(CIRCLE(s_ra, s_dec, 0.4), CIRCLE(62, -37, 0.6))", lambda r: near(r) <= 1),
    ("CONTAINS(CENTROID(s_region), CIRCLE(CENTROID(CIRCLE(62, -37, 9)), 1)) = 1", lambda r: near(r) <= 1),
    ("DISTANCE(POINT(s_ra, s_dec), POINT(62.0, -37.0)) < 1", lambda r: near(r) < 1),
    ("DISTANCE(s_ra, s_dec, 62.0, -37.0) < 1", lambda r: near(r) < 1),
    ("1 = CONTAINS(POINT(62, -37), CIRCLE(s_ra, s_dec, 1))", lambda r: near(r) <= 1),
    ("1 = CONTAINS(POINT(1, 1), CIRCLE(1, 1, 1)) AND calib_level = 1", lambda r: r.calib_level == 1),
    ("1 = INTERSECTS(BOX(1, 1, 1, 1), CIRCLE(9, 9, 1))", lambda r: False),
    ("CONTAINS(POINT(62, -37), s_region) = 1 AND INTERSECTS(s_region, CIRCLE(62, -37.2, 0.01)) = 1",
     lambda r: near(r) <= 0.3 and degrees(r.center, 62, -37.2) <= 0.31),
    ("visit IN (SELECT visit FROM ObsCore WHERE visit > 1290) AND EXISTS (SELECT 1 AS one FROM tap_schema.schemas)",
     lambda r: r.visit and r.visit > 1290),
    ("BITWISE_AND(visit, 3) = 1 AND BITWISE_OR(visit, 1) = visit", lambda r: r.visit and r.visit & 3 == 1),
    ("BITWISE_XOR(visit, 5) < 1004 OR BITWISE_NOT(visit) = -1003",
     lambda r: r.visit and (r.visit ^ 5 < 1004 or ~r.visit == -1003)),
    ("MOD(visit, 7) = 3 AND visit / 2 > 600.0", lambda r: r.visit and r.visit % 7 == 3 and r.visit // 2 > 600),
    ("IN_UNIT(s_dec, 'rad') > 1.0", lambda r: math.radians(r.s_dec) > 1.0),
    ("ABS(LOG(EXP(1)) - 1) < 1e-12 AND LOG10(100) = 2 AND ROUND(s_dec, 1) = ROUND(s_dec * 1.0, 1) AND calib_level = 2",
     lambda r: r.calib_level == 2),
    ("TRUNCATE(s_dec) = -36 AND TRUNC(s_ra, 1) < 400 AND CEILING(1.2) = 2 AND FLOOR(-1.2) = -2",
     lambda r: math.trunc(r.s_dec) == -36),
    ("SQRT(POWER(s_dec, 2)) > 80 AND PI() > 3.14 AND COT(RADIANS(45)) > 0.99 AND RAND() < 1",
     lambda r: abs(r.s_dec) > 80),
    ("CASE WHEN band = 'g' THEN 'green' ELSE 'other' END = 'green'", lambda r: r.band == "g"),
    ("band || '-' || obs_id LIKE 'r-%' AND calib_level <> 1", lambda r: r.band == "r" and r.calib_level != 1),
    ("AREA(s_region) > AREA(CIRCLE(1, 2, 0.2)) AND AREA(POLYGON(0,0, 1,0, 0,1)) < 0.6 AND calib_level = 3",
     lambda r: r.calib_level == 3),
]  # fmt: skip


@pytest.mark.parametrize("condition, expected", CONDITIONS, ids=[condition for condition, _ in CONDITIONS])
def test_conditions_choose_the_right_rows(ask, condition, expected):
    assert sorted(ask(SELECT + condition)) == names(expected)


@st.composite
def polygons(draw):
    ra, dec = draw(st.floats(0, 360)), draw(st.floats(-89, 89))
    turns = draw(st.lists(st.integers(0, 359), min_size=3, max_size=7, unique=True).map(sorted))
    gaps = np.diff([*turns, turns[0] + 360])
    if gaps.max() > 150 or gaps.min() < 5:
        turns = [0, 120, 240]
    size = draw(st.floats(0.5, 40))
    center = UnitVector3d(LonLat.fromDegrees(ra, dec))
    corners = []
    for turn in turns:
        north = UnitVector3d.northFrom(center)
        axis = UnitVector3d(north).rotatedAround(center, Angle.fromDegrees(turn))
        side = UnitVector3d.orthogonalTo(center, axis)
        corners.append(center.rotatedAround(side, Angle.fromDegrees(size)))
    return [(LonLat(c).getLon().asDegrees(), LonLat(c).getLat().asDegrees()) for c in corners]


@given(polygons())
@settings(max_examples=25, deadline=None)
def test_positions_within_polygons_are_those_that_sphgeom_finds(ask, corners):
    numbers = ", ".join(f"{ra!r}, {dec!r}" for ra, dec in corners)
    region = ConvexPolygon.convexHull([UnitVector3d(LonLat.fromDegrees(*corner)) for corner in corners])
    found = set(ask(SELECT + f"1 = CONTAINS(POINT(s_ra, s_dec), POLYGON('ICRS', {numbers}))"))
    assert found == set(names(lambda row: region.contains(row.center)))
    assert set(ask(SELECT + f"INTERSECTS(POLYGON({numbers}), s_region) = 1")) == set(
        names(lambda row: region.intersects(row.region))
    )


def test_the_rest_of_the_language(ask):
    assert ask("SELECT COUNT(*) FROM ivoa.ObsCore") == [(300,)]
    assert ask("SELECT TOP 3 obs_id FROM ivoa.ObsCore ORDER BY obs_id DESC") == sorted(names(bool), reverse=True)[:3]
    assert ask("SELECT obs_id FROM ivoa.ObsCore ORDER BY obs_id OFFSET 290") == names(bool)[290:]
    assert len(ask("SELECT TOP 50 obs_id FROM ivoa.ObsCore", limit=20)) == 20
    assert len(ask("SELECT TOP 5 obs_id FROM ivoa.ObsCore", limit=20)) == 5
    grouped = "SELECT calib_level, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY calib_level HAVING COUNT(*) > 1 ORDER BY 1"
    assert ask(grouped) == [(1, 100), (2, 100), (3, 100)]
    bands = ask("SELECT COALESCE(band, 'x') AS b, COUNT(*) FROM ObsCore GROUP BY COALESCE(band, 'x') ORDER BY b")
    assert "".join(band for band, _ in bands) == "giruxyz"
    assert sorted(ask("SELECT DISTINCT UPPER(band) AS b FROM ObsCore WHERE band IS NOT NULL")) == [
        (b,) for b in "GIRUYZ"
    ]
    assert len(
        ask("SELECT obs_id FROM ObsCore WHERE band='i' UNION ALL SELECT obs_id FROM ObsCore WHERE band='r'")
    ) == len(names(lambda row: row.band in ("i", "r")))
    assert ask("SELECT band FROM ObsCore EXCEPT SELECT band FROM ObsCore WHERE band <> 'i' OR band IS NULL") == [("i",)]
    ((s,),) = ask("SELECT schema_name FROM tap_schema.schemas WHERE schema_name LIKE 'ivo%' ORDER BY schema_index ASC")
    assert s == "ivoa"
    assert ask('SELECT t."s_ra" FROM ivoa."ObsCore" AS t WHERE t.obs_id = \'obs-000_0\'') == [(ROWS[0].s_ra,)]
    assert ask("SELECT CAST(calib_level AS VARCHAR) AS c FROM ObsCore WHERE obs_id = 'obs-000_0'") == [("1",)]
    joined = (
        "SELECT a.obs_id FROM ObsCore AS a JOIN ObsCore AS b ON a.visit = b.visit WHERE a.band = 'g' AND b.band = 'g'"
    )
    assert sorted(ask(joined)) == names(lambda row: row.band == "g" and row.visit)
    coordinates = "COORD1(POINT(1,2)) AS x, COORD2(POINT('ICRS',1,2)) AS y, COORD1(CENTROID(s_region)) AS c"
    ((x, y, c),) = ask(f"SELECT {coordinates} FROM ObsCore WHERE obs_id = 'obs-000_0'")
    assert (x, y, c) == (1, 2, ROWS[0].s_ra)
    test = "CONTAINS(POINT(s_ra, s_dec), CIRCLE(62, -37, 1))"
    inside = len(names(lambda row: near(row) <= 1))
    counts = ask(f"SELECT {test} AS c, COUNT(*) FROM ObsCore GROUP BY {test} ORDER BY c")
    assert counts == [(0, 300 - inside), (1, inside)]


def test_values_can_be_selected_of_nothing(ask):
    assert ask("SELECT 1") == ask("SELECT DISTINCT 1") == ask("SELECT COUNT(*)") == [(1,)]
    assert ask("SELECT 'a' AS x, 2 AS y WHERE 1 = 2") == []
    assert ask("SELECT obs_id FROM ObsCore o WHERE EXISTS (SELECT 1 WHERE o.obs_id = 'obs-000_0')") == [("obs-000_0",)]


def test_texts_are_bound_and_never_part_of_the_statement():
    nasty = "'; DROP TABLE obs; --"
    found = translate(
        f"SELECT obs_id FROM ObsCore WHERE obs_id = '{nasty.replace(chr(39), chr(39) * 2)}'", TABLES, "sqlite"
    )
    assert found.parameters == (nasty,)
    assert "DROP" not in found.sql
    assert found.sql.count("?") == 1


def test_the_end_of_an_identifying_text_is_looked_up():
    identifier = "20d28216-534a-4102-b8a7-1c7f32a9b78c"
    for condition in (f"access_url LIKE '%{identifier}'", f"'http://x/{identifier}' = access_url"):
        found = translate(f"SELECT obs_id FROM ObsCore WHERE {condition}", TABLES, "sqlite")
        assert '"dataset_id" = ?' in found.sql
        assert uuid.UUID(identifier) in found.parameters
    for condition in (
        "access_url LIKE '%b78c'",
        f"access_url NOT LIKE '%{identifier}'",
        f"obs_id LIKE '%{identifier}'",
    ):
        found = translate(f"SELECT obs_id FROM ObsCore WHERE {condition}", TABLES, "sqlite")
        assert "dataset_id" not in found.sql
