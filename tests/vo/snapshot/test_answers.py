"""What a snapshot answers is what the registry answers, as long as it may answer at all."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import ExpressionError, UnavailableError
from skybutler.registry.interrupt import Interrupt
from skybutler.vo.adql import translate
from skybutler.vo.snapshot.answers import Snapshots
from support.snapshots import Copied

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
SAME = [
    "SELECT * FROM ivoa.ObsCore",
    "SELECT COUNT(*) FROM ivoa.ObsCore",
    "SELECT TOP 5000 obs_id, access_url, s_region FROM ivoa.ObsCore WHERE t_min > 0",
    "SELECT lsst_filter, calib_level, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY lsst_filter, calib_level",
    """SELECT lsst_band, COUNT(DISTINCT lsst_visit) AS visits, SUM(lsst_detector) AS s, MAX(calib_level) + 0.5 AS m,
    SUM(calib_level) / 2 AS half, AVG(lsst_detector) AS mean FROM ivoa.ObsCore GROUP BY lsst_band ORDER BY lsst_band""",
    "SELECT obs_publisher_did FROM ivoa.ObsCore WHERE access_url LIKE '%7%' AND obs_publisher_did LIKE 'ivo://%'",
    "SELECT obs_title FROM ivoa.ObsCore WHERE calib_level = '1' AND instrument_name LIKE 'C%' AND lsst_tract IS NULL",
    "SELECT obs_id, s_ra, s_dec FROM ivoa.ObsCore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(0.3, 0.2, 0.9))",
    "SELECT COORD1(CENTROID(s_region)) AS ra, DISTANCE(POINT(s_ra, s_dec), POINT(0, 0)) AS d FROM ivoa.ObsCore",
    "SELECT DISTINCT target_name, t_exptime FROM ivoa.ObsCore ORDER BY target_name DESC, t_exptime",
    "SELECT a.obs_id AS a, b.obs_id AS b FROM ObsCore AS a JOIN ObsCore AS b ON a.s_ra < b.s_ra",
    "WITH r AS (SELECT em_min FROM ObsCore WHERE lsst_band = 'r') SELECT COUNT(*) AS n, MIN(em_min) AS e FROM r",
    "SELECT lsst_band FROM ObsCore EXCEPT SELECT lsst_band FROM ObsCore WHERE calib_level = 3",
    "SELECT TOP 3 obs_id FROM ivoa.ObsCore ORDER BY obs_id DESC",
    "SELECT obs_id FROM ObsCore WHERE 1 = 0",
    "SELECT 'it''s' AS t, -(2.5) AS x, 7 / 2 AS i, calib_level FROM ObsCore WHERE NOT lsst_visit BETWEEN 11 AND 12",
]
LIVE = [
    "SELECT TOP 5 obs_id FROM ivoa.ObsCore",
    "SELECT obs_id FROM ivoa.ObsCore WHERE CONTAINS(POINT(0.35, 0.2), s_region) = 1",
    "SELECT obs_id FROM ivoa.ObsCore WHERE lsst_visit = 10",
    "SELECT obs_id FROM ivoa.ObsCore WHERE lsst_tract = 3 AND lsst_patch = 1 AND lsst_band = 'r'",
    "SELECT obs_id FROM ivoa.ObsCore WHERE access_url LIKE '%20d28216-534a-4102-b8a7-1c7f32a9b78c'",
    "SELECT COUNT(*) AS n FROM ivoa.ObsCore AS o JOIN butler.visit AS v ON v.visit = o.lsst_visit",
    "SELECT COUNT(*) AS n FROM butler.visit",
    "SELECT COUNT(DISTINCT s_region) AS n FROM ivoa.ObsCore",
]


def from_snapshot(copied: Copied, adql: str) -> Any:
    """What the snapshot answers; `None` if it does not."""
    registry, relation = copied.butler.registry, copied.relation
    live = translate(adql, copied.tables, DIALECTS[registry.database.dialect])
    return copied.snapshots.answer(registry, relation, adql, None, live, Interrupt())


def rows(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """In one order, numbers with as many digits as sums in any order have."""
    shown = (tuple(f"{v:.12g}" if isinstance(v, float) else v for v in row.values()) for row in found)
    return sorted(shown, key=repr)


@pytest.mark.parametrize("adql", SAME)
def test_a_snapshot_answers_what_the_registry_answers(copied: Copied, adql: str) -> None:
    told = from_snapshot(copied, adql)
    assert told is not None
    found = [row for batch in told.batches for row in batch.to_pylist()]
    expected = copied(adql, copied=False)
    assert rows(found) == rows(expected)
    assert len(expected) > 0 or "1 = 0" in adql
    assert copied.answer(adql, copied=False).fields == told.fields


@pytest.mark.parametrize("adql", SAME)
def test_values_have_the_types_that_are_told(copied: Copied, adql: str) -> None:
    types = [[batch.schema for batch in copied.answer(adql, copied=c).batches][:1] for c in (False, True)]
    assert types[0] == types[1] or not types[1]


@pytest.mark.parametrize("adql", LIVE)
def test_the_registry_answers_what_it_finds_sooner_and_what_snapshots_do_not_have(copied: Copied, adql: str) -> None:
    assert from_snapshot(copied, adql) is None
    assert rows(copied(adql, copied=True)) == rows(copied(adql, copied=False))


def test_what_a_snapshot_fails_at_is_for_the_registry_to_answer(copied: Copied) -> None:
    adql = "SELECT COUNT(CAST(obs_title AS INTEGER)) AS n FROM ivoa.ObsCore"
    assert from_snapshot(copied, adql) is None
    if copied.butler.registry.database.dialect == "sqlite":
        assert copied(adql, copied=True) == [{"n": 71}]


@pytest.mark.parametrize(
    "adql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT read_text('/etc/passwd') AS t FROM ObsCore",
        "SELECT getenv('HOME') AS h FROM ObsCore",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM glob('*')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT COUNT(*) AS n FROM snapshot",
        "SELECT dataset_id FROM ObsCore",
        "SELECT kind FROM ObsCore",
        "COPY (SELECT * FROM ObsCore) TO 'stolen.csv'",
        "SELECT * FROM ObsCore; ATTACH 'stolen.db'",
    ],
)
def test_no_query_reaches_anything_of_duckdb(copied: Copied, adql: str) -> None:
    assert copied.is_current
    with pytest.raises(ExpressionError):
        copied.answer(adql, copied=True)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('other.parquet')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "ATTACH 'stolen.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
def test_nothing_but_the_snapshot_can_be_reached(copied: Copied, statement: str) -> None:
    import duckdb

    opened = copied.snapshots.current(copied.butler.registry, copied.relation)
    assert opened is not None
    with pytest.raises(duckdb.Error):
        opened._database.cursor().execute(statement)


def test_a_query_is_ended_by_another_thread(copied: Copied) -> None:
    interrupt = Interrupt()
    threading.Timer(0.3, interrupt.stop, ["It took too long."]).start()
    many = ", ".join(f"ObsCore AS o{i}" for i in range(7))
    adql = f"SELECT COUNT(*) AS n FROM {many} WHERE o1.s_ra + o2.s_ra > o3.s_ra"
    with pytest.raises(UnavailableError, match="It took too long"):
        copied.answer(adql, copied=True, interrupt=interrupt)


def test_a_query_is_ended_between_two_rows(copied: Copied) -> None:
    interrupt = Interrupt()
    batches = copied.answer(
        "SELECT a.obs_id FROM ObsCore a, ObsCore b, ObsCore c", copied=True, interrupt=interrupt
    ).batches
    next(batches)
    interrupt.stop("Who asked has hung up.")
    with pytest.raises(UnavailableError, match="hung up"):
        for _ in batches:
            pass


def test_readers_may_go_away_in_the_middle(copied: Copied) -> None:
    for _ in range(3):
        batches = copied.answer("SELECT a.* FROM ObsCore a, ObsCore b, ObsCore c", copied=True).batches
        next(batches)
        batches.close()  # type: ignore[attr-defined]
    assert len(copied("SELECT * FROM ObsCore", copied=True)) == 71


def test_memory_does_not_grow_with_rows(copied: Copied) -> None:
    copied("SELECT * FROM ObsCore", copied=True)
    before, grown, total = private_bytes(), 0, 0
    for batch in copied.answer("SELECT a.* FROM ObsCore a, ObsCore b, ObsCore c", copied=True).batches:
        total += batch.nbytes
        grown = max(grown, private_bytes() - before)
    assert total > 200e6
    assert grown < total / 2


def private_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def test_many_threads_read_one_snapshot(copied: Copied) -> None:
    found: list[int] = []

    def read() -> None:
        found.append(copied("SELECT COUNT(*) AS n FROM ObsCore", copied=True)[0]["n"])
        copied.butler.close()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [71] * 8


def test_without_a_folder_nothing_is_asked(copied: Copied) -> None:
    none = Snapshots([])
    assert none.current(copied.butler.registry, copied.relation) is None
