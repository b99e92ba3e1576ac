"""A long answer is the same as a short one: the same rows, the same types, of one moment."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

import pyarrow as pa
import pytest

from skybutler import Butler
from skybutler.registry.interrupt import Interrupt
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.obscore.settings import TYPES
from skybutler.vo.votable import votable
from support.observations import make_observations

SETTINGS = {
    "usual": ObsCoreSettings(),
    "templates": ObsCoreSettings(
        dataset_types={
            "raw": replace(
                TYPES["raw"], obs_id="what?'{detector}' kt.k", obs_title="{exposure}{obs_id}|{physical_filter}"
            ),
            "calexp": replace(TYPES["calexp"], obs_id="", obs_title="{visit.exposure_time}", s_xel1=7),
            "deepCoadd": replace(TYPES["deepCoadd"], obs_id="{tract}{patch}{band}", obs_title="{subtype}"),
        }
    ),
    "no wavelengths": ObsCoreSettings(spectral_ranges={}),
}
QUERIES = [
    "SELECT * FROM ivoa.ObsCore",
    "SELECT * FROM ivoa.ObsCore WHERE dataproduct_subtype = 'lsst.deepCoadd'",
    'SELECT obs_id, s_region AS a, s_region AS b, access_url FROM ObsCore AS "My table" WHERE lsst_detector < 2',
    "SELECT obs_collection, calib_level FROM ObsCore WHERE t_min > 0 OR lsst_tract = 3",
    "SELECT lsst_visit, lsst_band, em_max FROM ObsCore WHERE 1 = CONTAINS(POINT(0.35, 0.2), s_region)",
    "SELECT s_ra, s_dec FROM ObsCore o WHERE lsst_visit IN (SELECT lsst_visit FROM ObsCore WHERE calib_level = 2)",
    "SELECT obs_publisher_did FROM ObsCore WHERE calib_level = 9",
]


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch):
    """Makes answers long ones, or all of them short ones."""
    return lambda is_long: monkeypatch.setattr("skybutler.vo.answer._FEW", 0 if is_long else 10**6)


def rows(observations, adql: str, settings: ObsCoreSettings) -> list[str]:
    found = observations(adql, settings)
    return sorted(str({name: (type(value), value) for name, value in row.items()}) for row in found)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("adql", QUERIES)
def test_long_answers_have_the_rows_of_short_ones(observations, long, adql, settings):
    long(False)
    expected = rows(observations, adql, settings)
    long(True)
    assert rows(observations, adql, settings) == expected
    assert expected or "calib_level = 9" in adql


def test_batches_have_the_types_of_short_answers(observations, long):
    schemas = []
    for is_long in (False, True):
        long(is_long)
        relation = ObsCoreRelation(observations.butler.registry, ObsCoreSettings(), "", "")
        found = answer(observations.butler.registry, relation, TapTables([obscore_table()]), "SELECT * FROM ObsCore")
        schemas.append({batch.schema for batch in found.batches})
    assert len(schemas[0] | schemas[1]) == 1


def test_documents_are_the_same_however_long_an_answer_is(observations, long):
    documents = []
    for is_long in (False, True):
        long(is_long)
        relation = ObsCoreRelation(observations.butler.registry, ObsCoreSettings(), "", "")
        query = "SELECT * FROM ObsCore WHERE dataproduct_subtype = 'lsst.calexp'"
        tables = TapTables([obscore_table()])
        found = answer(observations.butler.registry, relation, tables, query, dictionaries=is_long)
        batches = list(found.batches)
        assert any(pa.types.is_dictionary(kind) for b in batches for kind in b.schema.types) is is_long
        documents.append(b"".join(votable(found.fields, batches)))
    assert documents[0] == documents[1]


def test_the_database_joins_no_records(observations, long, monkeypatch):
    long(True)
    asked = []
    database = observations.butler.registry.database
    stream = database.stream

    def noted(sql, *args, **options):
        asked.append(sql)
        return stream(sql, *args, **options)

    monkeypatch.setattr(database, "stream", noted)
    assert len(observations("SELECT * FROM ivoa.ObsCore")) == 71
    (sql,) = asked
    assert "e_visit" not in sql
    assert "name" not in sql


def test_at_most_as_many_rows_as_are_asked_for(observations, long):
    long(True)
    assert len(observations("SELECT TOP 17 * FROM ivoa.ObsCore")) == 17
    assert len(observations("SELECT * FROM ivoa.ObsCore", limit=30)) == 30


def test_all_of_a_long_answer_is_of_one_moment(database_url, tmp_path, long, monkeypatch):
    make_observations(tmp_path / "repo", database_url)
    monkeypatch.setattr("skybutler.vo.answer.BATCH_ROWS", 4)
    adql = "SELECT obs_id, lsst_visit, target_name, t_exptime FROM ObsCore"
    with Butler(tmp_path / "repo") as reader, Butler(tmp_path / "repo", writeable=True) as writer:
        relation = ObsCoreRelation(reader.registry, ObsCoreSettings(), "", "")

        def ask():
            return answer(reader.registry, relation, TapTables([obscore_table()]), adql).batches

        long(False)
        before = sorted(str(row) for batch in ask() for row in batch.to_pylist())
        long(True)
        batches = ask()
        found = next(batches).to_pylist()
        with writer.transaction():
            writer.registry.database.execute("UPDATE visit SET target_name = 'changed', exposure_time = 1.0")
            writer.registry.database.execute("UPDATE exposure SET target_name = 'changed', exposure_time = 1.0")
        found += [row for batch in batches for row in batch.to_pylist()]
        assert sorted(map(str, found)) == before
        assert {row["target_name"] for batch in ask() for row in batch.to_pylist()} == {"changed", None}


def test_a_reader_that_goes_away_leaves_the_database_as_it_was(database_url, tmp_path, long, monkeypatch):
    make_observations(tmp_path / "repo", database_url)
    monkeypatch.setattr("skybutler.vo.answer.BATCH_ROWS", 4)
    long(True)
    with Butler(tmp_path / "repo", writeable=True, run="more") as butler:
        relation = ObsCoreRelation(butler.registry, ObsCoreSettings(), "", "")
        batches = answer(butler.registry, relation, TapTables([obscore_table()]), "SELECT * FROM ObsCore").batches
        assert isinstance(batches, Generator)
        next(batches)
        batches.close()
        butler.put({}, "notes", instrument="Cam")
        assert butler.exists("notes", instrument="Cam")


@pytest.mark.parametrize("is_long", [True, False])
def test_a_reader_that_ends_a_statement_and_goes_away_leaves_the_next_one_alone(
    database_url, tmp_path, long, monkeypatch, is_long
):
    make_observations(tmp_path / "repo", database_url)
    monkeypatch.setattr("skybutler.vo.answer.BATCH_ROWS", 4)
    monkeypatch.setattr("skybutler.vo.answer._FEW", 0)
    column = "*" if is_long else "obs_id || 'a'"
    adql = f"SELECT {column} FROM ObsCore WHERE 1 = INTERSECTS(CIRCLE(0.35, 0.2, 3.0), s_region)"
    with Butler(tmp_path / "repo") as butler:
        relation = ObsCoreRelation(butler.registry, ObsCoreSettings(), "", "")

        def ask(interrupt: Interrupt):
            return answer(butler.registry, relation, TapTables([obscore_table()]), adql, None, interrupt).batches

        rows = sum(batch.num_rows for batch in ask(Interrupt()))
        assert rows > 8
        for _ in range(5):
            interrupt = Interrupt()
            batches = ask(interrupt)
            assert isinstance(batches, Generator)
            next(batches)
            interrupt.stop("Nobody wants it.")
            time.sleep(0.01)  # several statements of the database may be ended: those that are begun now, too
            batches.close()
            assert sum(batch.num_rows for batch in ask(Interrupt())) == rows
