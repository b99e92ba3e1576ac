from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord

from skybutler import Butler
from skybutler.errors import InvalidQueryError
from skybutler.vo import reference_tables
from skybutler.vo.adql import TapTables, translate
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.reference_tables import Shard, ShardCache, reference_catalogs
from support.postgres import fresh_database
from support.reference_catalog import CENTER, make_catalog
from support.vo_tables import rows_of

RA, DEC = CENTER


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def catalog(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("catalog")

    def opened(url):
        sources = make_catalog(place / "repo", url)
        return Butler(place / "repo"), sources

    if request.param == "sqlite":
        butler, sources = opened(f"sqlite:///{place / 'registry.sqlite3'}")
        yield butler, sources
        butler.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        butler, sources = opened(url)
        yield butler, sources
        butler.close()


class Watched(ShardCache):
    """Which shards were asked for, and which had to be read."""

    def __init__(self):
        super().__init__()
        self.asked, self.read = [], []

    def get(self, dataset):
        self.asked.append(dataset)
        return super().get(dataset)

    def put(self, dataset, shard):
        self.read.append(dataset)
        super().put(dataset, shard)


@pytest.fixture(scope="module")
def cache():
    return Watched()


@pytest.fixture(scope="module")
def ask(catalog, cache):
    butler, _ = catalog
    (found,) = reference_catalogs(butler, cache)
    tables = TapTables([obscore_table(), found.table])
    relation = ObsCoreRelation(butler.registry, ObsCoreSettings(), "", "")
    return lambda adql: rows_of(answer(butler.registry, relation, tables, adql, 1_000_000))


def expected(catalog, radius):
    _, (ids, ra, dec) = catalog
    near = SkyCoord(RA, DEC, unit="deg").separation(SkyCoord(ra, dec, unit="deg")).deg <= radius
    return sorted(ids[near].tolist())


@pytest.mark.parametrize(
    "condition",
    [
        f"1 = CONTAINS(POINT(coord_ra, coord_dec), CIRCLE({RA}, {DEC}, 0.3))",
        f"CONTAINS(POINT('ICRS', coord_ra, coord_dec), CIRCLE('ICRS', {RA}, {DEC}, 0.3)) = 1 AND id > 0",
        f"1 = INTERSECTS(CIRCLE({RA}, {DEC}, 0.3), POINT(coord_ra, coord_dec))",
        f"1 = CONTAINS(POINT({RA}, {DEC}), CIRCLE(coord_ra, coord_dec, 0.3))",
        f"DISTANCE(POINT(coord_ra, coord_dec), POINT({RA}, {DEC})) <= 0.3",
        f"0.3 > DISTANCE({RA}, {DEC}, coord_ra, coord_dec)",
    ],
)
def test_a_circle_finds_its_sources_in_the_shards_under_it(ask, catalog, cache, condition):
    found = ask(f"SELECT id FROM refcat.cal_ref_cat WHERE {condition} ORDER BY id")
    assert [row["id"] for row in found] == expected(catalog, 0.3)
    assert len(found) > 10
    read = len(cache.read)
    assert len(ask(f"SELECT id FROM refcat.cal_ref_cat WHERE {condition}")) == len(found)
    assert len(cache.read) == read


def test_only_shards_under_the_circle_are_read(ask, cache):
    def shards(condition):
        cache.asked.clear()
        ask(f"SELECT id FROM cal_ref_cat {condition}")
        return len(cache.asked)

    everything = shards("")
    small = shards(f"WHERE 1 = CONTAINS(POINT(coord_ra, coord_dec), CIRCLE({RA}, {DEC}, 0.01))")
    assert 1 <= small <= 6 < everything
    polygon = f"POLYGON({RA}, {DEC}, {RA + 0.02}, {DEC}, {RA + 0.02}, {DEC + 0.02})"
    assert shards(f"WHERE 1 = CONTAINS(POINT(coord_ra, coord_dec), {polygon})") <= 6
    # what need not hold for all rows says nothing of where they are
    circle = f"1 = CONTAINS(POINT(coord_ra, coord_dec), CIRCLE({RA}, {DEC}, 0.01))"
    assert shards(f"WHERE {circle} OR id < 5") == everything
    assert shards(f"WHERE NOT ({circle})") == everything
    assert shards(f"WHERE {circle.replace('1 =', '0 =')}") == everything
    assert shards("WHERE 1 = CONTAINS(POINT(coord_dec, coord_ra), CIRCLE(0, 0, 0.01))") == everything
    assert shards("WHERE 1 = CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(200, 50, 0.01))") == 0


def test_values_are_degrees_numbers_and_nulls(ask):
    rows = ask("SELECT * FROM refcat.cal_ref_cat WHERE id < 1000000000020 ORDER BY id")
    assert [row["r_flux"] is None for row in rows] == [i % 10 == 0 for i in range(20)]
    assert {row["resolved"] for row in rows} == {0, 1}
    assert all(abs((row["coord_ra"] - RA + 180) % 360 - 180) <= 1.5 for row in rows)


def test_first_rows_are_given_without_a_position(ask):
    assert len(ask("SELECT TOP 5 id, coord_ra FROM refcat.cal_ref_cat")) == 5
    assert ask("SELECT COUNT(*) AS n FROM refcat.cal_ref_cat") == [{"n": 4000}]


def test_too_many_rows_are_refused_with_what_to_do(ask, monkeypatch):
    monkeypatch.setattr(reference_tables, "MOST_ROWS", 100)
    with pytest.raises(InvalidQueryError, match="more than 100 rows of refcat.cal_ref_cat") as info:
        ask("SELECT AVG(r_flux) FROM refcat.cal_ref_cat")
    assert "CONTAINS(POINT(coord_ra, coord_dec)" in info.value.hint
    assert len(ask("SELECT TOP 5 id FROM refcat.cal_ref_cat")) == 5


def test_a_shard_that_comes_later_stands_for_the_earlier_one(tmp_path):
    make_catalog(tmp_path / "repo", f"sqlite:///{tmp_path / 'r.sqlite3'}")
    with Butler(tmp_path / "repo", writeable=True, run="refcats/new") as butler:
        (found,) = reference_catalogs(butler, ShardCache())
        before = sum(batch.num_rows for batch in found.batches(()))
        ref = next(iter(butler.query_datasets("cal_ref_cat", "refcats")))
        shard = butler.get(ref)
        butler.put(shard[:1], "cal_ref_cat", htm7=ref.data_id["htm7"])
        assert sum(batch.num_rows for batch in found.batches(())) == before - len(shard) + 1


def test_shards_are_held_up_to_a_size():
    def shard(n):
        return Shard(pa.RecordBatch.from_arrays([pa.array(np.zeros(n))], names=["x"]), np.zeros(n), np.zeros(n))

    cache, keys = ShardCache(3000), [uuid.uuid4() for _ in range(4)]
    for key in keys[:3]:
        cache.put(key, shard(100))
    assert cache.get(keys[0]) is not None
    cache.put(keys[3], shard(100))
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]
    cache.put(keys[1], shard(1000))
    assert cache.get(keys[1]) is None


