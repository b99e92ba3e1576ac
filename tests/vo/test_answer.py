from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from skybutler.errors import ExpressionError
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.field import Field
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table


def ask(observations, adql: str, limit: int | None = None):
    relation = ObsCoreRelation(observations.butler.registry, ObsCoreSettings(), "", "")
    return answer(observations.butler.registry, relation, TapTables([obscore_table()]), adql, limit)


def rows(observations, adql: str) -> list[tuple]:
    return [tuple(row.values()) for batch in ask(observations, adql).batches for row in batch.to_pylist()]


def test_the_first_rows_come_soon(observations):
    found = ask(observations, "SELECT a.obs_id FROM ObsCore AS a, ObsCore AS b")
    sizes = [batch.num_rows for batch in found.batches]
    assert sizes[0] == 512
    assert sum(sizes) == 71**2


def test_columns_are_of_the_type_that_is_told(observations):
    query = "SELECT COUNT(*) AS n, AVG(lsst_visit) AS m, MAX(calib_level) + 0.5 AS c, MIN(obs_id) AS o FROM ObsCore"
    found = ask(observations, query)
    (batch,) = found.batches
    assert [f.datatype for f in found.fields] == ["long", "double", "double", "char"]
    assert batch.schema.types == [pa.int64(), pa.float64(), pa.float64(), pa.string()]
    assert isinstance(found.fields[0], Field)


def test_an_empty_result_has_no_rows(observations):
    found = ask(observations, "SELECT * FROM ObsCore WHERE 1 = 0")
    assert sum(batch.num_rows for batch in found.batches) == 0


def test_a_wrong_query_is_refused_before_anything_runs(observations):
    with pytest.raises(ExpressionError):
        ask(observations, "SELECT nothing FROM ObsCore")


def test_stages_are_free_again_when_the_reader_goes_away(observations):
    def free() -> int:
        query = "SELECT a.obs_id FROM ObsCore a, ObsCore b WHERE 1=CONTAINS(POINT(0.35, 0.2), a.s_region)"
        found = ask(observations, query)
        next(found.batches)
        found.batches.close()
        return sum(map(len, observations.butler.registry.database._local.stages.values()))

    first = free()
    assert [free(), free()] == [first, first]


@pytest.mark.parametrize("query, values", [("SELECT 1", [[1]]), ("SELECT 2 * 3 AS six, 'a' AS b", [[6], ["a"]])])
def test_values_need_no_table(observations, query, values):
    (batch,) = ask(observations, query).batches
    assert [column.to_pylist() for column in batch.columns] == values


@pytest.mark.parametrize(
    "where",
    [
        "",
        "WHERE calib_level = 2",
        "WHERE calib_level > 1 OR dataproduct_subtype = 'lsst.raw'",
        "WHERE CONTAINS(POINT(0.35, 0.2), s_region) = 1",
        "WHERE calib_level = 7",
    ],
)
def test_counts_are_those_of_the_rows(observations, where):
    names = "dataproduct_subtype, calib_level"
    all_rows = rows(observations, f"SELECT {names} FROM ObsCore {where}")
    expected = Counter(all_rows)
    few = f"SELECT {names} FROM ObsCore {where} GROUP BY {names} HAVING COUNT(*) > 20 ORDER BY {names}"
    groups = f"SELECT {names}, COUNT(*) AS n FROM ObsCore {where} GROUP BY {names}"
    assert rows(observations, f"SELECT COUNT(*) AS n FROM ObsCore {where}") == [(len(all_rows),)]
    assert sorted(rows(observations, groups)) == sorted((*kind, n) for kind, n in expected.items())
    assert rows(observations, few) == sorted(kind for kind, n in expected.items() if n > 20)


def test_nothing_is_counted_where_nothing_is_told_of(observations):
    relation = ObsCoreRelation(observations.butler.registry, ObsCoreSettings(dataset_types={}), "", "")
    found = answer(observations.butler.registry, relation, TapTables([obscore_table()]), "SELECT COUNT(*) FROM ObsCore")
    assert [batch.to_pylist() for batch in found.batches] == [[{"count": 0}]]