def test_cones_are_told_of_tables_with_positions_only(catalog):
    butler, _ = catalog
    (found,) = reference_catalogs(butler, ShardCache())
    tables = TapTables([obscore_table(), found.table])
    adql = (
        "SELECT TOP 3 a.id FROM cal_ref_cat AS a, cal_ref_cat AS b "
        "WHERE 1 = CONTAINS(POINT(a.coord_ra, a.coord_dec), CIRCLE(1, 2, 0.5))"
    )
    uses = translate(adql, tables, "sqlite").relations
    assert [(len(use.cones), use.most) for use in uses] == [(1, None), (0, None)]
    assert (uses[0].cones[0].ra, uses[0].cones[0].radius) == pytest.approx((1, 0.5))


def test_a_catalog_that_cannot_be_read_is_left_out(tmp_path, caplog):
    make_catalog(tmp_path / "repo", f"sqlite:///{tmp_path / 'r.sqlite3'}")
    with Butler(tmp_path / "repo", writeable=True, run="refcats") as butler:
        butler.register_dataset_type("empty", ["htm7"], "SimpleCatalog")
        for ref in butler.query_datasets("cal_ref_cat"):
            Path(butler.get_uri(ref).removeprefix("file://")).unlink()
        assert list(reference_catalogs(butler, ShardCache())) == []
    assert "cal_ref_cat is not served" in caplog.text
